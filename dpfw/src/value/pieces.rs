//! [`Pieces`], bytes on their way out: short ones are put together, long ones stay where they are and are shared.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};

/// Longer pieces are shared: to copy shorter ones costs less than to write them apart.
pub(crate) const SHARED_MIN: usize = 16 * 1024;

/// What bytes are written to.
pub(crate) trait Output {
    /// Where short ones go.
    fn tail(&mut self) -> &mut BytesMut;

    /// Appends bytes, which `share` gives again without a copy.
    fn put_shared(&mut self, bytes: &[u8], share: impl FnOnce() -> Bytes);

    /// Says that a frame of the wire protocol is complete.
    fn end_frame(&mut self) {}

    /// Appends bytes.
    fn put_bytes_of(&mut self, bytes: &Bytes) {
        self.put_shared(bytes, || bytes.clone());
    }
}

/// For what is small, or is looked at as a whole.
impl Output for BytesMut {
    fn tail(&mut self) -> &mut BytesMut {
        self
    }

    fn put_shared(&mut self, bytes: &[u8], _: impl FnOnce() -> Bytes) {
        self.put_slice(bytes);
    }
}

/// Bytes in pieces.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pieces {
    first: Bytes,
    rest: VecDeque<Bytes>,
}

impl Pieces {
    pub(crate) fn len(&self) -> usize {
        self.iter().map(Bytes::len).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.iter().all(Bytes::is_empty)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Bytes> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Takes bytes off the front: at most so many, and no more than are in one piece.
    pub(crate) fn split_front(&mut self, length_max: usize) -> Bytes {
        while self.first.is_empty()
            && let Some(next) = self.rest.pop_front()
        {
            self.first = next;
        }
        self.first.split_to(length_max.min(self.first.len()))
    }

    /// All of it in one piece, without a copy where it is one.
    pub(crate) fn into_bytes(self) -> Bytes {
        if self.rest.is_empty() {
            return self.first;
        }
        let mut whole = BytesMut::with_capacity(self.len());
        self.iter().for_each(|piece| whole.extend_from_slice(piece));
        whole.freeze()
    }
}

impl From<Bytes> for Pieces {
    fn from(first: Bytes) -> Self {
        Self { first, rest: VecDeque::new() }
    }
}

/// Where the pieces end does not matter.
impl PartialEq for Pieces {
    fn eq(&self, other: &Self) -> bool {
        self.iter().flatten().eq(other.iter().flatten())
    }
}

impl Eq for Pieces {}

/// Bytes that are being written, in pieces. Whoever writes often keeps it: its room serves many small ones.
#[derive(Debug, Default)]
pub(crate) struct PiecesMut {
    closed: VecDeque<Bytes>,
    open: BytesMut,
}

impl PiecesMut {
    /// With room for a few thousand bytes.
    pub(crate) fn with_room() -> Self {
        Self { closed: VecDeque::new(), open: BytesMut::with_capacity(4 * 1024) }
    }

    /// Takes out all that was written.
    pub(crate) fn take(&mut self) -> Pieces {
        let last = self.open.split().freeze();
        if self.closed.is_empty() {
            return last.into();
        }
        let mut rest = std::mem::take(&mut self.closed);
        if !last.is_empty() {
            rest.push_back(last);
        }
        Pieces { first: rest.pop_front().unwrap_or_default(), rest }
    }

    /// All that was written.
    pub(crate) fn freeze(mut self) -> Pieces {
        self.take()
    }

    /// Forgets what was written.
    pub(crate) fn clear(&mut self) {
        self.closed.clear();
        self.open.clear();
    }
}

impl Output for PiecesMut {
    fn tail(&mut self) -> &mut BytesMut {
        &mut self.open
    }

    fn put_shared(&mut self, bytes: &[u8], share: impl FnOnce() -> Bytes) {
        if bytes.len() < SHARED_MIN {
            return self.open.put_slice(bytes);
        }
        if !self.open.is_empty() {
            self.closed.push_back(std::mem::take(&mut self.open).freeze());
        }
        self.closed.push_back(share());
    }
}
