use dpfw::remote;

fn main() {
    let _ = remote! { extern (prime? 1) (lambda (i o) (prime? 7 8)) };
}
