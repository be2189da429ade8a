use dpfw::parallel;

fn main() {
    let _ = parallel! { (lambda (i o) (car)) => dpfw::read_result::<i64> };
}
