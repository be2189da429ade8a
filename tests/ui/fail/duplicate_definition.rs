use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define x 1) (define x 2) x));
}
