use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (do ((k 0 (+ k 1))) (= k 3) (display k))));
}
