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
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
