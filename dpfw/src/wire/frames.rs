//! [`Frames`], encoded frames on their way out: small ones are put together, long payloads are shared.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};

use crate::value::pieces::{Output, SHARED_MIN};

/// A piece is closed when it has so many bytes: what a message that overtakes waits for at most.
const PIECE_BYTES: usize = 128 * 1024;
/// Room made at once, so that small frames do not each need their own.
const ROOM_BYTES: usize = 4 * 1024;
/// Less room than this is not worth a frame.
const ROOM_MIN: usize = 256;

/// Frames that wait to be written.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    closed: VecDeque<Piece>,
    closed_bytes: usize,
    open: BytesMut,
}

/// Bytes of one or more frames, or a part of one.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) bytes: Bytes,
    /// Whether the last frame in it is complete.
    pub(crate) ends_frame: bool,
}

impl Frames {
    pub(crate) fn len(&self) -> usize {
        self.closed_bytes + self.open.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the first bytes out.
    pub(crate) fn pop_front(&mut self) -> Option<Piece> {
        if let Some(piece) = self.closed.pop_front() {
            self.closed_bytes -= piece.bytes.len();
            return Some(piece);
        }
        let is_empty = self.open.is_empty();
        (!is_empty).then(|| Piece { bytes: self.open.split().freeze(), ends_frame: true })
    }

    fn close(&mut self, bytes: Bytes, ends_frame: bool) {
        self.closed_bytes += bytes.len();
        self.closed.push_back(Piece { bytes, ends_frame });
    }
}

impl Output for Frames {
    fn tail(&mut self) -> &mut BytesMut {
        if self.open.capacity() - self.open.len() < ROOM_MIN {
            self.open.reserve(ROOM_BYTES);
        }
        &mut self.open
    }

    fn put_shared(&mut self, bytes: &[u8], share: impl FnOnce() -> Bytes) {
        if bytes.len() < SHARED_MIN {
            return self.open.put_slice(bytes);
        }
        let before = self.open.split().freeze();
        if !before.is_empty() {
            self.close(before, false);
        }
        self.close(share(), false);
    }

    fn end_frame(&mut self) {
        if self.closed.back().is_some_and(|last| !last.ends_frame) {
            let end = self.open.split().freeze();
            self.close(end, true);
        } else if self.open.len() >= PIECE_BYTES {
            // All of it: what is left of its memory would be kept for as long as nothing is written.
            let piece = std::mem::take(&mut self.open).freeze();
            self.close(piece, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Message, TaskId};

    #[test]
    fn long_payloads_are_shared_and_frames_stay_whole() {
        let mut frames = Frames::default();
        let payload = Bytes::from(vec![7; 60_000]);
        let task = TaskId(1);
        Message::End { task }.put(&mut frames);
        Message::Data { task, datum: true, more: false, payload: payload.clone() }.put(&mut frames);
        Message::End { task }.put(&mut frames);
        let length = frames.len();
        let pieces: Vec<Piece> = std::iter::from_fn(|| frames.pop_front()).collect();
        assert_eq!(pieces.iter().map(|piece| piece.bytes.len()).sum::<usize>(), length);
        assert_eq!(pieces.iter().map(|piece| piece.ends_frame).collect::<Vec<_>>(), [false, false, true, true]);
        assert_eq!(pieces[1].bytes.as_ptr(), payload.as_ptr(), "it was copied");
        assert!(frames.is_empty());
    }

    #[test]
    fn small_frames_are_put_together() {
        let mut frames = Frames::default();
        for _ in 0..100 {
            Message::Ping(1).put(&mut frames);
        }
        let piece = frames.pop_front().expect("a piece");
        assert!(piece.ends_frame && frames.is_empty());
        assert_eq!(piece.bytes.len(), 100 * 23);
    }
}
