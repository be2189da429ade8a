//! Floods of connections: what strangers, and masters that do not read, cost the master that a slave works for.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Read, Write},
    iter,
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use dpfw::{Keys, LinkConfig, Master, Security, Slave, Task, remote};
use dpfw_tests::{
    Process,
    script::{self, Peer, frame, hello},
    system::{children_of, cpu_time, open_files, resident_bytes, resident_bytes_max},
};
use futures::StreamExt;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use tokio::{sync::Mutex, task::spawn_blocking};

/// Connections that say nothing.
const SILENT: usize = 1_000;
/// Connections that send what is no protocol.
const GARBAGE: usize = 1_000;
/// Masters that ask and do not read the answers.
const DEAF: usize = 100;

/// What a slave keeps for its master of what that had without the flood.
const KEPT_MIN: f64 = 0.5;
/// What a slave's processes may ever take.
const MEMORY_MAX: u64 = 200_000_000;
/// What they may take more after many strangers than after some.
const GROWTH_MAX: u64 = 16_000_000;
/// How long a new master's link may take in a flood, at best: others work on this machine as well.
const LINK_MAX: Duration = Duration::from_secs(1);
/// Files that a slave may open: the usual limit, and fewer than there are connections.
const FILES_MAX: u64 = 1_024;

/// How long tasks are counted at least.
const WINDOW: Duration = Duration::from_millis(600);
/// Windows without and with a flood, in turns. The median of each kind counts.
const ROUNDS: usize = 3;
/// So often that is tried at most, for the same reason.
const ATTEMPTS: usize = 3;
/// Pauses of those who send garbage and begin again.
const PAUSE: Duration = Duration::from_millis(200);
/// Longer than a slave takes to notice anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Floods have the machine one at a time.
static TURN: Mutex<()> = Mutex::const_new(());

/// Core text of a task whose answer is 16 KiB long.
const ANSWER: &str = "(lambda () (lambda (_0 _1) (make-bytevector 16384 1)))";

/// Those who flood a slave.
#[derive(Clone, Copy)]
struct Crowd {
    address: SocketAddr,
    /// How many are masters who do not read; the others are strangers.
    deaf: usize,
}

/// All connections of a flood; dropping them ends it.
struct Flood {
    silent: Vec<TcpStream>,
    deaf: Vec<TcpStream>,
    over: Arc<AtomicBool>,
    garbage: tokio::task::JoinHandle<()>,
}

impl Crowd {
    /// Begins a flood. Those who send garbage begin again until it is over.
    fn rise(self) -> Flood {
        let over = Arc::new(AtomicBool::new(false));
        let silent = (0..SILENT).map(|_| TcpStream::connect(self.address).unwrap()).collect();
        let deaf = (0..self.deaf).map(|_| self.deaf_master()).collect();
        let garbage = {
            let over = Arc::clone(&over);
            spawn_blocking(move || {
                while !over.load(Ordering::Relaxed) {
                    let connections: Vec<_> = (0..GARBAGE).map(|n| self.send_garbage(n)).collect();
                    std::thread::sleep(PAUSE);
                    drop(connections);
                }
            })
        };
        Flood { silent, deaf, over, garbage }
    }

    /// Lets the slave know the text of what those ask for who do not hear that they are asked for it.
    fn make_known(self) {
        let mut peer = Peer::connect(self.address);
        peer.introduce_as_master();
        peer.say(16, 4, 1, &script::run(dpfw_syntax::TemplateHash::of(ANSWER).0));
        let (kind, ..) = peer.hear().expect("a question or an answer");
        if kind == 17 {
            peer.say(18, 0, 1, ANSWER.as_bytes());
            assert!(matches!(peer.hear(), Some((22, ..))), "done");
        }
    }

    fn send_garbage(self, n: usize) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let garbage = match n % 6 {
            0 => b"GET / HTTP/1.1\r\nHost: slave\r\n\r\n".to_vec(),
            1 => vec![0xff; 1_000],
            2 => vec![0; 1_000],
            3 => frame(1, 0, 0, b"nonsense"),
            // Half a frame, and a hello of parts without end.
            4 => frame(1, 0, 0, &[7; 60_000])[..50_000].to_vec(),
            _ => iter::repeat_n(frame(1, 1, 0, &[7; 60_000]), 20).flatten().collect(),
        };
        stream.set_nonblocking(true).unwrap();
        // The slave may have hung up already.
        let _ = stream.write_all(&garbage);
        stream
    }

    /// A master that gives signs of life, asks for as much as the slave takes, and reads nothing.
    fn deaf_master(self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(&frame(1, 0, 0, &hello(1, 1, 1))).unwrap();
        stream.set_nonblocking(true).unwrap();
        let ask = script::run(dpfw_syntax::TemplateHash::of(ANSWER).0);
        for task in 1..=1_000 {
            let said = [frame(16, 4, task, &ask), frame(2, 0, 0, &[0; 8])].concat();
            match stream.write(&said) {
                Ok(length) if length == said.len() => {}
                // What followed a part of a frame would be no frame.
                Ok(_) => break,
                Err(err) if err.kind() == ErrorKind::WouldBlock => break,
                Err(err) => panic!("the slave hung up on a master: {err}"),
            }
        }
        stream
    }
}

impl Flood {
    async fn fall(self) {
        self.over.store(true, Ordering::Relaxed);
        drop((self.silent, self.deaf));
        self.garbage.await.unwrap();
    }
}

/// A slave in processes of its own.
struct Victim {
    process: Process,
    security: Option<Security>,
}

/// What a slave's processes take of the machine.
#[derive(Debug, Clone, Copy)]
struct Taken {
    files: usize,
    memory: u64,
    cpu: Duration,
}

impl Victim {
    fn start(program: &str, arguments: &[&str], security: Option<Security>) -> Self {
        let victim = Self { process: Process::start(program, arguments), security };
        let usual = Rlimit { current: Some(FILES_MAX), maximum: Some(FILES_MAX) };
        for process in victim.processes() {
            let process = Pid::from_raw(process.try_into().unwrap());
            prlimit(process, Resource::Nofile, usual).unwrap();
        }
        victim
    }

    fn address(&self) -> SocketAddr {
        self.process.line().parse().unwrap()
    }

    fn processes(&self) -> impl Iterator<Item = u32> {
        iter::once(self.process.id()).chain(children_of(self.process.id()))
    }

    fn taken(&self) -> Taken {
        let none = Taken { files: 0, memory: 0, cpu: Duration::ZERO };
        self.processes().fold(none, |sum, process| Taken {
            files: sum.files + open_files(process),
            memory: sum.memory + resident_bytes(process),
            cpu: sum.cpu + cpu_time(process),
        })
    }

    fn memory_max(&self) -> u64 {
        self.processes().map(resident_bytes_max).sum()
    }

    /// A new master, and how long its link took. In a flood it may be given up in a stranger's place: then it dials again.
    async fn master(&self) -> (Master, Duration) {
        let master = match &self.security {
            Some(security) => Master::builder().security(security.clone()).build(),
            None => Master::new(),
        };
        let began = Instant::now();
        while let Err(err) = master.connect(self.address()).await {
            assert!(began.elapsed() < PATIENCE, "no link: {err}");
        }
        (master, began.elapsed())
    }
}

fn five() -> Task {
    remote!((lambda (i o) (+ 2 3)))
}

/// Tasks per second, and per second that the slave computes, until `is_over`.
async fn throughput(victim: &Victim, master: &Master, is_over: impl Fn() -> bool) -> (f64, f64) {
    let cpu = victim.taken().cpu;
    let began = Instant::now();
    let mut results = master.map::<i64, _, _>(0.., |_| five()).buffered(64);
    let mut count = 0_u32;
    while began.elapsed() < WINDOW || !is_over() {
        let result = tokio::time::timeout(PATIENCE, results.next()).await.expect("the slave answers");
        assert_eq!(result.unwrap().unwrap(), 5);
        count += 1;
    }
    let cpu = victim.taken().cpu - cpu;
    (f64::from(count) / began.elapsed().as_secs_f64(), f64::from(count) / cpu.as_secs_f64().max(0.01))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The part of its throughput that `master` keeps in a flood.
async fn kept(victim: &Victim, master: &Master, crowd: Crowd) -> f64 {
    let (mut calm, mut flooded, mut links) = (Vec::new(), Vec::new(), Vec::new());
    let before = victim.taken();
    let mut after_first = None;
    for _ in 0..ROUNDS {
        calm.push(throughput(victim, master, || true).await);
        let rising = spawn_blocking(move || crowd.rise());
        flooded.push(throughput(victim, master, || rising.is_finished()).await);
        let flood = rising.await.unwrap();
        // Others come through as well.
        let (other, took) = victim.master().await;
        assert_eq!(other.run::<i64>(five()).await.unwrap(), 5);
        links.push(took);
        other.shutdown().await;
        flood.fall().await;
        until("all links are given up", || victim.taken().files <= before.files).await;
        let memory = victim.taken().memory;
        let first = *after_first.get_or_insert(memory);
        // Memory that answers have taken is free, but not the system's again.
        assert!(crowd.deaf > 0 || memory < first + GROWTH_MAX, "{first} bytes after one flood, {memory} after some");
    }
    let most = victim.memory_max();
    let median_of = |part: fn(&(f64, f64)) -> f64| (median(calm.iter().map(part)), median(flooded.iter().map(part)));
    let (all, computed) = (median_of(|(all, _)| *all), median_of(|(_, computed)| *computed));
    println!(
        "{} deaf: tasks/s {:.0}, in the flood {:.0}; of the slave's own seconds {:.0} and {:.0}; {} MB at most; links in {:?}",
        crowd.deaf,
        all.0,
        all.1,
        computed.0,
        computed.1,
        most / 1_000_000,
        links,
    );
    assert!(links.iter().any(|took| *took < LINK_MAX), "links took {links:?}");
    assert!(most > 0 && most < MEMORY_MAX, "{most} bytes");
    all.1 / all.0
}

/// Lets this process open as many files as it may.
fn raise_files() {
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
}

/// A flood of strangers, and one of strangers and so many masters that do not read.
async fn withstands(victim: Victim, deaf: usize) {
    raise_files();
    let (master, _) = victim.master().await;
    for deaf in BTreeSet::from([0, deaf]) {
        let crowd = Crowd { address: victim.address(), deaf };
        if deaf > 0 {
            spawn_blocking(move || crowd.make_known()).await.unwrap();
        }
        let mut attempts = Vec::new();
        while attempts.iter().all(|kept| *kept < KEPT_MIN) {
            assert!(attempts.len() < ATTEMPTS, "of its throughput the master kept only {attempts:.2?}");
            attempts.push(kept(&victim, &master, crowd).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slave_withstands_a_flood() {
    let _turn = TURN.lock().await;
    withstands(Victim::start(env!("CARGO_BIN_EXE_dpfw-test-slave"), &[], None), DEAF).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervised_slave_withstands_a_flood() {
    let _turn = TURN.lock().await;
    withstands(Victim::start(env!("CARGO_BIN_EXE_hostile-program"), &[], None), DEAF).await;
}

/// A master to whom slaves dial in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listening_master_withstands_a_flood_of_strangers() {
    let _turn = TURN.lock().await;
    raise_files();
    let master = Master::new();
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr();
    let flood = spawn_blocking(move || Crowd { address, deaf: 0 }.rise()).await.unwrap();
    // Most are given up long before their time for a handshake is over.
    let is_open = |stream: &&TcpStream| {
        stream.set_nonblocking(true).unwrap();
        // What a master says first may be there, and the end behind it.
        let mut first_words = [0; 4_096];
        loop {
            match Read::read(&mut &**stream, &mut first_words) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(err) => return err.kind() == ErrorKind::WouldBlock,
            }
        }
    };
    let began = Instant::now();
    until("most of them are given up", || flood.silent.iter().filter(is_open).count() <= SILENT / 2 + 50).await;
    assert!(began.elapsed() < LinkConfig::default().handshake_max / 2, "{:?}", began.elapsed());
    let slave = Slave::new();
    let serving = {
        let slave = slave.clone();
        tokio::spawn(async move {
            // In a flood it may be given up in a stranger's place.
            while slave.connect(address).await.is_err() {}
        })
    };
    tokio::time::timeout(PATIENCE, master.wait_for_slaves(1)).await.expect("a slave comes through");
    assert_eq!(master.run::<i64>(five()).await.unwrap(), 5);
    flood.fall().await;
    slave.shutdown(Duration::from_secs(1)).await;
    serving.await.unwrap();
}

/// Strangers alone: nobody becomes a master without a certificate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slave_under_tls_withstands_a_flood() {
    let _turn = TURN.lock().await;
    let keys = Path::new(env!("CARGO_TARGET_TMPDIR")).join("floods");
    let _ = std::fs::remove_dir_all(&keys);
    Keys::generate(1).unwrap().write_new(&keys).unwrap();
    let slave = env!("CARGO_BIN_EXE_dpfw-test-slave");
    withstands(Victim::start(slave, &["0", keys.to_str().unwrap()], Some(Security::tls(&keys))), 0).await;
}
