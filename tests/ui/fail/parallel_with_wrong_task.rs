use dpfw::{parallel, read_result};

fn main() {
    let _ = parallel! { (lambda (i o) (car)) => read_result::<i64> };
}
