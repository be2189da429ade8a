use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (* 2 1+2i)));
}
