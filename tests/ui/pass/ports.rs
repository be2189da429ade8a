use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define (echo)
                (let ((x (read i)))
                    (if (eof-object? x)
                        (newline o)
                        (begin (write x o) (display "text" o) (write-char 'a' o) (write-u8 7 o) (flush-output-port o) (echo)))))
            (list (read-line i) (read-char i) (peek-char i) (read-string 3 i) (read-u8 i) (read-bytevector 4 i) (char-ready? i))
            (echo)
            (close-port o))
    );
}
