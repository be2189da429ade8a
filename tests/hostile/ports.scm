;; Ports used against the rules.
;; expect raised: writing on the input
(lambda (i o) (write 1 i))
;; expect raised: reading from the output
(lambda (i o) (read o))
;; expect raised: writing after closing
(lambda (i o) (close-port o) (write 1 o))
;; expect raised: reading after closing
(lambda (i o) (close-port i) (read i))
;; expect deadline: waiting for what nobody writes
(lambda (i o) (read i))
;; expect deadline: waiting for a line
(lambda (i o) (read-line i))
;; expect deadline: waiting for bytes
(lambda (i o) (read-bytevector 10 i))
;; expect value 1: a port kept in the table
(lambda (i o) (hash-table-set! (dpfw-slave-ht) 'port o) 1)
;; expect raised: a port of a task that is over
(lambda (i o) (write "hello from the dead" (hash-table-ref (dpfw-slave-ht) 'port)))
;; expect value 1: closing what others gave
(lambda (i o) (close-port (current-output-port)) (display "x") 1)
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
