//! The wire protocol, version 1: frames and messages as bytes. No sockets, tasks or clocks here.
//!
//! # Frames
//!
//! A link carries frames in both directions. Integers are big-endian.
//!
//! ```text
//! | length: u32 | kind: u8 | flags: u8 | task: u64 | payload … | mark: u8 |
//!               |<------------------- length bytes -------------------->|
//! ```
//!
//! The mark is 0xff, and 0xfe for died. The supervisor of a process that has died says died on its behalf, which may be in
//! the middle of a frame: the message has no byte 0xff, so that it never makes a frame complete that was not sent as one.
//!
//! A payload has at most 65,536 bytes, so that a heartbeat or a cancel never waits behind a large value: a longer
//! message is cut into frames of the same kind and task, all but the last with the flag `MORE` (1). Between two parts
//! only complete messages may come. Frames that belong to the link and not to a task have task 0; a master numbers its
//! tasks on a link from 1 upwards and never uses a number twice.
//!
//! # Messages
//!
//! | kind | name | from | payload |
//! |---|---|---|---|
//! | 1 | hello | both | `dpfw`, then fields (see [`Hello`]); the first frame in each direction, the master's first: a slave that accepts it answers with its own |
//! | 2 | ping | both | 8 bytes to be sent back |
//! | 3 | pong | both | the 8 bytes of the ping |
//! | 4 | goodbye | both | reason: u8, then text: no new tasks; the sender closes when its running ones have ended |
//! | 5 | died | slave | text: the sender's process has ended, see [`Death`], and which task had started last; its supervisor says so, whenever it is, also before a hello |
//! | 6 | challenge | slave | 16 bytes: answers the hello of a master, if the slave knows a token |
//! | 7 | proof | master | 32 bytes: answers the challenge; the slave's hello follows |
//! | 16 | run | master | template: 16 bytes · time left in ms: u64, 0 for none · number of values: u32 · with the flag `LIMITED` (8), what it may take, each a u64, all ones for no limit: CPU time in ms, bytes of memory, of output, of its value · the values, encoded; with the flag `ENDED` (4) no data follow from the master |
//! | 17 | need-template | slave | template: 16 bytes: the slave does not have it and keeps the task waiting |
//! | 18 | template | master | core text |
//! | 19 | data | both | what was written on a port: a part of an encoded value with the flag `DATUM` (2), else text or bytes |
//! | 20 | end | both | nothing: the sender closed this direction of the port |
//! | 21 | credit | both | u32: so many more bytes of data may be sent for this task |
//! | 22 | done | slave | nothing, or with the flag `DATUM` the encoded value of the remote procedure |
//! | 23 | failed | slave | see [`Failure`] |
//! | 24 | cancel | master | nothing: stop the task; the slave still answers with done or failed |
//! | 25 | log | slave | text that the task printed on its current output port |
//! | 26 | recall | master | nothing: if the task has not started it is answered with failed, `NotStarted`; else ignored |
//!
//! A slave answers every run with exactly one done or failed. Frames for a task that has ended cross on the wire and
//! are ignored by the slave; a slave that speaks about a task that it does not have breaks the protocol.
//!
//! # Tokens
//!
//! A token is never said. Each side sends a challenge, and proves that it knows the token by HMAC-SHA-256 (RFC 2104), keyed with
//! it, over `dpfw`, the token's length in bytes (u64), its role (1 master, 2 slave), the master's challenge and the slave's: the
//! master first, whoever has dialled; the slave in its hello. The proof is of the two ends and not of the way between them: only
//! TLS proves that.
//!
//! # Flow control
//!
//! For each task and direction the receiver grants a window of bytes of data: at first the one of its hello, later by
//! credit. A sender never exceeds it; values longer than the window pass in parts, for which credit is given as they come, once
//! all before them has been read. Neither side sends a value longer than the other's hello allows, nor a master a task ahead to
//! a slave that has values of as many bytes already. Whoever makes the other side hold more than four such values and windows is
//! given up, and so is one that does not read for as long as it may be silent.
//!
//! # Versions
//!
//! The frame's head and the hello's first field never change, so that peers of different versions can say so.

mod death;
mod failure;
mod frame;
mod frames;
mod hello;
mod message;

pub use self::death::{Death, DeathCause};
pub(crate) use self::{
    failure::Failure,
    frame::{Flags, Frame, FrameKind, PAYLOAD_MAX, TaskId},
    frames::Frames,
    hello::{Challenge, Hello, MESSAGE_MAX, Native, Proof, Role},
    message::{GoodbyeReason, Message, Run, TaskLimits},
};

/// The protocol versions that this build speaks.
pub(crate) const VERSION_MIN: u16 = 1;
/// See [`VERSION_MIN`].
pub(crate) const VERSION_MAX: u16 = 1;

/// What a peer sent that is not the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// A frame that is shorter than its head.
    #[error("frame of {length} bytes is shorter than a frame's head")]
    FrameTooShort {
        /// The length that the peer sent.
        length: u32,
    },
    /// A frame that is longer than the protocol allows.
    #[error("frame of {length} bytes is longer than {length_max}")]
    FrameTooLong {
        /// The length that the peer sent.
        length: u32,
        /// The longest allowed.
        length_max: u32,
    },
    /// A message in parts that is longer than this side accepts.
    #[error("message of more than {length_max} bytes")]
    MessageTooLong {
        /// The longest accepted.
        length_max: usize,
    },
    /// A frame of a kind that this version does not know.
    #[error("unknown frame kind {kind}")]
    UnknownKind {
        /// The kind that the peer sent.
        kind: u8,
    },
    /// The first bytes are not those of dpfw.
    #[error("the peer does not speak dpfw")]
    NotDpfw,
    /// The first bytes are those of TLS.
    #[error("the peer speaks TLS, and this side was not told to")]
    Tls,
    /// A frame that does not end with its mark: most likely its sender died in the middle of it.
    #[error("a {message} message is cut off")]
    CutOff {
        /// The kind of message.
        message: &'static str,
    },
    /// A message whose payload ends early, has bytes left over or holds what it may not.
    #[error("malformed {message} message: {what}")]
    Malformed {
        /// The kind of message.
        message: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A message that may not come now or from this peer.
    #[error("unexpected {message} message: {why}")]
    Unexpected {
        /// The kind of message.
        message: &'static str,
        /// Why it may not come.
        why: &'static str,
    },
}

impl WireError {
    pub(crate) fn malformed(kind: FrameKind, what: &'static str) -> Self {
        Self::Malformed { message: kind.name(), what }
    }

    pub(crate) fn unexpected(kind: FrameKind, why: &'static str) -> Self {
        Self::Unexpected { message: kind.name(), why }
    }
}
