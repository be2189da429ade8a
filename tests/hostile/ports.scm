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
;; expect any: a port kept in the table
(lambda (i o) (hash-table-set! (dpfw-slave-ht) 'port o) 1)
;; expect raised: a port of a task that is over
(lambda (i o) (write "hello from the dead" (hash-table-ref (dpfw-slave-ht) 'port)))
;; expect any: a continuation kept in the table
(lambda (i o) (call/cc (lambda (k) (hash-table-set! (dpfw-slave-ht) 'k k))) 1)
;; expect any: a continuation of a task that is over
(lambda (i o) ((hash-table-ref (dpfw-slave-ht) 'k) 1))
;; expect any: closing what others gave
(lambda (i o) (close-port (current-output-port)) (display "x") 1)
;; expect raised: malformed text in a string port
(lambda (i o) (read (open-input-string ")")))
;; expect raised: half a datum in a string port
(lambda (i o) (read (open-input-string "(1 2")))
;; expect any: deep text in a string port
(lambda (i o) (read (open-input-string (make-string 1000000 #\())))
;; expect any: quotes without end
(lambda (i o) (read (open-input-string (make-string 1000000 #\'))))
;; expect any: a comment without end
(lambda (i o) (read (open-input-string (string-append "#|" (make-string 1000000 #\#)))))
;; expect raised: a datum label
(lambda (i o) (read (open-input-string "#0=(a . #0#)")))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
