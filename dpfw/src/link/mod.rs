//! One connection between a master and a slave, as a state machine fed by hand.
//!
//! [`Link`] is given bytes and the time, and gives back events and bytes; it knows no socket and no clock. Its layers,
//! from the wire upwards: [`Connection`](connection::Connection) turns bytes into messages, shakes hands and minds the
//! heartbeat; a [`Dialogue`](dialogue::Dialogue) keeps the two directions of one task's ports within their windows;
//! `Link` ties the dialogues to the messages about tasks. Drivers move the bytes: [`tokio_driver`] for masters, and the
//! evaluator's own for slaves.

mod connection;
mod dialogue;
mod dialogues;
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
    /// other side is told, and refuses to send more. All tasks of a link may have four times as much waiting here to be
    /// read, and four windows, before a peer that sends still more is given up. Default: 256 MiB.
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

impl LinkConfig {
    /// How many bytes of all tasks together may wait here to be read: the values with which tasks came, and what came for
    /// them since. A peer that keeps to the rules stays below: a master sends a task ahead only while the values that a slave
    /// has of others are shorter than the longest one, so three such may be here, and a fourth on a port within its window.
    fn unread_max(&self) -> usize {
        self.message_max.saturating_add(usize::try_from(self.window).unwrap_or(usize::MAX)).saturating_mul(4)
    }
}
