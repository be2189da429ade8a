;; Output without end: to a master that does not read, on the log, and as values.
;; expect limit or deadline: writing for ever
(lambda (i o) (let loop () (write "more and more" o) (loop)))
;; expect limit or deadline: characters for ever
(lambda (i o) (let loop () (write-char #\a o) (loop)))
;; expect deadline: flushing for ever
(lambda (i o) (let loop () (flush-output-port o) (loop)))
;; expect deadline: printing for ever
(lambda (i o) (let loop () (display "noise") (newline) (loop)))
;; expect deadline: one long line
(lambda (i o) (let loop () (display "noise") (loop)))
;; expect limit: a cyclic value, displayed on the log
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (display v)))
;; expect raised: a cyclic value, raised
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (raise v)))
;; expect raised: a cyclic value as an irritant
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (error "look" v)))
;; expect deadline: a cyclic value as a key
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (hash-table-set! (make-hash-table) v 1)))
;; expect deadline: a cyclic value, compared
(lambda (i o) (let ((v (vector 1)) (w (vector 1))) (vector-set! v 0 v) (vector-set! w 0 w) (equal? v w)))
;; expect limit: the same large list for ever
(lambda (i o) (let ((l (make-list 14 (make-string 1000000 #\a)))) (let loop () (write l o) (loop))))
;; expect deadline: a comment that is opened for ever
(lambda (i o) (let loop () (write-string "#|" o) (flush-output-port o) (loop)))
;; expect deadline: lines of a megabyte, printed
(lambda (i o) (let ((s (make-string 1000000 #\a))) (let loop () (display s) (newline) (loop))))
;; expect raised: ten thousand irritants
(lambda (i o) (apply error "x" (iota 10000)))
;; expect raised: an error object within its own irritant
(lambda (i o) (let* ((v (vector 1)) (e (guard (x (#t x)) (error "m" v)))) (vector-set! v 0 e) (raise e)))
;; expect raised: a record within itself
(lambda (i o) (define-record-type r (mk a) r? (a a set-a!)) (let ((x (mk 1))) (set-a! x x) (raise x)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
