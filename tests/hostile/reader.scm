;; Text that is read on the slave.
;; expect raised: malformed text in a string port
(lambda (i o) (read (open-input-string ")")))
;; expect raised: half a datum in a string port
(lambda (i o) (read (open-input-string "(1 2")))
;; expect raised: deep text in a string port
(lambda (i o) (read (open-input-string (make-string 1000000 #\())))
;; expect raised: quotes without end
(lambda (i o) (read (open-input-string (make-string 1000000 #\'))))
;; expect raised or deadline: a comment without end
(lambda (i o) (read (open-input-string (string-append "#|" (make-string 1000000 #\#)))))
;; expect raised: a datum label
(lambda (i o) (read (open-input-string "#0=(a . #0#)")))
;; expect limit or raised: deep vectors
(lambda (i o) (read (open-input-string (apply string-append (let loop ((n 0) (l '())) (if (= n 100000) l (loop (+ n 1) (cons "#(" l))))))))
;; expect limit or raised: comments within comments
(lambda (i o) (read (open-input-string (apply string-append (let loop ((n 0) (l '())) (if (= n 100000) l (loop (+ n 1) (cons "#|" l))))))))
;; expect limit or raised: data that are comments of data
(lambda (i o) (read (open-input-string (apply string-append (let loop ((n 0) (l '())) (if (= n 100000) l (loop (+ n 1) (cons "#;" l))))))))
;; expect value 10000000 or deadline: a very long symbol
(lambda (i o) (string-length (symbol->string (read (open-input-string (make-string 10000000 #\a))))))
;; expect value 1 or deadline: a very long list
(lambda (i o) (length (read (open-input-string (string-append "(" (make-string 500000 #\1) (make-string 500000 #\space) ")")))))
;; expect raised: a character that is none
(lambda (i o) (read (open-input-string "#\\nonsense")))
;; expect raised: half a surrogate
(lambda (i o) (read (open-input-string "#\\xD800")))
;; expect raised: beyond the last character
(lambda (i o) (read (open-input-string "\"\\x110000;\"")))
;; expect raised: a string without an end
(lambda (i o) (read (open-input-string "\"abc")))
;; expect raised: a bytevector of something else
(lambda (i o) (read (open-input-string "#u8(256)")))
;; expect raised: dots
(lambda (i o) (read (open-input-string "( . )")))
;; expect raised: more than one after the dot
(lambda (i o) (read (open-input-string "(1 . 2 3)")))
;; expect raised: text that is no text
(lambda (i o) (utf8->string (bytevector 255 254 253)))
;; expect limit or deadline: reading what one writes
(lambda (i o) (let loop ((text "(1 2)")) (loop (let ((datum (read (open-input-string text))) (port (open-output-string))) (write (list datum datum) port) (get-output-string port)))))
;; expect value +inf.0: an exponent beyond all
(lambda (i o) (read (open-input-string "1e999999999")))
;; expect raised: an exact exponent beyond all
(lambda (i o) (read (open-input-string "#e1e999999999")))
;; expect raised: a fraction of zero
(lambda (i o) (read (open-input-string "1/0")))
;; expect raised or deadline: a fraction of many digits
(lambda (i o) (read (open-input-string (string-append (make-string 190000 #\7) "/" (make-string 190000 #\3)))))
;; expect raised or deadline: an exact decimal of many digits
(lambda (i o) (read (open-input-string (string-append "#e0." (make-string 390000 #\3)))))
;; expect value +inf.0 or deadline: an exponent of many digits
(lambda (i o) (string->number (string-append "1e" (make-string 390000 #\3))))
;; expect deadline or limit: a million data, one after the other
(lambda (i o) (let ((p (open-input-string (apply string-append (make-list 5000000 "(a b) "))))) (let loop ((n 0)) (if (eof-object? (read p)) (loop 0) (loop (+ n 1))))))
;; expect value (10 990 #t ""): strings of all lengths
(lambda (i o) (let ((p (open-input-string (make-string 1000 #\é)))) (let* ((a (string-length (read-string 10 p))) (b (string-length (read-string 4611686018427387904 p)))) (list a b (eof-object? (read-string 1 p)) (read-string 0 p)))))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
