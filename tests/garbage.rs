//! What tasks leave behind is let go of, whatever refers to what: memory stays bounded, and no task is slow or ended for the
//! garbage of others.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use dpfw::{Master, Task, Value};
use dpfw_tests::{
    Process,
    system::{children_of, resident_bytes_max},
};

/// A slave that grants its tasks 64 MiB, and its master.
async fn slave() -> (Process, Master) {
    let supervisor = Process::start(env!("CARGO_BIN_EXE_hostile-program"), &[]);
    let master = Master::new();
    master.connect(supervisor.line()).await.unwrap();
    (supervisor, master)
}

/// Runs a task so often, and gives how long each run took and how much memory the slave's process ever had.
async fn repeat(body: &str, count: usize, expected: &str) -> (Vec<Duration>, u64) {
    let (supervisor, master) = slave().await;
    let children = children_of(supervisor.id());
    let task = Task::parse(&format!("(lambda (i o) {body})")).unwrap();
    let mut times = Vec::new();
    for _ in 0..count {
        let begun = Instant::now();
        let value: Value = master.run(task.clone()).await.unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(value.to_string(), expected, "{body}");
        times.push(begun.elapsed());
    }
    assert_eq!(children_of(supervisor.id()), children, "{body}: the slave was replaced");
    (times, children.into_iter().map(resident_bytes_max).max().unwrap())
}

/// Well above what a slave has when it idles and what may lie about until it is looked for, and far below what is made.
const BYTES_MAX: u64 = 300 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cycles_are_let_go_of() {
    let cycles = [
        // A procedure that calls itself is in the box that it holds.
        "(define data (make-string 1000000 #\\a))
         (define (f n) (if (= n 0) (string-length data) (f (- n 1)))) (f 10)",
        "(let ((v (vector #f (make-string 1000000 #\\a)))) (vector-set! v 0 v) (string-length (vector-ref v 1)))",
        "(define data (make-string 1000000 #\\a))
         (define (a n) (if (= n 0) (string-length data) (b (- n 1)))) (define (b n) (if (= n 0) 1 (a (- n 1)))) (a 10)",
        "(let ((p #f) (data (make-string 1000000 #\\a))) (set! p (delay (begin p (string-length data)))) (force p))",
    ];
    for cycle in cycles {
        let (_, bytes) = repeat(cycle, 1_000, "1000000").await;
        assert!(bytes < BYTES_MAX, "{} MB: {cycle}", bytes >> 20);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_within_a_task_does_not_count() {
    let garbage = [
        // Each string was in a box, since it is assigned.
        "(let loop ((n 0)) (if (= n 1000) 1 (let ((s (make-string 100000 #\\a))) (set! s (string-append s \"b\")) (loop (+ n 1)))))",
        "(let loop ((n 0)) (if (= n 1000) 1 (begin (vector (make-string 100000 #\\a)) (loop (+ n 1)))))",
        "(let loop ((n 0)) (if (= n 1000) 1 (let ((b (make-bytevector 100000 1))) (delay b) (loop (+ n 1)))))",
    ];
    for garbage in garbage {
        let (_, bytes) = repeat(garbage, 20, "1").await;
        assert!(bytes < BYTES_MAX, "{} MB: {garbage}", bytes >> 20);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_chain_makes_no_later_task_slow() {
    let chains = [
        "(define-record-type node (mk v next) node? (v node-v) (next node-next))
         (let loop ((n 0) (l #f)) (if (= n 20000) 1 (loop (+ n 1) (mk n l))))",
        "(let loop ((n 0) (f 1)) (if (= n 20000) 1 (loop (+ n 1) (let ((g f)) (set! g (lambda () g f)) g))))",
    ];
    for chain in chains {
        let (times, _) = repeat(chain, 10, "1").await;
        let slow = times.iter().filter(|time| **time > Duration::from_millis(700)).count();
        // Each was, from the second on.
        assert!(slow <= 3, "{times:?}: {chain}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slave_whose_table_takes_too_much_is_replaced_between_two_tasks() {
    let (supervisor, master) = slave().await;
    let children = children_of(supervisor.id());
    let task =
        |n: i64| dpfw::remote!((lambda (i o) (hash-table-set! (dpfw-slave-ht) ,n (make-bytevector 30000000 1)) ,n));
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut n = 0;
    while children_of(supervisor.id()) == children {
        assert!(Instant::now() < deadline && n < 60, "{n} entries of 30 MB");
        n += 1;
        match master.run::<i64>(task(n)).await {
            Ok(value) => assert_eq!(value, n),
            Err(error) => panic!("{n}: {error}"),
        }
        // It says goodbye first, and is replaced a little later.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(n > 10, "{n}");
    let left: i64 = master.run(dpfw::remote!((lambda (i o) (hash-table-size (dpfw-slave-ht))))).await.unwrap();
    assert!(left < n);
}
