//! Supervised slaves: child processes of the same program, which evaluate in the place of the process that serves.
//!
//! ```text
//! this process: accept, dial ──▶ seats: orders, links ◀──▶ keeper of each seat ──┐ one child process after another
//!                                                              control socket ───┤ standard input
//! child process: main ──▶ serve ──▶ control thread: passed sockets ──▶ hub ◀─────┘
//! ```
//!
//! Nothing of a master's is read here: what strangers say on a link reaches children only. Where there is TLS it has ended
//! before, and a child gets one end of a socket pair. This process keeps a second descriptor of each link's socket, to say
//! how the child died.

mod child;
mod control;
mod keeper;
mod last_lines;
mod message;
mod seats;
mod started;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod walls;

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::oneshot;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

pub use self::child::child_main;
pub(super) use self::child::this as this_child;
use self::seats::Seats;
pub(super) use self::started::Started;
use super::{SlaveBuilder, SlaveError, stream::Stream};
use crate::link::LinkError;

/// Most children of one slave.
const SLAVES_MAX: u32 = 1024;
/// How long a child may take to come to `serve`, where the builder does not say.
const START_MAX: Duration = Duration::from_secs(30);
/// How much longer than their grace children have to leave, before they are killed.
const LEAVE_MARGIN: Duration = Duration::from_secs(2);

/// Supervised slaves that were built in this process.
static BUILT: AtomicU32 = AtomicU32::new(0);

/// What makes a slave a supervised one.
#[derive(Debug)]
pub(super) struct Supervision {
    slaves: u32,
    start_max: Duration,
    /// Which of the program's supervised slaves it is: the same in the children, which build them in the same order.
    pub(super) number: u32,
    supervisor: Mutex<Option<Arc<Supervisor>>>,
}

impl Supervision {
    /// What `builder` asks for, if it does.
    pub(super) fn of(builder: &SlaveBuilder) -> Option<Self> {
        let slaves = u32::try_from(builder.supervised?).unwrap_or(SLAVES_MAX).clamp(1, SLAVES_MAX);
        Some(Self {
            slaves,
            start_max: builder.start_max.unwrap_or(START_MAX),
            number: BUILT.fetch_add(1, Ordering::Relaxed),
            supervisor: Mutex::new(None),
        })
    }

    /// The supervisor, which starts its children with the first call.
    pub(super) fn supervisor(&self) -> Result<Arc<Supervisor>, SlaveError> {
        if !child::is_child_main_called() {
            return Err(SlaveError::ChildMainMissing);
        }
        let mut supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(supervisor) = &*supervisor {
            if supervisor.shared.leaving.is_cancelled() {
                return Err(io::Error::new(io::ErrorKind::NotConnected, "the slave was shut down").into());
            }
            // It stops by itself if the runtime is shut down in which it was started.
            if !supervisor.shared.stop.is_cancelled() {
                return Ok(Arc::clone(supervisor));
            }
        }
        let started = Arc::new(Supervisor::start(self));
        *supervisor = Some(Arc::clone(&started));
        Ok(started)
    }

    /// Lets the children leave.
    pub(super) async fn shutdown(&self, grace: Duration) {
        let supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(supervisor) = supervisor {
            supervisor.shutdown(grace).await;
        }
    }
}

/// The children of one slave. When it is dropped they are killed.
#[derive(Debug)]
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    owners: AtomicU64,
    _stop: DropGuard,
}

/// What a supervisor shares with its keepers.
#[derive(Debug)]
struct Shared {
    number: u32,
    start_max: Duration,
    seats: Seats,
    /// No child is started any more.
    leaving: CancellationToken,
    /// No child lives any more.
    stop: CancellationToken,
    keepers: TaskTracker,
}

impl Supervisor {
    fn start(supervision: &Supervision) -> Self {
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            number: supervision.number,
            start_max: supervision.start_max,
            seats: Seats::new(supervision.slaves),
            leaving: CancellationToken::new(),
            stop: stop.clone(),
            keepers: TaskTracker::new(),
        });
        for seat in 0..shared.seats.len() {
            shared.keepers.spawn(keeper::keep(Arc::clone(&shared), seat));
        }
        shared.keepers.close();
        Self { shared, owners: AtomicU64::new(0), _stop: stop.drop_guard() }
    }

    async fn shutdown(&self, grace: Duration) {
        self.shared.leaving.cancel();
        self.shared.seats.leave(grace);
        let shared = Arc::clone(&self.shared);
        // A task of its own: it goes on if the caller does not wait.
        let left = tokio::spawn(async move {
            if tokio::time::timeout(grace.saturating_add(LEAVE_MARGIN), shared.keepers.wait()).await.is_err() {
                tracing::warn!("some supervised slaves did not leave in time and are killed");
            }
            shared.stop.cancel();
            shared.keepers.wait().await;
        });
        // It ends early only with the runtime.
        let _ = left.await;
    }
}

/// The links that one call of `serve` or `connect` made in the children; they end with it.
#[derive(Debug)]
pub(super) struct ChildLinks {
    supervisor: Arc<Supervisor>,
    owner: u64,
}

impl ChildLinks {
    pub(super) fn new(supervisor: Arc<Supervisor>) -> Self {
        let owner = supervisor.owners.fetch_add(1, Ordering::Relaxed);
        Self { supervisor, owner }
    }

    /// How many slaves there are.
    pub(super) fn slaves(&self) -> u32 {
        self.supervisor.shared.seats.len()
    }

    /// Waits until the child at `seat` can be given a link; false if there will be none.
    pub(super) async fn ready(&self, seat: u32) -> bool {
        let shared = &self.supervisor.shared;
        tokio::select! {
            biased;
            () = shared.leaving.cancelled() => false,
            () = shared.stop.cancelled() => false,
            () = shared.seats.ready(seat) => true,
        }
    }

    /// Passes the socket of a master who came to the child with the fewest links; gives where the link's end is told.
    ///
    /// A child that is being started counts: otherwise a master who dials again as soon as a child has died would come
    /// to another one, and the new child would have nobody.
    pub(super) async fn pass(&self, stream: Stream) -> io::Result<oneshot::Receiver<LinkError>> {
        let shared = &self.supervisor.shared;
        let (socket, is_unix) = stream.into_fd();
        tokio::select! {
            biased;
            () = shared.leaving.cancelled() => Err(left()),
            () = shared.stop.cancelled() => Err(left()),
            ended = shared.seats.pass(self.owner, socket, is_unix) => ended,
        }
    }

    /// Passes the socket of a master who was called for the child at `seat`.
    pub(super) fn pass_to(&self, seat: u32, stream: Stream) -> io::Result<oneshot::Receiver<LinkError>> {
        let shared = &self.supervisor.shared;
        if shared.leaving.is_cancelled() || shared.stop.is_cancelled() {
            return Err(left());
        }
        let (socket, is_unix) = stream.into_fd();
        shared.seats.pass_to(seat, self.owner, socket, is_unix)
    }

    /// Waits until no child lives and none will.
    pub(super) async fn stopped(&self) {
        self.supervisor.shared.stop.cancelled().await;
    }
}

impl Drop for ChildLinks {
    fn drop(&mut self) {
        self.supervisor.shared.seats.end_owner(self.owner);
    }
}

fn left() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the slave was shut down")
}
