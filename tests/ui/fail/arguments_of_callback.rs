use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (map cons (list 1 2))));
}
