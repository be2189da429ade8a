//! What the handles and the links of one master share.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{Notify, oneshot, watch},
    task::AbortHandle,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::{
    Rejected, SlaveId, SlaveInfo, SlaveLost, TaskErrorKind,
    builder::MasterConfig,
    guard::Reservation,
    line::Waiting,
    pending::Pending,
    pool::{Pool, Step},
    slave_link::{SlaveLink, Start},
};
use crate::{
    clock,
    security::{self, TlsError, Token},
    transport::Transport,
    wire::{Hello, Role},
};

/// One master.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) config: MasterConfig,
    /// Fires when the master's last user is gone, or it is shut down.
    pub(super) stop: CancellationToken,
    pub(super) tracker: TaskTracker,
    pool: Mutex<Pool>,
    /// How many slaves are connected.
    count: watch::Sender<usize>,
    identity: [u8; 16],
    next_slave: AtomicU64,
    /// The runtime of the last link or listener: for the timers of tasks that are made outside any runtime.
    runtime: Mutex<Option<Handle>>,
    /// Told when a task is sent ahead.
    ahead: Arc<Notify>,
    balance: Mutex<Option<AbortHandle>>,
}

/// How long a slave may not answer before the tasks that were sent ahead to it are called back.
const PATIENCE: Duration = Duration::from_millis(2);

impl Shared {
    pub(super) fn new(config: MasterConfig) -> (Arc<Self>, DropGuard) {
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        let shared = Self {
            config,
            stop,
            tracker: TaskTracker::new(),
            pool: Mutex::default(),
            count: watch::Sender::new(0),
            identity: crate::identity::random(),
            next_slave: AtomicU64::new(1),
            runtime: Mutex::new(None),
            ahead: Arc::default(),
            balance: Mutex::default(),
        };
        (Arc::new(shared), guard)
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        // Nothing of a user's runs under this lock.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the pool, matches tasks with slaves, and sends what can be sent.
    fn change<R>(self: &Arc<Self>, change: impl FnOnce(&mut Pool, &mut Vec<Step>) -> R) -> R {
        let mut steps = Vec::new();
        let result = {
            let mut pool = self.pool();
            let result = change(&mut pool, &mut steps);
            pool.schedule(&mut steps);
            result
        };
        while !steps.is_empty() {
            // In order: tasks of one caller reach their slave as they were made.
            for step in std::mem::take(&mut steps) {
                self.take_step(step, &mut steps);
            }
        }
        result
    }

    fn take_step(self: &Arc<Self>, step: Step, more: &mut Vec<Step>) {
        let (slave, pending, start) = match step {
            Step::Start(slave, pending) => {
                // The slave waits for it: no other thread needs to be woken to write it.
                let cork = slave.link.cork();
                let start = slave.start(&pending);
                drop(cork);
                (slave, pending, start)
            }
            Step::SendAhead(slave, pending) => {
                self.ahead.notify_one();
                let start = slave.start(&pending);
                (slave, pending, start)
            }
            // A reservation that nobody takes is dropped, which frees the slave.
            Step::Hand(slave, sender) => return drop(sender.send(Reservation::new(self, slave))),
        };
        match start {
            Start::Sent => {}
            // The slave does not have it, and may have the next.
            Start::Ended => {
                let mut pool = self.pool();
                pool.free(slave.id, pending.bytes(), more);
                pool.schedule(more);
            }
            // Its link has ended in the meantime, and the pool knows it no more.
            Start::Lost if pending.is_bound() => pending.end(TaskErrorKind::SlaveLost(SlaveLost::Gone)),
            Start::Lost => self.wait_again(&pending),
        }
    }

    // Tasks.

    /// Lets `pending` have a slave as soon as one is free.
    pub(super) fn dispatch(self: &Arc<Self>, pending: &Arc<Pending>) {
        if let Some(rejection) = pending.task.rejection() {
            pending.end(TaskErrorKind::Rejected(Rejected::Unsendable(Arc::clone(rejection))));
            return;
        }
        if pending.deadline.is_some_and(|deadline| deadline <= clock::now()) {
            pending.miss_deadline_at_once();
            return;
        }
        let refused = self.change(|pool, _| {
            if let Some(why) = pool.hopeless(pending) {
                return Some(why.into());
            }
            let limit = self.config.queued_max;
            if pool.waiting_len() >= limit && !pool.has_idle() {
                let limit = u64::try_from(limit).ok();
                return Some(TaskErrorKind::LimitExceeded { which: "tasks waiting for a slave".to_owned(), limit });
            }
            if let Some(procedure) = pool.newly_unoffered(pending) {
                tracing::warn!(procedure, "no slave that is connected offers it: tasks wait for one that does");
            }
            pool.wait(Waiting::Task(Arc::clone(pending)));
            None
        });
        if let Some(kind) = refused {
            pending.end(kind);
        }
    }

    /// Lets `pending` have the slave that is reserved for it, after the tasks before it.
    pub(super) fn dispatch_reserved(self: &Arc<Self>, slave: &SlaveLink, pending: &Arc<Pending>) {
        if let Some(rejection) = pending.task.rejection() {
            pending.end(TaskErrorKind::Rejected(Rejected::Unsendable(Arc::clone(rejection))));
            return;
        }
        if let Some(name) = slave.missing(pending.task.template()) {
            let name = name.to_owned();
            pending.end(TaskErrorKind::Rejected(Rejected::NotOffered { name }));
            return;
        }
        if !self.change(|pool, steps| pool.give_reserved(slave.id, pending, steps)) {
            pending.end(TaskErrorKind::SlaveLost(SlaveLost::Gone));
        }
    }

    /// Lets a task that its slave did not run, or was lost with, have another one, before those that came later.
    pub(super) fn wait_again(self: &Arc<Self>, pending: &Arc<Pending>) {
        let hopeless = self.change(|pool, _| {
            let hopeless = pool.hopeless(pending);
            if hopeless.is_none() {
                pool.wait(Waiting::Task(Arc::clone(pending)));
            }
            hopeless
        });
        if let Some(why) = hopeless {
            pending.end(why.into());
        }
    }

    /// What a task does that has no slave.
    pub(super) fn doing(&self, pending: &Pending) -> String {
        self.pool().doing(pending)
    }

    /// Somebody who waited gave up.
    pub(super) fn given_up(&self) {
        self.pool().note_given_up();
    }

    /// Ends `pending` at `deadline`.
    pub(super) fn watch_deadline(&self, pending: &Arc<Pending>, deadline: Instant) {
        let watch = |pending: Weak<Pending>| async move {
            tokio::time::sleep_until(deadline.into()).await;
            if let Some(pending) = pending.upgrade() {
                pending.miss_deadline();
            }
        };
        // Without any there is no link, hence no slave: the task fails at once.
        for runtime in self.runtimes() {
            let timer = runtime.spawn(watch(Arc::downgrade(pending)));
            // One that was shut down does nothing any more.
            if !timer.is_finished() {
                pending.set_timer(timer.abort_handle());
                return;
            }
        }
    }

    /// Those that may outlive a task: of the last link, of the caller, who may be gone before, and of a slave.
    fn runtimes(&self) -> impl Iterator<Item = Handle> {
        let of_links = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let of_caller = || Handle::try_current().ok();
        let of_slave = || self.pool().runtime();
        of_links
            .into_iter()
            .chain(std::iter::once_with(of_caller).flatten())
            .chain(std::iter::once_with(of_slave).flatten())
    }

    // Slaves.

    /// What this master says first on a link.
    pub(super) fn hello(&self) -> Hello {
        let mut hello = Hello::new(Role::Master, self.config.link.window, 0, self.identity);
        hello.message_max = self.config.link.message_max as u64;
        hello
    }

    /// What both ends of a link must know.
    pub(super) fn token(&self) -> Option<Token> {
        Token::of(self.security().as_ref())
    }

    pub(super) fn security(&self) -> Option<security::Security> {
        security::effective(self.config.security.as_ref())
    }

    /// How this master secures its connections, from now on.
    pub(super) fn transport(&self) -> Result<Transport, TlsError> {
        Transport::new(self.security().as_ref(), Role::Master, self.config.link.handshake_max)
    }

    /// A number for the next slave.
    pub(super) fn next_slave(&self) -> SlaveId {
        SlaveId(self.next_slave.fetch_add(1, Ordering::Relaxed))
    }

    /// A slave has introduced itself.
    pub(super) fn joined(self: &Arc<Self>, slave: &Arc<SlaveLink>) {
        tracing::debug!(slave = %slave.id, peer = slave.peer, "a slave joined");
        self.see_to_balance();
        self.change(|pool, _| pool.add(slave));
        self.count.send_modify(|count| *count += 1);
    }

    /// A slave said goodbye.
    pub(super) fn is_leaving(self: &Arc<Self>, slave: &SlaveLink) {
        self.change(|pool, _| pool.set_leaving(slave.id));
        self.give_up_the_hopeless();
    }

    /// A link to a slave that had introduced itself has ended.
    pub(super) fn left(self: &Arc<Self>, slave: &SlaveLink, why: &crate::link::LinkError) {
        tracing::debug!(slave = %slave.id, peer = slave.peer, %why, "a slave left");
        let bound = self.change(|pool, _| pool.remove(slave.id));
        self.count.send_modify(|count| *count -= 1);
        slave.lost(why, self);
        for pending in bound {
            pending.end(TaskErrorKind::SlaveLost(why.clone().into()));
        }
        self.give_up_the_hopeless();
    }

    /// A slave's task has ended, with values of so many bytes.
    pub(super) fn slave_is_free(self: &Arc<Self>, slave: &SlaveLink, bytes: usize) {
        self.change(|pool, steps| pool.answered(slave.id, bytes, steps));
    }

    /// A slave has given a task back that it had not started, with values of so many bytes.
    pub(super) fn given_back(self: &Arc<Self>, slave: &SlaveLink, bytes: usize) {
        self.change(|pool, steps| pool.free(slave.id, bytes, steps));
    }

    /// Calls tasks back that were sent ahead to slaves which turn out to be busy for long with what came before.
    async fn balance(this: Weak<Self>, ahead: Arc<Notify>, stop: CancellationToken) {
        let watch = async {
            loop {
                ahead.notified().await;
                loop {
                    tokio::time::sleep(PATIENCE).await;
                    let Some(shared) = this.upgrade() else { return };
                    let stalled = {
                        let mut pool = shared.pool();
                        if !pool.has_ahead() {
                            break;
                        }
                        pool.stalled()
                    };
                    for slave in stalled {
                        slave.recall();
                    }
                }
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = watch => {}
        }
    }

    /// Sees to it that [`balance`](Self::balance) runs, on a runtime that still does.
    fn see_to_balance(self: &Arc<Self>) {
        let mut balance = self.balance.lock().unwrap_or_else(PoisonError::into_inner);
        if balance.as_ref().is_none_or(AbortHandle::is_finished) {
            let future = Self::balance(Arc::downgrade(self), Arc::clone(&self.ahead), self.stop.clone());
            *balance = Some(tokio::spawn(future).abort_handle());
        }
    }

    /// Fails those who wait for slaves that cannot come any more.
    fn give_up_the_hopeless(&self) {
        let hopeless = self.pool().take_hopeless();
        for (waiting, why) in hopeless {
            match waiting {
                Waiting::Task(pending) => pending.end(why.into()),
                // The receiver sees that the sender is gone.
                Waiting::Guard(sender) => drop(sender),
            }
        }
    }

    /// Waits in line for a slave; `None` if none can come.
    pub(super) fn wait_for_slave(self: &Arc<Self>) -> Option<oneshot::Receiver<Reservation>> {
        let (sender, receiver) = oneshot::channel();
        self.change(|pool, _| {
            let is_barren = pool.is_barren();
            if !is_barren {
                pool.wait(Waiting::Guard(sender));
            }
            (!is_barren).then_some(receiver)
        })
    }

    /// Reserves an idle slave.
    pub(super) fn reserve(self: &Arc<Self>) -> Option<Reservation> {
        let slave = self.pool().reserve()?;
        Some(Reservation::new(self, slave))
    }

    /// A reservation has ended.
    pub(super) fn release_guard(self: &Arc<Self>, slave: &SlaveLink) {
        self.change(|pool, _| pool.release_guard(slave.id));
    }

    pub(super) fn is_closed(&self) -> bool {
        self.pool().closed
    }

    pub(super) fn slaves(&self) -> Vec<SlaveInfo> {
        let info = |(slave, state): (&Arc<SlaveLink>, _)| SlaveInfo {
            id: slave.id,
            peer: slave.peer.clone(),
            state,
            software: slave.hello().map(|hello| hello.software.clone()).unwrap_or_default(),
            natives: slave
                .hello()
                .map(|hello| hello.natives.iter().map(|native| native.name.clone()).collect())
                .unwrap_or_default(),
        };
        self.pool().members().map(info).collect()
    }

    #[cfg(test)]
    pub(super) fn audit(&self) -> Result<super::pool::audit::Audit, String> {
        self.pool().audit()
    }

    pub(super) async fn wait_for_slaves(&self, count: usize) {
        // The sender is in `self`: it does not go away.
        let _ = self.count.subscribe().wait_for(|connected| *connected >= count).await;
    }

    /// Notes that slaves may come as long as the result lives.
    pub(super) fn source(self: &Arc<Self>) -> Source {
        *self.runtime.lock().unwrap_or_else(PoisonError::into_inner) = Handle::try_current().ok();
        self.pool().add_source();
        Source(Arc::clone(self))
    }

    pub(super) async fn shutdown(self: &Arc<Self>, limit: Duration) {
        self.pool().closed = true;
        self.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(limit, self.tracker.wait()).await.is_err() {
            tracing::warn!("some links did not end in time");
        }
        self.give_up_the_hopeless();
    }
}

/// A place from which slaves may come.
#[derive(Debug)]
pub(super) struct Source(Arc<Shared>);

impl Drop for Source {
    fn drop(&mut self) {
        self.0.pool().remove_source();
        self.0.give_up_the_hopeless();
    }
}
