//! What becomes of tasks: cancelled, late, failed, lost.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use dpfw::{
    InputPort, Master, OutputPort, SlaveLost, Task, TaskErrorKind, Value, read_result, remote, testing::LocalCluster,
};

/// Within this time a cancelled task has to free its slave, while other tests keep the machine busy; how soon it does when
/// nothing else runs is measured beside, with deadlines.
const FREE_MAX: Duration = Duration::from_secs(1);

fn endless() -> Task {
    remote!((lambda (i o) (hash-table-set! (dpfw-slave-ht) 'mark 7) (let loop () (loop))))
}

/// Links `master` to `slave`, which serves as long as the runtime lives.
async fn connect_to(master: &Master, slave: dpfw::Slave) {
    let listener = slave.bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { slave.serve_listener(listener).await });
    master.connect(address).await.unwrap();
}

async fn assert_free_soon(master: &Master, since: Instant) {
    let mark: i64 =
        master.run(remote!((lambda (i o) (hash-table-ref/default (dpfw-slave-ht) 'mark -1)))).await.unwrap();
    let took = since.elapsed();
    assert!(took < FREE_MAX, "the slave was free after {took:?}");
    assert_eq!(mark, 7, "the table was lost");
}

async fn until_marked(master: &Master) {
    // The task before runs when the next one waits; there is nothing to see from outside but time.
    let _ = master;
    tokio::time::sleep(Duration::from_millis(250)).await;
}

#[tokio::test]
async fn dropping_a_promise_frees_the_slave_and_keeps_its_table() {
    let cluster = LocalCluster::start(1).await;
    let master = cluster.master();
    let promise = master.run::<()>(endless());
    until_marked(master).await;
    let now = Instant::now();
    drop(promise);
    assert_free_soon(master, now).await;
}

#[tokio::test]
async fn handlers_and_winders_do_not_keep_a_cancelled_task_alive() {
    let cluster = LocalCluster::start(1).await;
    let master = cluster.master();
    for stubborn in [
        remote!((lambda (i o) (hash-table-set! (dpfw-slave-ht) 'mark 7)
            (let loop () (guard (e (#t (loop))) (let inner () (inner)))))),
        remote!((lambda (i o) (dynamic-wind (lambda () #f) (lambda () (let loop () (loop))) (lambda () (let loop () (loop)))))),
        remote!((lambda (i o) (with-exception-handler (lambda (e) (let loop () (loop))) (lambda () (raise-continuable 1))))),
        remote!((lambda (i o) (let loop () (read i) (loop)))),
        remote!((lambda (i o) (let loop () (write "more" o) (loop)))),
    ] {
        let promise = master.make_task(stubborn, async |_i: InputPort, _o: OutputPort| {
            std::future::pending::<()>().await;
            Ok(())
        });
        until_marked(master).await;
        let now = Instant::now();
        drop(promise);
        assert_free_soon(master, now).await;
    }
}

#[tokio::test]
async fn a_deadline_ends_a_running_task() {
    let cluster = LocalCluster::start(1).await;
    let now = Instant::now();
    let error = cluster.master().run::<()>(endless().timeout(Duration::from_millis(80))).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(now.elapsed() >= Duration::from_millis(80));
    assert_free_soon(cluster.master(), Instant::now()).await;
}

#[tokio::test]
async fn a_deadline_counts_the_time_in_the_queue() {
    let cluster = LocalCluster::start(1).await;
    let blocking = cluster.master().run::<()>(endless());
    let waiting = cluster.master().run::<i64>(remote!((lambda (i o) 1)).timeout(Duration::from_millis(50)));
    assert!(waiting.await.unwrap_err().is_timeout());
    drop(blocking);
    assert_eq!(cluster.master().run::<i64>(remote!((lambda (i o) 2))).await.unwrap(), 2);
}

#[tokio::test]
async fn tasks_of_a_local_procedure_inherit_its_deadline() {
    let cluster = LocalCluster::start(2).await;
    let master = cluster.master().clone();
    let outer = remote!((lambda (i o) (read i))).timeout(Duration::from_millis(100));
    let (told, inner) = tokio::sync::oneshot::channel();
    let promise = cluster.master().make_task::<(), _, _>(outer, async move |_i, _o| {
        let nested = master.run::<()>(endless());
        told.send(nested).map_err(|_| "nobody waits")?;
        std::future::pending().await
    });
    let nested = inner.await.unwrap();
    assert!(nested.await.unwrap_err().is_timeout());
    assert!(promise.await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_failing_local_procedure_cancels_the_remote_one() {
    let cluster = LocalCluster::start(1).await;
    let error = cluster
        .master()
        .make_task::<(), _, _>(endless(), async |_i, _o| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err("not today".into())
        })
        .await
        .unwrap_err();
    let TaskErrorKind::Local(inner) = error.kind() else { panic!("{error:?}") };
    assert_eq!(inner.to_string(), "not today");
    assert_free_soon(cluster.master(), Instant::now()).await;

    let error = cluster
        .master()
        .make_task::<(), _, _>(remote!((lambda (i o) (read i))), async |_i, _o| panic!("a bug of the caller"))
        .await
        .unwrap_err();
    let TaskErrorKind::Local(inner) = error.kind() else { panic!("{error:?}") };
    assert!(inner.to_string().contains("a bug of the caller"));
}

#[tokio::test]
async fn a_remote_failure_is_not_masked_by_the_end_of_file_that_it_causes() {
    let cluster = LocalCluster::start(1).await;
    let error = cluster
        .master()
        .make_task::<i64, _, _>(remote!((lambda (i o) (error "boom" 1 (quote (two)) "three"))), read_result)
        .await
        .unwrap_err();
    let condition = error.condition().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!(condition.message(), "boom");
    assert_eq!(condition.irritants().len(), 3);
    assert_eq!(condition.irritants()[1].to_string(), "(two)");
    assert!(condition.payload().is_none());
}

#[tokio::test]
async fn an_error_names_the_place_of_its_form_in_the_rust_source() {
    let cluster = LocalCluster::start(1).await;
    let line = line!() + 3;
    let task = remote!((lambda (i o)
        (let ((items (quote (1 2))))
            (car (cdr (cdr items))))))
    .label("walk");
    let error = cluster.master().run::<i64>(task).await.unwrap_err();
    let condition = error.condition().unwrap_or_else(|| panic!("{error:?}"));
    assert!(condition.place().file().ends_with("promises.rs"), "{}", condition.place());
    assert_eq!(condition.place().line(), line, "{error}");
    assert_eq!((error.label(), error.attempts()), (Some("walk"), 1));
    assert_eq!(error.place().line(), line - 2, "the task's own place");
    assert!(error.slave().is_some());
}

#[tokio::test]
async fn a_raised_value_arrives_as_itself() {
    let cluster = LocalCluster::start(1).await;
    let error = cluster.master().run::<i64>(remote!((lambda (i o) (raise (list 'code 17))))).await.unwrap_err();
    let payload = error.condition().and_then(|condition| condition.payload().cloned());
    assert_eq!(payload.map(|payload| payload.to_string()).as_deref(), Some("(code 17)"));
}

#[tokio::test]
async fn without_a_slave_a_task_fails_at_once_and_with_a_listener_it_waits() {
    let master = Master::new();
    let error = master.run::<i64>(remote!((lambda (i o) 1))).await.unwrap_err();
    assert!(matches!(error.kind(), TaskErrorKind::NoSlave));
    assert!(error.is_retryable());
    assert!(master.get_slave().await.is_err() && master.try_get_slave().is_none());

    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let waiting = master.run::<i64>(remote!((lambda (i o) 1)));
    let slave = dpfw::Slave::new();
    let address = listener.local_addr();
    let serving = tokio::spawn(async move { slave.connect(address).await });
    assert_eq!(waiting.await.unwrap(), 1);
    master.shutdown().await;
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_lost_slave_fails_its_tasks_and_only_those() {
    let cluster = LocalCluster::start(2).await;
    let master = cluster.master();
    let doomed = master.get_slave().await.unwrap();
    let healthy = master.get_slave().await.unwrap();
    let (running, bound) = (doomed.run::<()>(endless()), doomed.run::<()>(endless()));
    let other = healthy.make_task::<i64, _, _>(remote!((lambda (i o) (read i))), async |mut i, mut o| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        o.write(&5).await?;
        Ok(i.read().await?)
    });
    let index = usize::try_from(doomed.id().to_string().parse::<u64>().unwrap() - 1).unwrap();
    cluster.kill(index);
    for lost in [running.await, bound.await] {
        let error = lost.unwrap_err();
        assert!(matches!(error.kind(), TaskErrorKind::SlaveLost(SlaveLost::Link(_))), "{error:?}");
    }
    assert_eq!(other.await.unwrap(), 5);
    let late = doomed.run::<i64>(remote!((lambda (i o) 1))).await.unwrap_err();
    assert!(late.is_slave_lost(), "{late:?}");
    drop((doomed, healthy));
    assert_eq!(master.run::<i64>(remote!((lambda (i o) 1))).await.unwrap(), 1);
}

#[tokio::test]
async fn a_task_is_sent_again_only_where_that_is_allowed() {
    let cluster = LocalCluster::start(2).await;
    let master = cluster.master();
    let guard = master.get_slave().await.unwrap();
    let free = usize::from(guard.id().to_string() == "1");
    let task = || remote!((lambda (i o) (let loop ((n 0)) (if (< n 3000000) (loop (+ n 1)) n))));
    let once = master.run::<i64>(task());
    let again = master.run::<i64>(task().retries(1));
    // `once` runs on the free slave; `again` waits.
    tokio::time::sleep(Duration::from_millis(20)).await;
    cluster.kill(free);
    assert!(once.await.unwrap_err().is_slave_lost());
    drop(guard);
    assert_eq!(again.await.unwrap(), 3_000_000);

    let cluster = LocalCluster::start(2).await;
    let master = cluster.master();
    let guard = master.get_slave().await.unwrap();
    let free = usize::from(guard.id().to_string() == "1");
    let retried = master.run::<i64>(task().retries(1));
    tokio::time::sleep(Duration::from_millis(20)).await;
    cluster.kill(free);
    drop(guard);
    assert_eq!(retried.await.unwrap(), 3_000_000);
}

#[tokio::test]
async fn the_queue_is_bounded() {
    let master = Master::builder().max_queued(2).build();
    let cluster = LocalCluster::start_with(master, 1, dpfw::Slave::builder).await.unwrap();
    let running = cluster.master().run::<()>(endless());
    let first = cluster.master().run::<i64>(remote!((lambda (i o) 1)));
    let second = cluster.master().run::<i64>(remote!((lambda (i o) 2)));
    let error = cluster.master().run::<i64>(remote!((lambda (i o) 3))).await.unwrap_err();
    assert!(matches!(error.kind(), TaskErrorKind::LimitExceeded { limit: Some(2), .. }), "{error:?}");
    drop(running);
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 2));
}

#[tokio::test]
async fn the_first_error_of_parallel_tasks_cancels_the_rest_and_says_which_it_was() {
    let cluster = LocalCluster::start(3).await;
    let error = dpfw::parallel! {
        on cluster.master();
        endless() => read_result::<()>,
        remote!((lambda (i o) (raise 'second))) => read_result::<()>,
        endless() => read_result::<()>,
    }
    .await
    .unwrap_err();
    assert_eq!(error.index(), Some(1), "{error}");
    assert!(error.to_string().starts_with("task at index 1 of the parallel tasks raised: second\n"), "{error}");
    let freed = Instant::now();
    let all = futures::future::join_all((0..3).map(|_| cluster.master().get_slave())).await;
    assert!(all.iter().all(Result::is_ok) && freed.elapsed() < FREE_MAX, "{:?}", freed.elapsed());
}

#[tokio::test]
async fn sixteen_mebibytes_pass_both_ways_through_the_windows() {
    let cluster = LocalCluster::start(1).await;
    let text = "λx".repeat(16 * 1024 * 1024 / 3);
    let sent = text.clone();
    let back: String = cluster
        .master()
        .make_task(remote!((lambda (i o) (read i))), async move |mut i, mut o| {
            o.write(&sent).await?;
            Ok(i.read().await?)
        })
        .await
        .unwrap();
    assert!(back == text);
}

#[tokio::test]
async fn a_side_that_reads_late_holds_the_writer_back_and_loses_nothing() {
    let cluster = LocalCluster::start(1).await;
    let task = remote!((lambda (i o)
        (do ((n 0 (+ n 1))) ((= n 2000)) (write (make-string 1000 'x') o))
        (let loop ((count 0)) (if (eof-object? (read i)) count (loop (+ count 1))))));
    let (texts, count) = cluster
        .master()
        .make_task(task, async |mut i, mut o| {
            for n in 0..100 {
                o.write(&n).await?;
            }
            o.close().await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let mut texts = 0;
            while let Some(value) = i.read_value().await? {
                match value {
                    Value::String(text) => texts += text.len(),
                    other => return Ok((texts, dpfw::from_value::<i64>(other)?)),
                }
            }
            Err("no count".into())
        })
        .await
        .unwrap();
    assert_eq!((texts, count), (2_000_000, 100));
}

#[tokio::test]
async fn a_task_whose_ports_were_dropped_runs_to_its_end() {
    let cluster = LocalCluster::start(1).await;
    let chatty = remote!((lambda (i o)
        (do ((n 0 (+ n 1))) ((= n 5000)) (write (make-string 1000 'x') o))
        (hash-table-set! (dpfw-slave-ht) 'done #t)));
    cluster
        .master()
        .make_task(chatty, async |i, o| {
            drop((i, o));
            Ok(())
        })
        .await
        .unwrap();
    let done: bool =
        cluster.master().run(remote!((lambda (i o) (hash-table-ref/default (dpfw-slave-ht) 'done #f)))).await.unwrap();
    assert!(done);
}

#[tokio::test]
async fn a_master_that_forgets_its_guard_future_loses_no_slave() {
    let cluster = LocalCluster::start(1).await;
    let master = cluster.master();
    let first = master.get_slave().await.unwrap();
    for _ in 0..10 {
        let waiting = master.get_slave();
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
    }
    drop(first);
    let slave = tokio::time::timeout(Duration::from_secs(5), master.get_slave()).await.expect("in time").unwrap();
    drop(slave);
    assert_eq!(master.run::<i64>(remote!((lambda (i o) 1))).await.unwrap(), 1);
}

#[tokio::test]
async fn a_value_that_the_other_side_does_not_accept_costs_its_task_alone() {
    let link = || {
        let mut link = dpfw::LinkConfig::default();
        link.message_max = 10_000;
        link
    };
    let master = Master::builder().link(link()).build();
    let cluster = LocalCluster::start_with(master, 1, || dpfw::Slave::builder().link(link())).await.unwrap();
    let master = cluster.master();
    let big = "x".repeat(20_000);
    let limit_of = |error: dpfw::TaskError| match error.into_kind() {
        TaskErrorKind::LimitExceeded { limit, .. } => limit,
        other => panic!("{other:?}"),
    };

    let spliced = master.run::<usize>(remote!((lambda (i o) (string-length ,big))).retries(3)).await.unwrap_err();
    assert_eq!((spliced.attempts(), limit_of(spliced)), (0, Some(10_000)));
    let returned = master.run::<String>(remote!((lambda (i o) (make-string 20000 'x')))).await.unwrap_err();
    assert_eq!(limit_of(returned), Some(10_000));
    let written = master.run::<()>(remote!((lambda (i o) (write (make-string 20000 'x') o)))).await.unwrap_err();
    assert!(matches!(written.kind(), TaskErrorKind::LimitExceeded { .. }), "{written}");
    let raised = master.run::<()>(remote!((lambda (i o) (raise (make-string 20000 'x'))))).await.unwrap_err();
    assert!(raised.is_raised() && raised.condition().unwrap().payload().is_none(), "{raised}");
    let dialogue = master.make_task(remote!((lambda (i o) (read i))), async move |_i, mut o: OutputPort| {
        let error = o.write(&big).await.unwrap_err();
        o.write(&1).await?;
        Ok(error.to_string())
    });
    assert_eq!(dialogue.await.unwrap(), "value of 20004 bytes where the other side accepts 10000");
    // Text has no length: it goes in pieces.
    let text = "y".repeat(20_000);
    let length = master.make_task(remote!((lambda (i o) (string-length (read-line i)))), async move |mut i, mut o| {
        o.write_str(&text).await?;
        o.newline().await?;
        Ok(i.read::<usize>().await?)
    });
    assert_eq!(length.await.unwrap(), 20_000);
    assert_eq!(master.slaves().len(), 1, "the link stayed");
}

#[tokio::test]
async fn a_detached_task_outlives_the_last_handle_of_its_master() {
    let cluster = LocalCluster::start(1).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let slave = cluster.slaves()[0].clone();
    let server = tokio::spawn(async move { slave.serve_listener(listener).await });
    let other = Master::new();
    other.connect(address).await.unwrap();
    let work = remote!((lambda (i o)
        (do ((n 0 (+ n 1))) ((= n 300000)))
        (hash-table-set! (dpfw-slave-ht) 'mark 7)));
    other.run::<()>(work).detach();
    drop(other);
    let mark = remote!((lambda (i o) (hash-table-ref/default (dpfw-slave-ht) 'mark -1)));
    let limit = Instant::now() + Duration::from_secs(10);
    while cluster.master().run::<i64>(mark.clone()).await.unwrap() != 7 {
        assert!(Instant::now() < limit, "the task was cancelled");
    }
    server.abort();
}

#[tokio::test]
#[should_panic(expected = "polled after it had given its result")]
async fn a_promise_gives_its_result_once() {
    let cluster = LocalCluster::start(1).await;
    let mut promise = cluster.master().run::<i64>(remote!((lambda (i o) 1)));
    assert_eq!((&mut promise).await.unwrap(), 1);
    let _ = (&mut promise).await;
}

#[tokio::test]
async fn a_deadline_of_nothing_is_missed() {
    let cluster = LocalCluster::start(1).await;
    let error = cluster.master().run::<i64>(remote!((lambda (i o) 1)).timeout(Duration::ZERO)).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[tokio::test]
async fn errors_tell_their_cause_in_every_form() {
    let cluster = LocalCluster::start(1).await;
    let master = cluster.master();
    let error = master.run::<String>(remote!((lambda (i o) 3))).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("task has another value than was asked for: expected a string, found integer `3`"),
        "{text}"
    );
    assert_eq!(format!("{error:?}"), text);
    let local = master.make_task::<(), _, _>(remote!((lambda (i o) 3)), async |_i, _o| Err("no bread".into()));
    let text = local.await.unwrap_err().to_string();
    assert!(text.starts_with("task failed in its local procedure: no bread\n"), "{text}");
    assert_eq!(format!("{:?}", dpfw::Security::token("s3cret")), "Token(…)");
    let alone = Master::new().get_slave().await.unwrap_err();
    assert!(alone.to_string().contains("promises.rs"), "{alone}");
}

#[tokio::test]
async fn an_interrupt_within_a_compilation_spoils_nothing() {
    let cluster = LocalCluster::start(1).await;
    let master = cluster.master();
    for attempt in 0..40 {
        let micros = 50 * attempt;
        // New to the slave each time, and with a part of the prelude that it may not have yet.
        let text = format!(
            "(lambda (i o) (list {attempt} (list-sort (lambda (a b) (< a b)) '(3 1 2)) (delete-duplicates '(1 1))
               (call-with-values (lambda () (partition odd? '(1 2))) list) (string-map char-upcase \"a\")))"
        );
        let task = Task::parse(&text).unwrap();
        let first = master.run::<Value>(task.clone().timeout(Duration::from_micros(micros))).await;
        assert!(first.as_ref().map_or_else(dpfw::TaskError::is_timeout, |_| true), "{first:?}");
        let again: Value = master.run(task).await.unwrap();
        assert_eq!(again.to_string(), format!("({attempt} (1 2 3) (1) ((1) (2)) \"A\")"));
    }
}

#[tokio::test]
async fn a_missed_deadline_says_what_the_task_was_doing() {
    let timeout = Duration::from_millis(50);
    let master = Master::new();
    let _listener = master.listen("127.0.0.1:0").await.unwrap();
    let late = async |task: Task| master.run::<i64>(task.timeout(timeout)).await.unwrap_err().to_string();
    let said = late(remote!((lambda (i o) 1))).await;
    assert!(said.contains("missed its deadline waiting for a slave: none is connected"), "{said}");
    let slave = dpfw::Slave::new();
    let listener = slave.bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let _server = tokio::spawn(async move { slave.serve_listener(listener).await });
    master.connect(address).await.unwrap();
    let said = late(remote! { extern (primo? 1) (lambda (i o) (primo? 1)) }).await;
    assert!(said.contains("waiting for a slave that offers `primo?`: none that is connected does"), "{said}");
    let said = late(remote!((lambda (i o) (let loop () (loop))))).await;
    assert!(said.contains("missed its deadline while it ran"), "{said}");
    let long =
        master.make_task(remote!((lambda (i o) (let loop () (loop)))), async |mut i, _| Ok(i.read::<i64>().await?));
    tokio::time::sleep(timeout).await;
    let said = late(remote!((lambda (i o) 1))).await;
    assert!(said.contains("waiting for a slave: all were busy"), "{said}");
    drop(long);
    let said = master.run::<i64>(remote!((lambda (i o) 1)).timeout(Duration::ZERO)).await.unwrap_err().to_string();
    assert!(said.contains("missed its deadline before it could wait for a slave"), "{said}");
}

#[tokio::test]
async fn a_procedure_that_only_some_slave_offers_is_not_said_to_be_offered_by_none() {
    let late = async |master: &Master| {
        let task = remote! { extern (alpha 0) (beta 0) (lambda (i o) (+ (alpha) (beta))) };
        master.run::<i64>(task.timeout(Duration::from_millis(50))).await.unwrap_err().to_string()
    };
    let serve = async |master: &Master, name: &str| {
        connect_to(master, dpfw::Slave::builder().register_fn(name, || 1).build()).await;
    };
    let master = Master::new();
    let _listener = master.listen("127.0.0.1:0").await.unwrap();
    serve(&master, "alpha").await;
    let said = late(&master).await;
    assert!(said.contains("waiting for a slave that offers `beta`: none"), "{said}");
    serve(&master, "beta").await;
    let said = late(&master).await;
    assert!(said.contains("waiting for a slave that offers all its procedures: none"), "{said}");
}

#[tokio::test]
async fn what_a_task_writes_comes_while_it_computes() {
    let cluster = LocalCluster::start(1).await;
    let task = remote!((lambda (i o) (write 1 o) (let loop () (loop))));
    let read = cluster.master().make_task(task, async |mut i: InputPort, _o: OutputPort| {
        let written = Instant::now();
        i.read_value().await?;
        assert!(written.elapsed() < FREE_MAX, "{:?}", written.elapsed());
        Err::<(), _>("that is all".into())
    });
    let error = tokio::time::timeout(2 * FREE_MAX, read).await.expect("in time").unwrap_err();
    assert!(error.to_string().contains("that is all"), "{error}");
}

#[tokio::test]
async fn a_slave_that_is_shut_down_lets_its_task_end_while_serve_is_kept() {
    let slave = dpfw::Slave::builder().build();
    let listener = slave.bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let master = Master::new();
    let client = async {
        master.connect(addr).await.unwrap();
        let task = remote!((lambda (i o) (write 1 o) (flush-output-port o) (+ (read i) 1)));
        let promise = master.make_task::<i64, _, _>(task, async move |mut i: InputPort, mut o: OutputPort| {
            i.read_value().await?;
            let _ = begun.send(());
            tokio::time::sleep(Duration::from_millis(300)).await;
            o.write(&41).await?;
            Ok(i.read().await?)
        });
        promise.await
    };
    let program = async {
        let serving = slave.serve_listener(listener);
        tokio::pin!(serving);
        tokio::select! {
            _ = &mut serving => panic!("nobody has stopped it"),
            begun = begins => begun.unwrap(),
        }
        slave.shutdown(Duration::from_secs(5)).await;
    };
    let (result, ()) = tokio::join!(client, program);
    assert_eq!(result.unwrap(), 42);
}

#[tokio::test]
async fn a_shutdown_ends_those_who_wait_though_somebody_is_being_dialled() {
    // It takes connections, and answers none.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let master = std::sync::Arc::new(Master::new());
    let dialling = {
        let (master, addr) = (std::sync::Arc::clone(&master), mute.local_addr().unwrap());
        tokio::spawn(async move { master.connect(addr).await })
    };
    let (_dialled, _) = mute.accept().await.unwrap();
    let waiting = master.run::<i64>(remote!((lambda (i o) 1)));
    master.shutdown().await;
    let late = master.run::<i64>(remote!((lambda (i o) 1)));
    for promise in [waiting, late] {
        tokio::time::timeout(FREE_MAX, promise).await.expect("at once").unwrap_err();
    }
    dialling.abort();
}

#[test]
fn a_deadline_is_kept_though_the_last_runtime_with_a_link_is_gone() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (stays, goes) = (runtime(), runtime());
    let master = Master::new();
    stays.block_on(connect_to(&master, dpfw::Slave::builder().build()));
    let _busy = {
        let _entered = stays.enter();
        master.run::<()>(endless())
    };
    goes.block_on(async {
        let (near, far) = tokio::io::duplex(64);
        drop(far);
        master.connect_stream(near).await.unwrap_err();
    });
    goes.shutdown_timeout(FREE_MAX);
    let waiting = stays.block_on(async {
        let waiting = master.run::<i64>(remote!((lambda (i o) 1)).timeout(Duration::from_millis(100)));
        tokio::time::timeout(Duration::from_secs(10), waiting).await
    });
    assert!(waiting.expect("in time").unwrap_err().is_timeout());
}
