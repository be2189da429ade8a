//! Frames, the unit of the wire protocol.

use std::fmt;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::WireError;
use crate::value::pieces::{Output, Pieces};

/// The longest payload of a frame, in bytes.
pub(crate) const PAYLOAD_MAX: usize = 64 * 1024;
/// Bytes of the length field.
const LENGTH_BYTES: usize = 4;
/// Bytes of kind, flags and task.
const HEAD_BYTES: usize = 10;
/// Bytes of the mark at the end.
const MARK_BYTES: usize = 1;
/// What a frame has besides its payload, as its length field counts.
pub(super) const AROUND_BYTES: usize = HEAD_BYTES + MARK_BYTES;
/// The longest frame, as its length field counts.
const LENGTH_MAX: u32 = 64 * 1024 + 11;
const _: () = assert!(LENGTH_MAX as usize == PAYLOAD_MAX + AROUND_BYTES);

/// A task's number on its link; 0 stands for the link itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TaskId(pub(crate) u64);

impl TaskId {
    /// The number of frames that belong to no task.
    pub(crate) const LINK: Self = Self(0);
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The kinds of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FrameKind {
    Hello = 1,
    Ping = 2,
    Pong = 3,
    Goodbye = 4,
    Died = 5,
    Challenge = 6,
    Proof = 7,
    Run = 16,
    NeedTemplate = 17,
    Template = 18,
    Data = 19,
    End = 20,
    Credit = 21,
    Done = 22,
    Failed = 23,
    Cancel = 24,
    Log = 25,
    Recall = 26,
}

impl FrameKind {
    /// The last byte of a frame of this kind. That of [`Died`](Self::Died) is another one, and a died message has the one of
    /// all others nowhere: so it never completes a frame of which the sender that died wrote the beginning.
    fn mark(self) -> u8 {
        match self {
            Self::Died => 0xfe,
            _ => 0xff,
        }
    }

    /// The kind's name in the protocol's table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Goodbye => "goodbye",
            Self::Died => "died",
            Self::Challenge => "challenge",
            Self::Proof => "proof",
            Self::Run => "run",
            Self::NeedTemplate => "need-template",
            Self::Template => "template",
            Self::Data => "data",
            Self::End => "end",
            Self::Credit => "credit",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancel => "cancel",
            Self::Log => "log",
            Self::Recall => "recall",
        }
    }
}

impl TryFrom<u8> for FrameKind {
    type Error = WireError;

    fn try_from(kind: u8) -> Result<Self, WireError> {
        Ok(match kind {
            1 => Self::Hello,
            2 => Self::Ping,
            3 => Self::Pong,
            4 => Self::Goodbye,
            5 => Self::Died,
            6 => Self::Challenge,
            7 => Self::Proof,
            16 => Self::Run,
            17 => Self::NeedTemplate,
            18 => Self::Template,
            19 => Self::Data,
            20 => Self::End,
            21 => Self::Credit,
            22 => Self::Done,
            23 => Self::Failed,
            24 => Self::Cancel,
            25 => Self::Log,
            26 => Self::Recall,
            kind => return Err(WireError::UnknownKind { kind }),
        })
    }
}

/// The flags of a frame. Unknown bits are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Flags(pub(crate) u8);

impl Flags {
    pub(crate) const NONE: Self = Self(0);
    /// The message goes on in the next frame of this kind and task.
    pub(crate) const MORE: Self = Self(1);
    /// The payload belongs to an encoded value.
    pub(crate) const DATUM: Self = Self(2);
    /// To a run: the master's port is closed from the start.
    pub(crate) const ENDED: Self = Self(4);
    /// To a run: the task has limits of its own.
    pub(crate) const LIMITED: Self = Self(8);

    pub(crate) fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    pub(crate) fn with(self, flag: Self) -> Self {
        Self(self.0 | flag.0)
    }
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: FrameKind,
    pub(crate) flags: Flags,
    pub(crate) task: TaskId,
    pub(crate) payload: Bytes,
}

impl Frame {
    /// Takes the first frame off `source`, or says that it is not all there yet. The payload shares `source`'s memory.
    ///
    /// # Errors
    ///
    /// A [`WireError`] means that the stream is corrupt: nothing after it can be read.
    pub(crate) fn decode(source: &mut BytesMut) -> Result<Option<Self>, WireError> {
        let Some(&prefix) = source.first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(prefix);
        if length > LENGTH_MAX {
            return Err(WireError::FrameTooLong { length, length_max: LENGTH_MAX });
        }
        let length_bytes = length as usize;
        if length_bytes < AROUND_BYTES {
            return Err(WireError::FrameTooShort { length });
        }
        if source.len() < LENGTH_BYTES + length_bytes {
            return Ok(None);
        }
        source.advance(LENGTH_BYTES);
        let mut frame = source.split_to(length_bytes);
        let mark = frame.split_off(length_bytes - MARK_BYTES);
        let kind = FrameKind::try_from(frame.get_u8())?;
        if mark[..] != [kind.mark()] {
            return Err(WireError::CutOff { message: kind.name() });
        }
        let flags = Flags(frame.get_u8());
        let task = TaskId(frame.get_u64());
        Ok(Some(Self { kind, flags, task, payload: frame.freeze() }))
    }
}

/// Appends a frame whose payload `fill` writes, at most [`PAYLOAD_MAX`] bytes of it.
pub(crate) fn put_frame(
    out: &mut impl Output,
    kind: FrameKind,
    flags: Flags,
    task: TaskId,
    fill: impl FnOnce(&mut BytesMut),
) {
    let whole = out;
    let out = whole.tail();
    let start = out.len();
    put_head(out, kind, flags, task, 0);
    fill(out);
    out.put_u8(kind.mark());
    let length = out.len() - start - LENGTH_BYTES;
    debug_assert!(length <= LENGTH_MAX as usize, "a payload of {length} bytes was not cut");
    let prefix = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    out[start..start + LENGTH_BYTES].copy_from_slice(&prefix);
    whole.end_frame();
}

/// Appends what comes before a payload of so many bytes.
fn put_head(out: &mut BytesMut, kind: FrameKind, flags: Flags, task: TaskId, payload_bytes: usize) {
    out.put_u32(u32::try_from(AROUND_BYTES + payload_bytes).unwrap_or(u32::MAX));
    out.put_u8(kind as u8);
    out.put_u8(flags.0);
    out.put_u64(task.0);
}

/// Appends `head` and `rest` as one message, cut into as many frames as it needs.
pub(crate) fn put_message(
    out: &mut impl Output,
    kind: FrameKind,
    flags: Flags,
    task: TaskId,
    head: &[u8],
    rest: &Pieces,
) {
    let mut left = head.len() + rest.len();
    if left <= PAYLOAD_MAX {
        put_head(out.tail(), kind, flags, task, left);
        out.tail().put_slice(head);
        rest.iter().for_each(|piece| out.put_bytes_of(piece));
        return end_frame(out, kind);
    }
    let (mut head, mut rest) = (Some(head), rest.clone());
    while left > 0 {
        let mut room = left.min(PAYLOAD_MAX);
        left -= room;
        put_head(out.tail(), kind, if left > 0 { flags.with(Flags::MORE) } else { flags }, task, room);
        if let Some(head) = head.take() {
            out.tail().put_slice(head);
            room -= head.len();
        }
        while room > 0 {
            let piece = rest.split_front(room);
            room -= piece.len();
            out.put_bytes_of(&piece);
        }
        end_frame(out, kind);
    }
}

/// Appends data as one frame; at most [`PAYLOAD_MAX`] bytes.
pub(crate) fn put_data(out: &mut impl Output, flags: Flags, task: TaskId, payload: &Bytes) {
    put_head(out.tail(), FrameKind::Data, flags, task, payload.len());
    out.put_bytes_of(payload);
    end_frame(out, FrameKind::Data);
}

fn end_frame(out: &mut impl Output, kind: FrameKind) {
    out.tail().put_u8(kind.mark());
    out.end_frame();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_all(bytes: &[u8]) -> Result<Vec<Frame>, WireError> {
        let mut source = BytesMut::new();
        let mut frames = Vec::new();
        for &byte in bytes {
            source.put_u8(byte);
            while let Some(frame) = Frame::decode(&mut source)? {
                frames.push(frame);
            }
        }
        assert!(source.is_empty(), "bytes left over");
        Ok(frames)
    }

    #[test]
    fn a_frame_has_the_documented_bytes() {
        let mut out = BytesMut::new();
        put_frame(&mut out, FrameKind::Data, Flags::DATUM, TaskId(7), |out| out.put_slice(b"ab"));
        assert_eq!(&out[..], b"\0\0\0\x0d\x13\x02\0\0\0\0\0\0\0\x07ab\xff");
    }

    #[test]
    fn frames_survive_any_cut() {
        let mut out = BytesMut::new();
        put_frame(&mut out, FrameKind::Ping, Flags::NONE, TaskId::LINK, |out| out.put_u64(1));
        let rest = Bytes::from(vec![7; 2 * PAYLOAD_MAX - 1]);
        put_message(&mut out, FrameKind::Run, Flags::NONE, TaskId(1), &[7; 2], &rest.into());
        let frames = decode_all(&out).unwrap();
        assert_eq!(frames.len(), 4);
        assert!(frames[1].flags.has(Flags::MORE) && frames[2].flags.has(Flags::MORE));
        assert!(!frames[3].flags.has(Flags::MORE));
        assert_eq!(frames[3].payload.len(), 1);
    }

    #[test]
    fn a_length_that_cannot_be_is_refused_before_anything_is_reserved() {
        for (prefix, expected) in [
            ([0, 0, 0, 10], WireError::FrameTooShort { length: 10 }),
            ([0xff; 4], WireError::FrameTooLong { length: u32::MAX, length_max: LENGTH_MAX }),
        ] {
            assert_eq!(Frame::decode(&mut BytesMut::from(&prefix[..])), Err(expected));
        }
    }

    #[test]
    fn a_frame_without_its_mark_is_cut_off() {
        let mut source = BytesMut::from(&b"\0\0\0\x0c\x13\x02\0\0\0\0\0\0\0\x07ab"[..]);
        assert_eq!(Frame::decode(&mut source), Err(WireError::CutOff { message: "data" }));
    }

    #[test]
    fn an_unknown_kind_is_refused() {
        let mut source = BytesMut::from(&b"\0\0\0\x0b\x63\0\0\0\0\0\0\0\0\0\xff"[..]);
        assert_eq!(Frame::decode(&mut source), Err(WireError::UnknownKind { kind: 0x63 }));
    }
}
