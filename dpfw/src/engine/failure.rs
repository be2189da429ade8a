//! Why a template was not admitted, and why a task failed.

use std::fmt::{self, Write};

use dpfw_syntax::{AdmitError, AdmitErrorKind, ReadError};
use steel::SteelVal;

use super::{
    convert::export_shown,
    fault::{Condition, ConditionKind, Fault, Limit},
};
use crate::{plain::beginning, value::Value};

/// Why a template cannot be run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// Where in the template's text, if somewhere.
    pub(crate) offset: Option<u32>,
    /// Why, in words.
    pub(crate) message: String,
    /// The limit that it passes, if that is why.
    pub(crate) limit: Option<Limit>,
}

/// Why a task gave no value.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It raised something that it did not handle.
    Raised(Box<Raised>),
    /// It passed a limit and did not handle the error.
    Limit(Limit),
    /// It was interrupted.
    Interrupted,
    /// The system had no more memory for it.
    OutOfMemory,
    /// The evaluator broke, and was replaced.
    Panicked(String),
    /// The template was compiled for an evaluator that has been replaced since, and the new one refuses it.
    Rejected(Rejection),
}

impl Rejection {
    /// For a reason in words.
    pub(crate) fn new(offset: Option<u32>, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), limit: None }
    }
}

impl From<AdmitError> for Rejection {
    fn from(error: AdmitError) -> Self {
        let limit = match &error.kind {
            AdmitErrorKind::Unreadable(ReadError::TooDeep { depth_max, .. }) => {
                Some(Limit { which: "levels of a template", max: (*depth_max).into() })
            }
            AdmitErrorKind::Unreadable(ReadError::TooLarge { nodes_max, .. }) => {
                Some(Limit { which: "words and lists of a template", max: (*nodes_max).into() })
            }
            AdmitErrorKind::TooLong { effort_max, .. } => {
                Some(Limit { which: "work to compile a template, as estimated", max: *effort_max })
            }
            _ => None,
        };
        Self { offset: Some(error.offset), message: error.kind.to_string(), limit }
    }
}

/// What a task raised.
#[derive(Debug, Clone)]
pub(crate) struct Raised {
    /// The message of an error object; for other objects, their text.
    pub(crate) message: String,
    /// The irritants of an error object.
    pub(crate) irritants: Vec<Value>,
    /// The object itself; void for an error object, which is its message and irritants.
    pub(crate) payload: Value,
    /// Where in the template's text the call is that raised.
    pub(crate) offset: Option<u32>,
    /// The calls of the template that led there, innermost first.
    pub(crate) backtrace: Vec<u32>,
}

/// Texts for people are no longer than this.
const MESSAGE_BYTES_MAX: usize = 4_096;

impl Failure {
    /// The failure of a task that raised `payload` and did not handle it.
    pub(super) fn of(payload: &SteelVal, backtrace: Vec<u32>) -> Self {
        let condition = Condition::with(payload, |condition| {
            (condition.kind, condition.message.value().clone(), condition.irritants.value().clone())
        });
        let offset = backtrace.first().copied();
        match condition {
            Some((ConditionKind::Limit(limit), ..)) => Self::Limit(limit),
            Some((_, message, irritants)) => {
                let irritants = match presentable(&irritants) {
                    Value::List(items) => items,
                    other => vec![other],
                };
                let message = text(&presentable(&message));
                Self::Raised(Box::new(Raised { message, irritants, payload: Value::Void, offset, backtrace }))
            }
            None => {
                let payload = presentable(payload);
                let message = text(&payload);
                Self::Raised(Box::new(Raised { message, irritants: Vec::new(), payload, offset, backtrace }))
            }
        }
    }

    /// The failure of a task of which the values or the result met `fault`.
    pub(super) fn of_fault(fault: Fault) -> Self {
        let raised = |message: String| {
            Box::new(Raised {
                message,
                irritants: Vec::new(),
                payload: Value::Void,
                offset: None,
                backtrace: Vec::new(),
            })
        };
        match fault {
            Fault::Limit(limit) => Self::Limit(limit),
            Fault::Interrupted => Self::Interrupted,
            Fault::Misuse(message) | Fault::Malformed(message) | Fault::Port(message) => Self::Raised(raised(message)),
            Fault::WrongType { expected, found, .. } => {
                Self::Raised(raised(format!("expected {expected}, not {found}")))
            }
            Fault::Native(error) => Self::Raised(raised(error.to_string())),
            Fault::Raised(value) | Fault::Rethrown(value) => Self::of(&value, Vec::new()),
        }
    }
}

/// `value` as far as it travels.
fn presentable(value: &SteelVal) -> Value {
    export_shown(value).unwrap_or_else(|_| Value::Opaque("too large to show".into()))
}

/// `value` as `display` prints it, cut to a length that people read.
fn text(value: &Value) -> String {
    let mut beginning = Beginning(String::new());
    // It fails where the text is long enough.
    let _ = write!(beginning, "{}", value.display());
    beginning.0
}

/// The beginning of a text: what comes after it is not even made.
struct Beginning(String);

impl Write for Beginning {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = MESSAGE_BYTES_MAX.saturating_sub(self.0.len());
        if piece.len() <= room {
            self.0.push_str(piece);
            return Ok(());
        }
        self.0.push_str(beginning(piece, room));
        self.0.push('…');
        Err(fmt::Error)
    }
}
