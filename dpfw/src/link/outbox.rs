//! [`Outbox`]: messages encoded and not yet written.

use bytes::Bytes;

use crate::wire::{Frames, Message};

/// Messages encoded and not yet written. Control messages overtake the others between frames.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    control: Frames,
    others: Frames,
    /// What was taken last ends within a frame.
    within_frame: bool,
}

impl Outbox {
    /// Appends a message of a task; messages keep their order.
    pub(super) fn push(&mut self, message: &Message) {
        message.put(&mut self.others);
    }

    /// Appends a message that may overtake others: heartbeats and credit.
    pub(super) fn push_control(&mut self, message: &Message) {
        message.put(&mut self.control);
    }

    /// The next bytes to write.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        let control = if self.within_frame { None } else { self.control.pop_front() };
        let piece = control.or_else(|| self.others.pop_front())?;
        self.within_frame = !piece.ends_frame;
        Some(piece.bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.control.is_empty() && self.others.is_empty()
    }

    /// Bytes of control messages that wait.
    pub(super) fn control_len(&self) -> usize {
        self.control.len()
    }

    /// Bytes of all messages that wait.
    pub(super) fn len(&self) -> usize {
        self.control.len() + self.others.len()
    }
}
