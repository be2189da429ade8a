//! What is known about the value of an expression before it is evaluated.

use std::rc::Rc;

use crate::{Arity, DatumKind};

/// What an expression gives, as far as that is certain.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Unknown,
    /// None: it raises.
    Never,
    /// One value of which nothing more is known.
    Single,
    Procedure(Rc<Signature>),
    /// A list of so many items.
    List(usize),
    /// So many values at once.
    Several(usize),
}

/// How a procedure is called. Where it may be one of several procedures, this speaks of them all.
#[derive(Debug)]
pub(super) struct Signature {
    /// A call must fit one of these.
    pub(super) arities: Vec<Arity>,
    /// What a call gives.
    pub(super) result: Value,
}

impl Value {
    pub(super) fn procedure(arities: Vec<Arity>, result: Self) -> Self {
        let result = if result.depth() < RESULTS_MAX { result } else { Self::Unknown };
        Self::Procedure(Rc::new(Signature { arities, result }))
    }

    pub(super) fn constant(kind: &DatumKind) -> Self {
        match kind {
            DatumKind::List(items) => Self::List(items.len()),
            _ => Self::Single,
        }
    }

    /// What holds of a value that is this one or the other.
    pub(super) fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Procedure(left), Self::Procedure(right)) if Rc::ptr_eq(left, right) => self.clone(),
            (Self::Procedure(left), Self::Procedure(right)) => left.or(right),
            (Self::List(left), Self::List(right)) if left == right => Self::List(*left),
            (Self::Never, value) | (value, Self::Never) => value.clone(),
            _ => match (self.count(), other.count()) {
                (Some(1), Some(1)) => Self::Single,
                (Some(left), Some(right)) if left == right => Self::Several(left),
                _ => Self::Unknown,
            },
        }
    }

    /// How many values these are.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Self::Unknown | Self::Never => None,
            Self::Single | Self::Procedure(_) | Self::List(_) => Some(1),
            Self::Several(count) => Some(*count),
        }
    }

    pub(super) fn signature(&self) -> Option<&Signature> {
        match self {
            Self::Procedure(signature) => Some(signature),
            _ => None,
        }
    }

    /// How often it can be called, and what that gives again.
    fn depth(&self) -> usize {
        std::iter::successors(self.signature(), |signature| signature.result.signature()).count()
    }
}

impl Signature {
    pub(super) fn accepts(&self, count: usize) -> bool {
        self.arities.iter().any(|arity| arity.accepts(count))
    }

    /// `1 argument or 3 arguments`
    pub(super) fn takes(&self) -> String {
        let texts: Vec<_> = self.arities.iter().map(ToString::to_string).collect();
        if texts.is_empty() { "nothing: it has no clause".into() } else { texts.join(" or ") }
    }

    fn or(&self, other: &Self) -> Value {
        if self.arities.len() + other.arities.len() > ALTERNATIVES_MAX {
            return Value::Unknown;
        }
        let mut arities = self.arities.clone();
        arities.extend(other.arities.iter().filter(|arity| !self.arities.contains(arity)));
        Value::procedure(arities, self.result.or(&other.result))
    }
}

/// Of a procedure that gives a procedure that gives a procedure …, so many are known.
const RESULTS_MAX: usize = 8;

/// What is one of more procedures than this is taken for unknown.
const ALTERNATIVES_MAX: usize = 16;
