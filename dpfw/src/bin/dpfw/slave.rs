//! `dpfw slave`: slaves, each in a child process of its own.

use std::{error::Error, io::Write, num::NonZeroUsize, process::ExitCode, thread, time::Duration};

use dpfw::{Limits, Slave, SlaveError};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::security::SecurityArguments;

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
    /// By how much each slave's process may grow: bytes, or with K, M or G; a task that takes four fifths of it is ended,
    /// and whatever takes more ends the process, which is replaced [default: a task may take 1G, a process any]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<u64>,
    /// Seconds that running tasks have to end after a signal
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    grace: u32,
    #[command(flatten)]
    security: SecurityArguments,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// Waits for masters at this address, such as 127.0.0.1:10000; port 0 is any that is free
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Dials the master at this address, one link from each slave, until it leaves
    #[arg(long, value_name = "ADDR")]
    connect: Option<String>,
}

/// How a shell says that a program was interrupted.
const STOPPED: u8 = 130;

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let slaves = arguments.slaves.map_or_else(thread::available_parallelism, Ok)?;
    let mut builder = Slave::builder().supervised(slaves.get());
    if let Some(bytes) = arguments.memory {
        let limits = Limits { memory_bytes: Some(bytes / 5 * 4), ..Limits::default() };
        builder = builder.limits(limits).child_memory(bytes);
    }
    if let Some(security) = arguments.security.security()? {
        builder = builder.security(security);
    }
    let slave = builder.build();
    // The children come by here as well, and may be sent the same signals: they leave likewise.
    let mut stop = Stop::new()?;
    let serving = tokio::spawn(serve(slave.clone(), arguments.place));
    tokio::select! {
        served = serving => {
            served??;
            return Ok(ExitCode::SUCCESS);
        }
        () = stop.signal() => {}
    }
    tokio::select! {
        () = slave.shutdown(Duration::from_secs(arguments.grace.into())) => Ok(ExitCode::SUCCESS),
        () = stop.signal() => Ok(ExitCode::from(STOPPED)),
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

async fn serve(slave: Slave, place: Place) -> Result<(), SlaveError> {
    if let Some(addr) = place.listen {
        let listener = slave.bind(addr).await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        slave.serve_listener(listener).await?;
    }
    if let Some(addr) = place.connect {
        slave.connect(addr).await?;
    }
    Ok(())
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
