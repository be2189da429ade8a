//! W1, W6, W8: small things one after another, beside a ping-pong.

use std::time::{Duration, Instant};

use dpfw::{Master, remote};

use crate::{
    Outcome,
    bare::{Ping, Serve, StdPing},
    peer::{self, Peer, Server},
    report::{Better, Row, Rows},
    roles,
    settings::Settings,
    stats::{Side, micros},
};

/// Calls in microseconds, and the CPU time of both sides.
#[derive(Default)]
struct Calls {
    side: Side,
    client: Duration,
    server: Duration,
}

impl Calls {
    /// Measures a round of calls to `server`.
    async fn round(
        &mut self,
        is_counted: bool,
        server: &Peer,
        round: impl Future<Output = Outcome<Vec<f64>>>,
    ) -> Outcome<()> {
        let (client_before, server_before) = (peer::cpu("self")?, server.cpu()?);
        let round = round.await?;
        if is_counted {
            self.client += peer::cpu("self")?.saturating_sub(client_before);
            self.server += server.cpu()?.saturating_sub(server_before);
            self.side.add(round);
        }
        Ok(())
    }

    /// CPU microseconds per call.
    fn each(&self, cpu: Duration) -> f64 {
        micros(cpu) / self.side.len() as f64
    }

    fn both(&self) -> f64 {
        self.each(self.client + self.server)
    }

    /// A row of these calls and the bare ones.
    fn row(&self, what: &str, tokio: &Self, std: &Self) -> Row {
        Row::new(what, "us", Better::Lower, self.side.median())
            .tokio(tokio.side.median(), self.side.ratio_to(&tokio.side))
            .std(std.side.median())
            .detail("p99", self.side.p99())
            .detail("p99_tokio", tokio.side.p99())
            .detail("p99_std", std.side.p99())
            .detail("cpu_master", self.each(self.client))
            .detail("cpu_slave", self.each(self.server))
            .detail("cpu", self.both())
            .detail("cpu_tokio", tokio.both())
            .detail("cpu_ratio", self.both() / tokio.both())
    }
}

/// Times calls one after another.
async fn time(calls: u64, mut call: impl AsyncFnMut(u64) -> Outcome<()>) -> Outcome<Vec<f64>> {
    let mut times = Vec::new();
    for number in 0..calls {
        let start = Instant::now();
        call(number).await?;
        times.push(micros(start.elapsed()));
    }
    Ok(times)
}

/// The peers of the two ping-pongs.
struct Pings {
    tokio: Ping,
    tokio_server: Server,
    std: StdPing,
    std_server: Server,
}

impl Pings {
    async fn start() -> Outcome<Self> {
        let tokio_server = Serve::Ping.start()?;
        let std_server = Server::start(&["ping-std"])?;
        Ok(Self {
            tokio: Ping::connect(tokio_server.address).await?,
            tokio_server,
            std: StdPing::connect(std_server.address)?,
            std_server,
        })
    }

    async fn round(&mut self, is_counted: bool, calls: u64, tokio: &mut Calls, std: &mut Calls) -> Outcome<()> {
        let round = time(calls, async |number| self.tokio.ping(number).await);
        tokio.round(is_counted, &self.tokio_server.peer, round).await?;
        let round = time(calls, async |number| self.std.ping(number));
        std.round(is_counted, &self.std_server.peer, round).await
    }
}

pub(crate) async fn one_slave() -> Outcome<(Server, Master)> {
    let slave = Server::start(&["slave"])?;
    let master = Master::new();
    master.connect(slave.address).await?;
    Ok((slave, master))
}

async fn call_no_op(master: &Master) -> Outcome<()> {
    let five: i64 = master.run(remote!((lambda (i o) (+ 2 3)))).await?;
    assert_eq!(five, 5);
    Ok(())
}

/// W1: a no-op task on a warm template.
pub(crate) fn no_op(settings: &Settings) -> Outcome<Rows> {
    let calls = settings.pick(1_500, 200);
    roles::current_thread()?.block_on(async {
        let (slave, master) = one_slave().await?;
        let mut pings = Pings::start().await?;
        let (mut tasks, mut tokio, mut std) = (Calls::default(), Calls::default(), Calls::default());
        for is_counted in settings.rounds() {
            let round = time(calls, async |_| call_no_op(&master).await);
            tasks.round(is_counted, &slave.peer, round).await?;
            pings.round(is_counted, calls, &mut tokio, &mut std).await?;
        }
        Ok(vec![(String::new(), tasks.row("no-op task", &tokio, &std))])
    })
}

/// W6: a counter in the slave's table, beside the no-op.
pub(crate) fn stateful(settings: &Settings) -> Outcome<Rows> {
    let calls = settings.pick(1_500, 200);
    roles::current_thread()?.block_on(async {
        let (slave, master) = one_slave().await?;
        let (mut counts, mut no_ops) = (Calls::default(), Calls::default());
        let mut expected = 0;
        for is_counted in settings.rounds() {
            let count = async |_| {
                let count = remote!((lambda (i o)
                    (hash-table-update! (dpfw-slave-ht) 'calls (lambda (n) (+ n 1)) (lambda () 0))));
                Ok(master.run::<()>(count).await?)
            };
            counts.round(is_counted, &slave.peer, time(calls, count)).await?;
            expected += calls;
            let counted: u64 = master.run(remote!((lambda (i o) (hash-table-ref (dpfw-slave-ht) 'calls)))).await?;
            assert_eq!(counted, expected);

            let round = time(calls, async |_| call_no_op(&master).await);
            no_ops.round(is_counted, &slave.peer, round).await?;
        }
        let row = Row::new("counter in the slave's table, to a no-op task", "us", Better::Lower, counts.side.median())
            .ratio(counts.side.ratio_to(&no_ops.side))
            .detail("no_op", no_ops.side.median())
            .detail("p99", counts.side.p99())
            .detail("cpu", counts.both())
            .detail("cpu_ratio", counts.both() / no_ops.both());
        Ok(vec![(String::new(), row)])
    })
}

/// W8: small integers to and fro within one task.
pub(crate) fn dialogue(settings: &Settings) -> Outcome<Rows> {
    let exchanges = settings.pick(1_500, 200);
    roles::current_thread()?.block_on(async {
        let (slave, master) = one_slave().await?;
        let mut pings = Pings::start().await?;
        let (mut talks, mut tokio, mut std) = (Calls::default(), Calls::default(), Calls::default());
        for is_counted in settings.rounds() {
            talks.round(is_counted, &slave.peer, talk(&master, exchanges)).await?;
            pings.round(is_counted, exchanges, &mut tokio, &mut std).await?;
        }
        Ok(vec![(String::new(), talks.row("exchange within a task", &tokio, &std))])
    })
}

async fn talk(master: &Master, exchanges: u64) -> Outcome<Vec<f64>> {
    let successors = remote!((lambda (i o)
        (let loop ((n (read i)))
            (if (not (eof-object? n))
                (begin
                    (write (+ n 1) o)
                    (loop (read i)))))));
    let talk = master.make_task(successors, async move |mut i, mut o| {
        let mut times = Vec::new();
        for number in 0..exchanges {
            let start = Instant::now();
            o.write(&number).await?;
            let successor: u64 = i.read().await?;
            times.push(micros(start.elapsed()));
            assert_eq!(successor, number + 1);
        }
        o.close().await?;
        Ok(times)
    });
    Ok(talk.await?)
}
