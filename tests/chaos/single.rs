//! One thing at a time: what each costs, and whom.

use std::time::{Duration, Instant};

use dpfw::{LinkError, SlaveLost, TaskErrorKind, remote};
use futures::future::join_all;
use nix::sys::signal::Signal;

use crate::{
    network::{End, Network},
    proxy::Weather,
    slaves::{Dials, send},
    world::{Layout, World, on_master_host},
};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a peer may be silent, and how late that may be noticed.
const NOTICED_MAX: Duration = Duration::from_secs(4);

/// Two slaves on two hosts, both dialled.
const TWO: &[Layout] = &[(0, 1, Dials::Master, false), (1, 1, Dials::Master, false)];

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("in time")
}

#[test]
fn a_host_that_is_cut_off_costs_its_own_tasks_only() {
    let network = Network::new(2);
    if network.separate_hosts().count() == 0 {
        // It was said.
        return;
    }
    on_master_host(network, async |network| {
        for end in [End::Host, End::Master] {
            let world = World::new(network.clone(), false, TWO).await;
            let address = world.programs[0].address.unwrap().to_string();
            let guards =
                [within(world.master.get_slave()).await.unwrap(), within(world.master.get_slave()).await.unwrap()];
            let (doomed, healthy) =
                if guards[0].peer() == address { (&guards[0], &guards[1]) } else { (&guards[1], &guards[0]) };
            let lost = doomed.run::<()>(remote!((lambda (i o) (let loop () (loop)))));
            let kept = healthy.make_task::<i64, _, _>(remote!((lambda (i o) (read i))), async |mut i, mut o| {
                tokio::time::sleep(NOTICED_MAX).await;
                o.write(&7).await?;
                Ok(i.read().await?)
            });
            network.host(0).cut(end);
            let cut = Instant::now();
            let error = within(lost).await.unwrap_err();
            assert!(cut.elapsed() < NOTICED_MAX, "noticed after {:?}: {error}", cut.elapsed());
            let silent = matches!(error.kind(), TaskErrorKind::SlaveLost(SlaveLost::Link(LinkError::Silent { .. })));
            assert!(silent, "{error}");
            assert_eq!(within(kept).await.unwrap(), 7);
            drop(guards);
            network.host(0).mend();
            world.heal().await;
        }
    });
}

/// A master's host is cut off, and then the master dies: nobody hears of it.
#[test]
fn a_master_that_vanishes_without_a_word_frees_its_slave() {
    let network = Network::new(1);
    if network.separate_hosts().count() == 0 {
        // It was said.
        return;
    }
    on_master_host(network, async |network| {
        let world = World::new(network.clone(), false, &[]).await;
        let far = network.host(0);
        let near = network.master_host(far);
        let slave = world.start(&near, 1, Dials::Master, false).await;
        let mut rival = world.common.rival_that_holds(far.place(), slave.address.unwrap());
        let waiting = world.master.run::<i64>(remote!((lambda (i o) 5)));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!waiting.is_finished(), "the other master's task holds the slave");
        far.cut(End::Host);
        rival.kill();
        let cut = Instant::now();
        assert_eq!(within(waiting).await.unwrap(), 5);
        assert!(cut.elapsed() < NOTICED_MAX, "noticed after {:?}", cut.elapsed());
    });
}

#[test]
fn a_slave_that_is_stopped_and_goes_on_is_a_new_one() {
    on_master_host(Network::new(2), async |network| {
        let world = World::new(network, false, TWO).await;
        let stopped = world.programs[0].id().unwrap();
        assert!(send(stopped, Signal::SIGSTOP));
        let tasks = (0..40_u64).map(|n| world.master.run::<u64>(remote!((lambda (i o) (* 2 ,n))).retries(1)));
        for (n, result) in (0..).zip(within(join_all(tasks.collect::<Vec<_>>())).await) {
            assert_eq!(result.unwrap(), 2 * n);
        }
        assert!(send(stopped, Signal::SIGCONT));
        world.heal().await;
    });
}

/// Two slaves, the second by way of a proxy.
const ONE_PROXIED: &[Layout] = &[(0, 1, Dials::Master, false), (0, 1, Dials::Master, true)];

#[test]
fn bytes_that_are_changed_under_tls_cost_a_link_and_change_no_value() {
    on_master_host(Network::new(1), async |network| {
        let world = World::new(network, true, ONE_PROXIED).await;
        let proxy = world.programs[1].proxy.as_ref().unwrap();
        proxy.set(Weather::Corrupt);
        let tasks = (0..400_u64).map(|n| world.master.run::<u64>(remote!((lambda (i o) (* 2 ,n))).retries(1)));
        for (n, result) in (0..).zip(within(join_all(tasks.collect::<Vec<_>>())).await) {
            assert_eq!(result.unwrap(), 2 * n);
        }
        assert!(proxy.harm() > 0);
        proxy.set(Weather::Clear);
        world.heal().await;
    });
}

/// A peer that says everything twice breaks the protocol: it loses its link, and what it said counts once.
#[test]
fn what_is_said_twice_is_done_once_and_costs_nobody_else() {
    on_master_host(Network::new(1), async |network| {
        let world = World::new(network, false, ONE_PROXIED).await;
        let guards = [within(world.master.get_slave()).await.unwrap(), within(world.master.get_slave()).await.unwrap()];
        let address = world.programs[0].address.unwrap().to_string();
        let [healthy, other] = if guards[0].peer() == address { [0, 1] } else { [1, 0] };
        let kept = guards[healthy].make_task::<i64, _, _>(remote!((lambda (i o) (read i))), async |mut i, mut o| {
            tokio::time::sleep(Duration::from_millis(500)).await;
            o.write(&7).await?;
            Ok(i.read().await?)
        });
        let proxy = world.programs[1].proxy.as_ref().unwrap();
        proxy.set(Weather::Twice);
        let tasks: Vec<_> = (0..20_u64)
            .map(|n| guards[other].run::<u64>(remote!(extern (mark 1) (lambda (i o) (mark ,n) (* 2 ,n)))))
            .collect();
        let mut lost = 0;
        for (n, result) in (0..).zip(within(join_all(tasks)).await) {
            match result {
                Ok(value) => assert_eq!(value, 2 * n),
                Err(error) => {
                    assert!(error.is_slave_lost(), "{error}");
                    lost += 1;
                }
            }
        }
        assert!(lost > 0 && proxy.harm() > 0);
        assert_eq!(within(kept).await.unwrap(), 7);
        drop(guards);
        proxy.set(Weather::Clear);
        world.heal().await;
        let marks = world.common.marks();
        let distinct: std::collections::HashSet<_> = marks.iter().collect();
        assert_eq!(distinct.len(), marks.len(), "none began twice: {marks:?}");
    });
}

#[test]
fn a_task_that_kills_its_slaves_takes_no_others_with_it() {
    let layout = &[(0, 1, Dials::Master, false), (0, 2, Dials::Master, false), (0, 1, Dials::Slave, false)];
    on_master_host(Network::new(1), async move |network| {
        let world = World::new(network, false, layout).await;
        let innocent = |n: u64| remote!((lambda (i o) (* 2 ,n))).retries(1);
        // So that many are sent ahead.
        let warm = join_all((0..5_000).map(|n| world.master.run::<u64>(innocent(n))).collect::<Vec<_>>());
        assert!(within(warm).await.into_iter().all(|result| result.is_ok()));
        for retries in [0, 2, 9] {
            let before: Vec<_> = (0..200).map(|n| world.master.run::<u64>(innocent(n))).collect();
            let killer = remote!(extern (mark 1) (die 0) (lambda (i o) (mark ,retries) (die)));
            let killer = world.master.run::<()>(killer.retries(u32::try_from(retries).unwrap()));
            let after: Vec<_> = (200..400).map(|n| world.master.run::<u64>(innocent(n))).collect();
            let error = within(killer).await.unwrap_err();
            assert!(error.is_slave_lost(), "{error}");
            let attempts = 1 + retries.min(3);
            assert_eq!(u64::from(error.attempts()), attempts);
            for (n, result) in (0..).zip(within(join_all(before.into_iter().chain(after))).await) {
                assert_eq!(result.unwrap(), 2 * n);
            }
            world.heal().await;
            let marks = world.common.marks();
            assert_eq!(marks.iter().filter(|mark| **mark == retries).count() as u64, attempts);
        }
    });
}
