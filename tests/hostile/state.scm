;; What one task leaves behind for the next.
;; expect value 1: a handler that stays
(lambda (i o) (with-exception-handler (lambda (e) 'mine) (lambda () (hash-table-set! (dpfw-slave-ht) 'x 1) 1)))
;; expect raised: it did not stay
(lambda (i o) (raise 'theirs))
;; expect value 1: a parameter that stays
(lambda (i o) (parameterize ((current-output-port (open-output-string))) (hash-table-set! (dpfw-slave-ht) 'p (current-output-port)) 1))
;; expect raised: a constant is not changed for others
(lambda (i o) (let ((v '#(1 2 3))) (vector-set! v 0 9) (error "as it was" v)))
;; expect value #(1 2 3): it was not
(lambda (i o) '#(1 2 3))
;; expect value 1: an assignment to what it defined
(lambda (i o) (define total 0) (set! total (+ total 1)) total)
;; expect refused: it is gone
(lambda (i o) total)
;; expect value 1: the current output port, closed
(lambda (i o) (close-port (current-output-port)) 1)
;; expect value 1: and open for the next
(lambda (i o) (display "still heard") (newline) 1)
;; expect raised: an end in the middle of a winder
(lambda (i o) (dynamic-wind (lambda () 1) (lambda () (raise 'out)) (lambda () (raise 'further-out))))
;; expect limit or deadline: an end in the middle of an allocation
(lambda (i o) (let loop () (make-vector 100000 0) (loop)))
;; expect value (0 0): vectors are new
(lambda (i o) (vector->list (make-vector 2 0)))
;; expect value "abc": constants are new
(lambda (i o) (string-copy "abc"))
;; expect value 1: a record and its procedures in the table
(lambda (i o) (define-record-type r (mk a) r? (a a)) (hash-table-set! (dpfw-slave-ht) 'r (list (mk 1) r? a)) 1)
;; expect value #f: a type of the same name is another
(lambda (i o) (define-record-type r (mk a) r? (a a)) (r? (car (hash-table-ref (dpfw-slave-ht) 'r))))
;; expect raised: a promise that failed while it was forced
(lambda (i o) (define p (delay (begin (hash-table-set! (dpfw-slave-ht) 'p p) (raise 'half)))) (force p))
;; expect raised: fails again for others
(lambda (i o) (force (hash-table-ref (dpfw-slave-ht) 'p)))
;; expect value found: no object makes a key that is there look as if it were not
(lambda (i o) (define stolen 'found) (guard (e (#t 1)) (parameterize (((lambda (x) (set! stolen x) (cons (vector) #f)) 5)) 1)) (let ((t (make-hash-table))) (hash-table-set! t 1 stolen) (if (eq? 'absent (hash-table-ref t 1 (lambda () 'absent))) 'absent 'found)))
;; expect value 1: the table is emptied
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
