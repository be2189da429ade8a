use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (cond (else 1) (#t 2))));
}
