use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define-syntax twice (syntax-rules () ((_ x) (+ x x)))) (twice 1 2)));
}
