use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (let-values (((a b) (values 1 2 3))) a)));
}
