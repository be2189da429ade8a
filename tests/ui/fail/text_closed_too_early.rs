use dpfw::remote;

fn main() {
    let _ = remote!(
        "(lambda (i o)
           (define f x)
             (if (> x 0) x (- x)))
           (f 2))"
    );
}
