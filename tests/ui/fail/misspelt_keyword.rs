use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (defin (f x) (+ x 1)) (f 2)));
}
