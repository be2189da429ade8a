use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (call-with-values (lambda () (values 1 2 3)) cons)));
}
