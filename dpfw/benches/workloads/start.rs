//! W5: how soon a slave answers, and what an idle one holds.

use std::time::Instant;

use dpfw::remote;

use crate::{
    Outcome,
    bare::{Ping, Serve},
    calls::one_slave,
    crowd::Crowd,
    report::{Better, Row, Rows},
    roles,
    settings::Settings,
    stats::{Side, median, millis},
};

/// Further slaves in one process.
const FURTHER: u32 = 16;

pub(crate) fn measure(settings: &Settings) -> Outcome<Rows> {
    roles::current_thread()?.block_on(async {
        let [mut starts, mut bare_starts, mut idle, mut bare_idle]: [Side; 4] = Default::default();
        for _ in 0..settings.pick(9, 2) {
            let start = Instant::now();
            let (slave, master) = one_slave().await?;
            let five: i64 = master.run(remote!((lambda (i o) (+ 2 3)))).await?;
            starts.add(vec![millis(start.elapsed())]);
            assert_eq!(five, 5);
            idle.add(vec![slave.peer.resident_kib()?]);

            let start = Instant::now();
            let server = Serve::Ping.start()?;
            Ping::connect(server.address).await?.ping(5).await?;
            bare_starts.add(vec![millis(start.elapsed())]);
            bare_idle.add(vec![server.peer.resident_kib()?]);
        }

        let mut further = Vec::new();
        for _ in 0..settings.pick(3, 1) {
            let (one, many) = (resident_kib(1).await?, resident_kib(1 + FURTHER).await?);
            further.push((many - one) / f64::from(FURTHER));
        }
        Ok(vec![
            (
                String::new(),
                Row::new("process start to first result", "ms", Better::Lower, starts.median())
                    .tokio(bare_starts.median(), starts.ratio_to(&bare_starts)),
            ),
            (
                "-idle".to_owned(),
                Row::new("idle slave's process, resident", "KiB", Better::Lower, idle.median())
                    .tokio(bare_idle.median(), idle.ratio_to(&bare_idle)),
            ),
            (
                "-further".to_owned(),
                Row::new("each further slave in a process, resident", "KiB", Better::Lower, median(further)),
            ),
        ])
    })
}

/// What a process of so many slaves holds when each has run a task.
async fn resident_kib(slaves: u32) -> Outcome<f64> {
    let crowd = Crowd::gather(1, slaves).await?;
    crowd.broadcast(&crowd.reserve().await?).await?;
    crowd.processes[0].resident_kib()
}
