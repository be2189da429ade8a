use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define (sum-to n)
                (let loop ((k 0) (sum 0))
                    (if (> k n) sum (loop (+ k 1) (+ sum k)))))
            (do ((k 0 (+ k 1)) (acc (list) (cons k acc)))
                ((= k 3) (reverse acc))
                (sum-to k)))
    );
}
