//! The tree of a program: data with positions.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::{Number, Span};

/// One datum as it was written, with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    /// What was written.
    pub kind: DatumKind,
    /// Where.
    pub span: Span,
}

impl Datum {
    /// Whether both are the same wherever they stand, with NaN equal to itself.
    pub fn is_like(&self, other: &Self) -> bool {
        let all = |a: &[Self], b: &[Self]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_like(b));
        match (&self.kind, &other.kind) {
            (DatumKind::List(a), DatumKind::List(b)) | (DatumKind::Vector(a), DatumKind::Vector(b)) => all(a, b),
            (DatumKind::Dotted(a, a_tail), DatumKind::Dotted(b, b_tail)) => all(a, b) && a_tail.is_like(b_tail),
            (DatumKind::Map(a), DatumKind::Map(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0.is_like(&b.0) && a.1.is_like(&b.1))
            }
            (DatumKind::F64Vector(a), DatumKind::F64Vector(b)) => {
                let numbers = |floats: &[f64]| floats.iter().map(|float| Number::from(*float)).collect::<Vec<_>>();
                numbers(a) == numbers(b)
            }
            (a, b) => a == b,
        }
    }
}

/// What a [`Datum`] is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum DatumKind {
    /// A symbol; an identifier where it is evaluated.
    Symbol(Name),
    /// `#:name`
    Keyword(Arc<str>),
    /// A number.
    Number(Number),
    /// `#t` or `#f`
    Bool(bool),
    /// `#\a`
    Char(char),
    /// `"text"`
    String(Arc<str>),
    /// `#u8(1 2 3)`
    Bytes(Vec<u8>),
    /// `#f64(1.0 2.0)`
    F64Vector(Vec<f64>),
    /// `(a b c)`, also `()`.
    List(Vec<Datum>),
    /// `(a b . c)`: at least one item, and a tail that is neither `List` nor `Dotted`.
    Dotted(Vec<Datum>, Box<Datum>),
    /// `#(a b c)`
    Vector(Vec<Datum>),
    /// `#hash((key . value) …)`
    Map(Vec<(Datum, Datum)>),
    /// `#!void`, the value of an expression without one.
    Void,
    /// `,x` or `,@xs` at the level of Rust: a hole to be filled with a value of the program that sends the task.
    Splice(Splice),
}

impl DatumKind {
    /// `(items … . tail)`, flat where the tail is a list; the tail alone where nothing stands before it.
    pub fn dotted(mut items: Vec<Datum>, tail: Datum) -> Self {
        match tail.kind {
            kind if items.is_empty() => kind,
            Self::List(rest) => {
                items.extend(rest);
                Self::List(items)
            }
            Self::Dotted(rest, last) => {
                items.extend(rest);
                Self::Dotted(items, last)
            }
            kind => Self::Dotted(items, Box::new(Datum { kind, ..tail })),
        }
    }
}

/// A hole of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splice {
    /// Which of the task's values fills it, from 0.
    pub hole: u32,
    /// Whether the value is a sequence to be spread in place (`,@xs`).
    pub spread: bool,
}

/// A symbol's text, and where it comes from when a macro introduced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The text, as `symbol->string` gives it: without bars or escapes.
    pub text: Arc<str>,
    /// Set on identifiers that the expansion of a macro introduced; `None` on everything that somebody wrote.
    pub alias: Option<AliasId>,
}

/// Distinguishes an identifier that a macro introduced from the same text written elsewhere. Made by the expander.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AliasId(pub(crate) u32);

impl Datum {
    /// A datum of `kind` at `span`.
    pub fn new(kind: DatumKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// A symbol that was written as such.
    pub fn symbol(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self::new(DatumKind::Symbol(Name::new(text)), span)
    }

    /// The items of a proper list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.kind {
            DatumKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The name, if this is a symbol.
    pub fn as_name(&self) -> Option<&Name> {
        match &self.kind {
            DatumKind::Symbol(name) => Some(name),
            _ => None,
        }
    }
}

impl Name {
    /// A name that was written as such.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), alias: None }
    }
}

/// An alias has one text only, which may be long.
impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.alias {
            Some(alias) => alias.hash(state),
            None => self.text.hash(state),
        }
    }
}
