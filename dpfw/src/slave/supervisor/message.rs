//! What a supervisor and its children say to each other, as bytes.
//!
//! A message is a length: u16, a tag: u8, and fields of fixed width, big-endian; a text comes last.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut, TryGetError};

use crate::link::LinkError;

const TAG_LINK: u8 = 1;
const TAG_END_OWNER: u8 = 2;
const TAG_LEAVE: u8 = 3;
const TAG_READY: u8 = 4;
const TAG_ENDED: u8 = 5;
const TAG_DEAF: u8 = 6;
const TAG_LEAVING: u8 = 7;
const TAG_PING: u8 = 8;
const TAG_PONG: u8 = 9;
const TAG_STARTED: u8 = 10;

/// Bytes kept of a text: it is for people.
const TEXT_MAX: usize = 1024;

/// What the supervisor tells a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// Serve the socket that comes with this message.
    Link(LinkOrder),
    /// End the links of `owner`.
    EndOwner { owner: u64 },
    /// Drain, interrupt after `grace` what still runs, and end.
    Leave { grace: Duration },
    /// Give a sign of life.
    Ping,
    /// Mark the tasks that start in the file that comes with this message.
    Started,
}

/// A link that a child is to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinkOrder {
    pub(super) link: u64,
    pub(super) owner: u64,
    /// Whether the socket is a Unix socket, not one of TCP.
    pub(super) is_unix: bool,
    /// How many slaves stand behind the address at which the master knocked.
    pub(super) slaves: u32,
}

/// What a child tells its supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// It can be given links.
    Ready,
    /// A link has ended.
    Ended { link: u64, why: LinkError },
    /// A task goes on although it was told to stop long ago.
    Deaf,
    /// It takes no more tasks, and ends when those that run have.
    Leaving,
    /// A sign of life.
    Pong,
}

impl Order {
    pub(super) fn encode(&self) -> Bytes {
        match *self {
            Self::Link(LinkOrder { link, owner, is_unix, slaves }) => message(TAG_LINK, |out| {
                out.put_u64(link);
                out.put_u64(owner);
                out.put_u8(u8::from(is_unix));
                out.put_u32(slaves);
            }),
            Self::EndOwner { owner } => message(TAG_END_OWNER, |out| out.put_u64(owner)),
            Self::Leave { grace } => {
                let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
                message(TAG_LEAVE, |out| out.put_u64(grace_ms))
            }
            Self::Ping => message(TAG_PING, |_| {}),
            Self::Started => message(TAG_STARTED, |_| {}),
        }
    }

    /// Reads a message without its length; `None` if it is none.
    pub(super) fn decode(mut bytes: Bytes) -> Option<Self> {
        let mut read = || {
            Ok::<_, TryGetError>(match bytes.try_get_u8()? {
                TAG_LINK => Some(Self::Link(LinkOrder {
                    link: bytes.try_get_u64()?,
                    owner: bytes.try_get_u64()?,
                    is_unix: bytes.try_get_u8()? != 0,
                    slaves: bytes.try_get_u32()?,
                })),
                TAG_END_OWNER => Some(Self::EndOwner { owner: bytes.try_get_u64()? }),
                TAG_LEAVE => Some(Self::Leave { grace: Duration::from_millis(bytes.try_get_u64()?) }),
                TAG_PING => Some(Self::Ping),
                TAG_STARTED => Some(Self::Started),
                _ => None,
            })
        };
        read().ok().flatten().filter(|_| bytes.is_empty())
    }
}

impl Report {
    pub(super) fn encode(&self) -> Bytes {
        match self {
            Self::Ready => message(TAG_READY, |_| {}),
            Self::Deaf => message(TAG_DEAF, |_| {}),
            Self::Leaving => message(TAG_LEAVING, |_| {}),
            Self::Pong => message(TAG_PONG, |_| {}),
            Self::Ended { link, why } => message(TAG_ENDED, |out| {
                out.put_u64(*link);
                put_why(out, why);
            }),
        }
    }

    /// Reads a message without its length; `None` if it is none.
    pub(super) fn decode(mut bytes: Bytes) -> Option<Self> {
        match bytes.try_get_u8().ok()? {
            TAG_READY if bytes.is_empty() => Some(Self::Ready),
            TAG_DEAF if bytes.is_empty() => Some(Self::Deaf),
            TAG_LEAVING if bytes.is_empty() => Some(Self::Leaving),
            TAG_PONG if bytes.is_empty() => Some(Self::Pong),
            TAG_ENDED => {
                let link = bytes.try_get_u64().ok()?;
                Some(Self::Ended { link, why: take_why(bytes)? })
            }
            _ => None,
        }
    }
}

const WHY_CLOSED: u8 = 1;
const WHY_SHUTDOWN: u8 = 2;
const WHY_PEER_SHUTDOWN: u8 = 3;
const WHY_REFUSED: u8 = 4;
const WHY_TOKEN: u8 = 5;
const WHY_SAME_ROLE: u8 = 6;
const WHY_VERSION: u8 = 7;
const WHY_OTHER: u8 = 8;
const WHY_NO_MASTER: u8 = 9;
const WHY_HANDSHAKE: u8 = 10;

/// Writes why a link ended: exactly where somebody decides by it, else in words.
fn put_why(out: &mut BytesMut, why: &LinkError) {
    match why {
        LinkError::Closed => out.put_u8(WHY_CLOSED),
        LinkError::Shutdown => out.put_u8(WHY_SHUTDOWN),
        LinkError::PeerShutdown => out.put_u8(WHY_PEER_SHUTDOWN),
        LinkError::Refused { reason } => put_text(out, WHY_REFUSED, reason),
        LinkError::TokenMismatch { reason } => put_text(out, WHY_TOKEN, reason),
        LinkError::SameRole { .. } => out.put_u8(WHY_SAME_ROLE),
        LinkError::Version { ours_min, ours_max, theirs, theirs_min, theirs_max } => {
            out.put_u8(WHY_VERSION);
            for version in [ours_min, ours_max, theirs_min, theirs_max] {
                out.put_u16(*version);
            }
            out.put_slice(text_of(theirs));
        }
        LinkError::NoMaster { reason } => put_text(out, WHY_NO_MASTER, reason),
        LinkError::HandshakeTimeout { limit } => {
            out.put_u8(WHY_HANDSHAKE);
            out.put_u64(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
        }
        other => put_text(out, WHY_OTHER, &other.to_string()),
    }
}

fn take_why(mut bytes: Bytes) -> Option<LinkError> {
    Some(match bytes.try_get_u8().ok()? {
        WHY_CLOSED => LinkError::Closed,
        WHY_SHUTDOWN => LinkError::Shutdown,
        WHY_PEER_SHUTDOWN => LinkError::PeerShutdown,
        WHY_REFUSED => LinkError::Refused { reason: rest(&bytes) },
        WHY_TOKEN => LinkError::TokenMismatch { reason: rest(&bytes) },
        WHY_SAME_ROLE => LinkError::SameRole { role: "slave" },
        WHY_VERSION => LinkError::Version {
            ours_min: bytes.try_get_u16().ok()?,
            ours_max: bytes.try_get_u16().ok()?,
            theirs_min: bytes.try_get_u16().ok()?,
            theirs_max: bytes.try_get_u16().ok()?,
            theirs: rest(&bytes),
        },
        WHY_NO_MASTER => LinkError::NoMaster { reason: rest(&bytes) },
        WHY_HANDSHAKE => LinkError::HandshakeTimeout { limit: Duration::from_millis(bytes.try_get_u64().ok()?) },
        WHY_OTHER => LinkError::Io { kind: std::io::ErrorKind::Other, message: rest(&bytes) },
        _ => return None,
    })
}

fn put_text(out: &mut BytesMut, tag: u8, text: &str) {
    out.put_u8(tag);
    out.put_slice(text_of(text));
}

fn text_of(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(TEXT_MAX)]
}

fn rest(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn message(tag: u8, fill: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u8(tag);
    fill(&mut body);
    let length = u16::try_from(body.len()).expect("texts are cut, and the rest is short");
    let mut out = BytesMut::with_capacity(2 + body.len());
    out.put_u16(length);
    out.put(body);
    out.freeze()
}

/// Takes the first whole message off `input`, without its length.
pub(super) fn take_message(input: &mut BytesMut) -> Option<Bytes> {
    let length = usize::from(u16::from_be_bytes(*input.first_chunk()?));
    if input.len() < 2 + length {
        return None;
    }
    input.advance(2);
    Some(input.split_to(length).freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_reports_are_read_as_they_were_said_however_they_are_cut() {
        let link = LinkOrder { link: 7, owner: 8, is_unix: true, slaves: 9 };
        let orders = [
            Order::Link(link),
            Order::EndOwner { owner: u64::MAX },
            Order::Leave { grace: Duration::from_millis(1500) },
            Order::Ping,
            Order::Started,
        ];
        let version = LinkError::Version { ours_min: 1, ours_max: 2, theirs: "x".into(), theirs_min: 3, theirs_max: 4 };
        let reports = [
            LinkError::Closed,
            LinkError::Refused { reason: "no".into() },
            LinkError::NoMaster { reason: "?".into() },
            LinkError::HandshakeTimeout { limit: Duration::from_secs(5) },
            version,
        ]
        .map(|why| Report::Ended { link: 3, why });
        let reports = [&reports[..], &[Report::Ready, Report::Deaf, Report::Leaving, Report::Pong]].concat();
        let bytes: Vec<u8> =
            orders.iter().map(Order::encode).chain(reports.iter().map(Report::encode)).flatten().collect();

        let mut input = BytesMut::new();
        let mut messages = Vec::new();
        for byte in bytes {
            input.put_u8(byte);
            messages.extend(take_message(&mut input));
        }
        let (first, last) = messages.split_at(orders.len());
        assert_eq!(first.iter().cloned().filter_map(Order::decode).collect::<Vec<_>>(), orders);
        assert_eq!(last.iter().cloned().filter_map(Report::decode).collect::<Vec<_>>(), reports);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bytes in [&b""[..], b"\x01", b"\x63", b"\x02\0\0\0\0\0\0\0\0extra"] {
            assert_eq!(Order::decode(Bytes::from_static(bytes)), None, "{bytes:?}");
            assert_eq!(Report::decode(Bytes::from_static(bytes)), None, "{bytes:?}");
        }
    }
}
