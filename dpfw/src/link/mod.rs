//! One connection between a master and a slave, as a state machine fed by hand.
//!
//! [`Link`] is given bytes and the time, and gives back events and bytes; it knows no socket and no clock. Its layers,
//! from the wire upwards: [`Connection`](connection::Connection) turns bytes into messages, shakes hands and minds the
//! heartbeat; a [`Dialogue`](dialogue::Dialogue) keeps the two directions of one task's ports within their windows;
//! `Link` ties the dialogues to the messages about tasks. Drivers move the bytes: [`tokio_driver`] for masters, and the
//! evaluator's own for slaves.

mod connection;
mod dialogue;
mod error;
mod outbox;
mod state;
#[cfg(test)]
mod tests;
pub(crate) mod tokio_driver;
mod unwritten;

pub use self::error::LinkError;
pub(crate) use self::{
    dialogue::Chunk,
    state::{Event, Link},
    unwritten::Unwritten,
};

use std::time::Duration;

use crate::wire::MESSAGE_MAX;

/// The limits and times of a link.
///
/// Both ends have their own; a window is the receiver's.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LinkConfig {
    /// How long a peer may say nothing before it is asked for a sign of life. Default: 2 s.
    pub heartbeat: Duration,
    /// How long a peer may say nothing before the link is given up. Default: 6 s.
    pub silence_max: Duration,
    /// How long a new connection may take to introduce itself. Default: 5 s.
    pub handshake_max: Duration,
    /// Bytes of data accepted for each task ahead of its reader. Default: 1 MiB.
    pub window: u32,
    /// The longest value accepted, in bytes as it is encoded: a value on a port, or all values of a task together. The
    /// other side is told, and refuses to send more. Default: 256 MiB.
    pub message_max: usize,
    /// Tasks that a slave accepts at once on one link. Default: 1,024.
    pub tasks_max: u32,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(2),
            silence_max: Duration::from_secs(6),
            handshake_max: Duration::from_secs(5),
            window: 1024 * 1024,
            message_max: usize::try_from(MESSAGE_MAX).unwrap_or(usize::MAX),
            tasks_max: 1024,
        }
    }
}
