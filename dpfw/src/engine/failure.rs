//! Why a template was not admitted, and why a task failed.

use steel::SteelVal;

use super::{
    convert::export_shown,
    fault::{Condition, ConditionKind, Fault},
};
use crate::value::Value;

/// Why a template cannot be run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// Where in the template's text, if somewhere.
    pub(crate) offset: Option<u32>,
    /// Why, in words.
    pub(crate) message: String,
}

/// Why a task gave no value.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It raised something that it did not handle.
    Raised(Box<Raised>),
    /// It passed a limit of the slave and did not handle the error.
    Limit(Box<Raised>),
    /// It was interrupted.
    Interrupted,
    /// The evaluator broke, and was replaced.
    Panicked(String),
    /// The template was compiled for an evaluator that has been replaced since, and the new one refuses it.
    Rejected(Rejection),
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
            Some((kind, message, irritants)) => {
                let irritants = match presentable(&irritants) {
                    Value::List(items) => items,
                    other => vec![other],
                };
                let message = text(&presentable(&message));
                let raised = Box::new(Raised { message, irritants, payload: Value::Void, offset, backtrace });
                if kind == ConditionKind::Limit { Self::Limit(raised) } else { Self::Raised(raised) }
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
            Fault::Limit(message) => Self::Limit(raised(message)),
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
    let mut text = value.display().to_string();
    if text.len() > MESSAGE_BYTES_MAX {
        let end = (0..=MESSAGE_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
