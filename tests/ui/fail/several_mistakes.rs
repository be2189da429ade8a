use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (let ((x 1) (x 2))
                (if)
                (cons 1)
                (dispaly x)
                (set! z ,(1 + 1))))
    );
}
