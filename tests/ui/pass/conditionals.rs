use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define (classify n)
                (cond
                    ((assv n (quote ((1 . one)))) => cdr)
                    ((< n 0) 'negative)
                    ((= n 7))
                    (else (case n ((2 3) 'small) ((a "b") 'never) (else => (lambda (x) x))))))
            (when (even? 2) (unless (odd? 2) (and (or #f (classify 1)) (not #f)))))
    );
}
