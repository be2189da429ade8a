use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (cons 1 2 3 (list 4))));
}
