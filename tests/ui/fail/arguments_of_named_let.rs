use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (let loop ((n 10) (sum 0))
                (if (= n 0) sum (loop (- n 1)))))
    );
}
