use dpfw::remote;

struct Connection;

fn main() {
    let connection = Connection;
    let _ = remote!(r#"(lambda (i o) (list ,connection))"#);
}
