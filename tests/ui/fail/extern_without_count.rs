use dpfw::remote;

fn main() {
    let _ = remote! { extern (prime?) (lambda (i o) (prime? 7)) };
}
