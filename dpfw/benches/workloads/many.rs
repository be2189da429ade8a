//! W2: many independent tasks on two slaves, beside frames that are pipelined over two connections.

use std::time::Instant;

use dpfw::{Master, Task, remote};
use futures::{StreamExt, future::try_join_all};
use tokio::runtime::Runtime;

use crate::{
    Outcome,
    bare::{Flush, Pipeline, Serve},
    peer::Server,
    report::{Better, Row, Rows},
    roles,
    settings::Settings,
    stats::Side,
};

/// Tasks in flight where they are bounded.
const IN_FLIGHT: usize = 1_000;

/// The master on a runtime of several threads.
pub(crate) fn on_threads(settings: &Settings) -> Outcome<Rows> {
    measure(&tokio::runtime::Builder::new_multi_thread().enable_all().build()?, settings)
}

/// The master on a runtime of the current thread.
pub(crate) fn on_one_thread(settings: &Settings) -> Outcome<Rows> {
    measure(&roles::current_thread()?, settings)
}

fn measure(runtime: &Runtime, settings: &Settings) -> Outcome<Rows> {
    let count = settings.pick(20_000, 500);
    runtime.block_on(async {
        let slaves = [Server::start(&["slave"])?, Server::start(&["slave"])?];
        let master = Master::new();
        for slave in &slaves {
            master.connect(slave.address).await?;
        }
        let each = [Serve::Frames.start()?, Serve::Frames.start()?];
        let batches = [Serve::Batches.start()?, Serve::Batches.start()?];

        let [mut mapped, mut joined, mut frames, mut batched]: [Side; 4] = Default::default();
        let keep = |is_counted: bool, side: &mut Side, rate: f64| {
            if is_counted {
                side.add(vec![rate]);
            }
        };
        for is_counted in settings.rounds() {
            keep(is_counted, &mut mapped, map(&master, count).await?);
            keep(is_counted, &mut frames, pipeline(&each, count, Flush::Each).await?);
            keep(is_counted, &mut joined, join(&master, count).await?);
            keep(is_counted, &mut batched, pipeline(&batches, count, Flush::AtEnd).await?);
        }
        let row = |what, side: &Side| {
            Row::new(what, "tasks/s", Better::Higher, side.median())
                .tokio(frames.median(), side.ratio_to(&frames))
                .detail("tokio_batched", batched.median())
        };
        let mapped = row("independent tasks, by `map` and 1,000 in flight", &mapped);
        let joined = row("independent tasks, all at once", &joined);
        Ok(vec![(String::new(), mapped), ("-join".to_owned(), joined)])
    })
}

fn successor(n: u64) -> Task {
    remote!((lambda (i o) (+ ,n 1)))
}

async fn map(master: &Master, count: u64) -> Outcome<f64> {
    let start = Instant::now();
    let mut results = master.map::<u64, _, _>(0..count, successor).buffered(IN_FLIGHT);
    let mut expected = 1..=count;
    while let Some(result) = results.next().await {
        assert_eq!(Some(result?), expected.next());
    }
    assert_eq!(expected.next(), None);
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

async fn join(master: &Master, count: u64) -> Outcome<f64> {
    let start = Instant::now();
    let results = try_join_all((0..count).map(|n| master.run::<u64>(successor(n)))).await?;
    let rate = count as f64 / start.elapsed().as_secs_f64();
    assert!(results.into_iter().eq(1..=count));
    Ok(rate)
}

async fn pipeline(servers: &[Server; 2], count: u64, flush: Flush) -> Outcome<f64> {
    let [first, second] = servers;
    let (first, second) = (Pipeline::connect(first.address).await?, Pipeline::connect(second.address).await?);
    let start = Instant::now();
    tokio::try_join!(first.exchange(count / 2, flush), second.exchange(count / 2, flush))?;
    Ok(count as f64 / start.elapsed().as_secs_f64())
}
