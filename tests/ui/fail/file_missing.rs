
fn main() {
    let _ = dpfw::remote_file!("tasks/missing.scm");
}
