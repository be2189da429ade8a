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
;; expect deadline: endless below 300 handlers with frames between them
(lambda (i o) (define (g m k) (if (= m 0) (k) (+ 1 (g (- m 1) k)))) (define (f n) (if (= n 0) (let loop () (loop)) (with-exception-handler (lambda (e) 1) (lambda () (+ 1 (g 300 (lambda () (f (- n 1))))))))) (f 990))
;; expect deadline: the way out of a winder never ends when the task is cancelled
(lambda (i o) (dynamic-wind void (lambda () (let loop () (loop))) (lambda () (let loop () (write 1 o) (loop)))))
;; expect deadline: the way out of a winder goes elsewhere when the task is cancelled
(lambda (i o) (let again () (call/cc (lambda (k) (dynamic-wind void (lambda () (let loop () (loop))) (lambda () (k 1))))) (again)))
;; expect value 19999 or deadline: twenty thousand records, each with the one before it
(lambda (i o) (define-record-type node (mk v next) node? (v node-v) (next node-next)) (let loop ((n 0) (l #f)) (if (= n 20000) (node-v l) (loop (+ n 1) (mk n l)))))
;; expect value 1000: a thousand vectors for somebody else
(lambda (i o) (length (map (lambda (n) (vector n)) (iota 1000))))
;; expect deadline: fibonacci by continuations that are passed
(lambda (i o) (define (f n k) (if (< n 2) (k n) (f (- n 1) (lambda (a) (f (- n 2) (lambda (b) (k (+ a b)))))))) (f 40 (lambda (x) x)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
