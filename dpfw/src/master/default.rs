//! The procedures of the original, over one master for each tokio runtime.
//!
//! | original | here |
//! |---|---|
//! | `(dpfw-master-server port [backlog [host]])` | [`master_server`] |
//! | `(dpfw-master-client host port)` | [`master_client`] |
//! | `(dpfw-make-task remote-sexp local-procedure [slave])` | [`make_task`], [`SlaveGuard::make_task`] |
//! | `(dpfw-parallel ((remote local) ...))` | [`parallel!`](crate::parallel!) |
//! | `(dpfw-get-slave [wait?])` | [`get_slave`], [`try_get_slave`] |
//! | `(dpfw-slave-server port [backlog [host]])` | [`slave_server`] |
//! | `(dpfw-slave-client host port)` | [`slave_client`] |

use std::{
    collections::HashMap,
    future::Future,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use serde::de::DeserializeOwned;
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::{Handle, Id},
};

use super::{ConnectError, InputPort, Master, OutputPort, Promise, Result, SlaveGuard, SlaveId, TaskError};
use crate::Task;
#[cfg(feature = "slave")]
use crate::{Slave, SlaveError};

/// Connections that may wait to be accepted, where the caller does not say.
const BACKLOG: u32 = 1024;
/// This machine.
const LOCAL: &str = "127.0.0.1";

static MASTERS: Mutex<Option<HashMap<Id, Master>>> = Mutex::new(None);

/// Forgets the master of a runtime when the runtime is shut down.
struct Forget(Id);

impl Drop for Forget {
    fn drop(&mut self) {
        let forgotten = {
            let mut masters = MASTERS.lock().unwrap_or_else(PoisonError::into_inner);
            masters.as_mut().and_then(|masters| masters.remove(&self.0))
        };
        // Not under the lock: its links end with it.
        drop(forgotten);
    }
}

/// The default master of the current runtime.
fn master() -> Master {
    let handle = Handle::current();
    let id = handle.id();
    let mut masters = MASTERS.lock().unwrap_or_else(PoisonError::into_inner);
    let masters = masters.get_or_insert_default();
    if let Some(master) = masters.get(&id) {
        return master.clone();
    }
    let forget = Forget(id);
    handle.spawn(async move {
        let _forget = forget;
        std::future::pending::<()>().await;
    });
    masters.entry(id).or_default().clone()
}

/// Listens for slaves on `port` of `host`, this machine's loopback by default, until the future is dropped. At most
/// `backlog` connections wait to be accepted, 1,024 by default.
///
/// # Errors
///
/// As [`Master::listen`].
///
/// # Cancel safety
///
/// Dropping the future stops listening; the links that were made stay.
///
/// # Panics
///
/// Outside a tokio runtime.
pub async fn master_server(port: u16, backlog: Option<u32>, host: Option<&str>) -> Result<(), ConnectError> {
    let master = master();
    let listener = master.listen_on(bind(port, backlog, host).await?)?;
    master.keeper.shared.stop.cancelled().await;
    listener.close();
    Ok(())
}

/// Connects to the slave that listens on `port` of `host`; `""` is this machine.
///
/// # Errors
///
/// As [`Master::connect`].
///
/// # Cancel safety
///
/// As [`Master::connect`].
///
/// # Panics
///
/// Outside a tokio runtime.
pub async fn master_client(host: &str, port: u16) -> Result<SlaveId, ConnectError> {
    master().connect((host_or_local(host), port)).await
}

/// As [`Master::make_task`], with the default master of the current runtime.
///
/// # Errors
///
/// As [`Master::make_task`].
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn make_task<T, F, Fut>(task: Task, local: F) -> Promise<T>
where
    F: FnOnce(InputPort, OutputPort) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    master().make_task(task, local)
}

/// As [`Master::run`], with the default master of the current runtime.
///
/// # Errors
///
/// As [`Master::run`].
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn run<T: DeserializeOwned>(task: Task) -> Promise<T> {
    master().run(task)
}

/// As [`Master::get_slave`], with the default master of the current runtime.
///
/// # Errors
///
/// As [`Master::get_slave`].
///
/// # Panics
///
/// Outside a tokio runtime.
#[track_caller]
pub fn get_slave() -> impl Future<Output = Result<SlaveGuard, TaskError>> + Send {
    master().get_slave()
}

/// As [`Master::try_get_slave`], with the default master of the current runtime.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn try_get_slave() -> Option<SlaveGuard> {
    master().try_get_slave()
}

/// Serves masters that connect to `port` of `host`, this machine's loopback by default, with a new slave, until the
/// future is dropped. At most `backlog` connections wait to be accepted, 1,024 by default.
///
/// # Errors
///
/// As [`Slave::serve`].
///
/// # Cancel safety
///
/// Dropping the future ends the slave.
#[cfg(feature = "slave")]
pub async fn slave_server(port: u16, backlog: Option<u32>, host: Option<&str>) -> Result<(), SlaveError> {
    let listener = bind(port, backlog, host).await.map_err(|err| match err {
        ConnectError::Io(err) => SlaveError::Io(err),
        ConnectError::Security(err) => SlaveError::Security(err),
        other => SlaveError::Io(std::io::Error::other(other)),
    })?;
    Slave::new().serve_listener(listener).await
}

/// Dials the master that listens on `port` of `host` (`""` is this machine) and serves it with a new slave until it
/// leaves.
///
/// # Errors
///
/// As [`Slave::connect`].
///
/// # Cancel safety
///
/// Dropping the future ends the slave.
#[cfg(feature = "slave")]
pub async fn slave_client(host: &str, port: u16) -> Result<(), SlaveError> {
    Slave::new().connect((host_or_local(host), port)).await
}

fn host_or_local(host: &str) -> &str {
    if host.is_empty() { LOCAL } else { host }
}

async fn bind(port: u16, backlog: Option<u32>, host: Option<&str>) -> Result<TcpListener, ConnectError> {
    let host = host_or_local(host.unwrap_or_default());
    let mut last = std::io::Error::new(std::io::ErrorKind::NotFound, format!("`{host}` has no address"));
    for addr in tokio::net::lookup_host((host, port)).await? {
        match bind_one(addr, backlog.unwrap_or(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(err) => last = err,
        }
    }
    Err(last.into())
}

fn bind_one(addr: SocketAddr, backlog: u32) -> std::io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As `TcpListener::bind` does: a port that was just used can be used again.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(backlog)
}
