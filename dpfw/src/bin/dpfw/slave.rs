//! `dpfw slave`: slaves, each in a child process of its own.

use std::{
    error::Error,
    io::{ErrorKind, Write},
    num::NonZeroUsize,
    thread,
    time::{Duration, Instant},
};

use dpfw::{Limits, Slave, SlaveError, TlsError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{SUCCEEDED, security::SecurityArguments};

/// Evaluates tasks for masters, in child processes that are replaced when they die
///
/// The first line on standard output is the address at which it listens. SIGTERM or SIGINT lets the tasks that run end and
/// takes no more; a second one stops at once.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How many slaves, each on one core [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    slaves: Option<NonZeroUsize>,
    /// By how much each slave's process may grow: bytes, or with K, M or G; a task that takes two fifths of it is ended,
    /// what tasks leave behind may take half, and whatever takes more ends the process, which is replaced [default: a task
    /// may take 1G, a process any]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<u64>,
    /// Seconds that running tasks have to end after a signal
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    grace: u32,
    /// With --connect: dials again whenever the master has left or cannot be reached, until stopped by a signal
    ///
    /// The pauses between the attempts grow to four seconds. Without this the program ends: with the exit code 0 when the
    /// master has left, with 1 when it cannot be reached.
    #[arg(long, requires = "connect")]
    keep_dialling: bool,
    #[command(flatten)]
    security: SecurityArguments,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// Waits for masters at this address, such as 127.0.0.1:10000; port 0 is any that is free
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Dials the master at this address, one link from each slave, and ends when it has left or cannot be reached, without
    /// --keep-dialling
    #[arg(long, value_name = "ADDR")]
    connect: Option<String>,
}

/// How a shell says that a program was interrupted.
const STOPPED: i32 = 130;

pub(crate) async fn run(arguments: Arguments) -> Result<i32, Box<dyn Error>> {
    let slaves = arguments.slaves.map_or_else(thread::available_parallelism, Ok)?;
    let mut builder = Slave::builder().supervised(slaves.get());
    if let Some(bytes) = arguments.memory {
        let limits = Limits { memory_bytes: Some(bytes / 5 * 2), ..Limits::default() };
        builder = builder.limits(limits).child_memory(bytes);
    }
    if let Some(security) = arguments.security.security()? {
        builder = builder.security(security);
    }
    let slave = builder.build();
    // The children come by here as well, and may be sent the same signals: they leave likewise.
    let mut stop = Stop::new()?;
    let leaving = CancellationToken::new();
    let serving = tokio::spawn(serve(slave.clone(), arguments.place, arguments.keep_dialling, leaving.clone()));
    tokio::select! {
        served = serving => {
            served??;
            return Ok(SUCCEEDED);
        }
        () = stop.signal() => leaving.cancel(),
    }
    tokio::select! {
        () = slave.shutdown(Duration::from_secs(arguments.grace.into())) => Ok(SUCCEEDED),
        () = stop.signal() => Ok(STOPPED),
    }
}

/// Reads a size such as `256M`.
fn size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.as_bytes() {
        [digits @ .., b'K' | b'k'] => (digits, 10),
        [digits @ .., b'M' | b'm'] => (digits, 20),
        [digits @ .., b'G' | b'g'] => (digits, 30),
        digits => (digits, 0),
    };
    let number: Option<u64> = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    let bytes = number.and_then(|number| number.checked_mul(1 << shift)).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| "a size is a number of bytes, or one with K, M or G, such as 256M".to_owned())
}

/// The first pause before a master that is not there is dialled again; each is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(4);

/// Serves masters, until it is `leaving` at the latest: then the slave is shut down.
async fn serve(slave: Slave, place: Place, keep_dialling: bool, leaving: CancellationToken) -> Result<(), SlaveError> {
    if let Some(addr) = place.listen {
        let listener = slave.bind(addr).await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        slave.serve_listener(listener).await?;
    }
    let Some(addr) = place.connect else { return Ok(()) };
    let mut pause = PAUSE;
    loop {
        let dialled = Instant::now();
        match slave.connect(addr.as_str()).await {
            _ if leaving.is_cancelled() => return Ok(()),
            Ok(()) => tracing::info!(master = addr, "the master has left"),
            Err(err) if keep_dialling && may_pass(&err) => tracing::warn!(%err, "dialling again"),
            Err(err) => return Err(err),
        }
        if !keep_dialling {
            return Ok(());
        }
        if dialled.elapsed() > PAUSE_MAX {
            pause = PAUSE;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = leaving.cancelled() => return Ok(()),
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Whether the master may be reached later: what is wrong is not this side's command line or keys.
fn may_pass(err: &SlaveError) -> bool {
    match err {
        SlaveError::Io(err) => err.kind() != ErrorKind::InvalidInput,
        SlaveError::Link(_) => true,
        SlaveError::Tls(err) => {
            !matches!(err, TlsError::File { .. } | TlsError::Contents { .. } | TlsError::OwnCertificate { .. })
        }
        _ => false,
    }
}

/// The signals by which people and service managers end a program.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn signal(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("4096"), Ok(4096));
        assert_eq!(size("256M"), Ok(256 << 20));
        assert_eq!(size("2g"), Ok(2 << 30));
        for wrong in ["", "M", "0", "-1", "1.5G", "99999999999G", "1T"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
