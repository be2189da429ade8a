//! What the expander makes of a program: core, less the boxes, and with its definitions still in place.

use std::sync::Arc;

use crate::{Datum, DatumKind, Span};

/// An expression with its place.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) node: Node,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum Node {
    /// A constant. The ones that the program wrote as such may be lifted out of the template.
    Quote {
        datum: Datum,
        liftable: bool,
    },
    /// A value of the sender.
    Hole(u32),
    Variable(VariableId),
    /// A procedure that the slave offers.
    Procedure(Arc<str>),
    Lambda(Lambda),
    CaseLambda(Vec<Lambda>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Begin(Vec<Expr>),
    Call(Box<Expr>, Vec<Expr>),
    Assign(VariableId, Box<Expr>),
    /// Definitions and expressions in order, as in `letrec*`, then the value.
    Body(Vec<Item>, Box<Expr>),
    /// Stands where a mistake was reported; nothing more is said about it.
    Poison,
}

#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) params: Vec<VariableId>,
    pub(crate) rest: Option<VariableId>,
    pub(crate) body: Box<Expr>,
}

/// A part of a body before its value.
#[derive(Debug)]
pub(crate) enum Item {
    Define(VariableId, Expr),
    Effect(Expr),
}

/// Which variable: an index into [`Variables`](super::Expander::variables).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VariableId(pub(crate) u32);

/// A variable of the program.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: Arc<str>,
    pub(crate) assigned: bool,
}

impl Expr {
    pub(crate) fn new(node: Node, span: Span) -> Self {
        Self { node, span }
    }

    pub(crate) fn poison(span: Span) -> Self {
        Self::new(Node::Poison, span)
    }

    /// A constant as the program wrote it.
    pub(crate) fn literal(datum: Datum) -> Self {
        let span = datum.span;
        Self::new(Node::Quote { datum, liftable: true }, span)
    }

    /// A constant that belongs to the shape of the program.
    pub(crate) fn constant(kind: DatumKind, span: Span) -> Self {
        Self::new(Node::Quote { datum: Datum::new(kind, span), liftable: false }, span)
    }

    pub(crate) fn void(span: Span) -> Self {
        Self::constant(DatumKind::Void, span)
    }

    pub(crate) fn bool(value: bool, span: Span) -> Self {
        Self::constant(DatumKind::Bool(value), span)
    }

    pub(crate) fn symbol(name: &Arc<str>, span: Span) -> Self {
        Self::new(Node::Quote { datum: Datum::symbol(Arc::clone(name), span), liftable: false }, span)
    }

    pub(crate) fn variable(id: VariableId, span: Span) -> Self {
        Self::new(Node::Variable(id), span)
    }

    pub(crate) fn lambda(params: Vec<VariableId>, rest: Option<VariableId>, body: Self, span: Span) -> Self {
        Self::new(Node::Lambda(Lambda { params, rest, body: Box::new(body) }), span)
    }

    pub(crate) fn thunk(body: Self, span: Span) -> Self {
        Self::lambda(Vec::new(), None, body, span)
    }

    pub(crate) fn conditional(test: Self, then: Self, otherwise: Self, span: Span) -> Self {
        Self::new(Node::If(Box::new(test), Box::new(then), Box::new(otherwise)), span)
    }

    pub(crate) fn call(operator: Self, operands: Vec<Self>, span: Span) -> Self {
        Self::new(Node::Call(Box::new(operator), operands), span)
    }

    /// A call of the procedure that the slave offers as `name`, whatever the program has bound that name to.
    pub(crate) fn call_offered(name: &str, operands: Vec<Self>, span: Span) -> Self {
        debug_assert!(
            crate::vocabulary::procedure(name).is_some_and(|procedure| procedure.arity.accepts(operands.len())),
            "the expander calls {name} wrongly"
        );
        Self::call(Self::new(Node::Procedure(name.into()), span), operands, span)
    }

    /// `body` where `variable` is `value`.
    pub(crate) fn let_one(variable: VariableId, value: Self, body: Self, span: Span) -> Self {
        Self::call(Self::lambda(vec![variable], None, body, span), vec![value], span)
    }

    /// The expressions in order; the value is the last one's.
    pub(crate) fn sequence(mut exprs: Vec<Self>, span: Span) -> Self {
        if exprs.len() > 1 {
            return Self::new(Node::Begin(exprs), span);
        }
        exprs.pop().unwrap_or_else(|| Self::void(span))
    }
}
