;; Numbers beyond reason.
;; expect limit: a tower of squares
(lambda (i o) (let loop ((n 3)) (loop (* n n))))
;; expect limit: a large power
(lambda (i o) (expt 7 100000000))
;; expect limit: a power of a power
(lambda (i o) (expt 2 (expt 2 40)))
;; expect any: a rational that grows
(lambda (i o) (let loop ((x 1/3)) (loop (+ (* x x) 1/7))))
;; expect any: a factorial
(lambda (i o) (let loop ((n 1) (p 1)) (loop (+ n 1) (* p n))))
;; expect any: a root of something large
(lambda (i o) (exact-integer-sqrt (expt 10 300000)))
;; expect any: printing something large
(lambda (i o) (string-length (number->string (expt 10 300000))))
;; expect any: reading something large
(lambda (i o) (string->number (make-string 390000 #\9)))
;; expect limit: reading something too large
(lambda (i o) (string->number (make-string 5000000 #\9)))
;; expect any: a greatest common divisor
(lambda (i o) (gcd (- (expt 3 20000) 1) (- (expt 2 30000) 1)))
;; expect any: exact of a large float
(lambda (i o) (exact 1e308))
;; expect refused: shifting, which there is not
(lambda (i o) (arithmetic-shift 1 100000000))
;; expect raised: dividing by zero
(lambda (i o) (/ 1 0))
;; expect raised: exact infinity
(lambda (i o) (exact (/ 1.0 0.0)))
;; expect any: rationalize
(lambda (i o) (rationalize (/ (expt 3 10000) (expt 2 10000)) 1/1000000))
;; expect any: comparing large rationals
(lambda (i o) (let ((a (/ (+ (expt 3 20000) 1) (expt 2 20000)))) (let loop ((n 0)) (if (< n 1000) (begin (< a (+ a 1/3)) (loop (+ n 1))) n))))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
