;; Memory without end. The limit of these tests is 64 MiB.
;; expect limit: a list
(lambda (i o) (let loop ((l '())) (loop (cons l (cons 1 l)))))
;; expect limit: a list of strings
(lambda (i o) (let loop ((l '())) (loop (cons (make-string 10000 #\a) l))))
;; expect limit: a string that doubles
(lambda (i o) (let loop ((s "abcdefgh")) (loop (string-append s s))))
;; expect limit: a vector at once
(lambda (i o) (make-vector 200000000 0))
;; expect limit: a bytevector at once
(lambda (i o) (make-bytevector 250000000 1))
;; expect limit: a string at once
(lambda (i o) (make-string 250000000 #\a))
;; expect limit: an f64vector at once
(lambda (i o) (make-f64vector 200000000 1.0))
;; expect limit: many vectors
(lambda (i o) (let loop ((l '())) (loop (cons (make-vector 10000 l) l))))
;; expect limit: vectors that are dropped hold one another
(lambda (i o) (let loop ((v (vector))) (loop (vector v (make-vector 1000 v)))))
;; expect limit: a hash table
(lambda (i o) (let ((t (make-hash-table))) (let loop ((n 0)) (hash-table-set! t n (make-string 100 #\x)) (loop (+ n 1)))))
;; expect limit: closures
(lambda (i o) (let loop ((f (lambda () 1))) (loop (let ((pad (make-string 1000 #\x))) (lambda () (string-length pad) f)))))
;; expect limit or deadline: symbols
(lambda (i o) (let loop ((n 0) (l '())) (loop (+ n 1) (cons (string->symbol (string-append "symbol-of-some-length-" (number->string n))) l))))
;; expect limit: a list of iota
(lambda (i o) (iota 100000000))
;; expect limit: list-copy again and again
(lambda (i o) (let loop ((l (iota 1000)) (all '())) (loop l (cons (list-copy l) all))))
;; expect limit or deadline: append
(lambda (i o) (let loop ((l '(1 2 3))) (loop (append l l))))
;; expect limit or deadline: a string port
(lambda (i o) (let ((p (open-output-string))) (let loop () (write-string "some text to be kept" p) (loop))))
;; expect limit: a bytevector port
(lambda (i o) (let ((p (open-output-bytevector)) (b (make-bytevector 10000 1))) (let loop () (write-bytevector b p) (loop))))
;; expect limit or deadline: promises
(lambda (i o) (let loop ((p (delay 1)) (n 0)) (loop (delay (cons p n)) (make-string 1000 #\a))))
;; expect limit or deadline: string->list of much
(lambda (i o) (let loop ((l '())) (loop (cons (string->list (make-string 100000 #\a)) l))))
;; expect limit or deadline: records
(lambda (i o) (define-record-type node (make-node a b) node? (a node-a) (b node-b)) (let loop ((n #f)) (loop (make-node n (make-string 1000 #\a)))))
;; expect value 5: nothing is left of all that
(lambda (i o) (+ 2 3))
;; expect limit: characters of a large string as a list
(lambda (i o) (length (string->list (make-string 20000000 #\a))))
;; expect limit: characters of a large string as a vector
(lambda (i o) (vector-length (string->vector (make-string 60000000 #\a))))
;; expect limit or deadline: characters of a large string, one by one
(lambda (i o) (string-for-each (lambda (c) c) (make-string 20000000 #\a)))
;; expect value 1 or deadline: a thousand strings of 100 kB, each in a variable that is assigned, one after the other
(lambda (i o) (let loop ((n 0)) (if (= n 1000) 1 (let ((s (make-string 100000 #\a))) (set! s (string-append s "b")) (loop (+ n 1))))))
;; expect value 1 or deadline: a thousand tables of 1 MB, one after the other
(lambda (i o) (let loop ((n 0)) (if (= n 1000) 1 (let ((t (make-hash-table))) (hash-table-set! t 1 (make-string 1000000 #\a)) (loop (+ n 1))))))
;; expect limit or deadline: in a handler of a limit
(lambda (i o) (let again ((l '())) (guard (e (#t (again (cons (make-string 1000000 #\a) l)))) (make-vector 200000000 0))))
;; expect limit or deadline: what is kept outside of the guard that catches the limit
(lambda (i o) (define keep '()) (let again () (guard (e (#t (again))) (let loop () (set! keep (cons (make-string 1000000 #\a) keep)) (loop)))))
;; expect limit: lists within lists, concatenated
(lambda (i o) (length (concatenate (make-list 1000 (make-list 1000000 1)))))
;; expect limit: a symbol of 20 MB, a hundred times, as the value
(lambda (i o) (make-list 100 (string->symbol (make-string 20000000 #\a))))
;; expect limit: a symbol of 20 MB, a hundred times, as text
(lambda (i o) (write (make-list 100 (string->symbol (make-string 20000000 #\a))) (open-output-string)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
