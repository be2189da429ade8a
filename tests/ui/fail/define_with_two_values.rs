use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define f (lambda x y) (+ x y)) (f 1)));
}
