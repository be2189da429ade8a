use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y))
            (define-record-type <other> (make-other) other?)
            (let ((p (make-point 1 2)))
                (set-point-x! p 3)
                (list (point? p) (other? p) (point-x p) (point-y p))))
    );
}
