; Whether n is prime; `,` and quotes are Scheme's own here: don't splice.
(lambda (i o)
  (define (no-divisor? d)
    (cond ((> (* d d) n) #t)
          ((zero? (modulo n d)) #f)
          (else (no-divisor? (+ d 1)))))
  `(,n ,(no-divisor? 2) ,@text-parts))
