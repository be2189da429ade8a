use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (begin (define x) x)));
}
