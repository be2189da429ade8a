;; Depth without end.
;; expect limit: recursion that is no loop
(lambda (i o) (define (f n) (+ 1 (f (+ n 1)))) (f 0))
;; expect limit: mutual recursion
(lambda (i o) (define (a n) (+ 1 (b n))) (define (b n) (* 2 (a n))) (a 1))
;; expect limit or deadline: map within map
(lambda (i o) (define (f l) (map (lambda (x) (f (list x))) l)) (f '(1)))
;; expect raised or limit or deadline: handlers within handlers
(lambda (i o) (define (f) (with-exception-handler (lambda (e) 1) (lambda () (+ 1 (f))))) (f))
;; expect limit or deadline: guards within guards
(lambda (i o) (define (f) (guard (e (#f 1)) (+ 1 (f)))) (f))
;; expect limit or deadline: winders within winders
(lambda (i o) (define (f) (dynamic-wind (lambda () 1) (lambda () (+ 1 (f))) (lambda () 1))) (f))
;; expect limit or deadline: parameterize within parameterize
(lambda (i o) (define p (make-parameter 1)) (define (f) (parameterize ((p 2)) (+ 1 (f)))) (f))
;; expect value #t or deadline: a value that is too deep to be compared
(lambda (i o) (define (deep n) (let loop ((n n) (l '())) (if (= n 0) l (loop (- n 1) (list l))))) (equal? (deep 100000) (deep 100000)))
;; expect raised or deadline: a value that is too deep to be raised
(lambda (i o) (raise (let loop ((n 0) (l '())) (if (= n 100000) l (loop (+ n 1) (list l))))))
;; expect value 1 or deadline: a deep vector
(lambda (i o) (let loop ((n 0) (v 0)) (if (= n 100000) (vector-length v) (loop (+ n 1) (vector v)))))
;; expect limit or deadline: a deep promise
(lambda (i o) (let loop ((n 0) (p (delay 1))) (if (= n 100000) (force p) (loop (+ n 1) (let ((q p)) (delay (force q)))))))
;; expect value 1 or deadline: pairs, the next in the head of each
(lambda (i o) (let loop ((f 1) (n 0)) (if (< n 400000) (loop (cons f 2) (+ n 1)) 1)))
;; expect value 1 or deadline: tables within tables
(lambda (i o) (let loop ((f 1) (n 0)) (if (< n 50000) (loop (let ((t (make-hash-table))) (hash-table-set! t 1 f) t) (+ n 1)) 1)))
;; expect value 1 or deadline: a procedure over a pair over a vector over a table, again and again
(lambda (i o) (let loop ((f 1) (n 0)) (if (< n 10000) (loop (let* ((a (cons f 1)) (b (vector a)) (c (lambda () b)) (t (make-hash-table))) (hash-table-set! t 1 c) (list t)) (+ n 1)) 1)))
;; expect limit: a handler that is its own
(lambda (i o) (define (h e) (with-exception-handler h (lambda () (raise e)))) (with-exception-handler h (lambda () (raise 1))))
;; expect raised or deadline: a deep thing called
(lambda (i o) ((let loop ((n 0) (l '())) (if (= n 30000) l (loop (+ n 1) (list l))))))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
