use dpfw::remote;

fn main() {
    let n = 7;
    let _ = remote! { extern (prime? 1) (factor 1 2) (trace-line 1 ...) (lambda (i o) (trace-line 1 2 3) (if (prime? ,n) (factor 1) (factor 1 2))) };
    let _ = remote!("extern (prime? 1) (lambda (i o) (prime? 7))");
}
