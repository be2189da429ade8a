use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (apply car (list 1 2 3))));
}
