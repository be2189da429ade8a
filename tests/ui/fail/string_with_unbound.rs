use dpfw::remote;

fn main() {
    let _ = remote!(r#"
        (lambda (i o)
            (map (lambda (x) (* x y)) '(1 2 3)))
    "#);
}
