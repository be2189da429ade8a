//! Where a datum was written.

/// A half-open range in the source of a datum.
///
/// The unit belongs to whoever made the tree: byte offsets for text, token indices for `remote!`. The front end only
/// copies spans and compares them, so one checker serves both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first unit.
    pub start: u32,
    /// Offset past the last unit.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to `end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}
