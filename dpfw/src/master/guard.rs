//! [`SlaveGuard`]: a slave reserved.

use std::{future::Future, panic::Location, sync::Arc};

use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::{
    InputPort, Keeper, Master, OutputPort, Promise, Result, Shared, SlaveId, TaskError, TaskErrorKind, local,
    slave_link::SlaveLink,
};
use crate::{SourcePlace, Task};

/// A slave that runs only the tasks given to this guard, one after another.
///
/// Dropping the guard cancels nothing: the slave is free for others once the guard's tasks have ended.
#[derive(Debug)]
#[must_use = "the slave is free again when the guard is dropped"]
pub struct SlaveGuard {
    reservation: Reservation,
    keeper: Arc<Keeper>,
}

/// A reservation; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    shared: Arc<Shared>,
    slave: Arc<SlaveLink>,
}

impl Reservation {
    pub(super) fn new(shared: &Arc<Shared>, slave: Arc<SlaveLink>) -> Self {
        Self { shared: Arc::clone(shared), slave }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shared.release_guard(&self.slave);
    }
}

/// Where a guard was asked for.
#[track_caller]
pub(super) fn caller() -> SourcePlace {
    let caller = Location::caller();
    SourcePlace::new(caller.file(), caller.line(), caller.column())
}

pub(super) async fn get(keeper: Arc<Keeper>, place: SourcePlace) -> Result<SlaveGuard, TaskError> {
    let shared = &keeper.shared;
    let reservation = match shared.wait_for_slave() {
        Some(receiver) => InLine { shared, receiver, is_over: false }.reservation().await,
        None => None,
    };
    match reservation {
        Some(reservation) => Ok(SlaveGuard { reservation, keeper }),
        None => {
            let kind = if shared.is_closed() { TaskErrorKind::Cancelled } else { TaskErrorKind::NoSlave };
            Err(TaskError::new(kind, None, place))
        }
    }
}

/// Waits for a reservation. When it is dropped nobody takes one any more.
struct InLine<'s> {
    shared: &'s Shared,
    receiver: oneshot::Receiver<Reservation>,
    is_over: bool,
}

impl InLine<'_> {
    async fn reservation(mut self) -> Option<Reservation> {
        let reservation = (&mut self.receiver).await;
        self.is_over = true;
        reservation.ok()
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.receiver.close();
            self.shared.given_up();
        }
    }
}

pub(super) fn try_get(keeper: &Arc<Keeper>) -> Option<SlaveGuard> {
    let reservation = keeper.shared.reserve()?;
    Some(SlaveGuard { reservation, keeper: Arc::clone(keeper) })
}

impl SlaveGuard {
    /// The slave's number.
    pub fn id(&self) -> SlaveId {
        self.reservation.slave.id
    }

    /// The slave's address, or another description of the other end.
    pub fn peer(&self) -> &str {
        &self.reservation.slave.peer
    }

    fn master(&self) -> Master {
        Master { keeper: Arc::clone(&self.keeper) }
    }

    /// As [`Master::make_task`], on this slave, after the tasks given to it before.
    ///
    /// # Errors
    ///
    /// The promise fails with a [`TaskError`]; with [`TaskErrorKind::SlaveLost`] if this slave is gone.
    ///
    /// # Cancel safety
    ///
    /// Dropping the promise cancels the task.
    pub fn make_task<T, F, Fut>(&self, task: Task, local: F) -> Promise<T>
    where
        F: FnOnce(InputPort, OutputPort) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let (start, slot) = local::prepare(local);
        // A task bound to a slave is not sent to another.
        let pending = self.master().pend(task.retries(0), Some(start));
        self.keeper.shared.dispatch_reserved(&self.reservation.slave, &pending);
        Promise::of_local(pending, Arc::clone(&self.keeper), slot)
    }

    /// As [`Master::run`], on this slave, after the tasks given to it before. Such a task is not sent again.
    ///
    /// # Errors
    ///
    /// As [`make_task`](Self::make_task).
    pub fn run<T: DeserializeOwned>(&self, task: Task) -> Promise<T> {
        let pending = self.master().pend(task.retries(0), None);
        self.keeper.shared.dispatch_reserved(&self.reservation.slave, &pending);
        Promise::of_port(pending, Arc::clone(&self.keeper))
    }
}
