//! Values: what tasks are given, what ports carry and what tasks return. Exact in both directions.
//!
//! `types.md` says what each Rust type becomes; it is part of the documentation of [`Value`].

#[cfg(test)]
pub(crate) mod arbitrary;
mod code;
mod codec;
mod convert;
mod datum;
mod de;
mod error;
mod f64_vector;
mod foreign;
mod handover;
#[cfg(feature = "lexpr")]
mod lexpr;
pub(crate) mod pieces;
mod print;
mod ser;
mod symbol;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
pub use dpfw_syntax::Number;
use dpfw_syntax::NumberView;

#[cfg(feature = "slave")]
pub(crate) use self::codec::encode_shown;
pub(crate) use self::codec::{decode, encode};
#[cfg(any(feature = "slave", test))]
pub(crate) use self::error::ValueLimit;
pub use self::{
    code::Code,
    de::from_value,
    error::{ValueError, ValueErrorKind},
    f64_vector::F64Vector,
    ser::to_value,
    symbol::Symbol,
};

pub(crate) const DEPTH_MAX: u32 = Value::DEPTH_MAX;
pub(crate) const NODES_MAX: u32 = Value::NODES_MAX;

/// A Scheme datum outside the evaluator.
///
/// It holds everything exactly: integers of any size, rationals, floats with their infinities, NaN and negative zero.
/// Two values are equal when `equal?` says so, with NaN equal to itself: `1` and `1.0` differ. The order is total; that
/// of numbers is by size.
///
/// `Display` prints what `write` prints, and [`str::parse`] reads it back.
///
/// ```
/// use dpfw::Value;
///
/// let value: Value = r#"(1 1/2 -0.0 "text" #(a b) . c)"#.parse()?;
/// assert_eq!(value.to_string(), r#"(1 1/2 -0.0 "text" #(a b) . c)"#);
/// # Ok::<(), dpfw::SyntaxErrors>(())
/// ```
///
#[doc = include_str!("types.md")]
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
    List(Vec<Self>),
    /// A dotted list: at least one item, and a tail that is not itself a list. [`Value::dotted`] sees to that.
    Dotted(Vec<Self>, Box<Self>),
    /// A vector.
    Vector(Vec<Self>),
    /// A hash table.
    Map(BTreeMap<Self, Self>),
    /// What cannot travel (a procedure, a port, …), as text for people.
    Opaque(Arc<str>),
}

impl Value {
    /// How deep lists, vectors and hash tables may be nested in a value that is read from text, made from a Rust type
    /// or sent.
    pub const DEPTH_MAX: u32 = 1_000;

    /// How many values a value that is sent may hold in all, shared ones counted as often as they occur. A string, a
    /// bytevector or an f64vector counts as one.
    pub const NODES_MAX: u32 = 10_000_000;

    /// The empty list.
    pub const NULL: Self = Self::List(Vec::new());

    /// The symbol `name`.
    pub fn symbol(name: impl Into<Symbol>) -> Self {
        Self::Symbol(name.into())
    }

    /// The keyword `#:name`.
    pub fn keyword(name: impl Into<Symbol>) -> Self {
        Self::Keyword(name.into())
    }

    /// The pair `(first . rest)`, which is a list where `rest` is one.
    #[must_use]
    pub fn cons(first: Self, rest: Self) -> Self {
        Self::dotted(vec![first], rest)
    }

    /// `items` followed by `tail` as `(a b . tail)`: a list where `tail` is one, `tail` itself where there are no items.
    #[must_use]
    pub fn dotted(mut items: Vec<Self>, tail: Self) -> Self {
        if items.is_empty() {
            return tail;
        }
        match tail {
            Self::List(rest) => {
                items.extend(rest);
                Self::List(items)
            }
            Self::Dotted(rest, end) => {
                items.extend(rest);
                Self::Dotted(items, end)
            }
            tail => Self::Dotted(items, Box::new(tail)),
        }
    }

    /// The halves of a pair, or the value back where it is none.
    ///
    /// # Errors
    ///
    /// The value itself, if it is the empty list or no list at all.
    pub fn into_pair(self) -> Result<(Self, Self), Self> {
        match self {
            Self::List(mut items) if !items.is_empty() => {
                let first = items.remove(0);
                Ok((first, Self::List(items)))
            }
            Self::Dotted(mut items, tail) if !items.is_empty() => {
                let first = items.remove(0);
                Ok((first, Self::dotted(items, *tail)))
            }
            other => Err(other),
        }
    }

    /// Whether this is the unspecified value.
    pub fn is_void(&self) -> bool {
        matches!(self, Self::Void)
    }

    /// Whether this is the empty list.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::List(items) if items.is_empty())
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The number, if it is an exact integer in range.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.as_i64()
    }

    /// The number, if it is an exact integer in range.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// The number, if it is a float. [`Number::to_f64`] converts.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.as_f64()
    }

    /// The character, if this is one.
    pub fn as_char(&self) -> Option<char> {
        match self {
            Self::Char(character) => Some(*character),
            _ => None,
        }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The symbol, if this is one.
    pub fn as_symbol(&self) -> Option<&Symbol> {
        match self {
            Self::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    /// The bytes, if this is a bytevector.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The floats, if this is an f64vector.
    pub fn as_f64_vector(&self) -> Option<&F64Vector> {
        match self {
            Self::F64Vector(floats) => Some(floats),
            _ => None,
        }
    }

    /// The items, if this is a proper list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The items, if this is a vector.
    pub fn as_vector(&self) -> Option<&[Self]> {
        match self {
            Self::Vector(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if this is a hash table.
    pub fn as_map(&self) -> Option<&BTreeMap<Self, Self>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether `test` holds for this value or for any within it.
    #[cfg(any(test, fuzzing, feature = "slave"))]
    pub(crate) fn any(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        let within = || match self {
            Self::List(items) | Self::Vector(items) => items.iter().any(|item| item.any(test)),
            Self::Dotted(items, tail) => items.iter().any(|item| item.any(test)) || tail.any(test),
            Self::Map(entries) => entries.iter().any(|(key, value)| key.any(test) || value.any(test)),
            _ => false,
        };
        test(self) || with_stack(within)
    }

    /// What this is, for messages: `an integer`, `a string`, ….
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Void => "the unspecified value",
            Self::Bool(_) => "a boolean",
            Self::Number(number) => match number.view() {
                NumberView::Fixed(_) | NumberView::Big(_) => "an integer",
                NumberView::Rational(_) => "a rational",
                NumberView::Float(_) => "a float",
                NumberView::Complex(..) => "a complex number",
            },
            Self::Char(_) => "a character",
            Self::String(_) => "a string",
            Self::Symbol(_) => "a symbol",
            Self::Keyword(_) => "a keyword",
            Self::Bytes(_) => "a bytevector",
            Self::F64Vector(_) => "an f64vector",
            Self::List(_) => "a list",
            Self::Dotted(..) => "a dotted list",
            Self::Vector(_) => "a vector",
            Self::Map(_) => "a hash table",
            Self::Opaque(_) => "a value that cannot travel",
        }
    }
}

/// Runs `visit` with enough stack for one more level of a tree, wherever it is called from.
pub(crate) fn with_stack<R>(visit: impl FnOnce() -> R) -> R {
    // One level takes a few hundred bytes here; the rest of the red zone is for the traits of users' types.
    const RED_ZONE_BYTES: usize = 128 * 1024;
    const SEGMENT_BYTES: usize = 1024 * 1024;
    stacker::maybe_grow(RED_ZONE_BYTES, SEGMENT_BYTES, visit)
}
