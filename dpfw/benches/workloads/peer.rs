//! Child processes of this same program: what they use, and that they end.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use crate::Outcome;

/// A child process; it ends with the value, and with this process.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) child: Child,
}

/// A child process that listens.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) peer: Peer,
    pub(crate) address: SocketAddr,
    /// Kept open: whoever prints on a closed pipe fails.
    _stdout: BufReader<ChildStdout>,
}

impl Peer {
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        Ok(Self { child: command.spawn()? })
    }

    /// Starts this program in the role that `role` says.
    pub(crate) fn start(role: &[&str]) -> io::Result<Self> {
        Self::spawn(Self::command(role)?.stdout(Stdio::null()))
    }

    fn command(role: &[&str]) -> io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("peer").args(role).stdin(Stdio::piped());
        Ok(command)
    }

    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        cpu(&self.child.id().to_string())
    }

    pub(crate) fn resident_kib(&self) -> Outcome<f64> {
        resident_kib(&self.child.id().to_string())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts this program in the role that `role` says, which prints its address.
    pub(crate) fn start(role: &[&str]) -> Outcome<Self> {
        let mut peer = Peer::spawn(Peer::command(role)?.stdout(Stdio::piped()))?;
        let mut stdout = BufReader::new(peer.child.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line.trim().parse().map_err(|err| format!("{role:?} said {line:?}: {err}"))?;
        Ok(Self { peer, address, _stdout: stdout })
    }
}

/// CPU time that the living threads of a process have taken so far; `process` is a number or `self`.
pub(crate) fn cpu(process: &str) -> Outcome<Duration> {
    let mut nanos = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let Ok(schedstat) = fs::read_to_string(thread?.path().join("schedstat")) else {
            // It ended just now.
            continue;
        };
        nanos += schedstat.split_whitespace().next().ok_or("an empty schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// Resident memory in KiB; `process` is a number or `self`.
pub(crate) fn resident_kib(process: &str) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// In a child: ends this process when its parent is gone, however that ended.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        // The parent holds the other end and never writes.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
}

/// Binds this process, its later threads and children to the first core that it may use.
#[cfg(target_os = "linux")]
pub(crate) fn pin() -> Outcome<()> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let allowed = sched_getaffinity(None)?;
    let first = (0..CpuSet::MAX_CPU).find(|&core| allowed.is_set(core)).ok_or("no core is allowed")?;
    let mut one = CpuSet::new();
    one.set(first);
    Ok(sched_setaffinity(None, &one)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn pin() -> Outcome<()> {
    Err("processes are pinned on Linux only".into())
}

/// Lets this process open as many files as the system allows.
pub(crate) fn allow_files() -> Outcome<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}
