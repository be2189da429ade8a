;; What one task does to the next, and macros.
;; expect any: a handler that stays
(lambda (i o) (with-exception-handler (lambda (e) 'mine) (lambda () (hash-table-set! (dpfw-slave-ht) 'x 1) 1)))
;; expect raised: it did not stay
(lambda (i o) (raise 'theirs))
;; expect any: a parameter that stays
(lambda (i o) (parameterize ((current-output-port (open-output-string))) (hash-table-set! (dpfw-slave-ht) 'p (current-output-port)) 1))
;; expect any: a procedure in the table
(lambda (i o) (hash-table-set! (dpfw-slave-ht) 'f (lambda () (let loop () (loop)))) 1)
;; expect deadline: the procedure of another
(lambda (i o) ((hash-table-ref (dpfw-slave-ht) 'f)))
;; expect any: the table full of itself
(lambda (i o) (hash-table-set! (dpfw-slave-ht) 'self (dpfw-slave-ht)) 1)
;; expect limit: the table sent
(lambda (i o) (dpfw-slave-ht))
;; expect any: the table emptied
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect limit: the table filled
(lambda (i o) (let loop ((n 0)) (hash-table-set! (dpfw-slave-ht) n n) (loop (+ n 1))))
;; expect any: the table emptied again
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect any: changing the table while walking it
(lambda (i o) (let ((t (make-hash-table))) (hash-table-set! t 1 1) (hash-table-walk t (lambda (k v) (hash-table-set! t (+ k 1) v))) 1))
;; expect raised: a constant is not changed for others
(lambda (i o) (let ((v '#(1 2 3))) (vector-set! v 0 9) (error "as it was" v)))
;; expect value #(1 2 3): it was not
(lambda (i o) '#(1 2 3))
;; expect refused: a macro that doubles
(lambda (i o) (define-syntax d (syntax-rules () ((_ x) (d (x x))))) (d 1))
;; expect refused: a macro that quadruples what it is given
(lambda (i o)
  (define-syntax a (syntax-rules () ((_ x ...) (b x ... x ... x ... x ...))))
  (define-syntax b (syntax-rules () ((_ x ...) (a x ... x ...))))
  (a 1 2 3 4))
;; expect refused: a macro of macros
(lambda (i o)
  (let-syntax ((m (syntax-rules () ((_ n) (let-syntax ((n (syntax-rules () ((_ x) (m x))))) (n n))))))
    (m again)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
