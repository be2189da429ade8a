use dpfw::remote;

fn main() {
    let xs = [1, 2];
    let _ = remote!((lambda (i o) (if ,@xs)));
}
