;; Numbers beyond reason.
;; expect limit: a tower of squares
(lambda (i o) (let loop ((n 3)) (loop (* n n))))
;; expect limit: a large power
(lambda (i o) (expt 7 100000000))
;; expect limit: a power of a power
(lambda (i o) (expt 2 (expt 2 40)))
;; expect limit or deadline: a rational that grows
(lambda (i o) (let loop ((x 1/3)) (loop (+ (* x x) 1/7))))
;; expect limit or deadline: a factorial
(lambda (i o) (let loop ((n 1) (p 1)) (loop (+ n 1) (* p n))))
;; expect limit: reading something too large
(lambda (i o) (string->number (make-string 5000000 #\9)))
;; expect a value: exact of a large float
(lambda (i o) (exact 1e308))
;; expect refused: shifting, which there is not
(lambda (i o) (arithmetic-shift 1 100000000))
;; expect raised: dividing by zero
(lambda (i o) (/ 1 0))
;; expect raised: exact infinity
(lambda (i o) (exact (/ 1.0 0.0)))
;; expect value -0.0: the negative zero less nothing
(lambda (i o) (let ((x -0.0)) (- x 0)))
;; expect value #t: the largest small integer, from above
(lambda (i o) (let ((x (read (open-input-string "9223372036854775808")))) (equal? (- x 1) 9223372036854775807)))
;; expect value 140733193322499/2147483647: a fraction of 32 bits that grows
(lambda (i o) (let ((x (/ 1 2147483647))) (+ x 65535 -1)))
;; expect raised: a string plus one
(lambda (i o) (let ((x "abc")) (+ x 1)))
;; expect raised: a vector that holds itself plus one
(lambda (i o) (let ((v (vector 1))) (vector-set! v 0 v) (let ((x v)) (+ x 1))))
;; expect value 4: what is no number, and three zeros, as keys
(lambda (i o) (let ((t (make-hash-table))) (hash-table-set! t (/ 0.0 0.0) 1) (hash-table-set! t (- (/ 0.0 0.0)) 2) (hash-table-set! t -0.0 3) (hash-table-set! t 0.0 4) (hash-table-set! t 0 5) (hash-table-size t)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
