//! [`Promise`]: the pending result of a task.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, ready},
};

use serde::de::DeserializeOwned;

use super::{
    Keeper, TaskError, TaskErrorKind,
    local::Slot,
    pending::Pending,
    ports::{PortResult, result_of},
};
use crate::Value;

/// The pending result of a task, which already runs or waits for a slave.
///
/// Dropping the promise cancels the task, on the slave too: so `tokio::time::timeout(limit, promise)` frees the slave.
/// [`detach`](Self::detach) lets the task run on instead. A promise keeps its master's links alive.
///
/// # Panics
///
/// The result comes once: a promise that is polled after that panics, as `async` blocks do.
#[must_use = "the task already runs: await the promise, or let it run on with `.detach()`; dropping it cancels the task"]
pub struct Promise<T> {
    pending: Arc<Pending>,
    keeper: Arc<Keeper>,
    value: ValueFrom<T>,
    /// Dropping it changes nothing any more.
    released: bool,
}

enum ValueFrom<T> {
    /// The local procedure leaves it there.
    Slot(Slot<T>),
    /// It is the datum on the port.
    Port(fn(Option<Value>) -> PortResult<T>),
}

impl<T> Promise<T> {
    pub(super) fn of_local(pending: Arc<Pending>, keeper: Arc<Keeper>, slot: Slot<T>) -> Self {
        Self { pending, keeper, value: ValueFrom::Slot(slot), released: false }
    }

    pub(super) fn of_port(pending: Arc<Pending>, keeper: Arc<Keeper>) -> Self
    where
        T: DeserializeOwned,
    {
        Self { pending, keeper, value: ValueFrom::Port(result_of), released: false }
    }

    /// Lets the task run on without anybody waiting for it. Its master's links stay until it has ended, whoever holds
    /// the master.
    pub fn detach(mut self) {
        self.released = true;
        self.pending.keep(Arc::clone(&self.keeper));
    }

    /// Cancels the task; the promise then fails with [`TaskErrorKind::Cancelled`], unless it has ended already.
    pub fn abort(&self) {
        self.pending.end(TaskErrorKind::Cancelled);
    }

    /// Whether the task has ended, well or not.
    pub fn is_finished(&self) -> bool {
        self.pending.is_settled()
    }
}

// Nothing in it is pinned.
impl<T> Unpin for Promise<T> {}

impl<T> Future for Promise<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.released, "a promise was polled after it had given its result");
        let outcome = ready!(self.pending.poll_outcome(cx));
        self.released = true;
        Poll::Ready(outcome.and_then(|()| match &self.value {
            ValueFrom::Slot(slot) => {
                let value = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                Ok(value.expect("a local procedure that ended well left its value; it is taken once"))
            }
            ValueFrom::Port(read) => {
                self.pending.take_value().and_then(read).map_err(|error| self.pending.unreadable(error))
            }
        }))
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if !self.released && !self.pending.is_settled() {
            self.abort();
        }
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise").field("task", &self.pending).finish_non_exhaustive()
    }
}
