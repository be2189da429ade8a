use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) ((let ((x 1)) (lambda (y) (+ x y))))));
}
