;; The table, which all tasks of a slave share.
;; expect value 1: a procedure in the table
(lambda (i o) (hash-table-set! (dpfw-slave-ht) 'f (lambda () (let loop () (loop)))) 1)
;; expect deadline: the procedure of another
(lambda (i o) ((hash-table-ref (dpfw-slave-ht) 'f)))
;; expect value 1: the table full of itself
(lambda (i o) (hash-table-set! (dpfw-slave-ht) 'self (dpfw-slave-ht)) 1)
;; expect limit: the table sent
(lambda (i o) (dpfw-slave-ht))
;; expect value 1: the table emptied
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect limit: the table filled
(lambda (i o) (let loop ((n 0)) (hash-table-set! (dpfw-slave-ht) n n) (loop (+ n 1))))
;; expect value 1: the table emptied again
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect value 1: changing the table while walking it
(lambda (i o) (let ((t (make-hash-table))) (hash-table-set! t 1 1) (hash-table-walk t (lambda (k v) (hash-table-set! t (+ k 1) v))) 1))
;; expect deadline: a hash table's procedure
(lambda (i o) (hash-table-update! (dpfw-slave-ht) 'k (lambda (x) (let loop () (loop))) (lambda () 0)))
;; expect value 1: the table as its own key
(lambda (i o) (hash-table-set! (dpfw-slave-ht) (dpfw-slave-ht) 1) 1)
;; expect value 1: and as the key of another
(lambda (i o) (let ((t (make-hash-table))) (hash-table-set! t (dpfw-slave-ht) 1) (hash-table-clear! (dpfw-slave-ht)) 1))
;; expect limit: one entry of much
(lambda (i o) (let loop ((l '())) (hash-table-set! (dpfw-slave-ht) 'much l) (loop (cons (make-string 10000 #\a) l))))
;; expect value 1: letting go of it
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect raised: changing it while it is changed
(lambda (i o) (hash-table-set! (dpfw-slave-ht) 'k 1) (hash-table-update! (dpfw-slave-ht) 'k (lambda (x) (hash-table-clear! (dpfw-slave-ht)) (raise 'half-done))))
;; expect deadline: updating within updating
(lambda (i o) (define (again x) (hash-table-update! (dpfw-slave-ht) 'k again (lambda () 0))) (let loop () (guard (e (#t (loop))) (again 1)) (loop)))
;; expect value gone: a key that can be changed
(lambda (i o) (let ((v (vector 1))) (hash-table-set! (dpfw-slave-ht) v 1) (vector-set! v 0 2) (hash-table-ref (dpfw-slave-ht) v (lambda () 'gone))))
;; expect value 10000 or deadline: keys that are all the same but for their length
(lambda (i o) (let loop ((n 0)) (if (< n 10000) (begin (hash-table-set! (dpfw-slave-ht) (make-string n #\a) n) (loop (+ n 1))) n)))
;; expect value 1: emptied once more
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect value 0: nothing is left
(lambda (i o) (hash-table-size (dpfw-slave-ht)))
;; expect limit: a key that came to hold itself, when its table is copied
(lambda (i o) (let ((t (make-hash-table)) (v (vector 1))) (hash-table-set! t v 1) (vector-set! v 0 v) (hash-table-copy t)))
;; expect value 0: cleared while it is walked
(lambda (i o) (let ((t (make-hash-table))) (for-each (lambda (n) (hash-table-set! t n n)) (iota 100)) (hash-table-walk t (lambda (k v) (hash-table-clear! t))) (hash-table-size t)))
;; expect value (1 1 #t): a table that is its own key
(lambda (i o) (let ((t (make-hash-table))) (hash-table-set! t t 1) (list (hash-table-ref t t) (hash-table-size t) (hash-table-exists? t t))))
;; expect limit: the slave's table filled with lists for keys
(lambda (i o) (let loop ((n 0)) (hash-table-set! (dpfw-slave-ht) (list 'full n) n) (loop (+ n 1))))
;; expect limit: another task finds no room
(lambda (i o) (hash-table-set! (dpfw-slave-ht) 'honest 1) 1)
;; expect value 1: but may change what is there
(lambda (i o) (hash-table-set! (dpfw-slave-ht) (list 'full 1) 1) 1)
;; expect value 1 or deadline: and make room
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect raised: keys that are the same elsewhere
(lambda (i o) (let ((t (make-hash-table eq?))) (hash-table-set! t (list 1) 1) (hash-table-set! t (list 1) 2) t))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
