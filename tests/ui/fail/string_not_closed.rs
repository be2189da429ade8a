use dpfw::remote;

fn main() {
    let _ = remote!(r#"(lambda (i o) (+ 1 2)"#);
}
