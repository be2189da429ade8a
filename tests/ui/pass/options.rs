use std::time::Duration;

use dpfw::remote;

fn main() {
    let task = remote!((lambda (i o) 1)).timeout(Duration::from_secs(1)).retries(2).label("one");
    fn is_portable<T: Clone + Send + Sync + 'static>(_: &T) {}
    is_portable(&task);
    assert_eq!(task.place().line(), 6);
    assert!(task.place().file().ends_with("options.rs"));
}
