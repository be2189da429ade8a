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

use crate::{Arity, Datum, Span};

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

impl Core {
    pub(crate) fn local(local: Local, span: Span) -> Self {
        Self { kind: CoreKind::Local(local), span }
    }

    pub(crate) fn quote(datum: Datum) -> Self {
        let span = datum.span;
        Self { kind: CoreKind::Quote(datum), span }
    }

    /// A call of a procedure that the slave offers.
    pub(crate) fn offered(name: &str, operands: Vec<Self>, span: Span) -> Self {
        let operator = Self { kind: CoreKind::Global(name.into()), span };
        Self { kind: CoreKind::Call(Box::new(operator), operands), span }
    }

    /// `body` where the locals are the values.
    pub(crate) fn immediate(locals: Vec<Local>, body: Self, values: Vec<Self>, span: Span) -> Self {
        let lambda = Lambda { params: locals, rest: None, body: Box::new(body) };
        let operator = Self { kind: CoreKind::Lambda(lambda), span };
        Self { kind: CoreKind::Call(Box::new(operator), values), span }
    }

    /// One or more expressions in order.
    pub(crate) fn begin(mut exprs: Vec<Self>, span: Span) -> Self {
        match exprs.pop() {
            Some(only) if exprs.is_empty() => only,
            last => {
                exprs.extend(last);
                Self { kind: CoreKind::Begin(exprs), span }
            }
        }
    }
}

impl Lambda {
    /// How many arguments it takes.
    pub fn arity(&self) -> Arity {
        let min = u16::try_from(self.params.len()).unwrap_or(u16::MAX);
        Arity { min, max: if self.rest.is_some() { None } else { Some(min) } }
    }
}

impl Local {
    /// The local that a word of core text names.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let digits = word.strip_prefix('_')?;
        let is_canonical = digits == "0" || digits.starts_with(|c: char| c.is_ascii_digit() && c != '0');
        if !is_canonical || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok().map(Self)
    }
}
