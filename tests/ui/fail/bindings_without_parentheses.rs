use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (let (y (* 2 3)) (+ y 1))));
}
