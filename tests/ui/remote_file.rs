//! Tasks in files of their own; their paths are relative to this package.

use dpfw::remote_file;

#[test]
fn a_file_is_a_task_with_parameters() {
    let limit = 7;
    let task = remote_file!("files/prime.scm", n = limit + 1, text_parts = ["a", "b"],);
    assert_eq!(task.place().to_string(), "files/prime.scm:2:1");
}
