use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define a b) (define b 1) a));
}
