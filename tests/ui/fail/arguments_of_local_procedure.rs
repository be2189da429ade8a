use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define (area w h) (* w h))
            (area 1))
    );
}
