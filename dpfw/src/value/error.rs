//! What is wrong with a value, or with the wish to make one.

use std::fmt;

use serde::{de, ser};

use super::{DEPTH_MAX, NODES_MAX};

/// Why a value could not be made, read as a Rust type, or sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError(Box<Content>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    kind: ValueErrorKind,
    /// From the innermost step to the outermost, as errors pass them on their way up.
    path: Vec<Step>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueErrorKind {
    /// A value of another kind than the Rust type is made from.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// What the type is made from.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A number that the Rust type cannot hold exactly.
    #[error("{number} is not exactly representable as {target}")]
    Inexact {
        /// The number.
        number: String,
        /// The Rust type.
        target: &'static str,
    },
    /// A sequence of another length than the Rust type has.
    #[error("expected {expected}, found {length} elements")]
    Length {
        /// What the type is made from.
        expected: String,
        /// How many elements there are.
        length: usize,
    },
    /// A field that the Rust type needs is not there.
    #[error("missing field `{field}`")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// A field that the Rust type does not have.
    #[error("unknown field `{field}`")]
    UnknownField {
        /// The field.
        field: String,
        /// The fields of the type.
        expected: &'static [&'static str],
    },
    /// A field or a key that is there twice.
    #[error("{key} is there twice")]
    Duplicate {
        /// The field or key.
        key: String,
    },
    /// The name of no variant of the Rust type.
    #[error("unknown variant `{variant}`")]
    UnknownVariant {
        /// The name.
        variant: String,
        /// The variants of the type.
        expected: &'static [&'static str],
    },
    /// A procedure, a port, or something else that cannot travel.
    #[error("{text} cannot travel")]
    Opaque {
        /// What it is.
        text: String,
    },
    /// Lists, vectors and hash tables nested deeper than [`Value::DEPTH_MAX`](super::Value::DEPTH_MAX).
    #[error("value is nested deeper than {depth_max}")]
    TooDeep {
        /// The limit.
        depth_max: u32,
    },
    /// More values within the value than [`Value::NODES_MAX`](super::Value::NODES_MAX).
    #[error("value holds more than {nodes_max} values")]
    TooLarge {
        /// The limit.
        nodes_max: u32,
    },
    /// An exact number of more bytes than can be sent.
    #[error("number of more than {length_max} bytes")]
    NumberTooLong {
        /// The limit.
        length_max: usize,
    },
    /// A value of more bytes, as it is encoded, than the other side accepts.
    #[error("value of {length} bytes where the other side accepts {length_max}")]
    TooLong {
        /// Its length.
        length: usize,
        /// The limit.
        length_max: usize,
    },
    /// A value that another representation of data has nothing for.
    #[error("{found} has no counterpart in {target}")]
    NoCounterpart {
        /// What it is.
        found: String,
        /// The other representation.
        target: &'static str,
    },
    /// What a type's own implementation of serde's traits says.
    #[error("{message}")]
    Custom {
        /// The message.
        message: String,
    },
}

/// A limit that a value passes: of what, and how much there may be.
#[cfg(any(feature = "slave", test))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueLimit {
    pub(crate) which: &'static str,
    pub(crate) max: usize,
}

/// A step from a value to one of its elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Field(&'static str),
    Key(String),
    Index(usize),
}

impl ValueError {
    pub(crate) fn new(kind: ValueErrorKind) -> Self {
        Self(Box::new(Content { kind, path: Vec::new() }))
    }

    /// What is wrong.
    pub fn kind(&self) -> &ValueErrorKind {
        &self.0.kind
    }

    /// Where, from the whole value to the element: `servers[2].port`; empty if it is the whole value.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.0.path.iter().rev() {
            match step {
                Step::Field(_) | Step::Key(_) if !path.is_empty() => path.push('.'),
                _ => {}
            }
            match step {
                Step::Field(field) => path.push_str(field),
                Step::Key(key) => path.push_str(key),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }

    /// The same error, seen from the value of which the present one is an element.
    pub(crate) fn within(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }

    /// The limit that the value passes, if that is what is wrong.
    #[cfg(any(feature = "slave", test))]
    pub(crate) fn limit(&self) -> Option<ValueLimit> {
        let (which, max) = match *self.kind() {
            ValueErrorKind::TooDeep { depth_max } => ("levels of a value that travels", depth_max as usize),
            ValueErrorKind::TooLarge { nodes_max } => {
                ("parts of a value that travels, of which a long ratio counts for several", nodes_max as usize)
            }
            ValueErrorKind::NumberTooLong { length_max } => ("bytes of a number that travels", length_max),
            _ => return None,
        };
        Some(ValueLimit { which, max })
    }

    pub(crate) fn opaque(text: &str) -> Self {
        Self::new(ValueErrorKind::Opaque { text: text.to_owned() })
    }

    pub(crate) fn too_deep() -> Self {
        Self::new(ValueErrorKind::TooDeep { depth_max: DEPTH_MAX })
    }

    pub(crate) fn too_large() -> Self {
        Self::new(ValueErrorKind::TooLarge { nodes_max: NODES_MAX })
    }

    pub(crate) fn too_long(length: usize, length_max: usize) -> Self {
        Self::new(ValueErrorKind::TooLong { length, length_max })
    }

    pub(crate) fn number_too_long(length_max: usize) -> Self {
        Self::new(ValueErrorKind::NumberTooLong { length_max })
    }

    pub(crate) fn inexact(number: impl fmt::Display, target: &'static str) -> Self {
        Self::new(ValueErrorKind::Inexact { number: shortened(number.to_string()), target })
    }

    pub(crate) fn no_counterpart(found: impl Into<String>, target: &'static str) -> Self {
        Self::new(ValueErrorKind::NoCounterpart { found: found.into(), target })
    }

    pub(crate) fn duplicate(key: impl fmt::Display) -> Self {
        Self::new(ValueErrorKind::Duplicate { key: key.to_string() })
    }
}

/// A number may have a million digits.
fn shortened(mut number: String) -> String {
    if number.len() > NUMBER_SHOWN_MAX {
        number.truncate(NUMBER_SHOWN_MAX);
        number.push('…');
    }
    number
}

/// Digits of a number that a message shows.
const NUMBER_SHOWN_MAX: usize = 60;

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.path.is_empty() {
            write!(f, "{}: ", self.path())?;
        }
        self.0.kind.fmt(f)
    }
}

impl std::error::Error for ValueError {}

impl ser::Error for ValueError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ValueErrorKind::Custom { message: message.to_string() })
    }
}

impl de::Error for ValueError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        <Self as ser::Error>::custom(message)
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(ValueErrorKind::Mismatch { expected: expected.to_string(), found: found.to_string() })
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        Self::new(ValueErrorKind::Length { expected: expected.to_string(), length })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(ValueErrorKind::UnknownVariant { variant: variant.to_owned(), expected })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(ValueErrorKind::UnknownField { field: field.to_owned(), expected })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(ValueErrorKind::MissingField { field })
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::duplicate(format_args!("field `{field}`"))
    }
}
