use dpfw::remote;

fn main() {
    let (n, xs) = (1, vec![1]);
    let _ = remote!((lambda (i o) (let ((,n 1)) (case 1 ((,@xs) 2)))));
}
