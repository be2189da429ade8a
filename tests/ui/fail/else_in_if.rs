use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (if #t 1 else 2)));
}
