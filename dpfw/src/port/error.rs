//! Why a port could not be read or written.

use std::io;

use crate::value::ValueError;

/// Why a port could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// The other side closed its end and everything that it wrote has been read.
    #[error("the port has ended")]
    Eof,
    /// This side closed the port.
    #[error("the port is closed")]
    Closed,
    /// The task is over, or the connection is: nobody is at the other end any more.
    #[error("the other side of the port is gone")]
    Disconnected,
    /// Text that is not a datum. Reading goes on after it.
    #[error("{line}:{column}: {message}")]
    Malformed {
        /// The line of the text on this port, from 1; data that were not read as text do not count.
        line: u32,
        /// The character of the line, from 1.
        column: u32,
        /// What is wrong.
        message: String,
    },
    /// Bytes that are not UTF-8 where text is read. Reading goes on after them.
    #[error("text is not UTF-8")]
    NotUtf8,
    /// A line, or a datum in text, that does not end. What there was of it is lost. Data count as 64 bytes at least where
    /// they are read as text.
    #[error("no end within {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// A value that could not be written, or not be read as the type that was asked for.
    #[error(transparent)]
    Value(#[from] ValueError),
}

impl PortError {
    /// Whether the port has ended, in good order or not, rather than held something else than was expected.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Eof | Self::Closed | Self::Disconnected)
    }
}

/// For the byte streams of ports.
impl From<PortError> for io::Error {
    fn from(error: PortError) -> Self {
        let kind = match error {
            PortError::Eof => io::ErrorKind::UnexpectedEof,
            PortError::Closed => io::ErrorKind::NotConnected,
            PortError::Disconnected => io::ErrorKind::ConnectionAborted,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
