//! Many small tasks one after another: memory stays flat on both sides, and the last are no slower than the first.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use dpfw::{Master, Task, remote};
use dpfw_tests::Process;
use futures::{StreamExt, TryStreamExt};
use tokio::io::AsyncWriteExt;

fn slave_process() -> Process {
    Process::start(env!("CARGO_BIN_EXE_dpfw-test-slave"), &[])
}

fn resident_kib_of(process: &Process) -> Option<u64> {
    resident_kib(&process.id().to_string())
}

/// Resident memory, where the system tells.
fn resident_kib(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// What one stretch of tasks took.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    time: Duration,
    master_kib: u64,
    slaves_kib: u64,
}

/// So many tasks, a tenth of them as text that differs only in its literals.
async fn stretch(master: &Master, slaves: &[Process], from: i64, count: i64) -> Stretch {
    let start = Instant::now();
    let spliced = |n: i64| remote!((lambda (i o) (+ ,n 1)));
    let parsed =
        |n: i64| Task::parse(&format!("(lambda (i o) (string-length (string-append \"{n}\" \"!\")))")).unwrap();
    let make = |n: i64| if n % 10 == 0 { parsed(n) } else { spliced(n) };
    let mut results = master.map::<i64, _, _>(from..from + count, make).buffered(1_000);
    let mut n = from;
    while let Some(result) = results.next().await {
        let expected = if n % 10 == 0 { i64::try_from(n.to_string().len()).unwrap() + 1 } else { n + 1 };
        assert_eq!(result.unwrap(), expected);
        n += 1;
    }
    assert_eq!(n, from + count);
    Stretch {
        time: start.elapsed(),
        master_kib: resident_kib("self").unwrap_or(0),
        slaves_kib: slaves.iter().filter_map(resident_kib_of).sum(),
    }
}

/// Runs stretches for `limit`, or at least ten; the first warms up.
async fn endure(count: i64, limit: Duration) {
    let slaves = [slave_process(), slave_process()];
    let master = Master::new();
    for slave in &slaves {
        master.connect(slave.line()).await.unwrap();
    }
    let start = Instant::now();
    let mut stretches = Vec::new();
    while stretches.len() < 11 || start.elapsed() < limit {
        let from = i64::try_from(stretches.len()).unwrap() * count;
        stretches.push(stretch(&master, &slaves, from, count).await);
        println!("{:?}", stretches.last());
    }
    let warm = &stretches[1..];
    // Other programs run on the machine as well: the best of some stretches say what one takes.
    let best = |some: &[Stretch]| some.iter().map(|stretch| stretch.time).min().unwrap_or_default();
    let third = warm.len() / 3;
    let (first, last) = (best(&warm[..third]), best(&warm[warm.len() - third..]));
    assert!(last < first.mul_f64(2.0), "the first took {first:?}, the last {last:?}");
    let (before, after) = (warm[0], warm[warm.len() - 1]);
    // A few pages more or less are nobody's fault; what grows with each task is megabytes by now.
    let is_flat = |before: u64, after: u64| after < before + before / 20 + 2_048;
    assert!(is_flat(before.master_kib, after.master_kib), "the master grew: {before:?}, {after:?}");
    assert!(is_flat(before.slaves_kib, after.slaves_kib), "the slaves grew: {before:?}, {after:?}");
}

#[tokio::test]
async fn a_hundred_thousand_tasks_leave_nothing_behind() {
    endure(10_000, Duration::ZERO).await;
}

/// `cargo test --release -p dpfw-tests --test endurance -- --ignored ten_million --nocapture`
#[tokio::test]
#[ignore = "takes minutes"]
async fn ten_million_tasks_leave_nothing_behind() {
    endure(1_000_000, Duration::ZERO).await;
}

/// `cargo test --release -p dpfw-tests --test endurance -- --ignored an_hour --nocapture`
#[tokio::test]
#[ignore = "takes an hour"]
async fn an_hour_of_tasks_leaves_nothing_behind() {
    endure(1_000_000, Duration::from_secs(3_600)).await;
}

/// A stream of bytes through a task's ports is never held as a whole.
#[tokio::test]
async fn a_long_stream_passes_in_constant_memory() {
    const CHUNK: usize = 256 * 1024;
    const CHUNKS: usize = 512;
    let slave = slave_process();
    let master = Master::new();
    master.connect(slave.line()).await.unwrap();
    let echo = || {
        remote!((lambda (i o)
            (let loop ((total 0))
                (let ((bytes (read-bytevector 65536 i)))
                    (if (eof-object? bytes)
                        total
                        (begin (write-bytevector bytes o) (loop (+ total (bytevector-length bytes)))))))))
    };
    let run = async |chunks: usize| {
        let local = async move |mut i: dpfw::InputPort, mut o: dpfw::OutputPort| {
            let write = async {
                let chunk = vec![b'x'; CHUNK];
                for _ in 0..chunks {
                    o.writer().write_all(&chunk).await?;
                }
                o.close().await?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            };
            let read = async {
                let mut left = chunks * CHUNK;
                while left > 0 {
                    left -= i.read_bytes(left.min(CHUNK)).await?.len();
                }
                Ok(i.read::<usize>().await?)
            };
            let ((), total) = futures::future::try_join(write, read).await?;
            Ok(total)
        };
        assert_eq!(master.make_task(echo(), local).await.unwrap(), chunks * CHUNK);
    };
    run(16).await;
    let before = (resident_kib("self"), resident_kib_of(&slave));
    run(CHUNKS).await;
    let after = (resident_kib("self"), resident_kib_of(&slave));
    println!("{before:?} KiB, then {after:?}");
    let grown = |before: Option<u64>, after: Option<u64>| after.unwrap_or(0).saturating_sub(before.unwrap_or(0));
    assert!(grown(before.0, after.0) < 16 * 1024 && grown(before.1, after.1) < 16 * 1024, "{before:?} {after:?}");
}

/// The results of a long map are held only as far as its reader lets it run ahead.
#[tokio::test]
async fn a_map_takes_its_items_as_its_results_are_read() {
    let slave = slave_process();
    let master = Master::new();
    master.connect(slave.line()).await.unwrap();
    let taken = std::cell::Cell::new(0);
    let items = (0..10_000_000_i64).inspect(|n| taken.set(*n));
    let results = master.map::<i64, _, _>(items, |n| remote!((lambda (i o) ,n))).buffered(100);
    let first: Vec<i64> = results.take(1_000).try_collect().await.unwrap();
    assert_eq!(first, (0..1_000).collect::<Vec<_>>());
    assert!(taken.get() < 1_101, "{} items were taken for 1,000 results", taken.get());
}
