//! What a task costs: a no-op on a warm template against a bare ping-pong of tokio, start-up, and idle memory.
//!
//! ```text
//! cargo bench -p dpfw --bench noop [-- --rounds N]
//! ```
//!
//! The slave and the peer of the ping-pong are processes of their own, over loopback TCP. The two are measured in turns
//! within one run, because wall times on a shared machine drift; what counts is the ratio.

use std::{
    error::Error,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use dpfw::{Master, Slave, remote};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Bytes of a message of the ping-pong: about a task's and its answer's.
const MESSAGE_BYTES: usize = 40;
const CALLS_PER_ROUND: u32 = 2_000;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("slave") => current_thread()?.block_on(slave()),
        Some("echo") => current_thread()?.block_on(echo()),
        _ => {
            let rounds = arguments.iter().position(|argument| argument == "--rounds");
            let rounds = match rounds.and_then(|position| arguments.get(position + 1)) {
                Some(rounds) => rounds.parse()?,
                None => 15,
            };
            current_thread()?.block_on(measure(rounds))
        }
    }
}

fn current_thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

async fn slave() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_address(listener.local_addr()?)?;
    Ok(Slave::new().serve_listener(listener).await?)
}

async fn echo() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_address(listener.local_addr()?)?;
    let (mut stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let mut message = [0; MESSAGE_BYTES];
    while stream.read_exact(&mut message).await.is_ok() {
        stream.write_all(&message).await?;
    }
    Ok(())
}

fn say_address(address: SocketAddr) -> std::io::Result<()> {
    println!("{address}");
    std::io::stdout().flush()
}

/// A process of this program in another role; it ends with the value.
struct Peer {
    child: Child,
    address: SocketAddr,
}

impl Peer {
    fn start(role: &str) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?).arg(role).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }

    /// Resident memory in KiB, where the system tells.
    fn resident_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }

    /// CPU time so far, where the system tells.
    fn cpu(&self) -> Option<Duration> {
        cpu_of(&format!("/proc/{}/stat", self.child.id()))
    }
}

fn cpu_of(path: &str) -> Option<Duration> {
    let stat = std::fs::read_to_string(path).ok()?;
    // The name in parentheses may hold blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Default)]
struct Series {
    calls: Vec<Duration>,
    cpu: Duration,
}

impl Series {
    /// Microseconds that `percent` of the calls took at most.
    fn at(&self, percent: usize) -> f64 {
        let mut sorted = self.calls.clone();
        sorted.sort_unstable();
        sorted[sorted.len() * percent / 100].as_secs_f64() * 1e6
    }

    fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.calls.len() as f64
    }
}

async fn measure(rounds: u32) -> Outcome<()> {
    let (first_ms, resident_kib) = start_up().await?;

    let slave = Peer::start("slave")?;
    let master = Master::new();
    master.connect(slave.address).await?;
    let echo = Peer::start("echo")?;
    let mut stream = TcpStream::connect(echo.address).await?;
    stream.set_nodelay(true)?;

    let (mut tasks, mut pings) = (Series::default(), Series::default());
    for round in 0..=rounds {
        // The first round warms up.
        let is_counted = round > 0;
        let before = both_cpu(&slave);
        for _ in 0..CALLS_PER_ROUND {
            let start = Instant::now();
            let five: i64 = master.run(remote!((lambda (i o) (+ 2 3)))).await?;
            let took = start.elapsed();
            assert_eq!(five, 5);
            if is_counted {
                tasks.calls.push(took);
            }
        }
        if is_counted {
            tasks.cpu += both_cpu(&slave).saturating_sub(before);
        }
        let before = both_cpu(&echo);
        let mut message = [7; MESSAGE_BYTES];
        for _ in 0..CALLS_PER_ROUND {
            let start = Instant::now();
            stream.write_all(&message).await?;
            stream.read_exact(&mut message).await?;
            let took = start.elapsed();
            if is_counted {
                pings.calls.push(took);
            }
        }
        if is_counted {
            pings.cpu += both_cpu(&echo).saturating_sub(before);
        }
    }

    println!("| | median µs | p99 µs | CPU µs, both sides |");
    println!("|---|---|---|---|");
    for (name, series) in [("no-op task", &tasks), ("tokio ping-pong", &pings)] {
        println!("| {name} | {:.1} | {:.1} | {:.1} |", series.at(50), series.at(99), series.cpu_each());
    }
    println!(
        "| ratio | {:.2} | {:.2} | {:.2} |",
        tasks.at(50) / pings.at(50),
        tasks.at(99) / pings.at(99),
        tasks.cpu_each() / pings.cpu_each()
    );
    println!();
    println!("process start to first result: {first_ms:.1} ms (median of {START_UPS})");
    println!("idle slave process, resident: {:.1} MiB", resident_kib as f64 / 1024.0);
    Ok(())
}

fn both_cpu(peer: &Peer) -> Duration {
    cpu_of("/proc/self/stat").unwrap_or_default() + peer.cpu().unwrap_or_default()
}

const START_UPS: usize = 9;

/// Milliseconds from the start of a slave's process to its first result, and what it takes of memory then.
async fn start_up() -> Outcome<(f64, u64)> {
    let mut times = Vec::new();
    let mut resident = 0;
    for _ in 0..START_UPS {
        let start = Instant::now();
        let slave = Peer::start("slave")?;
        let master = Master::new();
        master.connect(slave.address).await?;
        let five: i64 = master.run(remote!((lambda (i o) (+ 2 3)))).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        assert_eq!(five, 5);
        resident = slave.resident_kib().unwrap_or_default();
        master.shutdown().await;
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], resident))
}
