;; Output without end: to a master that does not read, on the log, and as values.
;; expect any: writing for ever
(lambda (i o) (let loop () (write "more and more" o) (loop)))
;; expect any: characters for ever
(lambda (i o) (let loop () (write-char #\a o) (loop)))
;; expect any: flushing for ever
(lambda (i o) (let loop () (flush-output-port o) (loop)))
;; expect deadline: printing for ever
(lambda (i o) (let loop () (display "noise") (newline) (loop)))
;; expect deadline: one long line
(lambda (i o) (let loop () (display "noise") (loop)))
;; expect limit or deadline: a value that shares without end
(lambda (i o) (let loop ((n 0) (l '(1))) (if (= n 60) l (loop (+ n 1) (list l l)))))
;; expect limit or deadline: a written value that shares without end
(lambda (i o) (let loop ((n 0) (l '(1))) (if (= n 60) (write l o) (loop (+ n 1) (list l l)))))
;; expect limit: a cyclic value
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) v))
;; expect limit: a cyclic value, written
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (write v o)))
;; expect limit: a cyclic value, displayed on the log
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (display v)))
;; expect any: a cyclic value, raised
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (raise v)))
;; expect any: a cyclic value as an irritant
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (error "look" v)))
;; expect any: a cyclic value as a key
(lambda (i o) (let ((v (vector 1 2))) (vector-set! v 0 v) (hash-table-set! (make-hash-table) v 1)))
;; expect any: a cyclic value, compared
(lambda (i o) (let ((v (vector 1)) (w (vector 1))) (vector-set! v 0 v) (vector-set! w 0 w) (equal? v w)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
