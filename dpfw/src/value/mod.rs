//! Values: what tasks are given, what ports carry and what tasks return. Exact in both directions.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
pub use dpfw_syntax::Number;

/// A Scheme datum outside the evaluator.
///
/// Two values are equal when `equal?` says so, with NaN equal to itself: `1` and `1.0` differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Value {
    /// The value of an expression without one; Rust's `()` and `None`.
    Void,
    /// `#t` or `#f`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A character.
    Char(char),
    /// A string.
    String(Arc<str>),
    /// A symbol.
    Symbol(Symbol),
    /// A keyword, `#:name`.
    Keyword(Symbol),
    /// A bytevector.
    Bytes(Bytes),
    /// An unboxed vector of floats.
    F64Vector(F64Vector),
    /// A proper list.
    List(Vec<Value>),
    /// A dotted list: at least one item, and a tail that is not itself a list.
    Dotted(Vec<Value>, Box<Value>),
    /// A vector.
    Vector(Vec<Value>),
    /// A hash table.
    Map(BTreeMap<Value, Value>),
    /// What cannot travel (a procedure, a port, …), as text for people.
    Opaque(Arc<str>),
}

/// A symbol's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub(crate) Arc<str>);

/// A vector of floats that travels and is held unboxed.
///
/// Equality and order are those of the bits, so that it can be a key.
#[derive(Debug, Clone)]
pub struct F64Vector(pub(crate) Arc<[f64]>);
