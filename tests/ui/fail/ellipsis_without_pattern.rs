use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define-syntax f (syntax-rules () ((_ x) (list x ...)))) (f 1)));
}
