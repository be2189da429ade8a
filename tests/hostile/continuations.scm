;; Continuations that go where they are not expected.
;; expect deadline: a continuation that returns for ever
(lambda (i o) (let ((k (call/cc (lambda (k) k)))) (k k)))
;; expect value 1: a continuation kept in the table
(lambda (i o) (call/cc (lambda (k) (hash-table-set! (dpfw-slave-ht) 'k k))) 1)
;; expect value 1: a continuation of a task that is over
(lambda (i o) ((hash-table-ref (dpfw-slave-ht) 'k) 1))
;; expect value 3: out of a winder
(lambda (i o) (call/cc (lambda (k) (dynamic-wind (lambda () 1) (lambda () (k 3)) (lambda () 2)))))
;; expect deadline: into a winder again and again
(lambda (i o) (let ((k #f)) (dynamic-wind (lambda () 1) (lambda () (call/cc (lambda (c) (set! k c)))) (lambda () 1)) (k 1)))
;; expect deadline: out of the way out
(lambda (i o) (let loop () (call/cc (lambda (k) (dynamic-wind (lambda () 1) (lambda () (k 1)) (lambda () (k 2))))) (loop)))
;; expect limit or deadline: a winder that never lets go
(lambda (i o) (let loop () (dynamic-wind (lambda () 1) (lambda () 1) (lambda () (loop)))))
;; expect deadline: out of the handler of one's own end
(lambda (i o) (let again () (call/cc (lambda (k) (with-exception-handler (lambda (e) (k 1)) (lambda () (let loop () (loop)))))) (again)))
;; expect limit or deadline: continuations within continuations
(lambda (i o) (let loop ((l '())) (call/cc (lambda (k) (loop (cons k l))))))
;; expect limit or deadline: a generator that keeps itself
(lambda (i o) (define saved '()) (define (f n) (call/cc (lambda (k) (set! saved (cons k saved)))) (+ 1 (f (+ n 1)))) (f 0))
;; expect raised: with too many values
(lambda (i o) (+ 1 (call/cc (lambda (k) (k 1 2 3)))))
;; expect value #<procedure>: as the result
(lambda (i o) (call/cc (lambda (k) k)))
;; expect value 1: the winders of two tasks
(lambda (i o) (dynamic-wind (lambda () 1) (lambda () (call/cc (lambda (k) (hash-table-set! (dpfw-slave-ht) 'inside k) 1))) (lambda () 2)))
;; expect value 7: into the winders of a task that is over
(lambda (i o) ((hash-table-ref (dpfw-slave-ht) 'inside) 7))
;; expect raised: the exception is this task's
(lambda (i o) (raise 'mine))
;; expect value 1: emptied
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect value 7: kept with its handlers
(lambda (i o) (with-exception-handler (lambda (e) 7) (lambda () (call/cc (lambda (k) (hash-table-set! (dpfw-slave-ht) 'k k))) (raise-continuable 1))))
;; expect value 7: gone to from a guard
(lambda (i o) (guard (e (#t 'caught)) ((hash-table-ref (dpfw-slave-ht) 'k) 1)))
;; expect value 7: gone to as a handler
(lambda (i o) (with-exception-handler (hash-table-ref (dpfw-slave-ht) 'k) (lambda () (raise 'x))))
;; expect raised: whose handlers are not those of the next
(lambda (i o) (raise-continuable 1))
;; expect value 5: kept before it writes
(lambda (i o) (call/cc (lambda (k) (hash-table-set! (dpfw-slave-ht) 'k k))) (write 5 o) 1)
;; expect raised: its port is over
(lambda (i o) ((hash-table-ref (dpfw-slave-ht) 'k) #f))
;; expect value 1: a generator in the table
(lambda (i o) (define return #f) (define (gen) (call/cc (lambda (r) (set! return r) (for-each (lambda (x) (call/cc (lambda (next) (set! gen (lambda () (next #f))) (return x)))) '(1 2 3)) (return 'done)))) (hash-table-set! (dpfw-slave-ht) 'gen (lambda () (gen))) (gen))
;; expect value 2: goes on in another task
(lambda (i o) ((hash-table-ref (dpfw-slave-ht) 'gen)))
;; expect deadline: back into five thousand winders
(lambda (i o) (define saved #f) (define (f n) (if (= n 0) (call/cc (lambda (k) (set! saved k) 0)) (dynamic-wind void (lambda () (f (- n 1))) void))) (f 5000) (saved 1))
;; expect value 1: the table is emptied
(lambda (i o) (hash-table-clear! (dpfw-slave-ht)) 1)
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
