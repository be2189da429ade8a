//! The world of a test: hosts, slaves, their master, and how they are when all is well.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use dpfw::{Listener, Master, remote};
use futures::future::join_all;
use tokio::runtime::Runtime;

use crate::{
    ledger::Ledger,
    network::{Host, Network, Place},
    proxy::Proxy,
    slaves::{Common, Dials, Program},
};

/// Hosts, slaves and their master.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) network: Network,
    pub(crate) common: Common,
    pub(crate) is_tls: bool,
    pub(crate) master: Master,
    pub(crate) listener: Listener,
    pub(crate) programs: Vec<Program>,
    pub(crate) ledger: Ledger,
}

/// A program of slaves: on which host, how many, who dials, and whether by way of a proxy.
pub(crate) type Layout = (usize, usize, Dials, bool);

/// Eight slaves, of all kinds.
pub(crate) const EIGHT: &[Layout] = &[
    (0, 1, Dials::Master, false),
    (0, 1, Dials::Master, true),
    (1, 1, Dials::Slave, false),
    (1, 1, Dials::Slave, true),
    (2, 2, Dials::Master, false),
    (3, 2, Dials::Slave, true),
];

/// What it may take until all is well again: slaves and masters dial again every other second at least.
const HEALING_MAX: Duration = Duration::from_secs(60);
/// What a slave may take for a small task when all is well.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Runs a test on the master's host.
pub(crate) fn on_master_host<F: Future<Output = ()>>(network: Network, test: impl FnOnce(Network) -> F + Send) {
    let place = network.master().clone();
    place.clone().inside(move || runtime(place).block_on(test(network)));
}

fn runtime(place: Place) -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().on_thread_start(move || place.enter());
    builder.build().expect("a runtime")
}

impl World {
    /// Starts slaves and connects them.
    pub(crate) async fn new(network: Network, is_tls: bool, layout: &[Layout]) -> Self {
        let common = Common::new(is_tls);
        let master = common.master();
        let listener = master.listen((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a port");
        let programs = Vec::with_capacity(layout.len());
        let mut world = Self { network, common, is_tls, master, listener, programs, ledger: Ledger::default() };
        for &(host, slaves, dials, is_proxied) in layout {
            let program = world.start(world.network.host(host), slaves, dials, is_proxied).await;
            world.programs.push(program);
        }
        world.heal().await;
        world
    }

    /// Starts a program of `slaves` on `host` and connects it with the master.
    pub(crate) async fn start(&self, host: &Host, slaves: usize, dials: Dials, is_proxied: bool) -> Program {
        match dials {
            Dials::Master => {
                let (mut program, address) = Program::serve(&self.common, host, slaves);
                if is_proxied {
                    program.proxy = Some(Proxy::start(([127, 0, 0, 1], 0).into(), address).await.expect("a proxy"));
                }
                self.master.connect(program.proxy.as_ref().map_or(address, Proxy::address)).await.expect("a slave");
                program
            }
            Dials::Slave => {
                let address = SocketAddr::new(host.master(), self.listener.local_addr().port());
                if !is_proxied {
                    return Program::connect(&self.common, host, slaves, address);
                }
                let proxy = Proxy::start(SocketAddr::new(host.master(), 0), address).await.expect("a proxy");
                let mut program = Program::connect(&self.common, host, slaves, proxy.address());
                program.proxy = Some(proxy);
                program
            }
        }
    }

    /// Starts programs again that ended by themselves.
    ///
    /// # Panics
    ///
    /// If one may not have.
    pub(crate) fn revive_ended(&self) {
        for program in &self.programs {
            if let Some(status) = program.revive_if_ended() {
                assert!(program.may_end(status), "a program ended by itself: {status}, {program:?}");
            }
        }
    }

    /// Waits until each slave answers on one link.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    pub(crate) async fn heal(&self) -> Duration {
        let start = Instant::now();
        let slaves: usize = self.programs.iter().map(Program::slaves).sum();
        loop {
            self.revive_ended();
            let answers = self.ask_all().await;
            let distinct: HashSet<_> = answers.iter().flatten().collect();
            if answers.len() == slaves && distinct.len() == slaves && self.master.slaves().len() == slaves {
                return start.elapsed();
            }
            let state = || format!("{answers:?} of {:#?}", self.master.slaves());
            assert!(start.elapsed() < HEALING_MAX, "{slaves} slaves are not well again: {}", state());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks all slaves that are idle for their process.
    async fn ask_all(&self) -> Vec<Option<u32>> {
        let guards: Vec<_> = std::iter::from_fn(|| self.master.try_get_slave()).collect();
        let ask = || remote!(extern (process-id 0) (lambda (i o) (process-id)));
        let answers = guards.iter().map(|guard| guard.run::<u32>(ask().timeout(ANSWER_MAX)));
        join_all(answers).await.into_iter().map(Result::ok).collect()
    }
}
