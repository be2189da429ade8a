use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define-record-type point (make-point x z) point? (x point-x) (y point-y)) (make-point 1 2)));
}
