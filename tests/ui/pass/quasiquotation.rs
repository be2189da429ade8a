use dpfw::remote;

fn main() {
    let (n, xs) = (1, [2, 3]);
    let _ = remote!(
        (lambda (i o)
            (define y 4)
            (quasiquote (a ,n ,@xs (unquote y) (unquote-splicing (list y ,n)) #(b ,n (unquote y)) (c . ,n))))
    );
}
