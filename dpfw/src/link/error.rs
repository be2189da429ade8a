//! Why a link ended.

use std::{io, time::Duration};

use crate::{
    security,
    wire::{Death, WireError},
};

/// Why a link could not be made, or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The peer closed the connection.
    #[error("the peer closed the connection")]
    Closed,
    /// The operating system reported an error.
    #[error("{message}")]
    Io {
        /// What kind of error.
        kind: io::ErrorKind,
        /// The system's words.
        message: String,
    },
    /// The peer gave no sign of life.
    #[error("no sign of life for {silence:?}")]
    Silent {
        /// How long it was silent.
        silence: Duration,
    },
    /// The peer did not introduce itself in time.
    #[error("no handshake within {limit:?}")]
    HandshakeTimeout {
        /// How long it had.
        limit: Duration,
    },
    /// The connection ended before the peer had introduced itself: it may be no dpfw, or a slave where a master was
    /// expected.
    #[error("the other end did not introduce itself as a master: {reason}")]
    NoMaster {
        /// What happened instead.
        reason: String,
    },
    /// The peer's process ended, and its supervisor says how.
    #[error("the peer's process ended: {0}")]
    Died(Death),
    /// The peer sent what is not the protocol.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The two sides speak no common version of the protocol.
    #[error(
        "no common version: this side speaks protocol {ours_min} to {ours_max}, the peer ({theirs}) {theirs_min} to {theirs_max}"
    )]
    Version {
        /// Lowest version of this side.
        ours_min: u16,
        /// Highest version of this side.
        ours_max: u16,
        /// The peer's software, as it names itself.
        theirs: String,
        /// Lowest version of the peer.
        theirs_min: u16,
        /// Highest version of the peer.
        theirs_max: u16,
    },
    /// Both sides are masters, or both are slaves.
    #[error("both ends of the link are {role}s")]
    SameRole {
        /// The role of both.
        role: &'static str,
    },
    /// The peer does not accept this side.
    #[error("the peer refused the link: {reason}")]
    Refused {
        /// The peer's words.
        reason: String,
    },
    /// The peer does not know the secret.
    #[error("{reason}")]
    TokenMismatch {
        /// In what way.
        reason: String,
    },
    /// The peer sent more bytes than this side had asked for.
    #[error("the peer sent more data than its window allows")]
    WindowExceeded,
    /// The peer sent more than may wait here for the tasks that it is for.
    #[error("more than {limit} bytes from the peer wait to be read")]
    TooMuchUnread {
        /// How many may wait.
        limit: usize,
    },
    /// The peer does not read what this side has to say, though it may give signs of life.
    #[error("{limit} bytes or more wait for a peer that does not read")]
    PeerDoesNotRead {
        /// How many wait at least.
        limit: usize,
    },
    /// Too many others came and did not introduce themselves either.
    #[error("more than {limit} peers have not introduced themselves, and this one was the first of them")]
    TooManyStrangers {
        /// How many may be there at once.
        limit: usize,
    },
    /// This side was shut down.
    #[error("this side was shut down")]
    Shutdown,
    /// The peer said goodbye.
    #[error("the peer was shut down")]
    PeerShutdown,
}

impl LinkError {
    /// Whether the peer is not one to link with, so that dialling it again would end in the same way.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Version { .. } | Self::SameRole { .. } | Self::Refused { .. } | Self::TokenMismatch { .. })
    }
}

impl From<io::Error> for LinkError {
    fn from(err: io::Error) -> Self {
        if let Some(reason) = security::refusal(&err) {
            return Self::Refused { reason };
        }
        // TLS was not told of the end: the peer's process has ended without a word.
        if err.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Closed;
        }
        Self::Io { kind: err.kind(), message: err.to_string() }
    }
}
