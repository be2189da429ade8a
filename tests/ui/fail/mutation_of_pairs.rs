use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (set-car! (list 1) 2)));
}
