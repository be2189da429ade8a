;; Time without end. The deadline of these tests is half a second.
;; expect deadline: a loop
(lambda (i o) (let loop () (loop)))
;; expect deadline: a loop that counts
(lambda (i o) (let loop ((n 0)) (loop (+ n 1))))
;; expect deadline: a loop behind guard
(lambda (i o) (let again () (guard (e (#t (again))) (let loop () (loop)))))
;; expect deadline: a loop behind a handler
(lambda (i o) (with-exception-handler (lambda (e) 1) (lambda () (let loop () (loop)))))
;; expect deadline: a loop in a winder
(lambda (i o) (dynamic-wind (lambda () (let loop () (loop))) (lambda () 1) (lambda () 1)))
;; expect deadline: a loop in the last winder
(lambda (i o) (dynamic-wind (lambda () 1) (lambda () 1) (lambda () (let loop () (loop)))))
;; expect deadline: do
(lambda (i o) (do ((n 0 (+ n 1))) (#f)))
;; expect deadline: mutual recursion
(lambda (i o) (define (a) (b)) (define (b) (a)) (a))
;; expect deadline: ackermann
(lambda (i o) (define (a m n) (cond ((= m 0) (+ n 1)) ((= n 0) (a (- m 1) 1)) (else (a (- m 1) (a m (- n 1)))))) (let loop () (a 2 9) (loop)))
;; expect deadline: raising for ever
(lambda (i o) (let loop () (guard (e (#t (loop))) (raise 'again))))
;; expect deadline: reading what does not come
(lambda (i o) (read-char (open-input-string "")) (let loop () (if (char-ready? i) 1 (loop))))
;; expect deadline: forcing for ever
(lambda (i o) (define (stream n) (delay-force (stream (+ n 1)))) (force (stream 0)))
;; expect deadline: a parameter's converter
(lambda (i o) (make-parameter 1 (lambda (x) (let loop () (loop)))))
;; expect deadline: permutations
(lambda (i o) (define (f n) (if (= n 0) 1 (+ (f (- n 1)) (f (- n 1))))) (f 64))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
