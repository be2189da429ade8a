use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (string-set! (make-string 3) 0 'a')));
}
