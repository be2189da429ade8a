use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define-syntax f (syntax-rules () ((_ x) (f (x x))))) (f 1)));
}
