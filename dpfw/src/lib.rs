//! Send code, not just data, to other machines.
//!
//! A Rust program writes a Scheme procedure of two ports. [`remote!`] proves at `cargo check` that it is well formed, closed
//! and correctly applied, and splices Rust values into it. At run time it is sent to a *slave*: any process, on any machine,
//! that runs dpfw, without rebuilding or restarting it. While the slave evaluates, a *local procedure* here holds the other
//! ends of the two ports; the result is a *promise*.
//!
//! ```
//! # #[cfg(feature = "slave")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use dpfw::{read_result, remote, testing::LocalCluster};
//!
//! let cluster = LocalCluster::start(2).await;
//! let master = cluster.master();
//!
//! // A value: `,n` splices the Rust variable.
//! let n = 10;
//! let squares: Vec<i64> = master
//!     .run(remote!((lambda (i o)
//!         (let loop ((k ,n) (squares (quote ())))
//!             (if (= k 0) squares (loop (- k 1) (cons (* k k) squares)))))))
//!     .await?;
//! assert_eq!(squares.len(), 10);
//!
//! // A dialogue: both sides read and write.
//! let answer: i64 = master
//!     .make_task(remote!((lambda (i o) (* 2 (read i)))), async |mut i, mut o| {
//!         o.write(&21).await?;
//!         Ok(i.read().await?)
//!     })
//!     .await?;
//! assert_eq!(answer, 42);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "slave"))]
//! # fn main() {}
//! ```
//!
//! # Where to begin
//!
//! | to … | see |
//! |---|---|
//! | write tasks | [`remote!`], [`remote_file!`], [`Task`] |
//! | understand what is wrong with one | [`mistakes`] |
//! | send them | [`Master::run`], [`Master::make_task`], [`parallel!`], [`Master::map`] |
//! | evaluate them | [`Slave`], [`slave_server`], [`testing::LocalCluster`] |
//! | talk to a task while it runs | [`InputPort`], [`OutputPort`] |
//! | know what Rust values become | [`Value`], [`to_value`] |
//! | know why a task failed | [`TaskError`], [`TaskErrorKind`] |
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `slave` | yes | the evaluator and the servers of slaves; pulls `steel-core`, the slow part of the build |
//! | `tls` | yes | [`Security::Tls`] and the [`Keys`] for it |
//! | `lexpr` | yes | conversions from and to `lexpr::Value` |
//! | `cli` | no | the command `dpfw` |
#![cfg_attr(
    not(feature = "slave"),
    allow(dead_code, unused_imports, reason = "both ends of links and ports are one module; a master alone uses half")
)]

extern crate self as dpfw;

#[doc(hidden)]
pub mod __private;
mod clock;
#[cfg(feature = "slave")]
mod engine;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod link;
mod master;
mod parallel;
mod plain;
mod port;
#[cfg(feature = "slave")]
mod resources;
mod retry;
mod security;
#[cfg(feature = "slave")]
mod slave;
mod syntax_errors;
mod task;
#[cfg(all(feature = "slave", unix))]
pub mod testing;
mod transport;
mod value;
mod wire;

#[cfg(feature = "slave")]
pub use crate::engine::{AsyncNativeFn, NativeFn};
#[cfg(feature = "tls")]
pub use crate::security::{Keys, KeysError};
#[cfg(all(feature = "slave", unix))]
pub use crate::slave::child_main;
pub use crate::{
    link::{LinkConfig, LinkError},
    master::{
        Condition, ConnectError, InputPort, Listener, Map, Master, MasterBuilder, OutputPort, PortResult, Promise,
        Rejected, Result, SlaveGuard, SlaveId, SlaveInfo, SlaveLost, SlaveState, TaskError, TaskErrorKind, get_slave,
        make_task, master_client, master_server, read_result, run, try_get_slave,
    },
    port::PortError,
    security::{Security, SecurityError, TlsError, set_default_security},
    syntax_errors::{SyntaxError, SyntaxErrors},
    task::{IntoCode, SourcePlace, Splice, Spread, SpreadCode, Task, TaskRejection},
    value::{Code, F64Vector, Number, Symbol, Value, ValueError, ValueErrorKind, from_value, to_value},
    wire::{Death, DeathCause, WireError},
};
#[cfg(feature = "slave")]
pub use crate::{
    master::{slave_client, slave_server},
    slave::{Limits, Slave, SlaveBuilder, SlaveError},
};

#[doc = include_str!("task/remote.md")]
pub use dpfw_macros::remote;
#[doc = include_str!("task/remote_file.md")]
pub use dpfw_macros::remote_file;

#[doc = include_str!("task/mistakes.md")]
pub mod mistakes {}

#[doc = include_str!("parallel.md")]
pub use dpfw_macros::parallel;

/// The programs of the README compile.
#[cfg(all(doctest, feature = "slave", feature = "tls"))]
#[doc = include_str!("../../README.md")]
mod readme {}
