use dpfw::remote;

fn main() {
    let n = 5;
    let _ = remote!((lambda (i o) (list ,@n)));
}
