use dpfw::remote;

fn main() {
    let _ = remote! { (lambda (i o) [+ 1 2]) };
    let _ = remote![(lambda (i o) (let ([x 1] [y 2]) (+ x y)))];
    let _ = dpfw::remote!((lambda (i o) 1));
}
