//! The keeper of a seat: has a child process sit there, one after another.

use std::{
    env,
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{
            net::UnixStream,
            process::{CommandExt, ExitStatusExt},
        },
    },
    path::PathBuf,
    process::{self, ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};

use super::{
    Shared, child,
    control::{self, Receiver},
    last_lines::LastLines,
    message::{Order, Report},
    started::Started,
};
use crate::{
    engine,
    retry::Backoff,
    wire::{Death, DeathCause},
};

/// A child that has lived so long is replaced at once, whatever happened to those before.
const LIVED_LONG: Duration = Duration::from_secs(1);
/// The longest pause after one that had started well: a task has ended it, and others wait.
const PAUSE_MAX: Duration = Duration::from_millis(300);

/// Keeps a child at `seat` until the supervisor leaves or stops.
pub(super) async fn keep(shared: Arc<Shared>, seat: u32) {
    // If the runtime is shut down the supervisor cannot be used again.
    let abandoned = shared.stop.clone().drop_guard();
    let mut backoff = Backoff::default();
    while !shared.leaving.is_cancelled() && !shared.stop.is_cancelled() {
        let began = Instant::now();
        let end = sit(&shared, seat).await;
        let death = end.as_ref().ok().map(End::death);
        let started = end.as_ref().ok().and_then(|end| end.started.as_ref());
        let was_ready = shared.seats.died(seat, death.as_ref(), started);
        report(&shared, seat, was_ready, end);
        if was_ready && began.elapsed() >= LIVED_LONG {
            backoff = Backoff::default();
        }
        let pause = backoff.next_pause();
        let pause = if was_ready { pause.min(PAUSE_MAX) } else { pause };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.leaving.cancelled() => {}
            () = shared.stop.cancelled() => {}
        }
    }
    abandoned.disarm();
}

/// How a child ended.
#[derive(Debug)]
struct End {
    pid: Option<u32>,
    /// What it had started.
    started: Option<Started>,
    /// Why the supervisor ended it, if it did.
    killed: Option<Killed>,
    status: ExitStatus,
    last_lines: String,
}

impl End {
    /// As masters are told it.
    fn death(&self) -> Death {
        let cause = match (&self.killed, self.status.signal()) {
            (Some(why), _) => DeathCause::Killed { why: why.to_string() },
            // The words of Rust's standard library, before it aborts.
            (None, Some(_)) if self.last_lines.contains("memory allocation of ") => DeathCause::OutOfMemory,
            (None, Some(number)) => DeathCause::Signal { number },
            (None, None) => DeathCause::Exit { status: self.status.code().unwrap_or_default() },
        };
        Death::new(cause, &self.last_lines)
    }
}

/// Why a supervisor kills a child.
#[derive(Debug, thiserror::Error)]
enum Killed {
    #[error("it did not come to `serve` within {limit:?}")]
    StartTimeout { limit: Duration },
    #[error("its control socket ended")]
    ControlEnded,
    #[error("its control socket failed: {0}")]
    Control(io::Error),
    #[error("it does not speak as a child does")]
    Malformed,
    #[error("a task did not stop when it was told to")]
    Deaf,
    #[error("it gave no sign of life for {:?}", PING_AFTER * (PINGS_MAX + 1))]
    Silent,
    #[error("the supervisor stops")]
    Stop,
}

impl From<io::Error> for Killed {
    fn from(err: io::Error) -> Self {
        // As the system tells it where the child had something to read.
        match err.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Self::ControlEnded,
            _ => Self::Control(err),
        }
    }
}

fn report(shared: &Shared, seat: u32, was_ready: bool, end: io::Result<End>) {
    match end {
        Ok(End { killed: Some(Killed::Stop), .. }) => {}
        Ok(End { pid, status, .. }) if shared.leaving.is_cancelled() && status.success() => {
            tracing::debug!(seat, pid, "a supervised slave has left");
        }
        Ok(End { pid, killed: Some(why), status, .. }) => {
            tracing::warn!(seat, pid, was_ready, %why, %status, "a supervised slave was killed");
        }
        Ok(End { pid, killed: None, status, .. }) => {
            tracing::warn!(seat, pid, was_ready, %status, "a supervised slave died");
        }
        Err(err) => tracing::warn!(seat, %err, "a supervised slave cannot be started"),
    }
}

/// Starts a child and sees to it until it has ended and is reaped.
async fn sit(shared: &Shared, seat: u32) -> io::Result<End> {
    let started = Started::new().unwrap_or_else(|err| {
        tracing::warn!(%err, "nobody will know which tasks a child has not started");
        None
    });
    let (mut child, socket) = start(shared.number)?;
    let pid = child.id();
    let last_lines = child.stderr.take().map(LastLines::of);
    let (killed, status) = see_to(shared, seat, &mut child, &socket, started.as_ref()).await?;
    let last_lines = match last_lines {
        Some(last_lines) => last_lines.take().await,
        None => String::new(),
    };
    Ok(End { pid, started, killed, status, last_lines })
}

async fn see_to(
    shared: &Shared,
    seat: u32,
    child: &mut Child,
    socket: &tokio::net::UnixStream,
    started: Option<&Started>,
) -> io::Result<(Option<Killed>, ExitStatus)> {
    let killed = tokio::select! {
        status = child.wait() => return Ok((None, status?)),
        why = converse(shared, seat, socket, started) => why,
        () = shared.stop.cancelled() => Killed::Stop,
    };
    if matches!(killed, Killed::ControlEnded) {
        // Most often it is just dying, and how is worth knowing.
        if let Ok(status) = tokio::time::timeout(DYING_MAX, child.wait()).await {
            return Ok((None, status?));
        }
    }
    child.start_kill()?;
    Ok((Some(killed), child.wait().await?))
}

/// How long a child may say nothing before it is asked for a sign of life, and after each time that it was.
const PING_AFTER: Duration = Duration::from_millis(3500);
/// How often it is asked.
const PINGS_MAX: u32 = 3;

/// How long a child that has closed its control socket may take to end by itself.
const DYING_MAX: Duration = Duration::from_secs(1);

/// Starts this program again, with the control socket as its standard input.
fn start(number: u32) -> io::Result<(Child, tokio::net::UnixStream)> {
    let (mut near, far) = UnixStream::pair()?;
    let greeting = crate::identity::random();
    near.write_all(&greeting)?;
    near.set_nonblocking(true)?;
    let near = tokio::net::UnixStream::from_std(near)?;

    let mut arguments = env::args_os();
    let mut command = process::Command::new(program()?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    let (variable, value) = child::variable(number, greeting);
    command.args(arguments).env(variable, value).stdin(Stdio::from(OwnedFd::from(far))).stderr(Stdio::piped());
    if env::var_os(engine::HOME_VARIABLE).is_none() {
        command.env(engine::HOME_VARIABLE, env::temp_dir());
    }
    // What the terminal interrupts is the supervisor, which lets the children leave.
    command.process_group(0);
    let mut command = Command::from(command);
    command.kill_on_drop(true);
    Ok((command.spawn()?, near))
}

/// This program, also if its file was replaced or removed in the meantime.
fn program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { env::current_exe() }
}

/// Speaks with a child until one of them has no more to say.
async fn converse(shared: &Shared, seat: u32, socket: &tokio::net::UnixStream, started: Option<&Started>) -> Killed {
    // A child that was taken over by a task may not fill this process's table with sockets.
    let mut reports = Receiver::new(socket);
    let limit = shared.start_max;
    match tokio::time::timeout(limit, next_report(&mut reports)).await {
        Ok(Ok(Report::Ready)) => {}
        Ok(Ok(Report::Ended { .. } | Report::Deaf | Report::Leaving | Report::Pong)) => return Killed::Malformed,
        Ok(Err(why)) => return why,
        Err(_) => return Killed::StartTimeout { limit },
    }
    if let Some(started) = started
        && let Err(err) = control::send(socket, &Order::Started.encode(), Some(started.file().as_fd())).await
    {
        return err.into();
    }
    shared.seats.set_ready(seat);
    tokio::select! {
        why = read_reports(shared, seat, reports) => why,
        why = write_orders(shared, seat, socket) => why,
    }
}

async fn read_reports(shared: &Shared, seat: u32, mut reports: Receiver<'_>) -> Killed {
    let mut pings = 0;
    loop {
        let Ok(report) = tokio::time::timeout(PING_AFTER, next_report(&mut reports)).await else {
            // Several, so that a supervisor which was stopped itself does not blame its child.
            if pings == PINGS_MAX {
                return Killed::Silent;
            }
            pings += 1;
            shared.seats.ping(seat);
            continue;
        };
        pings = 0;
        match report {
            Ok(Report::Pong) => {}
            Ok(Report::Ended { link, why }) => shared.seats.ended(seat, link, why),
            Ok(Report::Deaf) => return Killed::Deaf,
            Ok(Report::Leaving) => shared.seats.set_leaving(seat),
            Ok(Report::Ready) => return Killed::Malformed,
            Err(why) => return why,
        }
    }
}

async fn next_report(reports: &mut Receiver<'_>) -> Result<Report, Killed> {
    let message = reports.message().await?.ok_or(Killed::ControlEnded)?;
    Report::decode(message).ok_or(Killed::Malformed)
}

async fn write_orders(shared: &Shared, seat: u32, socket: &tokio::net::UnixStream) -> Killed {
    loop {
        let (order, passed) = shared.seats.next_order(seat).await;
        if let Err(err) = control::send(socket, &order.encode(), passed.as_ref().map(AsFd::as_fd)).await {
            return err.into();
        }
    }
}
