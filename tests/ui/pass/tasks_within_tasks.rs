use dpfw::remote;

fn main() {
    let n = 3;
    let inner = |k: i64| remote!((lambda (i o) ,k));
    let _ = remote!((lambda (i o) (list ,({
        let task = remote!((lambda (i o) ,n));
        drop((task, inner(2)));
        n + 1
    }))));
}
