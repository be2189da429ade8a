//! Slaves in processes of their own on the hosts of a test, and the ways to them.

use std::{
    fs::{self, File},
    net::SocketAddr,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Command, ExitStatus},
    sync::{Mutex, MutexGuard, PoisonError},
};

use dpfw::{Keys, Master, Security};
use dpfw_tests::{Process, short_silence};
use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use tempfile::TempDir;

use crate::{
    network::{Host, Place},
    proxy::Proxy,
};

/// A program with one or several slaves, started again when it was killed.
#[derive(Debug)]
pub(crate) struct Program {
    host: Host,
    arguments: Vec<String>,
    /// How many slaves are in it; those of more than one are in child processes.
    slaves: usize,
    process: Mutex<Option<Process>>,
    /// The proxy through which it is reached, or reaches its master.
    pub(crate) proxy: Option<Proxy>,
    /// Where it listens, if it does.
    pub(crate) address: Option<SocketAddr>,
}

/// What all programs of a test share.
#[derive(Debug)]
pub(crate) struct Common {
    files: TempDir,
    security: Security,
    /// How the programs are told of it.
    keys: String,
}

/// Who dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dials {
    Master,
    Slave,
}

impl Common {
    pub(crate) fn new(is_tls: bool) -> Self {
        let files = tempfile::tempdir().expect("a directory");
        File::create(files.path().join("marks")).expect("a file");
        if !is_tls {
            return Self { files, security: Security::Insecure, keys: "-".to_owned() };
        }
        let keys = files.path().join("keys");
        Keys::generate(1).expect("keys").write_new(&keys).expect("a directory for them");
        Self { files, security: Security::tls(&keys), keys: keys.to_str().expect("a plain name").to_owned() }
    }

    fn marks_file(&self) -> PathBuf {
        self.files.path().join("marks")
    }

    /// The numbers of the tasks that have begun, in the order in which they did.
    pub(crate) fn marks(&self) -> Vec<u64> {
        let bytes = fs::read(self.marks_file()).expect("the marks");
        assert_eq!(bytes.len() % 8, 0, "a mark is written at once");
        bytes.chunks_exact(8).map(|mark| u64::from_le_bytes(mark.try_into().expect("eight bytes"))).collect()
    }

    pub(crate) fn master(&self) -> Master {
        Master::builder().security(self.security.clone()).link(short_silence()).build()
    }

    fn arguments(&self, deed: &str, place: SocketAddr, slaves: usize) -> Vec<String> {
        let children = if slaves == 1 { 0 } else { slaves };
        let marks = self.marks_file();
        let marks = marks.to_str().expect("a plain name");
        [deed, &place.to_string(), &children.to_string(), &self.keys, marks].map(str::to_owned).to_vec()
    }

    /// A master of another process on the host `place`: it gives the slave at `address` a task that never ends. Nobody
    /// waits until it has.
    pub(crate) fn rival(&self, place: &Place, address: SocketAddr) -> Process {
        let arguments = self.arguments("rival", address, 1);
        place.inside(|| Process::launch(command().args(arguments)))
    }

    /// As [`rival`](Self::rival), once the task runs.
    pub(crate) fn rival_that_holds(&self, place: &Place, address: SocketAddr) -> Process {
        let arguments = self.arguments("rival", address, 1);
        let rival = place.inside(|| Process::spawn(command().args(arguments)));
        assert_eq!(rival.line(), "running");
        rival
    }
}

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_chaos-program"))
}

fn run(arguments: &[String]) -> Process {
    Process::spawn(command().args(arguments))
}

impl Program {
    /// Starts a program on `host` that listens there, at a port that it keeps when it is started again; gives its address.
    pub(crate) fn serve(common: &Common, host: &Host, slaves: usize) -> (Self, SocketAddr) {
        let any = SocketAddr::new(host.address(), 0);
        let process = host.place().inside(|| run(&common.arguments("serve", any, slaves)));
        let address: SocketAddr = process.line().parse().expect("an address");
        let mut program = Self::of(process, host, slaves, common.arguments("serve", address, slaves));
        program.address = Some(address);
        (program, address)
    }

    /// Starts a program on `host` that dials a master.
    pub(crate) fn connect(common: &Common, host: &Host, slaves: usize, master: SocketAddr) -> Self {
        let arguments = common.arguments("connect", master, slaves);
        let process = host.place().inside(|| run(&arguments));
        Self::of(process, host, slaves, arguments)
    }

    fn of(process: Process, host: &Host, slaves: usize, arguments: Vec<String>) -> Self {
        Self { host: host.clone(), arguments, slaves, process: Mutex::new(Some(process)), proxy: None, address: None }
    }

    pub(crate) fn slaves(&self) -> usize {
        self.slaves
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills it, with its children.
    pub(crate) fn kill(&self) {
        // Dropping a process kills it and waits for its end; its children end with it.
        *self.process() = None;
    }

    /// Starts it again after [`kill`](Self::kill).
    pub(crate) fn revive(&self) {
        self.process().get_or_insert_with(|| self.again());
    }

    /// Starts it again if it has ended by itself; gives how it did.
    pub(crate) fn revive_if_ended(&self) -> Option<ExitStatus> {
        let mut process = self.process();
        let status = process.as_mut()?.ended()?;
        *process = Some(self.again());
        Some(status)
    }

    /// Whether it may have ended by itself like this. One that dials ends if it meets no master at first.
    pub(crate) fn may_end(&self, status: ExitStatus) -> bool {
        status.signal() == Some(Signal::SIGABRT as i32) || (self.address.is_none() && status.code() == Some(1))
    }

    fn again(&self) -> Process {
        self.host.place().inside(|| run(&self.arguments))
    }

    /// The processes in which its slaves are.
    pub(crate) fn evaluators(&self) -> Vec<u32> {
        match (&*self.process(), self.slaves) {
            (None, _) => Vec::new(),
            (Some(process), 1) => vec![process.id()],
            (Some(process), _) => children_of(process.id()),
        }
    }

    /// Its process, if it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.process().as_ref().map(Process::id)
    }
}

/// Sends a signal to a process, if there is one.
pub(crate) fn send(process: u32, signal: Signal) -> bool {
    signal::kill(Pid::from_raw(process.cast_signed()), signal).is_ok()
}

/// The processes that `process` started and that run.
fn children_of(process: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").expect("the system's processes").flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent_of(*id) == Some(process)).collect()
}

/// The parent of a process that has not ended.
fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    fields.next()?.parse().ok()
}
