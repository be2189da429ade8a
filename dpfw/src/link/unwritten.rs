//! [`Unwritten`]: what a driver takes from a link and writes together.

use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes};

use super::Link;

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

    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes
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
