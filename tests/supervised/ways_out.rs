//! Ways out of a process, tried as whoever has taken it over would. Each harms nobody where it is open.

use std::{
    fs::{self, File},
    io::{self, IoSliceMut},
    net::{TcpListener, TcpStream},
    os::unix::{fs::symlink, net::UnixStream, process::parent_id},
    process::Command,
    thread,
};

use nix::{
    mount::MsFlags,
    sched::CloneFlags,
    sys::{
        memfd::{MFdFlags, memfd_create},
        uio::{RemoteIoVec, process_vm_readv},
    },
};
use rustix::process::{Pid, PidfdFlags, Resource};

/// Tries a way out; says what the system says.
pub(crate) fn attempt(way: &str) -> Result<String, String> {
    let parent = i32::try_from(parent_id()).ok().and_then(Pid::from_raw).ok_or("no parent")?;
    let done = match way {
        "read" => File::open("/etc/hostname").map(drop),
        "read another process's environment" => File::open(format!("/proc/{parent}/environ")).map(drop),
        "write" => File::create("/tmp/dpfw-walls-test").map(drop),
        "link" => symlink("/etc/hostname", "/tmp/dpfw-walls-test-link"),
        "remove" => fs::remove_file("/tmp/dpfw-walls-test-link"),
        "list" => fs::read_dir("/").map(drop),
        "mount" => mount(),
        "dial" => TcpStream::connect("127.0.0.1:9").map(drop).or_else(refused),
        "listen" => TcpListener::bind("127.0.0.1:0").map(drop),
        "pair" => UnixStream::pair().map(drop),
        "start" => Command::new("/bin/true").status().map(drop),
        // The signal that is none: it asks whether others would come through.
        "signal" => rustix::process::test_kill_process(parent).map_err(Into::into),
        "handle" => rustix::process::pidfd_open(parent, PidfdFlags::empty()).map(drop).map_err(Into::into),
        "limit" => limit(parent).map_err(Into::into),
        "priority" => priority(parent).map_err(Into::into),
        "trace" => nix::sys::ptrace::traceme().map_err(Into::into),
        "memory" => read_memory().map_err(Into::into),
        "namespace" => nix::sched::unshare(CloneFlags::CLONE_FS).map_err(Into::into),
        "program in memory" => memfd_create("dpfw", MFdFlags::MFD_CLOEXEC).map(drop).map_err(Into::into),
        "thread" => thread::spawn(|| {}).join().map_err(|_| io::Error::other("it panicked")),
        other => return Err(format!("`{other}` is no way out")),
    };
    done.map(|()| "done".to_owned()).map_err(|err| err.kind().to_string())
}

/// Mounts something where there is nothing to mount it on. The system looks there first.
fn mount() -> io::Result<()> {
    match nix::mount::mount(None::<&str>, "/tmp/dpfw-no-such-place", Some("tmpfs"), MsFlags::empty(), None::<&str>) {
        Err(nix::Error::ENOENT) => Ok(()),
        mounted => Ok(mounted?),
    }
}

/// Nobody listens there, but somebody was asked.
fn refused(err: io::Error) -> io::Result<()> {
    if err.kind() == io::ErrorKind::ConnectionRefused { Ok(()) } else { Err(err) }
}

/// Gives a process the limit on its files that it has.
fn limit(process: Pid) -> rustix::io::Result<()> {
    let inherited = rustix::process::getrlimit(Resource::Nofile);
    rustix::process::prlimit(Some(process), Resource::Nofile, inherited).map(drop)
}

/// Gives a process the priority that it has.
fn priority(process: Pid) -> rustix::io::Result<()> {
    let own = rustix::process::getpriority_process(Some(process))?;
    rustix::process::setpriority_process(Some(process), own)
}

/// Reads memory as one reads that of another process.
fn read_memory() -> nix::Result<()> {
    let (own, mut copy) = ([7_u8; 8], [0_u8; 8]);
    let remote = RemoteIoVec { base: own.as_ptr().addr(), len: own.len() };
    process_vm_readv(nix::unistd::getpid(), &mut [IoSliceMut::new(&mut copy)], &[remote]).map(drop)
}
