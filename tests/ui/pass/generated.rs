use dpfw_ui_generator::{parsed, passed_on, quoted_clearly};

fn main() {
    let n = 1;
    let _ = parsed!();
    let _ = quoted_clearly!();
    let _ = passed_on!((hash-table-set! (dpfw-slave-ht) 'a-name (- ,n -1)));
}
