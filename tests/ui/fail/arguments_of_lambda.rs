use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) ((lambda (x y) x) 1)));
}
