use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (let ((p (make-parameter 1))) (parameterize (p 2) (p)))));
}
