//! Masters and slaves in processes of their own: killed, stopped, started again.

use std::{
    net::SocketAddr,
    process::Command,
    time::{Duration, Instant},
};

use dpfw::{LinkError, Master, Slave, SlaveError, SlaveLost, SlaveState, Task, TaskError, TaskErrorKind, remote};
use dpfw_tests::Process;
use futures::future::join_all;
use tokio::{net::TcpListener, task::JoinHandle};

/// What nothing here may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn slave_process() -> Process {
    Process::start(env!("CARGO_BIN_EXE_dpfw-test-slave"), &[])
}

fn address(slave: &Process) -> SocketAddr {
    slave.line().parse().expect("an address")
}

fn signal(process: &Process, signal: &str) {
    let status = Command::new("kill").args([signal, &process.id().to_string()]).status();
    assert!(status.expect("kill").success());
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("in time")
}

fn endless() -> Task {
    remote!((lambda (i o) (let loop () (loop))))
}

fn five() -> Task {
    remote!((lambda (i o) (+ 2 3)))
}

fn lost_by(error: &TaskError) -> &LinkError {
    match error.kind() {
        TaskErrorKind::SlaveLost(SlaveLost::Link(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_slave_killed_in_mid_task_costs_its_own_task_only() {
    let (mut doomed, healthy) = (slave_process(), slave_process());
    let master = Master::new();
    let doomed_id = within(master.connect(address(&doomed))).await.unwrap();
    within(master.connect(address(&healthy))).await.unwrap();
    let guards = [within(master.get_slave()).await.unwrap(), within(master.get_slave()).await.unwrap()];
    let [on_doomed, on_healthy] =
        if guards[0].id() == doomed_id { [&guards[0], &guards[1]] } else { [&guards[1], &guards[0]] };
    let lost = on_doomed.run::<()>(endless());
    let kept = on_healthy.make_task::<i64, _, _>(remote!((lambda (i o) (read i))), async |mut i, mut o| {
        tokio::time::sleep(Duration::from_millis(200)).await;
        o.write(&7).await?;
        Ok(i.read().await?)
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let killed = Instant::now();
    doomed.kill();
    let error = within(lost).await.unwrap_err();
    assert!(killed.elapsed() < Duration::from_secs(6), "noticed after {:?}", killed.elapsed());
    assert!(error.is_slave_lost() && error.is_retryable(), "{error:?}");
    assert_eq!(error.slave(), Some(doomed_id));
    assert_eq!(within(kept).await.unwrap(), 7);
    drop(guards);

    let newcomer = slave_process();
    let id = within(master.connect(address(&newcomer))).await.unwrap();
    assert!(master.slaves().iter().any(|slave| slave.id == id && slave.state == SlaveState::Idle));
    assert_eq!(within(master.run::<i64>(five())).await.unwrap(), 5);
}

#[tokio::test]
async fn a_slave_that_falls_silent_is_given_up_by_heartbeat() {
    let slave = slave_process();
    let mut link = dpfw::LinkConfig::default();
    link.heartbeat = Duration::from_millis(100);
    link.silence_max = Duration::from_millis(400);
    let master = Master::builder().link(link).build();
    within(master.connect(address(&slave))).await.unwrap();
    let promise = master.run::<()>(endless());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!promise.is_finished(), "a slave that computes answers the heartbeat");
    signal(&slave, "-STOP");
    let stopped = Instant::now();
    let error = within(promise).await.unwrap_err();
    assert!(matches!(lost_by(&error), LinkError::Silent { .. }), "{error:?}");
    assert!(stopped.elapsed() < Duration::from_secs(3), "noticed after {:?}", stopped.elapsed());
    signal(&slave, "-CONT");
    // It is dialled again, and has given the lost task up.
    within(master.wait_for_slaves(1)).await;
    assert_eq!(within(master.run::<i64>(five())).await.unwrap(), 5);
}

#[tokio::test]
async fn a_slave_that_comes_back_is_dialled_again_and_is_a_new_one() {
    let mut slave = slave_process();
    let place = address(&slave);
    let master = Master::new();
    let first = within(master.connect(place)).await.unwrap();
    slave.kill();
    let waiting = master.run::<i64>(five());
    let again = Process::start(env!("CARGO_BIN_EXE_dpfw-test-slave"), &[&place.port().to_string()]);
    // The first attempt may have been sent to the slave that was just being lost.
    match within(waiting).await {
        Ok(n) => assert_eq!(n, 5),
        Err(error) => assert!(error.is_slave_lost(), "{error:?}"),
    }
    within(master.wait_for_slaves(1)).await;
    assert_eq!(within(master.run::<i64>(five())).await.unwrap(), 5);
    assert!(master.slaves().iter().all(|slave| slave.id != first));
    drop(again);
}

#[tokio::test]
async fn a_task_with_retries_survives_its_slave() {
    let (mut doomed, healthy) = (slave_process(), slave_process());
    let master = Master::new();
    within(master.connect(address(&doomed))).await.unwrap();
    let slow = remote!((lambda (i o) (let loop ((n 0)) (if (< n 4000000) (loop (+ n 1)) n)))).retries(2);
    let promise = master.run::<i64>(slow);
    tokio::time::sleep(Duration::from_millis(50)).await;
    within(master.connect(address(&healthy))).await.unwrap();
    doomed.kill();
    assert_eq!(within(promise).await.unwrap(), 4_000_000);
}

#[tokio::test]
async fn a_master_that_vanishes_frees_its_slave() {
    let slave = slave_process();
    let mut other = Process::start(env!("CARGO_BIN_EXE_dpfw-test-master"), &[&address(&slave).to_string()]);
    assert_eq!(other.line(), "running");
    let master = Master::new();
    within(master.connect(address(&slave))).await.unwrap();
    let waiting = master.run::<bool>(remote!((lambda (i o) (hash-table-ref/default (dpfw-slave-ht) 'taken #f))));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished(), "the other master's task holds the slave");
    other.kill();
    assert!(within(waiting).await.unwrap(), "the table is shared");
}

#[tokio::test]
async fn two_masters_take_turns_on_a_slave() {
    let slave = slave_process();
    let masters = [Master::new(), Master::new()];
    for master in &masters {
        within(master.connect(address(&slave))).await.unwrap();
    }
    let count = |_| {
        remote!((lambda (i o)
            (hash-table-update!/default (dpfw-slave-ht) 'count (lambda (n) (+ n 1)) 0)
            (hash-table-ref (dpfw-slave-ht) 'count)))
    };
    let [one, two] = [&masters[0], &masters[1]]
        .map(|master| (0..200).map(count).map(|task| master.run::<i64>(task)).collect::<Vec<_>>());
    let one = within(futures::future::try_join_all(one)).await.unwrap();
    let two = within(futures::future::try_join_all(two)).await.unwrap();
    let mut all: Vec<_> = one.iter().chain(&two).copied().collect();
    all.sort_unstable();
    assert_eq!(all, (1..=400).collect::<Vec<_>>());
    // Neither waited for the other's backlog.
    assert!(one[0] < 200 && two[0] < 400 && one.iter().max() > two.iter().min(), "{one:?} {two:?}");
}

#[tokio::test]
async fn a_slave_may_join_several_masters() {
    let slave = Slave::new();
    let mut serving = Vec::new();
    let mut masters = Vec::new();
    for _ in 0..3 {
        let master = Master::new();
        let listener = master.listen("127.0.0.1:0").await.unwrap();
        let (slave, address) = (slave.clone(), listener.local_addr());
        serving.push(tokio::spawn(async move { slave.connect(address).await }));
        masters.push((master, listener));
    }
    for (n, (master, _)) in masters.iter().enumerate() {
        assert_eq!(within(master.run::<usize>(remote!((lambda (i o) (* 2 ,n))))).await.unwrap(), 2 * n);
    }
    slave.shutdown(Duration::from_secs(1)).await;
    for serving in serving {
        within(serving).await.unwrap().unwrap();
    }
}

/// A slave of this process, what serves it, and a master that it serves.
async fn slave_and_master() -> (Slave, JoinHandle<Result<(), SlaveError>>, Master) {
    let slave = Slave::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = {
        let slave = slave.clone();
        tokio::spawn(async move { slave.serve_listener(listener).await })
    };
    let master = Master::new();
    within(master.connect(address)).await.expect("a slave");
    (slave, server, master)
}

#[tokio::test]
async fn a_slave_that_leaves_lets_its_task_end() {
    let (slave, server, master) = slave_and_master().await;
    let running = master.make_task::<i64, _, _>(remote!((lambda (i o) (read i))), async |mut i, mut o| {
        tokio::time::sleep(Duration::from_millis(150)).await;
        o.write(&3).await?;
        Ok(i.read().await?)
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    within(slave.shutdown(Duration::from_secs(5))).await;
    assert_eq!(within(running).await.unwrap(), 3);
    within(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_slave_that_leaves_wakes_a_task_that_waits_for_too_long() {
    let (slave, server, master) = slave_and_master().await;
    let waiting = master.make_task::<i64, _, _>(remote!((lambda (i o) (write 1 o) (read i))), async |mut i, _o| {
        i.read::<i64>().await?;
        Ok(i.read().await?)
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    within(slave.shutdown(Duration::from_millis(100))).await;
    // It was interrupted, and its slave not given up.
    let error = within(waiting).await.unwrap_err();
    assert!(error.to_string().contains("did not finish the task"), "{error}");
    within(server).await.unwrap().unwrap();
}

/// A task of so many turns.
fn turns(n: u32) -> Task {
    remote!((lambda (i o) (let loop ((k ,n)) (if (> k 0) (loop (- k 1)) ,n))))
}

#[tokio::test]
async fn tasks_that_were_sent_ahead_to_a_killed_slave_are_in_doubt() {
    let (mut victim, survivor) = (slave_process(), slave_process());
    let master = Master::new();
    master.connect(address(&victim)).await.expect("a slave");
    master.connect(address(&survivor)).await.expect("a slave");
    let batch = |retries: u32| {
        let tasks = (0..20_000).map(|n| master.run::<u32>(turns(n % 50).retries(retries)));
        tasks.collect::<Vec<_>>()
    };
    // Enough for many to be on each slave at once.
    for (n, result) in (0..).zip(within(join_all(batch(0))).await) {
        assert_eq!(result.expect("a result"), n % 50);
    }

    // Those that were there are lost, each with its own error, and no others.
    let tasks = batch(0);
    tokio::time::sleep(Duration::from_millis(10)).await;
    victim.kill();
    let mut lost = 0;
    for (n, result) in (0..).zip(within(join_all(tasks)).await) {
        match result {
            Ok(value) => assert_eq!(value, n % 50),
            Err(error) => {
                lost_by(&error);
                lost += 1;
            }
        }
    }
    assert!((1..=256).contains(&lost), "{lost} tasks were lost");

    // Those that may be sent again are not.
    let mut victim = slave_process();
    master.connect(address(&victim)).await.expect("a slave");
    let tasks = batch(1);
    tokio::time::sleep(Duration::from_millis(10)).await;
    victim.kill();
    for (n, result) in (0..).zip(within(join_all(tasks)).await) {
        assert_eq!(result.expect("a result"), n % 50);
    }
}
