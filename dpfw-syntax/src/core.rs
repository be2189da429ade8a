//! Core, the small language that everything expands to.
//!
//! ```text
//! core   = constant | (quote datum) | local | global
//!        | (lambda (local …) core) | (lambda (local … . local) core)
//!        | (if core core core) | (begin core core …) | (core core …)
//! local  = `_` and a decimal number, unique in the template
//! ```
//!
//! Every local is bound once and never assigned: assigned and recursive variables live in boxes, made and used by the
//! procedures `%box`, `%unbox`, `%set-box!`. Globals are the procedures that a slave offers. Names that begin with `%`
//! are procedures for the expander's use; programs cannot name them.

use std::sync::Arc;

use crate::{Datum, Span};

/// One expression of core, with the place of the source that it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Core {
    /// The expression.
    pub kind: CoreKind,
    /// Where it came from.
    pub span: Span,
}

/// The seven expressions of core.
#[derive(Debug, Clone, PartialEq)]
pub enum CoreKind {
    /// A constant: no splice and no alias inside.
    Quote(Datum),
    /// A variable bound by a `lambda` around it.
    Local(Local),
    /// A procedure that the slave offers.
    Global(Arc<str>),
    /// A procedure.
    Lambda(Lambda),
    /// Test, consequence, alternative.
    If(Box<Core>, Box<Core>, Box<Core>),
    /// Two or more expressions in order; the value is the last one's.
    Begin(Vec<Core>),
    /// Operator and arguments.
    Call(Box<Core>, Vec<Core>),
}

/// A procedure of core.
#[derive(Debug, Clone, PartialEq)]
pub struct Lambda {
    /// The parameters.
    pub params: Vec<Local>,
    /// The parameter that takes the rest of the arguments as a list.
    pub rest: Option<Local>,
    /// The body.
    pub body: Box<Core>,
}

/// A variable, numbered uniquely within its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Local(pub u32);
