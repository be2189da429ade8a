use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define (list . x) x)
            (let ((if vector) (else #f) (car (lambda (a b) b)))
                (cond (else 1) (#t (if 1 2 3 (car 1 2) (list 1 2))))))
    );
}
