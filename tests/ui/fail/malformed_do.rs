use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (do (i 0) (#t))));
}
