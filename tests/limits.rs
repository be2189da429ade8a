//! What a task may take: the slave's limits, and those of the task's own options where they are tighter.
#![expect(clippy::unwrap_used, reason = "helpers fail the test that calls them")]

use std::time::Duration;

use dpfw::{Limits, Master, Slave, Task, TaskErrorKind, remote};

/// A master of a slave with `limits`.
async fn master(limits: Limits) -> Master {
    let slave = Slave::builder().limits(limits).build();
    let listener = slave.bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { slave.serve_listener(listener).await });
    let master = Master::new();
    master.connect(address).await.unwrap();
    master
}

/// Which limit `task` passes, and how high it is.
async fn passed(master: &Master, task: Task) -> (String, Option<u64>) {
    let outcome = tokio::time::timeout(Duration::from_secs(30), master.run::<dpfw::Value>(task)).await;
    let passed = match outcome.expect("the limit ends it").unwrap_err().into_kind() {
        TaskErrorKind::LimitExceeded { which, limit } => (which, limit),
        other => panic!("{other:?}"),
    };
    assert_eq!(master.run::<i64>(remote!((lambda (i o) (+ 2 3)))).await.unwrap(), 5, "the slave goes on");
    passed
}

fn compute() -> Task {
    remote!((lambda (i o) (let loop () (loop))))
}

fn grow() -> Task {
    remote!((lambda (i o) (let loop ((l (list))) (loop (cons (make-vector 1000 0) l)))))
}

fn write() -> Task {
    remote!((lambda (i o) (let loop ((n 0)) (if (< n 100) (begin (write-string (make-string 1000 'x') o) (loop (+ n 1)))))))
}

fn answer() -> Task {
    remote!((lambda (i o) (make-string 100000 'x')))
}

#[tokio::test]
async fn a_task_may_have_tighter_limits_than_its_slave() {
    let master = master(Limits::default()).await;
    let passed_cpu = passed(&master, compute().cpu_time(Duration::from_millis(50))).await;
    assert_eq!(passed_cpu, ("ms of CPU time".to_owned(), Some(50)));
    let passed_memory = passed(&master, grow().memory_bytes(50_000_000)).await;
    assert_eq!(passed_memory, ("bytes of memory".to_owned(), Some(50_000_000)));
    let passed_output = passed(&master, write().output_bytes(99_999)).await;
    assert_eq!(passed_output, ("bytes of output".to_owned(), Some(99_999)));
    let passed_result = passed(&master, answer().result_bytes(99_999)).await;
    assert_eq!(passed_result, ("bytes of the value of a task".to_owned(), Some(99_999)));
}

#[tokio::test]
async fn a_value_that_is_too_dear_to_read_is_not_sent() {
    let master = master(Limits::default()).await;
    let ratios = remote!((lambda (i o) (make-list 500 (/ (expt 3 25000) (expt 2 39000)))));
    let written = remote!((lambda (i o) (write (make-list 500 (/ (expt 3 25000) (expt 2 39000))) o)));
    for task in [ratios, written] {
        let (which, limit) = passed(&master, task).await;
        assert!(which.starts_with("parts of a value that travels"), "{which}");
        assert_eq!(limit, Some(u64::from(dpfw::Value::NODES_MAX)));
    }
}

#[tokio::test]
async fn a_limit_is_said_as_it_is_meant() {
    let limits = Limits { wall_time: Some(Duration::from_millis(80)), ..Limits::default() };
    let master = master(limits).await;
    let said = async |task: Task| master.run::<()>(task).await.unwrap_err().to_string();
    let of_wall = said(compute()).await;
    assert!(of_wall.contains(" passed a limit: more than 80 ms of wall time\n"), "{of_wall}");
    let of_cpu = said(compute().cpu_time(Duration::from_millis(20))).await;
    assert!(of_cpu.contains(" passed a limit: more than 20 ms of CPU time\n"), "{of_cpu}");
    let of_output = said(write().output_bytes(999)).await;
    assert!(of_output.contains(" passed a limit: more than 999 bytes of output\n"), "{of_output}");
}

#[tokio::test]
async fn what_is_within_its_limits_is_not_disturbed() {
    let master = master(Limits::default()).await;
    let within = |task: Task| {
        task.cpu_time(Duration::from_secs(20)).memory_bytes(1 << 30).output_bytes(100_000).result_bytes(200_000)
    };
    let text: String = master.run(within(answer())).await.unwrap();
    assert_eq!(text.len(), 100_000);
    let text = master.make_task(within(write()), async |mut i, _| Ok(i.read_line().await?)).await.unwrap();
    assert_eq!(text.map(|text| text.len()), Some(100_000));
}

#[tokio::test]
async fn no_task_can_loosen_its_slaves_limits() {
    let limits = Limits {
        cpu_time: Some(Duration::from_millis(60)),
        memory_bytes: Some(60_000_000),
        output_bytes: Some(60_000),
        result_bytes: 60_000,
        ..Limits::default()
    };
    let master = master(limits).await;
    let loosened = |task: Task| {
        task.cpu_time(Duration::MAX).memory_bytes(u64::MAX).output_bytes(u64::MAX - 1).result_bytes(u64::MAX - 1)
    };
    assert_eq!(passed(&master, loosened(compute())).await.1, Some(60));
    assert_eq!(passed(&master, loosened(write())).await.1, Some(60_000));
    assert_eq!(passed(&master, loosened(answer())).await.1, Some(60_000));
    // Of the two, whichever is looked at first.
    assert!([Some(60), Some(60_000_000)].contains(&passed(&master, loosened(grow())).await.1));
}

#[tokio::test]
async fn every_limit_is_named_and_says_how_high_it_is() {
    let limits = Limits {
        memory_bytes: Some(200_000_000),
        table_entries: 100,
        template_depth: 50,
        template_nodes: 5_000,
        template_effort: 500_000,
        ..Limits::default()
    };
    let master = master(limits).await;
    let nested = (0..100).fold("1".to_owned(), |inner, _| format!("(list {inner})"));
    let many = "(list 1)".repeat(3_000);
    let much = "(list 1)".repeat(1_200);
    let cases = [
        ("(let loop ((n 0)) (hash-table-set! (dpfw-slave-ht) n n) (loop (+ n 1)))", "entries of a hash table", 100),
        (
            "(let ((t (make-hash-table))) (let loop ((n 0)) (hash-table-set! t n n) (loop (+ n 1))))",
            "entries of a hash table",
            100,
        ),
        ("(make-bytevector 200000001)", "items of something made at once", 200_000_000),
        ("(expt 2 (expt 2 40))", "bits of a number", 1 << 20),
        ("(string->number (make-string 400001 #\\9))", "bytes of a numeral", 400_000),
        (
            "(let ((v (vector 1))) (vector-set! v 0 v) v)",
            "levels of a value that travels; a cyclic one has no end of them",
            1_000,
        ),
        (
            "(define (f) (with-exception-handler raise (lambda () (+ 1 (f))))) (f)",
            "exception handlers within each other",
            1_000,
        ),
        (&nested, "levels of a template", 50),
        (&many, "words and lists of a template", 5_000),
        (&much, "work to compile a template, as estimated", 500_000),
    ];
    for (body, which, limit) in cases {
        let program = format!("(lambda (i o) {body})");
        let task = Task::parse(&program).unwrap_or_else(|error| panic!("{error}: {program:.200}"));
        assert_eq!(passed(&master, task).await, (which.to_owned(), Some(limit)), "{program:.200}");
    }
}
