//! Masters: programs that send tasks to slaves.
//!
//! ```text
//! Master ── make_task ──▶ Pending ── pool: which slave, when ──▶ SlaveLink ── link ──▶ slave
//! Promise ◀── outcome ──── Pending ◀── data, done, failed ─────── SlaveLink ◀── link ──
//!            local procedure ◀── ports ──▶ Pending
//! ```

mod builder;
mod connect;
mod deadline;
mod default;
mod error;
mod guard;
mod line;
mod listener;
mod local;
mod map;
mod pace;
mod pending;
mod pool;
mod ports;
mod printed;
mod promise;
mod shared;
#[cfg(test)]
mod simulation;
mod slave_link;

use std::{future::Future, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use tokio_util::sync::DropGuard;

#[cfg(feature = "slave")]
pub use self::default::{slave_client, slave_server};
pub(crate) use self::shared::Shared;
pub use self::{
    builder::MasterBuilder,
    connect::ConnectError,
    default::{get_slave, make_task, master_client, master_server, run, try_get_slave},
    error::{Condition, Rejected, Result, SlaveLost, TaskError, TaskErrorKind},
    guard::SlaveGuard,
    listener::Listener,
    map::Map,
    ports::{InputPort, OutputPort, PortResult, read_result},
    promise::Promise,
    slave_link::SlaveId,
};
use self::{builder::MasterConfig, pending::Pending};
use crate::{Task, clock};

/// Sends tasks to slaves.
///
/// A master dials slaves ([`connect`](Self::connect)), lets slaves dial in ([`listen`](Self::listen)), or both. Its
/// handles are cheap to clone; when the last of them, of its promises, guards and listeners is gone, its links end.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "slave")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use dpfw::{read_result, remote};
///
/// let cluster = dpfw::testing::LocalCluster::start(2).await;
/// let master = cluster.master();
/// let n = 20;
/// let sum: i64 = master.make_task(remote!((lambda (i o) (+ ,n 3))), read_result).await?;
/// assert_eq!(sum, 23);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "slave"))]
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct Master {
    keeper: Arc<Keeper>,
}

/// Keeps a master's links: they end with the last of its users.
#[derive(Debug)]
pub(crate) struct Keeper {
    pub(crate) shared: Arc<Shared>,
    _stop: DropGuard,
}

/// A slave, as [`Master::slaves`] tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlaveInfo {
    /// Its number with this master.
    pub id: SlaveId,
    /// Its address, or another description of the other end.
    pub peer: String,
    /// What it is doing.
    pub state: SlaveState,
    /// The name and version of its software, as it says.
    pub software: String,
    /// The native procedures that it offers beyond the language, in the order in which it names them.
    pub natives: Vec<String>,
}

/// What a slave is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SlaveState {
    /// It waits for a task.
    Idle,
    /// A guard holds it, whether or not it runs a task.
    Reserved,
    /// It runs a task.
    Busy,
    /// It said goodbye: it may still run a task, and takes no more.
    Leaving,
}

impl Master {
    /// A master without slaves.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Begins to make a master.
    pub fn builder() -> MasterBuilder {
        MasterBuilder::default()
    }

    pub(crate) fn from_config(config: MasterConfig) -> Self {
        let (shared, stop) = Shared::new(config);
        Self { keeper: Arc::new(Keeper { shared, _stop: stop }) }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.keeper.shared
    }

    /// Sends `task` to an idle slave, or to the next that becomes idle, and runs `local` with the other ends of its
    /// ports. The task is dispatched at once, whether or not the promise is awaited.
    ///
    /// The slave is busy until both the remote and the local procedure have ended, and then the promise has its result:
    /// the value of `local`, unless either failed. A failing local procedure cancels the remote one.
    ///
    /// # Errors
    ///
    /// The promise fails with a [`TaskError`], which tells the kinds.
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
        let pending = self.pend(task, Some(start));
        self.shared().dispatch(&pending);
        Promise::of_local(pending, Arc::clone(&self.keeper), slot)
    }

    /// Sends `task` as [`make_task`](Self::make_task) does, and reads its value as [`read_result`] does.
    ///
    /// This costs less than `make_task`, and only such tasks are sent again where [`Task::retries`] allows it.
    ///
    /// # Errors
    ///
    /// As [`make_task`](Self::make_task); [`TaskErrorKind::Local`] if the value is no `T`.
    pub fn run<T: DeserializeOwned>(&self, task: Task) -> Promise<T> {
        let pending = self.pend(task, None);
        self.shared().dispatch(&pending);
        Promise::of_port(pending, Arc::clone(&self.keeper))
    }

    /// A task, not dispatched yet, and the timer of its deadline.
    pub(crate) fn pend(&self, task: Task, local: Option<local::LocalStart>) -> Arc<Pending> {
        let own = task.options().timeout.or(self.shared().config.timeout);
        let own = own.and_then(|timeout| clock::now().checked_add(timeout));
        let deadline = [own, deadline::inherited()].into_iter().flatten().min();
        let pending = Arc::new(Pending::new(task, deadline, local, self.shared()));
        if let Some(deadline) = deadline {
            self.shared().watch_deadline(&pending, deadline);
        }
        pending
    }

    /// Runs `make(item)` for each item, as a stream of results in the order of the items.
    ///
    /// Items are taken and tasks sent only as the results are read: see [`Map::buffered`] and [`Map::unordered`]. The type
    /// of the results is seldom inferred: write `master.map::<i64, _, _>(…)`.
    pub fn map<T, I, F>(&self, items: I, make: F) -> Map<T, I::IntoIter, F>
    where
        T: DeserializeOwned,
        I: IntoIterator,
        F: FnMut(I::Item) -> Task,
    {
        Map::new(self.clone(), items.into_iter(), make)
    }

    /// Reserves an idle slave; waits for one in order of arrival, among tasks and other callers.
    ///
    /// # Errors
    ///
    /// [`TaskErrorKind::NoSlave`] if there is no slave and none can come, [`TaskErrorKind::Cancelled`] if the master is
    /// shut down.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the place in the queue up.
    #[track_caller]
    pub fn get_slave(&self) -> impl Future<Output = Result<SlaveGuard, TaskError>> + Send + use<> {
        let place = guard::caller();
        let keeper = Arc::clone(&self.keeper);
        async move { guard::get(keeper, place).await }
    }

    /// Reserves an idle slave, if there is one.
    pub fn try_get_slave(&self) -> Option<SlaveGuard> {
        guard::try_get(&self.keeper)
    }

    /// The slaves that are connected, in the order in which they came.
    pub fn slaves(&self) -> Vec<SlaveInfo> {
        self.shared().slaves()
    }

    /// Waits until at least `count` slaves are connected.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    pub async fn wait_for_slaves(&self, count: usize) {
        self.shared().wait_for_slaves(count).await;
    }

    /// Ends all links and listeners; tasks that have not ended fail with [`TaskErrorKind::Cancelled`]. Returns when the
    /// links are closed, or after some seconds. Afterwards every task fails so at once.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped the shutdown goes on.
    pub async fn shutdown(&self) {
        self.shared().shutdown(SHUTDOWN_MAX).await;
    }
}

/// How long a shutdown waits for its links.
const SHUTDOWN_MAX: Duration = Duration::from_secs(3);

impl Default for Master {
    fn default() -> Self {
        Self::new()
    }
}
