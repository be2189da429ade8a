use dpfw::remote;

#[derive(serde::Serialize)]
struct Point {
    x: i32,
    y: f64,
}

fn main() {
    let n = 5;
    let text = String::from("text");
    let slice: &[i32] = &[1, 2];
    let point = Point { x: 1, y: 2.5 };
    let pair = (1, ("a", 'b'));
    let task = remote!(
        (lambda (i o)
            (list ,n , n ,text ,slice ,point ,point.x ,pair.0 ,pair.1.1 ,(n + 1) ,(text.len()) ,(Some(n)) ,(&point)
                  (quote ,n) (quote (a ,n . ,slice)) (quote #(1 ,n)) (quasiquote (b ,n (unquote (+ ,n 1))))
                  (let ((x ,n)) x) (if ,(n > 1) 1 2)))
    );
    // Splices borrow.
    drop((text, point));
    let _ = task;
}
