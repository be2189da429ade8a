//! Bytes on their way to the peer.

use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes};

use super::Link;
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

/// Pieces that one system call writes at most.
const PIECES_MAX: usize = 16;
/// A piece is added to those that are being written while they have fewer bytes: what a heartbeat waits for.
const BYTES_MAX: usize = 256 * 1024;

/// What a driver is about to write, in pieces that one system call can take together.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    pieces: VecDeque<Bytes>,
    bytes: usize,
}

impl Unwritten {
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Takes from `link` what can be written together. Says whether there is anything to write.
    pub(crate) fn fill(&mut self, link: &mut Link) -> bool {
        while self.pieces.len() < PIECES_MAX
            && self.bytes < BYTES_MAX
            && let Some(piece) = link.take_output()
        {
            self.bytes += piece.len();
            self.pieces.push_back(piece);
        }
        !self.pieces.is_empty()
    }

    /// Calls `write` with all pieces, and forgets the bytes that it says were written.
    pub(crate) fn write<E>(&mut self, write: impl FnOnce(&[IoSlice<'_>]) -> Result<usize, E>) -> Result<usize, E> {
        let mut slices = [IoSlice::new(&[]); PIECES_MAX];
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(piece);
        }
        let written = write(&slices[..self.pieces.len()])?;
        self.advance(written);
        Ok(written)
    }

    fn advance(&mut self, mut written: usize) {
        self.bytes = self.bytes.saturating_sub(written);
        while let Some(first) = self.pieces.front_mut() {
            if written < first.len() {
                return first.advance(written);
            }
            written -= first.len();
            self.pieces.pop_front();
        }
    }
}
