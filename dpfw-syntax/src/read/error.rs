//! Why a text could not be read.

use crate::{Span, SyntaxError};

/// Why a text could not be read. Spans count bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The text ends too early. More of it could help; the span tells what is not closed.
    #[error("{}", .0.message)]
    Incomplete(SyntaxError),
    /// A mistake, whatever follows.
    #[error("{}", .0.message)]
    Invalid(SyntaxError),
    /// Data nest deeper than [`ReadLimits::depth_max`](crate::ReadLimits::depth_max).
    #[error("this nests deeper than {depth_max} levels")]
    TooDeep {
        /// What is too deep.
        span: Span,
        /// The limit.
        depth_max: u32,
    },
    /// There are more data than [`ReadLimits::nodes_max`](crate::ReadLimits::nodes_max).
    #[error("there are more than {nodes_max} data")]
    TooLarge {
        /// The first one beyond the limit.
        span: Span,
        /// The limit.
        nodes_max: u32,
    },
    /// The text is longer than a [`Span`] can count.
    #[error("the text is longer than {bytes_max} bytes")]
    TooLong {
        /// The limit.
        bytes_max: u32,
    },
}

impl ReadError {
    /// Where.
    pub fn span(&self) -> Span {
        match self {
            Self::Incomplete(error) | Self::Invalid(error) => error.span,
            Self::TooDeep { span, .. } | Self::TooLarge { span, .. } => *span,
            Self::TooLong { .. } => Span::default(),
        }
    }

    /// Whether more text could help.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Self::Incomplete(_))
    }
}

impl From<ReadError> for SyntaxError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Incomplete(error) | ReadError::Invalid(error) => error,
            other => Self::new(other.span(), other.to_string()),
        }
    }
}
