use dpfw::remote;

fn main() {
    let xs = [1];
    let _ = remote!((lambda (i o) (list , @xs)));
}
