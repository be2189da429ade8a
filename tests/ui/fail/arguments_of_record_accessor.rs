use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define-record-type point (make-point x) point? (x point-x)) (point-x (make-point 1) 2)));
}
