//! What a port holds, without I/O: the same rules on the slave and on the master.
//!
//! A port carries segments: whole data, and pieces of text or bytes. What one end writes, the other may read in another
//! way. Read as characters or bytes, a datum is the text that `write` prints, and the unspecified value is nothing.
//! Read as data, text is what the reader makes of it, however it is cut into pieces, and a datum is itself. Where the
//! two meet, a datum is a delimiter: a word before it ends there. Within an open list, string or comment, or after a
//! quotation mark, it is text like the text around it.

mod error;
mod output;
mod queue;
mod queued;
mod scanner;
#[cfg(test)]
mod tests;

use bytes::Bytes;

pub use self::error::PortError;
pub(crate) use self::{
    output::OutputBuffer,
    queue::{InputQueue, Step},
};
use crate::value::Value;

/// What was written at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A datum.
    Datum(Value),
    /// Text or bytes; a character may begin in one segment and end in the next.
    Bytes(Bytes),
}

/// Bytes of text that one datum or line may have. More is an error: the reader waits for an end that may never come.
pub(crate) const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;
