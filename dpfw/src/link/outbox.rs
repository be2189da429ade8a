//! Bytes on their way to the peer.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::wire::Message;

/// A chunk is closed when it has so many bytes: what a control message waits for at most, and what one write carries.
const CHUNK_BYTES: usize = 128 * 1024;
/// Room made at once, so that small messages do not each need their own.
const ROOM_BYTES: usize = 4 * 1024;
/// Less room than this is not worth a message.
const ROOM_MIN: usize = 256;

/// Messages encoded and not yet written. Control messages overtake the others between chunks.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    control: BytesMut,
    /// Chunks that are full.
    closed: VecDeque<Bytes>,
    closed_bytes: usize,
    open: BytesMut,
}

impl Outbox {
    /// Appends a message of a task; messages keep their order.
    pub(super) fn push(&mut self, message: &Message) {
        if self.open.capacity() - self.open.len() < ROOM_MIN {
            self.open.reserve(ROOM_BYTES);
        }
        message.put(&mut self.open);
        if self.open.len() >= CHUNK_BYTES {
            self.closed_bytes += self.open.len();
            // All of it: what is left of its memory would be kept while the link is idle.
            self.closed.push_back(std::mem::take(&mut self.open).freeze());
        }
    }

    /// Appends a message that may overtake others: heartbeats and credit.
    pub(super) fn push_control(&mut self, message: &Message) {
        message.put(&mut self.control);
    }

    /// The next bytes to write.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        if !self.control.is_empty() {
            return Some(self.control.split().freeze());
        }
        if let Some(chunk) = self.closed.pop_front() {
            self.closed_bytes -= chunk.len();
            return Some(chunk);
        }
        (!self.open.is_empty()).then(|| self.open.split().freeze())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of control messages that wait.
    pub(super) fn control_len(&self) -> usize {
        self.control.len()
    }

    /// Bytes of all messages that wait.
    pub(super) fn len(&self) -> usize {
        self.control.len() + self.closed_bytes + self.open.len()
    }
}
