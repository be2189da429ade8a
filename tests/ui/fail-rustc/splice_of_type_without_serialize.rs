use dpfw::remote;

struct Connection;

fn main() {
    let connection = Connection;
    let _ = remote!((lambda (i o) (list ,connection)));
}
