//! Short tasks are sent ahead: nothing of what is promised for tasks changes by that.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use dpfw::{Master, Slave, Task, remote, testing::LocalCluster};
use futures::{StreamExt, future::join_all};

/// A master with so many slaves that can sleep.
async fn sleepers(count: usize) -> (Master, Vec<Slave>) {
    let master = Master::new();
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let mut slaves = Vec::new();
    for _ in 0..count {
        let sleep = |us: u64| std::thread::sleep(Duration::from_micros(us));
        let slave = Slave::builder().register_fn("sleep-us", sleep).build();
        let (dialling, address) = (slave.clone(), listener.local_addr());
        tokio::spawn(async move { dialling.connect(address).await });
        slaves.push(slave);
    }
    master.wait_for_slaves(count).await;
    // Slaves are found by their links: the listener need not stay.
    listener.close();
    (master, slaves)
}

fn sleep(us: u64) -> Task {
    remote!(extern (sleep-us 1) (lambda (i o) (sleep-us ,us) ,us))
}

/// Lets the master learn that tasks are short.
async fn warm_up(master: &Master) {
    let warm = master.map::<i64, _, _>(0..5_000, |n: i64| remote!((lambda (i o) (+ ,n 1)))).buffered(500);
    let results: Vec<_> = warm.collect().await;
    for (n, result) in (0..).zip(results) {
        assert_eq!(result.unwrap(), n + 1);
    }
}

#[tokio::test]
async fn results_come_to_those_who_asked() {
    let cluster = LocalCluster::start(3).await;
    warm_up(cluster.master()).await;
    let tasks = (0..20_000).map(|n: i64| cluster.master().run::<i64>(remote!((lambda (i o) (* ,n ,n)))));
    for (n, result) in (0..).zip(join_all(tasks.collect::<Vec<_>>()).await) {
        assert_eq!(result.unwrap(), n * n);
    }
}

#[tokio::test]
async fn tasks_sent_ahead_to_a_slave_that_turns_out_to_be_busy_are_done_by_others() {
    let (master, _slaves) = sleepers(2).await;
    warm_up(&master).await;
    let start = Instant::now();
    let long = master.run::<u64>(sleep(1_500_000));
    // Among them are some that were sent to the same slave.
    let short: Vec<_> = (0..400).map(|n: i64| master.run::<i64>(remote!((lambda (i o) (- ,n))))).collect();
    for (n, result) in (0..).zip(join_all(short).await) {
        assert_eq!(result.unwrap(), -n);
    }
    let took = start.elapsed();
    assert!(took < Duration::from_millis(700), "the short tasks took {took:?}");
    assert_eq!(long.await.unwrap(), 1_500_000);
}

#[tokio::test]
async fn whoever_waits_for_a_slave_has_its_turn_in_a_stream_of_short_tasks() {
    let cluster = LocalCluster::start(2).await;
    let master = cluster.master().clone();
    let stream = tokio::spawn(async move {
        let endless = master.map::<i64, _, _>(0.., |n: i64| remote!((lambda (i o) ,n))).buffered(2_000);
        endless
            .for_each(|result| {
                result.unwrap();
                std::future::ready(())
            })
            .await;
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    for _ in 0..20 {
        let start = Instant::now();
        let guard = cluster.master().get_slave().await.unwrap();
        assert_eq!(guard.run::<i64>(remote!((lambda (i o) 7))).await.unwrap(), 7);
        drop(guard);
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    }
    stream.abort();
}

/// Tasks of 0.1 to 10 ms on four slaves end within a twentieth of the ideal schedule.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_mixed_length_are_shared_out_well() {
    const TASKS: u64 = 1_000;
    const SLAVES: u64 = 4;
    let (master, _slaves) = sleepers(4).await;
    // A fixed mixture: the multiplier runs through all remainders.
    let lengths: Vec<u64> = (0..TASKS).map(|n| 100 + (n * 617 % TASKS) * 9_900 / TASKS).collect();
    let ideal = Duration::from_micros(lengths.iter().sum::<u64>() / SLAVES);
    let mut best = Duration::MAX;
    // Other programs run on the machine as well: one of a few runs shows what the schedule is.
    for _ in 0..3 {
        let start = Instant::now();
        let results: Vec<_> = master.map::<u64, _, _>(lengths.clone(), sleep).unordered(64).collect().await;
        best = best.min(start.elapsed());
        assert_eq!(results.into_iter().map(Result::unwrap).sum::<u64>(), lengths.iter().sum::<u64>());
        if best < ideal.mul_f64(1.05) {
            break;
        }
    }
    println!("{best:?}, ideal {ideal:?}: {:.3}", best.as_secs_f64() / ideal.as_secs_f64());
    assert!(best < ideal.mul_f64(1.25), "{best:?} and not {ideal:?}");
}
