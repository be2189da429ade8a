use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (for-each (lambda (a b) a) (list 1 2))));
}
