use dpfw::remote;

fn main() {
    let n = 5;
    let xs = vec![1, 2];
    let point = (1, 2);
    let _ = remote!(r#"
        ; A comment; and don't lose its quotes.
        (lambda (i o)
          (list '(1 2) `(a ,n ,@xs) #\a #\space '|a name| "text" 'λ→x ,(n + 1) ,point.0 ,(point.1 + n)))
    "#);
    let _ = remote!("(lambda (i o) \"text\")");
    let _ = remote!(r"(lambda (i o) 1)");
}
