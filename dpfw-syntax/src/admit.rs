//! Admission: whether a text from a peer is a template, and what it says.

use std::{collections::HashSet, sync::Arc};

use crate::{
    Arity, Core, CoreKind, Datum, DatumKind, Lambda, Local, ReadError, ReadLimits, Span,
    effort::{EFFORT_MAX, effort},
    lower::is_self_evaluating,
    read_first,
    stack::recurse,
};

/// Bounds on the templates that a slave takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmitLimits {
    /// How deep parentheses may nest. Default: 2,000, as deep as compilation makes them.
    pub depth_max: u32,
    /// How many words and lists a template may have. Default: 4,000,000.
    pub nodes_max: u32,
    /// How much there may be to compile: for each procedure the square of the number of variables around it that
    /// procedures refer to, 200 for each word or list, and some more. Default: 200,000,000, which take two or three
    /// seconds.
    pub effort_max: u64,
}

impl Default for AdmitLimits {
    fn default() -> Self {
        Self { depth_max: CORE_DEPTH_MAX, nodes_max: CORE_NODES_MAX, effort_max: EFFORT_MAX }
    }
}

/// Why a text is not a template that the slave can run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}, at byte {offset} of the template")]
pub struct AdmitError {
    /// Where, in bytes of the text.
    pub offset: u32,
    /// Why.
    pub kind: AdmitErrorKind,
}

/// Why a text is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmitErrorKind {
    /// It cannot be read, or exceeds a limit.
    #[error("{0}")]
    Unreadable(ReadError),
    /// It is not one expression, from end to end.
    #[error("a template is one expression")]
    NotOne,
    /// It is not a procedure of values that gives a procedure of two ports.
    #[error("not a template")]
    NotTemplate,
    /// Something stands there that is no part of core.
    #[error("expected {0}")]
    NotCore(&'static str),
    /// A global name that the slave does not offer.
    #[error("unknown procedure `{0}`")]
    UnknownName(Arc<str>),
    /// A local that no `lambda` around it binds.
    #[error("unbound local {0}")]
    UnboundLocal(Local),
    /// A local that is bound twice.
    #[error("local {0} is bound twice")]
    DuplicateLocal(Local),
    /// A call of a known procedure with a wrong number of arguments.
    #[error("`{name}` takes {arity}, got {count}")]
    WrongCount {
        /// The procedure.
        name: Arc<str>,
        /// How many arguments it takes.
        arity: Arity,
        /// How many it was given.
        count: usize,
    },
    /// A call of a `lambda` with a wrong number of arguments.
    #[error("a procedure called where it stands takes {arity}, got {count}")]
    WrongCountImmediate {
        /// How many arguments it takes.
        arity: Arity,
        /// How many it was given.
        count: usize,
    },
    /// A call of a constant.
    #[error("a constant cannot be called")]
    CallOfConstant,
    /// It would take too long to compile.
    #[error("this takes too long to compile, by an estimate of {effort} where {effort_max} are allowed")]
    TooLong {
        /// The estimate.
        effort: u64,
        /// The limit.
        effort_max: u64,
    },
}

/// Parses a template from an untrusted peer: core, closed, correctly called, and naming nothing but what `offered`
/// knows. The spans of the result are bytes of `text`.
///
/// # Errors
///
/// [`AdmitError`] for the first reason not to take it.
pub fn admit(text: &str, limits: &AdmitLimits, offered: &dyn Fn(&str) -> Option<Arity>) -> Result<Core, AdmitError> {
    let read_limits = ReadLimits { depth_max: limits.depth_max, nodes_max: limits.nodes_max };
    let not_one = |offset| AdmitError { offset, kind: AdmitErrorKind::NotOne };
    let (datum, length) = read_first(text, &read_limits)
        .map_err(|error| AdmitError { offset: error.span().start, kind: AdmitErrorKind::Unreadable(error) })?
        .ok_or_else(|| not_one(0))?;
    if length != text.len() || datum.span.start != 0 {
        return Err(not_one(datum.span.end));
    }
    let mut admission = Admission { offered, bound: HashSet::new(), scope: HashSet::new() };
    let core = admission.expr(&datum)?;
    if !is_template(&core) {
        return Err(error(&datum, AdmitErrorKind::NotTemplate));
    }
    let (effort, effort_max) = (effort(&core), limits.effort_max);
    if effort > effort_max {
        return Err(error(&datum, AdmitErrorKind::TooLong { effort, effort_max }));
    }
    Ok(core)
}

/// Whether it is `(lambda (value …) (lambda (i o) body))`.
fn is_template(core: &Core) -> bool {
    let CoreKind::Lambda(Lambda { rest: None, body, .. }) = &core.kind else {
        return false;
    };
    matches!(&body.kind, CoreKind::Lambda(Lambda { params, rest: None, .. }) if params.len() == 2)
}

struct Admission<'o> {
    offered: &'o dyn Fn(&str) -> Option<Arity>,
    /// Every local that was bound so far.
    bound: HashSet<Local>,
    /// The locals that are bound where the walk is.
    scope: HashSet<Local>,
}

impl Admission<'_> {
    fn expr(&mut self, datum: &Datum) -> Result<Core, AdmitError> {
        recurse(|| self.expr_here(datum))
    }

    fn expr_here(&mut self, datum: &Datum) -> Result<Core, AdmitError> {
        let kind = match &datum.kind {
            DatumKind::Symbol(name) => match Local::parse(&name.text) {
                Some(local) if self.scope.contains(&local) => CoreKind::Local(local),
                Some(local) => return Err(error(datum, AdmitErrorKind::UnboundLocal(local))),
                None => {
                    self.arity(&name.text, datum)?;
                    CoreKind::Global(Arc::clone(&name.text))
                }
            },
            DatumKind::List(items) => match items.split_first() {
                Some((head, parts)) => return self.list(datum, head, parts),
                None => return Err(error(datum, AdmitErrorKind::NotCore("an expression"))),
            },
            _ if is_self_evaluating(datum) => CoreKind::Quote(datum.clone()),
            _ => return Err(error(datum, AdmitErrorKind::NotCore("an expression"))),
        };
        Ok(Core { kind, span: datum.span })
    }

    fn list(&mut self, datum: &Datum, head: &Datum, parts: &[Datum]) -> Result<Core, AdmitError> {
        let not_core = |expected| Err(error(datum, AdmitErrorKind::NotCore(expected)));
        let kind = match head.as_name().map(|name| &*name.text) {
            Some("quote") => match parts {
                [constant] if !is_self_evaluating(constant) => CoreKind::Quote(constant.clone()),
                _ => return not_core("(quote datum)"),
            },
            Some("lambda") => match parts {
                [formals, body] => CoreKind::Lambda(self.lambda(formals, body)?),
                _ => return not_core("(lambda (local …) body)"),
            },
            Some("if") => match parts {
                [test, then, otherwise] => CoreKind::If(
                    Box::new(self.expr(test)?),
                    Box::new(self.expr(then)?),
                    Box::new(self.expr(otherwise)?),
                ),
                _ => return not_core("(if test then else)"),
            },
            Some("begin") => match parts {
                [_, _, ..] => CoreKind::Begin(self.all(parts)?),
                _ => return not_core("(begin expression expression …)"),
            },
            _ => self.call(head, parts, datum.span)?,
        };
        Ok(Core { kind, span: datum.span })
    }

    fn all(&mut self, data: &[Datum]) -> Result<Vec<Core>, AdmitError> {
        data.iter().map(|datum| self.expr(datum)).collect()
    }

    fn call(&mut self, head: &Datum, parts: &[Datum], span: Span) -> Result<CoreKind, AdmitError> {
        let operator = self.expr(head)?;
        let count = parts.len();
        let wrong = match &operator.kind {
            CoreKind::Global(name) => {
                let arity = self.arity(name, head)?;
                let name = Arc::clone(name);
                (!arity.accepts(count)).then_some(AdmitErrorKind::WrongCount { name, arity, count })
            }
            CoreKind::Lambda(lambda) => {
                let arity = lambda.arity();
                (!arity.accepts(count)).then_some(AdmitErrorKind::WrongCountImmediate { arity, count })
            }
            CoreKind::Quote(_) => Some(AdmitErrorKind::CallOfConstant),
            _ => None,
        };
        match wrong {
            Some(kind) => Err(AdmitError { offset: span.start, kind }),
            None => Ok(CoreKind::Call(Box::new(operator), self.all(parts)?)),
        }
    }

    fn lambda(&mut self, formals: &Datum, body: &Datum) -> Result<Lambda, AdmitError> {
        let (items, tail): (&[Datum], _) = match &formals.kind {
            DatumKind::List(items) => (items, None),
            DatumKind::Dotted(items, tail) => (items, Some(&**tail)),
            _ => (&[], Some(formals)),
        };
        let params = items.iter().map(|item| self.bind(item)).collect::<Result<Vec<_>, _>>()?;
        let rest = tail.map(|tail| self.bind(tail)).transpose()?;
        let body = Box::new(self.expr(body)?);
        for local in params.iter().chain(&rest) {
            self.scope.remove(local);
        }
        Ok(Lambda { params, rest, body })
    }

    fn bind(&mut self, datum: &Datum) -> Result<Local, AdmitError> {
        let Some(local) = datum.as_name().and_then(|name| Local::parse(&name.text)) else {
            return Err(error(datum, AdmitErrorKind::NotCore("a local")));
        };
        if !self.bound.insert(local) {
            return Err(error(datum, AdmitErrorKind::DuplicateLocal(local)));
        }
        self.scope.insert(local);
        Ok(local)
    }

    fn arity(&self, name: &Arc<str>, datum: &Datum) -> Result<Arity, AdmitError> {
        (self.offered)(name).ok_or_else(|| error(datum, AdmitErrorKind::UnknownName(Arc::clone(name))))
    }
}

fn error(datum: &Datum, kind: AdmitErrorKind) -> AdmitError {
    AdmitError { offset: datum.span.start, kind }
}

/// Core nests at most so deeply, counted in parentheses: a tree that is dropped by recursion fits the two megabytes of
/// stack that threads have by default.
pub(crate) const CORE_DEPTH_MAX: u32 = 2_000;

/// A template has at most so many words and lists.
pub(crate) const CORE_NODES_MAX: u32 = 4_000_000;
