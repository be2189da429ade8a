//! [`Hub`], what the threads of one slave share: the sessions, and the right to wait for their sockets.
//!
//! A slave has two threads. The *evaluator* runs tasks and, while it has none or waits in a task's `read`, moves the
//! bytes of all links itself: so a task costs no hand-over between threads. The *watcher* moves them while a task keeps
//! the evaluator busy, so that cancels, heartbeats and deadlines are heard. Whoever holds the poll waits for the
//! sockets; whoever holds the sessions speaks on them; the poll is always taken first.

use std::{
    io,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::Thread,
    time::{Duration, Instant},
};

use mio::{Events, Poll, Token, Waker};
use tokio::sync::watch;

#[cfg(unix)]
use super::supervisor::Started;
use super::{
    Limits,
    session::Session,
    sessions::{Sessions, TOKEN_FIRST},
    usage::{self, Usage},
};
use crate::{engine::Interrupter, link::LinkError, resources::ThreadTimes, wire::TaskId};

const WAKER: Token = Token(0);
const _: () = assert!(TOKEN_FIRST > 0);
/// Sockets reported by one poll.
const EVENTS_MAX: usize = 256;

/// What the threads of one slave share.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) limits: Limits,
    evaluator: ThreadTimes,
    sessions: Mutex<Sessions>,
    poll: Mutex<Polling>,
    waker: Waker,
    /// Links that have been made and not been taken in yet.
    newcomers: Mutex<Vec<Session>>,
    /// The serial number of the task that keeps the evaluator busy; 0 for none.
    busy: AtomicU64,
    /// The serial number of the last task that did.
    begun: AtomicU64,
    /// The evaluator waits for the poll.
    evaluator_wants: AtomicBool,
    stopped: AtomicBool,
    /// Becomes true when the evaluator has ended.
    ended: watch::Sender<bool>,
    /// Becomes true when no more tasks start.
    leaving: watch::Sender<bool>,
    /// Becomes true when a task goes on although it was told to stop long ago.
    deaf: watch::Sender<bool>,
    owners: AtomicU64,
    /// Where a supervisor reads which tasks have started.
    #[cfg(unix)]
    started: OnceLock<Started>,
}

#[derive(Debug)]
pub(super) struct Polling {
    poll: Poll,
    events: Events,
}

impl Hub {
    /// The hub of the evaluator whose thread calls.
    pub(super) fn new(interrupter: Interrupter, limits: Limits) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let sessions = Sessions::new(poll.registry().try_clone()?, interrupter, &limits);
        Ok(Self {
            limits,
            evaluator: ThreadTimes::current(),
            sessions: Mutex::new(sessions),
            poll: Mutex::new(Polling { poll, events: Events::with_capacity(EVENTS_MAX) }),
            waker,
            newcomers: Mutex::new(Vec::new()),
            busy: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            evaluator_wants: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            ended: watch::Sender::new(false),
            leaving: watch::Sender::new(false),
            deaf: watch::Sender::new(false),
            owners: AtomicU64::new(0),
            #[cfg(unix)]
            started: OnceLock::new(),
        })
    }

    pub(super) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // A panic under the lock would be ours; going on serves the other links.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the tasks that start from now on in `started`.
    #[cfg(unix)]
    pub(super) fn mark_started_in(&self, started: Started) {
        // There is one for each child.
        let _ = self.started.set(started);
    }

    /// Notes that `task` is about to start on the link that was passed as `link`, if a supervisor wants to know.
    #[cfg(unix)]
    pub(super) fn mark_started(&self, link: Option<u64>, task: TaskId) -> io::Result<()> {
        match (link, self.started.get()) {
            (Some(link), Some(started)) => started.mark(link, task.0),
            _ => Ok(()),
        }
    }

    /// Hands a new link to whoever polls; nobody does who has ended.
    pub(super) fn add(&self, mut session: Session) {
        {
            let mut newcomers = self.newcomers.lock().unwrap_or_else(PoisonError::into_inner);
            if self.is_stopped() {
                return session.end(LinkError::Shutdown);
            }
            newcomers.push(session);
        }
        self.wake();
    }

    /// Makes whoever polls look again.
    pub(super) fn wake(&self) {
        if let Err(err) = self.waker.wake() {
            tracing::warn!(%err, "cannot wake the slave's poll");
        }
    }

    /// Ends everything at once: the links, and the threads as soon as they notice.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.sessions().stop_running(super::sessions::Stop::Shutdown);
        self.wake();
    }

    /// Starts no more tasks and ends when the running one has.
    pub(super) fn leave(&self) {
        self.leaving.send_replace(true);
        self.sessions().leave();
        self.wake();
    }

    /// Whether no more tasks start.
    pub(super) fn is_leaving(&self) -> bool {
        *self.leaving.borrow()
    }

    /// Waits until no more tasks start.
    pub(super) async fn leaving(&self) {
        // The sender is in `self`: it does not go away.
        let _ = self.leaving.subscribe().wait_for(|leaving| *leaving).await;
    }

    /// Waits until the evaluator has ended.
    pub(super) async fn stopped(&self) {
        // The sender is in `self`: it does not go away.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    /// Waits until a task goes on although it was told to stop long ago: it holds the evaluator perhaps for ever.
    pub(super) async fn deaf(&self) {
        // As above.
        let _ = self.deaf.subscribe().wait_for(|deaf| *deaf).await;
    }

    /// A number under which links can be ended together.
    pub(super) fn new_owner(&self) -> u64 {
        self.owners.fetch_add(1, Ordering::Relaxed)
    }

    /// Ends the links of `owner`.
    pub(super) fn end_owned(&self, owner: u64) {
        let is_owned = |session: &Session| session.owner == Some(owner);
        self.newcomers.lock().unwrap_or_else(PoisonError::into_inner).retain(|session| !is_owned(session));
        self.sessions().end_where(is_owned, &LinkError::Shutdown);
        self.wake();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// The poll, for the evaluator: the watcher gives it up.
    pub(super) fn poll_for_evaluator(&self) -> MutexGuard<'_, Polling> {
        if let Ok(poll) = self.poll.try_lock() {
            return poll;
        }
        self.evaluator_wants.store(true, Ordering::SeqCst);
        self.wake();
        let poll = self.poll.lock().unwrap_or_else(PoisonError::into_inner);
        self.evaluator_wants.store(false, Ordering::SeqCst);
        poll
    }

    /// Waits for the sockets once, at most for `limit`, and handles what comes. Takes the time of its beginning and gives
    /// that when it had waited: a clock costs as much as the rest.
    pub(super) fn turn(&self, polling: &mut Polling, limit: Option<Duration>, now: Instant) -> Instant {
        let timeout = {
            let sessions = self.sessions();
            if sessions.has_readable() {
                Some(Duration::ZERO)
            } else {
                let next = sessions.next_tick().map(|next| next.saturating_duration_since(now));
                [limit, next].into_iter().flatten().min()
            }
        };
        if let Err(err) = polling.poll.poll(&mut polling.events, timeout)
            && err.kind() != io::ErrorKind::Interrupted
        {
            tracing::warn!(%err, "the slave's poll failed");
        }
        let now = Instant::now();
        let mut sessions = self.sessions();
        sessions.read_on(now);
        for event in &polling.events {
            if event.token() == WAKER {
                for session in std::mem::take(&mut *self.newcomers.lock().unwrap_or_else(PoisonError::into_inner)) {
                    sessions.add(session, now);
                }
            } else {
                let is_ending = event.is_read_closed() || event.is_error();
                sessions.ready(event.token(), event.is_readable(), is_ending, now);
            }
        }
        sessions.tick(now);
        if sessions.is_deaf(now) {
            self.deaf.send_replace(true);
        }
        now
    }

    /// Says which task keeps the evaluator busy.
    pub(super) fn set_busy(&self, serial: u64) {
        if serial != 0 {
            self.begun.store(serial, Ordering::Relaxed);
        }
        self.busy.store(serial, Ordering::SeqCst);
    }

    fn busy(&self) -> u64 {
        self.busy.load(Ordering::SeqCst)
    }

    /// The serial number of the last task that began.
    fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Ends the links when the evaluator ends, however it does.
    pub(super) fn end_all(&self, why: &LinkError) {
        self.stopped.store(true, Ordering::SeqCst);
        for mut session in std::mem::take(&mut *self.newcomers.lock().unwrap_or_else(PoisonError::into_inner)) {
            session.end(why.clone());
        }
        self.sessions().end_all(why);
        self.ended.send_replace(true);
    }
}

/// Watches the links while a task keeps the evaluator busy.
#[derive(Debug)]
pub(super) struct Watcher {
    thread: Thread,
}

/// How long a task may keep the evaluator busy before the watcher steps in. Waking it for each task would cost more
/// than most tasks; so it glances at the evaluator so often, and sleeps when no task has begun between two glances.
const PATIENCE: Duration = Duration::from_millis(2);
impl Watcher {
    /// The watcher of `thread`, which runs [`stand_by`].
    pub(super) fn new(thread: Thread) -> Self {
        Self { thread }
    }

    /// Makes sure that somebody looks at the evaluator in a while.
    pub(super) fn call(&self, asleep: &AtomicBool) {
        if asleep.swap(false, Ordering::SeqCst) {
            self.thread.unpark();
        }
    }
}

/// What the watcher's thread does.
pub(super) fn stand_by(hub: &Hub, asleep: &AtomicBool) {
    let (mut seen, mut begun) = (0, 0);
    let mut usage = None;
    while !hub.is_stopped() {
        let busy = hub.busy();
        if busy != 0 && busy == seen {
            // A task that waited for its master in between goes on with what it has used.
            if usage.as_ref().is_none_or(|(serial, _)| *serial != busy) {
                let grant = hub.sessions().grant(busy);
                usage = grant.and_then(|grant| Usage::begin(&hub.evaluator, grant)).map(|usage| (busy, usage));
            }
            stand_in(hub, busy, usage.as_ref().map(|(_, usage)| usage));
        }
        let is_quiet = busy == 0 && hub.begun() == begun;
        (seen, begun) = (busy, hub.begun());
        if is_quiet {
            asleep.store(true, Ordering::SeqCst);
            // A task that started before that store did not call.
            if hub.busy() == 0 && !hub.is_stopped() {
                std::thread::park();
            }
            asleep.store(false, Ordering::SeqCst);
            begun = hub.begun();
        }
        std::thread::park_timeout(PATIENCE);
    }
}

/// Polls for the evaluator, and minds its limits, while the task `busy` runs and does not wait for its links itself.
fn stand_in(hub: &Hub, busy: u64, usage: Option<&Usage>) {
    let Ok(mut polling) = hub.poll.try_lock() else { return };
    while hub.busy() == busy && !hub.evaluator_wants.load(Ordering::SeqCst) && !hub.is_stopped() {
        // What the task has written, and computes on.
        hub.sessions().flush_running();
        hub.turn(&mut polling, Some(usage::LOOK), Instant::now());
        if let Some(passed) = usage.and_then(|usage| usage.passed(&hub.evaluator)) {
            hub.sessions().stop_task(busy, passed);
        }
    }
}
