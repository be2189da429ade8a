use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) ((lambda (x 1) x) 1 2)));
}
