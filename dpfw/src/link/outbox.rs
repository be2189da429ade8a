//! Bytes on their way to the peer.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::wire::Message;

/// A chunk is closed when it has so many bytes: what a control message waits for at most, and what one write carries.
const CHUNK_BYTES: usize = 128 * 1024;

/// Messages encoded and not yet written. Control messages overtake the others between chunks.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    control: BytesMut,
    chunks: VecDeque<BytesMut>,
    bytes: usize,
}

impl Outbox {
    /// Appends a message of a task; messages keep their order.
    pub(super) fn push(&mut self, message: &Message) {
        if self.chunks.back().is_none_or(|chunk| chunk.len() >= CHUNK_BYTES) {
            self.chunks.push_back(BytesMut::new());
        }
        let chunk = self.chunks.back_mut().expect("just pushed");
        let before = chunk.len();
        message.put(chunk);
        self.bytes += chunk.len() - before;
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
        let chunk = self.chunks.pop_front()?;
        self.bytes -= chunk.len();
        Some(chunk.freeze())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.control.is_empty() && self.bytes == 0
    }

    /// Bytes of control messages that wait.
    pub(super) fn control_len(&self) -> usize {
        self.control.len()
    }

    /// Bytes of all messages that wait.
    pub(super) fn len(&self) -> usize {
        self.control.len() + self.bytes
    }
}
