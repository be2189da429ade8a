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
;; expect raised: the output as the current input
(lambda (i o) (parameterize ((current-input-port o)) (read)))
;; expect deadline: the input as the current input
(lambda (i o) (parameterize ((current-input-port i)) (read)))
;; expect value closed: a closed port as the current output
(lambda (i o) (let ((p (open-output-string))) (close-port p) (guard (e (#t 'closed)) (parameterize ((current-output-port p)) (display 1)))))
;; expect raised: what is no port as the current output
(lambda (i o) (parameterize ((current-output-port 5)) (display 1)))
;; expect value (195 #\é 195 bad): half a character
(lambda (i o) (let ((p (open-input-bytevector (bytevector 195 169 65)))) (let* ((a (peek-u8 p)) (b (peek-char p)) (c (read-u8 p))) (list a b c (guard (e (#t 'bad)) (peek-char p))))))
;; expect raised: bytes that are no text in a string port
(lambda (i o) (let ((p (open-output-string))) (write-u8 255 p) (get-output-string p)))
;; expect raised: parameterize of a procedure that is no parameter
(lambda (i o) (define t (list (lambda (x) 5))) (parameterize (((car t) 5)) 1))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
