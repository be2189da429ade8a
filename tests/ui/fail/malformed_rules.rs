use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define-syntax twice (syntax-rules (x) (_ x))) (twice 1)));
}
