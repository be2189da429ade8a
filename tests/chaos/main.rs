//! Chaos: masters and slaves in processes on several hosts, while processes are killed and stopped, hosts are cut off, and
//! connections are delayed, held up, cut and corrupted. A ledger accounts for every task.
//!
//! What happens is drawn from a seed, which is printed: `DPFW_CHAOS_SEED` repeats it, as far as the machine's own timing
//! lets it. The long form takes some minutes:
//! `cargo test --release -p dpfw-tests --test chaos -- --ignored --nocapture --test-threads 1`.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers fail the test that calls them")]

mod ledger;
mod load;
mod network;
mod proxy;
mod single;
mod slaves;
mod storm;
mod world;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use self::{
    load::Goal,
    network::Network,
    storm::{Pace, Storm},
    world::{EIGHT, World, on_master_host},
};

/// As short as it may be in every check of a change.
const SHORT: (Goal, Pace) = (
    Goal { tasks: usize::MAX, time: Duration::from_secs(5), length: 1 },
    Pace {
        kill: Duration::from_millis(500),
        partition: Duration::from_millis(1_700),
        stop: Duration::from_millis(1_100),
        weather: Duration::from_millis(700),
        rival: Duration::from_millis(1_900),
    },
);

const LONG: (Goal, Pace) = (
    Goal { tasks: 100_000, time: Duration::MAX, length: 8 },
    Pace {
        kill: Duration::from_millis(500),
        partition: Duration::from_secs(5),
        stop: Duration::from_secs(3),
        weather: Duration::from_secs(2),
        rival: Duration::from_secs(7),
    },
);

#[test]
fn every_task_is_accounted_for_in_clear() {
    weather(false, SHORT);
}

#[test]
fn every_task_is_accounted_for_under_tls() {
    weather(true, SHORT);
}

#[test]
#[ignore = "takes some minutes"]
fn a_hundred_thousand_tasks_are_accounted_for_in_clear() {
    weather(false, LONG);
}

#[test]
#[ignore = "takes some minutes"]
fn a_hundred_thousand_tasks_are_accounted_for_under_tls() {
    weather(true, LONG);
}

/// Lets a storm rage while tasks run, and looks at what is left.
fn weather(is_tls: bool, (goal, pace): (Goal, Pace)) {
    // One storm at a time: a machine that is busy with two is slow at both.
    static STORMS: Mutex<()> = Mutex::new(());
    let _alone = STORMS.lock().unwrap_or_else(PoisonError::into_inner);
    let seed =
        std::env::var("DPFW_CHAOS_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect("a number"));
    println!("DPFW_CHAOS_SEED={seed}");
    on_master_host(Network::new(4), async move |network| {
        let world = Arc::new(World::new(network, is_tls, EIGHT).await);
        let storm = Storm::begin(&world, pace, seed);
        load::run(&world, goal, seed).await;
        let toll = tokio::task::block_in_place(|| storm.end());
        let healed = world.heal().await;
        let harm: u64 = world.programs.iter().filter_map(|program| Some(program.proxy.as_ref()?.harm())).sum();
        let summary = world.ledger.close(&world.common.marks(), seed, toll.slowness);
        println!("{toll}; {harm} connections cut or bits turned over; well again after {healed:?}\n{summary}");
        // It was a storm, and there was work.
        assert!(toll.sum() > 10 && summary.lost() > 0 && summary.values() > 100, "{toll}, {summary}");
    });
}
