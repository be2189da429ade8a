;; Values on the wire: what cannot be sent, and what is sent in great numbers.
;; expect limit or deadline: a value that shares without end
(lambda (i o) (let loop ((n 0) (l '(1))) (if (= n 60) l (loop (+ n 1) (list l l)))))
;; expect limit or deadline: a written value that shares without end
(lambda (i o) (let loop ((n 0) (l '(1))) (if (= n 60) (write l o) (loop (+ n 1) (list l l)))))
;; expect limit: a cyclic value
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) v))
;; expect limit: a cyclic value, written
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (write v o)))
;; expect limit: a value that is too deep to be sent
(lambda (i o) (let loop ((n 0) (l '())) (if (= n 5000) l (loop (+ n 1) (list l)))))
;; expect limit: a value that is too deep to be written
(lambda (i o) (let loop ((n 0) (l '())) (if (= n 5000) (write l o) (loop (+ n 1) (list l)))))
;; expect value #<procedure>: a procedure
(lambda (i o) (lambda () 1))
;; expect value (1 2 #(#<procedure>)): a procedure within a list
(lambda (i o) (list 1 2 (vector car)))
;; expect value #<port>: a port
(lambda (i o) o)
;; expect value #<promise>: a promise
(lambda (i o) (delay 1))
;; expect value #<point>: a record
(lambda (i o) (define-record-type point (make-point x) point? (x point-x)) (make-point 1))
;; expect raised: a parameter, written
(lambda (i o) (write (make-parameter 1) o))
;; expect value #<eof>: the end of a file
(lambda (i o) (eof-object))
;; expect value #<values>: several values
(lambda (i o) (values 1 2 3))
;; expect value #<values>: no values
(lambda (i o) (values))
;; expect limit: a string beyond what is carried
(lambda (i o) (let ((s (make-string 20000000 #\a))) (list s s s s)))
;; expect limit: bytes beyond what is carried
(lambda (i o) (let ((b (make-bytevector 20000000 1))) (list b b b b)))
;; expect limit: a number beyond what is carried
(lambda (i o) (expt 3 3000000))
;; expect a value or deadline: an improper list of some length
(lambda (i o) (let loop ((n 0) (l 'end)) (if (< n 100000) (loop (+ n 1) (cons n l)) l)))
;; expect value "a\x0;b": a string with a zero
(lambda (i o) (string #\a #\null #\b))
;; expect value |(lambda () (exit))|: a symbol like code
(lambda (i o) (string->symbol "(lambda () (exit))"))
;; expect value ||: a symbol without letters
(lambda (i o) (string->symbol ""))
;; expect value +nan.0: what is no number
(lambda (i o) (/ 0.0 0.0))
;; expect limit: a cycle of pairs in vectors
(lambda (i o) (let ((v (vector 1))) (vector-set! v 0 (list 1 v)) (list v v)))
;; expect limit: a table within itself
(lambda (i o) (let ((t (make-hash-table))) (hash-table-set! t 'self t) t))
;; expect deadline: small values for ever
(lambda (i o) (let loop () (write 1 o) (loop)))
;; expect raised: raising a procedure
(lambda (i o) (raise car))
;; expect raised: raising a port
(lambda (i o) (raise o))
;; expect value #<values>: a hundred thousand values at once
(lambda (i o) (apply values (iota 100000)))
;; expect value 100000: and taken as arguments
(lambda (i o) (call-with-values (lambda () (call/cc (lambda (k) (apply k (iota 100000))))) (lambda all (length all))))
;; expect limit: strings that share, of 200 MB in all
(lambda (i o) (make-list 200 (make-string 1000000 #\a)))
;; expect raised: values within a table, written
(lambda (i o) (let ((t (make-hash-table))) (hash-table-set! t 1 (values 1 2)) (write t o) 1))
;; expect value #hash((0 . 1) (-0.0 . 1) (0.0 . 1) (+nan.0 . 1)): keys that are numbers and not
(lambda (i o) (let ((t (make-hash-table))) (hash-table-set! t (/ 0.0 0.0) 1) (hash-table-set! t -0.0 1) (hash-table-set! t 0.0 1) (hash-table-set! t 0 1) t))
;; expect raised or deadline: a procedure of two called with 300,000
(lambda (i o) (define f (car (list (lambda (a b) 1)))) (apply f (iota 300000)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
