use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (case 1 (2 3))));
}
