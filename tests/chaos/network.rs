//! Several hosts in one machine: network namespaces, each with a wire of its own to the master's.
//!
//! The namespaces have no names. They end with the last process and descriptor in them, so that nothing is left behind,
//! however the test ends.

use std::{
    fs::File,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr},
    os::fd::AsRawFd,
    process::{self, Command},
    sync::Arc,
    thread,
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, setns, unshare},
};

/// A network of its own: interfaces, addresses, routes, ports.
#[derive(Debug, Clone)]
pub(crate) struct Namespace(Arc<File>);

impl Namespace {
    fn new() -> io::Result<Self> {
        let make = || {
            unshare(CloneFlags::CLONE_NEWNET)?;
            File::open("/proc/thread-self/ns/net")
        };
        // A thread of its own: the others stay where they are.
        thread::scope(|scope| scope.spawn(make).join()).expect("nothing in it panics").map(|file| Self(Arc::new(file)))
    }

    /// Moves the calling thread into it; the sockets and processes that it makes belong there.
    fn enter(&self) {
        setns(&*self.0, CloneFlags::CLONE_NEWNET).expect("whoever makes a namespace may enter it");
    }
}

/// The hosts of a test.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    /// Where the master is.
    master: Place,
    hosts: Vec<Host>,
}

/// A host on which slaves run.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    place: Place,
    address: Ipv4Addr,
    /// The master's address, as it is called from there.
    master: Ipv4Addr,
    number: usize,
    /// The other end of its wire.
    other_end: Place,
}

/// A namespace, or the one of this process.
#[derive(Debug, Clone)]
pub(crate) struct Place(Option<Namespace>);

/// Which end of a wire is taken down. With its own end down a host cannot send; with the other end down nobody can send to
/// it, and whoever dials is told so at once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Host,
    Master,
}

impl Network {
    /// A master's host and so many others. Where the system refuses namespaces, all of them are this one.
    pub(crate) fn new(hosts: usize) -> Self {
        match Namespace::new() {
            Ok(master) => Self::wired(&Place(Some(master)), hosts),
            Err(err) => {
                refused(&err);
                let here = |number| Host {
                    place: Place(None),
                    address: Ipv4Addr::LOCALHOST,
                    master: Ipv4Addr::LOCALHOST,
                    number,
                    other_end: Place(None),
                };
                Self { master: Place(None), hosts: (0..hosts).map(here).collect() }
            }
        }
    }

    fn wired(master: &Place, hosts: usize) -> Self {
        master.ip("link set lo up");
        let wire = |number| {
            let namespace = Namespace::new().expect("a second one");
            let descriptor = format!("/proc/{}/fd/{}", process::id(), namespace.0.as_raw_fd());
            let host = Host {
                place: Place(Some(namespace)),
                address: address(number, 2),
                master: address(number, 1),
                number,
                other_end: master.clone(),
            };
            master.ip(&format!("link add wire{number} type veth peer name wire netns {descriptor}"));
            master.ip(&format!("addr add {}/24 dev wire{number}", host.master));
            master.ip(&format!("link set wire{number} up"));
            host.place.ip(&format!("addr add {}/24 dev wire", host.address));
            host.place.ip("link set lo up");
            host.place.ip("link set wire up");
            host
        };
        Self { master: master.clone(), hosts: (0..hosts).map(wire).collect() }
    }

    /// Where the master is.
    pub(crate) fn master(&self) -> &Place {
        &self.master
    }

    pub(crate) fn host(&self, number: usize) -> &Host {
        &self.hosts[number]
    }

    /// The master's host, for slaves that `other` is to reach.
    pub(crate) fn master_host(&self, other: &Host) -> Host {
        Host { place: self.master.clone(), address: other.master, ..other.clone() }
    }

    /// The hosts whose wires can be cut: none where the system refuses namespaces.
    pub(crate) fn separate_hosts(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(|host| host.place.0.is_some())
    }
}

fn address(host: usize, end: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, u8::try_from(host).expect("few hosts"), end)
}

impl Host {
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn address(&self) -> IpAddr {
        self.address.into()
    }

    /// The master's address, as it is called from there.
    pub(crate) fn master(&self) -> IpAddr {
        self.master.into()
    }

    /// Takes the wire down at one end. What is sent is lost without a word; connections stay.
    pub(crate) fn cut(&self, end: End) {
        self.set(end, "down");
    }

    /// Makes the wire whole again.
    pub(crate) fn mend(&self) {
        self.set(End::Host, "up");
        self.set(End::Master, "up");
    }

    fn set(&self, end: End, state: &str) {
        match end {
            End::Host => self.place.ip(&format!("link set wire {state}")),
            End::Master => self.other_end.ip(&format!("link set wire{} {state}", self.number)),
        }
    }
}

impl Place {
    /// Calls `act` there: the sockets and processes that it makes belong to that host.
    pub(crate) fn inside<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        let there = || {
            self.enter();
            act()
        };
        let ended = thread::scope(|scope| scope.spawn(there).join());
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Moves the calling thread there.
    pub(crate) fn enter(&self) {
        if let Some(namespace) = &self.0 {
            namespace.enter();
        }
    }

    fn ip(&self, arguments: &str) {
        let run = || Command::new("ip").args(arguments.split(' ')).output();
        let output = self.inside(run).expect("the command `ip`, of the package iproute2");
        assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Says that the wires cannot be cut here. A machine that checks changes has no such excuse.
fn refused(err: &io::Error) {
    assert!(
        matches!(Errno::from_raw(err.raw_os_error().unwrap_or(0)), Errno::EPERM | Errno::EACCES | Errno::ENOSYS),
        "no network namespace: {err}"
    );
    let is_checked = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(
        !(is_checked && nix::unistd::geteuid().is_root()),
        "CI runs as root and may make no network namespace: {err}"
    );
    // Straight to where people look: the output of tests that pass is not shown.
    let words = "\n******** CHAOS WITHOUT PARTITIONS: network namespaces are not permitted here ********\n";
    let _ = io::stderr().write_all(format!("{words}({err})\n").as_bytes());
}
