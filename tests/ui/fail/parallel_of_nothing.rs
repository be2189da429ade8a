use dpfw::parallel;

fn main() {
    let _ = parallel! {};
}
