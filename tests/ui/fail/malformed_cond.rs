use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (cond (= 1 2) 3)));
}
