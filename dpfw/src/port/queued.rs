//! [`Queued`]: one thing that has arrived on a port: a datum, or a piece of text, however it is read.

use bytes::{Buf, Bytes, BytesMut};

use super::Segment;
use crate::value::Value;

/// Something that has arrived.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) content: Content,
    /// What the sender is owed for it.
    pub(super) weight: u64,
}

/// What it is, or what is left of it.
#[derive(Debug)]
pub(super) enum Content {
    /// As it came.
    Bytes(Bytes),
    /// Many small pieces.
    Gathered(BytesMut),
    /// A datum of which nothing has been read; its text, once somebody has looked at it.
    Datum { value: Value, text: Option<Bytes> },
    /// The rest of the text of a datum whose beginning was read as text.
    DatumRest(Bytes),
}

/// Segments shorter than this are put together.
const GATHERED_BYTES_MAX: usize = 4 * 1024;

impl Content {
    /// Whether this is known to have nothing to be read as text.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Bytes(bytes) | Self::DatumRest(bytes) => bytes.is_empty(),
            Self::Gathered(bytes) => bytes.is_empty(),
            Self::Datum { value, .. } => value.is_void(),
        }
    }
}

impl Queued {
    pub(super) fn new(segment: Segment, weight: u64) -> Self {
        let content = match segment {
            Segment::Datum(value) => Content::Datum { value, text: None },
            Segment::Bytes(bytes) => Content::Bytes(bytes),
        };
        Self { content, weight }
    }

    /// What is left of it, as it was written.
    pub(super) fn into_segment(self) -> Segment {
        match self.content {
            Content::Bytes(bytes) | Content::DatumRest(bytes) => Segment::Bytes(bytes),
            Content::Gathered(bytes) => Segment::Bytes(bytes.freeze()),
            Content::Datum { value, .. } => Segment::Datum(value),
        }
    }

    /// What is to be read here as text.
    pub(super) fn text(&mut self) -> &[u8] {
        match &mut self.content {
            Content::Bytes(bytes) | Content::DatumRest(bytes) => bytes,
            Content::Gathered(bytes) => bytes,
            Content::Datum { value, text } => text.get_or_insert_with(|| match value {
                Value::Void => Bytes::new(),
                value => value.to_string().into(),
            }),
        }
    }

    /// Whether the end of this is the end of a datum.
    pub(super) fn is_of_datum(&self) -> bool {
        matches!(self.content, Content::Datum { .. } | Content::DatumRest(_))
    }

    /// Adds a small piece to small pieces; whether it could. A million segments of one byte would take a hundred times their
    /// size.
    pub(super) fn gather(&mut self, bytes: &[u8], weight: u64) -> bool {
        if bytes.len() >= GATHERED_BYTES_MAX {
            return false;
        }
        match &mut self.content {
            Content::Gathered(gathered) if gathered.len() < GATHERED_BYTES_MAX => gathered.extend_from_slice(bytes),
            Content::Bytes(first) if first.len() < GATHERED_BYTES_MAX => {
                let mut gathered = BytesMut::with_capacity(first.len() + bytes.len());
                gathered.extend_from_slice(first);
                gathered.extend_from_slice(bytes);
                self.content = Content::Gathered(gathered);
            }
            _ => return false,
        }
        self.weight += weight;
        true
    }

    /// Drops the first `count` bytes; returns the weight that goes with them.
    pub(super) fn drop_bytes(&mut self, count: usize) -> u64 {
        let whole = count == self.text().len();
        match &mut self.content {
            Content::Bytes(bytes) | Content::DatumRest(bytes) => bytes.advance(count),
            Content::Gathered(bytes) => bytes.advance(count),
            Content::Datum { text, .. } if count > 0 => {
                let mut rest = text.take().unwrap_or_default();
                rest.advance(count);
                self.content = Content::DatumRest(rest);
            }
            Content::Datum { .. } => {}
        }
        let dropped = if whole { self.weight } else { self.weight.min(count as u64) };
        self.weight -= dropped;
        dropped
    }
}
