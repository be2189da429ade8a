use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (list (define x 1))));
}
