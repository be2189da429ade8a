use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            // Comments are Rust's.
            /* Both kinds. */
            (list -1 1/2 -1/2 .5 1e3 1. +inf.0 -inf.0 +nan.0 1+2i -i #xFF #b101 #e1.5 0xFF 1_000
                  99999999999999999999999999999999999999999
                  #t #f #true #false 'a' ' ' '\u{3bb}' '(' "text \u{3bb}" r"raw\" b"bytes"
                  'symbol 'hash-table (quote (1 2 . 3)) (quote #(1 2)) #(1 2) #u8(1 2) #;(dropped datum) #| block |# "end"))
    );
}
