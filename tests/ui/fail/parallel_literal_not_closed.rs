use dpfw::{parallel, read_result};

fn main() {
    let _ = parallel! { remote!< (lambda (i o) 1) => read_result };
}
