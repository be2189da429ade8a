//! Slaves: programs that evaluate tasks for masters.
//!
//! ```text
//! server (tokio): accept, dial ──▶ session: socket + link + waiting tasks ──▶ evaluator: engine, one task at a time
//!                                        hub: moves the bytes, whoever is free ◀── watcher, while a task computes
//! ```

mod agenda;
mod bridge;
mod builder;
mod carrier;
mod door;
mod evaluator;
mod hub;
mod limits;
mod server;
mod session;
mod sessions;
mod stream;
#[cfg(unix)]
mod supervisor;
mod templates;
mod usage;

#[cfg(unix)]
pub use self::supervisor::child_main;
pub use self::{
    builder::SlaveBuilder,
    limits::Limits,
    server::{Slave, SlaveError},
};
