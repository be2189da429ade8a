use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define-syntax twice (syntax-rules () ((_ a) (+ a b)))) (twice 1) (twice 2)));
}
