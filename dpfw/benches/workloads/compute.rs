//! W4: tasks that compute, on two slaves, beside two processes that compute the same without a network.

use std::time::Instant;

use dpfw::{Master, remote, testing::LocalCluster};
use futures::future::try_join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    Outcome, bare,
    peer::Server,
    report::{Better, Row, Rows},
    roles,
    settings::Settings,
    stats::{Side, millis},
};

const TASKS: u64 = 16;
const PROCESSES: u64 = 2;

/// The number to take Fibonacci's of, and that.
type Fib = (u64, u64);

pub(crate) fn measure(settings: &Settings) -> Outcome<Rows> {
    let fib = settings.pick((27, 196_418), (15, 610));
    roles::current_thread()?.block_on(async {
        let slaves = [Server::start(&["slave"])?, Server::start(&["slave"])?];
        let master = Master::new();
        for slave in &slaves {
            master.connect(slave.address).await?;
        }
        let servers = [Server::start(&["fib"])?, Server::start(&["fib"])?];
        let mut streams = Vec::new();
        for server in &servers {
            streams.push(bare::connect(server.address).await?);
        }

        let [mut distributed, mut direct]: [Side; 2] = Default::default();
        for is_counted in settings.rounds() {
            let of_distributed = distribute(&master, fib).await?;
            let of_direct = ask_all(&mut streams, fib).await?;
            if is_counted {
                distributed.add(vec![of_distributed]);
                direct.add(vec![of_direct]);
            }
        }
        let what = format!("{TASKS} times fib({}) on 2 slaves; efficiency to bare processes", fib.0);
        let row = Row::new(&what, "ms", Better::Higher, distributed.median())
            .ratio(direct.ratio_to(&distributed))
            .detail("bare", direct.median());
        Ok(vec![(String::new(), row)])
    })
}

async fn distribute(master: &Master, (n, expected): Fib) -> Outcome<f64> {
    let start = Instant::now();
    let tasks = (0..TASKS).map(|_| {
        master.run::<u64>(remote!((lambda (i o)
            (define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
            (fib ,n))))
    });
    let results = try_join_all(tasks).await?;
    let took = millis(start.elapsed());
    assert!(results.into_iter().all(|result| result == expected));
    Ok(took)
}

/// Lets each process compute its part in one go.
async fn ask_all(streams: &mut [TcpStream], fib: Fib) -> Outcome<f64> {
    let start = Instant::now();
    try_join_all(streams.iter_mut().map(|stream| ask(stream, fib))).await?;
    Ok(millis(start.elapsed()))
}

async fn ask(stream: &mut TcpStream, (n, expected): Fib) -> Outcome<()> {
    stream.write_u64(n).await?;
    assert_eq!(stream.read_u64().await?, expected * TASKS / PROCESSES);
    Ok(())
}

/// In a child: computes whenever it is asked, in an evaluator of this process.
pub(crate) async fn serve() -> Outcome<()> {
    let cluster = LocalCluster::start(1).await;
    let (mut stream, _) = roles::listen().await?.accept().await?;
    while let Ok(n) = stream.read_u64().await {
        let times = TASKS / PROCESSES;
        let sum: u64 = cluster
            .master()
            .run(remote!((lambda (i o)
                (define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
                (let loop ((times ,times) (sum 0))
                    (if (= times 0) sum (loop (- times 1) (+ sum (fib ,n))))))))
            .await?;
        stream.write_u64(sum).await?;
    }
    // The parent has left.
    Ok(())
}
