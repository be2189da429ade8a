//! A task ends within 100 ms of its deadline, and so does its hold on the slave. What cannot be interrupted at all has its
//! process replaced: `supervised.rs` shows that.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use dpfw::{InputPort, Master, OutputPort, Slave, Task, remote};
use tokio::net::TcpListener;

/// The deadline of what never ends.
const DEADLINE: Duration = Duration::from_millis(200);
/// How long after it the slave has answered the next task.
const LATE_MAX: Duration = Duration::from_millis(100);
/// So often it is tried, since others work on this machine as well.
const ATTEMPTS: usize = 20;
/// What no attempt takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A master of a slave that offers `nap`, which sleeps for so many seconds.
async fn master() -> Master {
    let nap = |seconds: u64| async move { tokio::time::sleep(Duration::from_secs(seconds)).await };
    let slave = Slave::builder().register_async_fn("nap", nap).build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { slave.serve_listener(listener).await });
    let master = Master::new();
    master.connect(address).await.unwrap();
    master
}

/// How long after its deadline `task` has ended and the slave has answered another.
async fn lateness(master: &Master, task: Task) -> Duration {
    let began = Instant::now();
    let endless = master.make_task(task.timeout(DEADLINE), async |mut i: InputPort, _o: OutputPort| {
        // The task's input stays open.
        Ok(i.read_value().await?)
    });
    let next = master.run::<i64>(remote!((lambda (i o) (+ 2 3))));
    let both = async { (endless.await, next.await) };
    let (ended, next) = tokio::time::timeout(PATIENCE, both).await.expect("both end");
    assert!(ended.as_ref().is_err_and(dpfw::TaskError::is_timeout), "{ended:?}");
    assert_eq!(next.unwrap(), 5);
    began.elapsed().saturating_sub(DEADLINE)
}

async fn ends_in_time(task: Task) {
    let master = master().await;
    let mut all = Vec::new();
    for _ in 0..ATTEMPTS {
        let late = lateness(&master, task.clone()).await;
        if late <= LATE_MAX {
            return;
        }
        all.push(late);
    }
    panic!("the slave was free only {all:?} after the deadline");
}

#[tokio::test]
async fn a_loop_that_ignores_handlers() {
    ends_in_time(remote!((lambda (i o) (let again () (guard (e (#t (again))) (let loop () (loop))))))).await;
    ends_in_time(remote!((lambda (i o)
        (let again ()
            (with-exception-handler
                (lambda (e) (again))
                (lambda () (dynamic-wind (lambda () 1) (lambda () (let loop () (loop))) again)))))))
    .await;
}

#[tokio::test]
async fn a_bomb_of_big_numbers() {
    // Each as far as the limits of numbers allow, and then anew.
    ends_in_time(remote!((lambda (i o)
        (let again () (let loop ((n 1) (p 1)) (if (< n 3000) (loop (+ n 1) (* p n)) (again)))))))
    .await;
    ends_in_time(remote!((lambda (i o)
        (let again () (let loop ((n 1) (x (/ 1 3))) (if (< n 10) (loop (+ n 1) (+ (* x x) (/ 1 7))) (again)))))))
    .await;
    ends_in_time(remote!((lambda (i o) (let loop () (string->number (make-string 300000 '9')) (loop))))).await;
}

#[tokio::test]
async fn a_sleep() {
    ends_in_time(remote! { extern (nap 1) (lambda (i o) (nap 600)) }).await;
}

#[tokio::test]
async fn a_blocked_read() {
    ends_in_time(remote!((lambda (i o) (read i)))).await;
    ends_in_time(remote!((lambda (i o) (read-line i)))).await;
}
