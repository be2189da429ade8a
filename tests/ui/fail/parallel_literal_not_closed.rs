use dpfw::parallel;

fn main() {
    let _ = parallel! { remote!< (lambda (i o) 1) => dpfw::read_result };
}
