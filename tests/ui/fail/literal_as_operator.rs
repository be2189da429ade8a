use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (for-each display (1 2 3))));
}
