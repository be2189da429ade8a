use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (vector-map (lambda (x) (* x x)) #(1 2 3)))
    );
}
