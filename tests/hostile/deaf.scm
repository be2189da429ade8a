;; Natives that do not look up while they work. A process whose native is deaf for too long is replaced.
;; expect deadline: sorting by a predicate that does not end
(lambda (i o) (list-sort (lambda (a b) (let loop () (loop))) '(1 2 3)))
;; expect deadline: mapping over the work of others
(lambda (i o) (vector-map (lambda (x) (let loop () (loop))) (vector 1 2)))
;; expect a value or deadline: a root of something large
(lambda (i o) (exact-integer-sqrt (expt 10 300000)))
;; expect value 300001: printing something large
(lambda (i o) (string-length (number->string (expt 10 300000))))
;; expect limit or a value: reading something large
(lambda (i o) (string->number (make-string 390000 #\9)))
;; expect a value or deadline: a greatest common divisor
(lambda (i o) (gcd (- (expt 3 20000) 1) (- (expt 2 30000) 1)))
;; expect value 1000 or deadline: comparing large rationals
(lambda (i o) (let ((a (/ (+ (expt 3 20000) 1) (expt 2 20000)))) (let loop ((n 0)) (if (< n 1000) (begin (< a (+ a 1/3)) (loop (+ n 1))) n))))
;; expect a value or deadline: rationalize
(lambda (i o) (rationalize (/ (expt 3 10000) (expt 2 10000)) 1/1000000))
;; expect value 300000 or deadline: sorting much
(lambda (i o) (length (list-sort < (let loop ((n 0) (l '())) (if (= n 300000) l (loop (+ n 1) (cons (modulo (* n 7919) 300007) l)))))))
;; expect deadline: appending copies for ever
(lambda (i o) (let ((s (make-string 1000000 #\a))) (let loop () (string-append s s s s) (loop))))
;; expect deadline: filling for ever
(lambda (i o) (let ((v (make-vector 1000000 0))) (let loop () (vector-fill! v 1) (loop))))
;; expect deadline: comparing for ever
(lambda (i o) (let ((a (make-string 5000000 #\a)) (b (make-string 5000000 #\a))) (let loop () (equal? a b) (loop))))
;; expect limit or deadline: comparing what shares
(lambda (i o) (define (tree n) (let loop ((n n) (l '(1))) (if (= n 0) l (loop (- n 1) (list l l))))) (equal? (tree 60) (tree 60)))
;; expect value 499999500000 or deadline: applying to very many
(lambda (i o) (apply + (iota 1000000)))
;; expect value 1000000 or deadline: a list of all characters
(lambda (i o) (length (string->list (make-string 1000000 #\a))))
;; expect limit or deadline: the hash of something that shares
(lambda (i o) (let ((t (make-hash-table)) (k (let loop ((n 60) (l '(1))) (if (= n 0) l (loop (- n 1) (list l l)))))) (hash-table-set! t k 1)))
;; expect deadline: copying a table for ever
(lambda (i o) (let ((t (make-hash-table))) (let fill ((n 0)) (if (< n 10000) (begin (hash-table-set! t n n) (fill (+ n 1))))) (let loop () (hash-table->alist t) (loop))))
;; expect deadline: reversing for ever
(lambda (i o) (let ((l (iota 500000))) (let loop () (reverse l) (loop))))
;; expect deadline: searching a long list for ever
(lambda (i o) (let ((l (iota 500000))) (let loop () (member -1 l) (loop))))
;; expect a value or deadline: printing many large numbers
(lambda (i o) (let ((n (expt 10 30000))) (let loop ((k 0) (sum 0)) (if (< k 1000) (loop (+ k 1) (+ sum (string-length (number->string (+ n k))))) sum))))
;; expect a value or deadline: dividing large by large
(lambda (i o) (quotient (expt 7 300000) (expt 3 200000)))
;; expect limit: a power of a fraction
(lambda (i o) (expt 355/113 20000))
;; expect a value or deadline: symbols of a length
(lambda (i o) (symbol->string (string->symbol (make-string 10000000 #\b))))
;; expect value #t or deadline: the size of a large integer
(lambda (i o) (let ((n (expt 3 600000))) (= (abs n) n)))
;; expect limit: one by a large integer
(lambda (i o) (/ 1 (expt 3 600000)))
;; expect limit or deadline: the simplest rational between others of 40,000 bits
(lambda (i o) (exact? (rationalize (/ (expt 3 20000) (expt 2 31690)) (/ 1 (expt 2 39000)))))
;; expect deadline: sorting by powers
(lambda (i o) (sort (make-list 100000 60000) expt))
;; expect limit or deadline: sorting by lists that are made
(lambda (i o) (length (sort (make-list 1000 4000000) make-list)))
;; expect limit or deadline: sorting by vectors that are filled
(lambda (i o) (length (sort (make-list 3000 (make-vector 3000000 1)) vector-fill!)))
;; expect limit or deadline: sorting by lists that are reversed
(lambda (i o) (length (sort (make-list 3000 (iota 500000)) append-reverse)))
;; expect deadline: rationals of 40,000 bits, compared
(lambda (i o) (apply = (make-list 3000 (/ (expt 5 15000) (expt 7 13000)))))
;; expect deadline: rationals of 40,000 bits, hashed
(lambda (i o) (hash (make-list 100000 (/ (expt 5 15000) (expt 7 13000)))))
;; expect limit or deadline: large numbers as text
(lambda (i o) (let ((p (open-output-string))) (display (make-list 100 (expt 10 300000)) p) 1))
;; expect raised or limit or deadline: large numbers, raised
(lambda (i o) (raise (make-list 300 (expt 10 300000))))
;; expect deadline: hashing the same large symbol again and again
(lambda (i o) (hash (make-list 3000 (string->symbol (make-string 20000000 #\a)))))
;; expect deadline: looking for one large symbol among others
(lambda (i o) (memq (string->symbol (make-string 20000000 #\a)) (make-list 3000 (string->symbol (string-append (make-string 19999999 #\a) "b")))))
;; expect deadline: a table without regard to case, of large keys
(lambda (i o) (hash-table-size (alist->hash-table (make-list 300 (cons (make-string 3000000 #\a) 1)) string-ci=?)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
