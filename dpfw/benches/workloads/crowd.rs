//! W7: many slaves on one master.

use std::{
    io,
    time::{Duration, Instant},
};

use dpfw::{Listener, Master, SlaveGuard, remote};
use futures::future::try_join_all;
use tokio::time::timeout;

use crate::{
    Outcome,
    bare::{Ping, Serve},
    peer::{self, Peer, Server},
    report::{Better, Row, Rows},
    roles,
    settings::Settings,
    stats::{Side, millis},
};

/// How long slaves may take to start and to connect.
const GATHER_MAX: Duration = Duration::from_secs(60);

/// Slaves that dial one master, several in each process.
pub(crate) struct Crowd {
    pub(crate) processes: Vec<Peer>,
    master: Master,
    _listener: Listener,
    connect_ms: f64,
}

impl Crowd {
    /// Starts the slaves and waits until all are connected.
    pub(crate) async fn gather(processes: u32, slaves_each: u32) -> Outcome<Self> {
        let master = Master::new();
        let listener = master.listen("127.0.0.1:0").await?;
        let (count, address) = (slaves_each.to_string(), listener.local_addr().to_string());
        let start = Instant::now();
        // Elsewhere: the master answers those that come while others are being started.
        let processes = tokio::task::spawn_blocking(move || {
            (0..processes).map(|_| Peer::start(&["slaves", &count, &address])).collect::<io::Result<Vec<_>>>()
        });
        let processes = processes.await??;
        let expected = processes.len() * usize::try_from(slaves_each)?;
        if timeout(GATHER_MAX, master.wait_for_slaves(expected)).await.is_err() {
            let came = master.slaves().len();
            return Err(format!("{came} of {expected} slaves came within {GATHER_MAX:?}").into());
        }
        Ok(Self { processes, master, _listener: listener, connect_ms: millis(start.elapsed()) })
    }

    /// A guard for each slave: tasks given to a master itself may go to the same slave.
    pub(crate) async fn reserve(&self) -> Outcome<Vec<SlaveGuard>> {
        Ok(try_join_all(self.master.slaves().iter().map(|_| self.master.get_slave())).await?)
    }

    /// Runs a no-op on each slave at once; gives the milliseconds until all have answered.
    pub(crate) async fn broadcast(&self, guards: &[SlaveGuard]) -> Outcome<f64> {
        let start = Instant::now();
        let no_ops = guards.iter().map(|guard| guard.run::<i64>(remote!((lambda (i o) (+ 2 3)))));
        let fives = try_join_all(no_ops).await?;
        let took = millis(start.elapsed());
        assert!(fives.into_iter().all(|five| five == 5));
        Ok(took)
    }
}

pub(crate) fn measure(settings: &Settings) -> Outcome<Rows> {
    // A thousand slaves take some gigabytes and half a minute.
    let normal = if settings.is_asked_for("W7") { (200, 5) } else { (16, 4) };
    let (processes, slaves_each) = settings.pick(normal, (4, 2));
    // Each slave is a socket, each process a pipe.
    peer::allow_files()?;
    roles::current_thread()?.block_on(async {
        let before = peer::resident_kib("self")?;
        let crowd = Crowd::gather(processes, slaves_each).await?;
        let guards = crowd.reserve().await?;
        let first_ms = crowd.broadcast(&guards).await?;
        let resident = peer::resident_kib("self")? - before;

        let mut bare = Bare::gather(processes, slaves_each).await?;
        let [mut broadcasts, mut bare_broadcasts]: [Side; 2] = Default::default();
        for is_counted in settings.rounds() {
            let of_dpfw = crowd.broadcast(&guards).await?;
            let of_bare = bare.broadcast().await?;
            if is_counted {
                broadcasts.add(vec![of_dpfw]);
                bare_broadcasts.add(vec![of_bare]);
            }
        }
        let slaves = processes * slaves_each;
        let broadcast =
            Row::new(&format!("no-op on each of {slaves} slaves at once"), "ms", Better::Lower, broadcasts.median())
                .tokio(bare_broadcasts.median(), broadcasts.ratio_to(&bare_broadcasts))
                .detail("first", first_ms)
                .detail("slaves", f64::from(slaves));
        let connect = Row::new("process starts to all connected", "ms", Better::Lower, crowd.connect_ms)
            .tokio(bare.connect_ms, crowd.connect_ms / bare.connect_ms);
        let memory = Row::new("master's memory for each slave", "KiB", Better::Lower, resident / f64::from(slaves))
            .detail("resident_mib", (before + resident) / 1024.0);
        Ok(vec![(String::new(), broadcast), ("-connect".to_owned(), connect), ("-memory".to_owned(), memory)])
    })
}

/// As many connections to servers of a ping-pong.
struct Bare {
    _servers: Vec<Server>,
    pings: Vec<Ping>,
    connect_ms: f64,
}

impl Bare {
    async fn gather(processes: u32, connections_each: u32) -> Outcome<Self> {
        let start = Instant::now();
        let servers = (0..processes).map(|_| Serve::Ping.start()).collect::<Outcome<Vec<_>>>()?;
        let mut pings = Vec::new();
        for server in &servers {
            for _ in 0..connections_each {
                pings.push(Ping::connect(server.address).await?);
            }
        }
        Ok(Self { _servers: servers, pings, connect_ms: millis(start.elapsed()) })
    }

    async fn broadcast(&mut self) -> Outcome<f64> {
        let start = Instant::now();
        for ping in &mut self.pings {
            ping.send(5).await?;
        }
        for ping in &mut self.pings {
            ping.receive(5).await?;
        }
        Ok(millis(start.elapsed()))
    }
}
