
fn main() {
    let _ = dpfw::remote_file!(path);
}
