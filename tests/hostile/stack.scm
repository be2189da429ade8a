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
;; expect raised: a value that is too deep to be raised
(lambda (i o) (raise (let loop ((n 0) (l '())) (if (= n 100000) l (loop (+ n 1) (list l))))))
;; expect value 1: a deep vector
(lambda (i o) (let loop ((n 0) (v 0)) (if (= n 100000) (vector-length v) (loop (+ n 1) (vector v)))))
;; expect limit or deadline: a deep promise
(lambda (i o) (let loop ((n 0) (p (delay 1))) (if (= n 100000) (force p) (loop (+ n 1) (let ((q p)) (delay (force q)))))))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
