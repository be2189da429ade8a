use dpfw::remote;

fn main() {
    let _ = remote!(lambda (i o) 1);
}
