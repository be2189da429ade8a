use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (map (lambda x) (list 1))));
}
