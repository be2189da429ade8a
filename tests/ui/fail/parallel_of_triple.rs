use dpfw::parallel;

fn main() {
    let _ = parallel! { (task, local, more) };
}
