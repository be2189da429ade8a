use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (eval (quote (+ 1 2)))));
}
