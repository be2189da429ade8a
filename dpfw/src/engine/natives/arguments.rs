//! Reading the arguments of natives as the types that they must have.

use std::ops::Range;

use steel::SteelVal;

use super::{bytes::ByteVector, custom::with, f64_vectors::F64Vector, records::label};
use crate::engine::{
    fault::Fault,
    session::{BYTES_PER_UNIT, Session},
};

/// The fault of argument `index` (from 0), which should be `expected`.
#[cold]
pub(super) fn wrong(args: &[SteelVal], index: usize, expected: &'static str) -> Fault {
    let found = args.get(index).map_or_else(|| "nothing".to_owned(), describe);
    Fault::WrongType { argument: index + 1, expected, found }
}

/// A short text for `value`, never the whole of something large.
pub(super) fn describe(value: &SteelVal) -> String {
    match value {
        SteelVal::BoolV(true) => "#t".to_owned(),
        SteelVal::BoolV(false) => "#f".to_owned(),
        SteelVal::IntV(n) => n.to_string(),
        SteelVal::NumV(n) => dpfw_syntax::Number::from(*n).to_string(),
        SteelVal::Rational(_) | SteelVal::BigNum(_) | SteelVal::BigRational(_) | SteelVal::Complex(_) => {
            "a number".to_owned()
        }
        SteelVal::CharV(c) => format!("the character {c:?}"),
        SteelVal::StringV(text) if text.len() <= 40 => format!("{:?}", text.as_str()),
        SteelVal::StringV(_) => "a string".to_owned(),
        SteelVal::SymbolV(name) if name.len() <= 40 => format!("the symbol {}", name.as_str()),
        SteelVal::SymbolV(_) => "a symbol".to_owned(),
        SteelVal::Void => "void".to_owned(),
        SteelVal::ListV(list) if list.is_empty() => "the empty list".to_owned(),
        SteelVal::ListV(_) => "a list".to_owned(),
        SteelVal::Pair(_) => "a pair".to_owned(),
        SteelVal::MutableVector(_) => match label(value) {
            Some(name) => format!("a record of type {name}"),
            None => "a vector".to_owned(),
        },
        SteelVal::ByteVector(_) => "a bytevector".to_owned(),
        value if is_procedure(value) => "a procedure".to_owned(),
        _ => "another object".to_owned(),
    }
}

/// How much work it is to look at all of `value` itself, not of what it holds: see
/// [`Session::work`](crate::engine::session::Session::work).
pub(super) fn weight(value: &SteelVal) -> usize {
    1 + size(value) / BYTES_PER_UNIT
}

/// The bytes of a text, a number or a bytevector.
pub(in crate::engine) fn size(value: &SteelVal) -> usize {
    let bytes = |bits: u64| usize::try_from(bits / 8).unwrap_or(usize::MAX);
    match value {
        SteelVal::StringV(text) | SteelVal::SymbolV(text) => text.len(),
        SteelVal::Complex(z) => size(&z.re).saturating_add(size(&z.im)),
        SteelVal::BigNum(n) => bytes(n.bits()),
        SteelVal::BigRational(n) => bytes(n.numer().bits() + n.denom().bits()),
        SteelVal::Custom(_) => with(value, |bytes: &ByteVector| bytes.as_slice().len())
            .or_else(|| with(value, |floats: &F64Vector| floats.0.len() * 8))
            .unwrap_or(0),
        _ => 0,
    }
}

/// Whether `value` can be called.
pub(super) fn is_procedure(value: &SteelVal) -> bool {
    matches!(
        value,
        SteelVal::Closure(_)
            | SteelVal::FuncV(_)
            | SteelVal::BuiltIn(_)
            | SteelVal::MutFunc(_)
            | SteelVal::BoxedFunction(_)
            | SteelVal::ContinuationFunction(_)
    )
}

/// Argument `index` as a string.
pub(super) fn string(args: &[SteelVal], index: usize) -> Result<&str, Fault> {
    match args.get(index) {
        Some(SteelVal::StringV(text)) => Ok(text.as_str()),
        _ => Err(wrong(args, index, "a string")),
    }
}

/// Argument `index` as the text of a symbol.
pub(super) fn symbol(args: &[SteelVal], index: usize) -> Result<&str, Fault> {
    match args.get(index) {
        Some(SteelVal::SymbolV(name)) => Ok(name.as_str()),
        _ => Err(wrong(args, index, "a symbol")),
    }
}

/// Argument `index` as a character.
pub(super) fn character(args: &[SteelVal], index: usize) -> Result<char, Fault> {
    match args.get(index) {
        Some(SteelVal::CharV(c)) => Ok(*c),
        _ => Err(wrong(args, index, "a character")),
    }
}

/// Argument `index` as an index or a count.
pub(super) fn index(args: &[SteelVal], index: usize) -> Result<usize, Fault> {
    match args.get(index) {
        Some(SteelVal::IntV(n)) => usize::try_from(*n).map_err(|_| wrong(args, index, "a non-negative integer")),
        _ => Err(wrong(args, index, "a non-negative integer")),
    }
}

/// What an item of a list or a vector takes.
pub(super) const VALUE_BYTES: usize = size_of::<SteelVal>();

/// Strings, vectors and bytevectors made at once are no longer than this, however small their items.
const LENGTH_MAX: usize = 1 << 28;

/// Argument `index` as the length of something to be made, of items of so many bytes.
pub(super) fn length(args: &[SteelVal], position: usize, item_bytes: usize) -> Result<usize, Fault> {
    let length = index(args, position)?;
    check_length(length, item_bytes)?;
    Ok(length)
}

/// Refuses to make something longer than is allowed.
pub(super) fn check_length(length: usize, item_bytes: usize) -> Result<(), Fault> {
    let length_max = LENGTH_MAX.min(Session::sizes().bytes_max / item_bytes);
    if length > length_max {
        return Err(Fault::limit("items of something made at once", length_max));
    }
    Session::take_memory(length.saturating_mul(item_bytes))
}

/// Argument `index` as a byte.
pub(super) fn byte(args: &[SteelVal], index: usize) -> Result<u8, Fault> {
    match args.get(index) {
        Some(SteelVal::IntV(n)) => u8::try_from(*n).map_err(|_| wrong(args, index, "a byte")),
        _ => Err(wrong(args, index, "a byte")),
    }
}

/// Argument `index` as the items of a proper list.
pub(super) fn list(args: &[SteelVal], index: usize) -> Result<impl Iterator<Item = &SteelVal> + '_, Fault> {
    match args.get(index) {
        Some(SteelVal::ListV(list)) => Ok(list.iter()),
        _ => Err(wrong(args, index, "a list")),
    }
}

/// The optional start and end at arguments `position` and `position + 1`, within `length`.
pub(super) fn range(args: &[SteelVal], position: usize, length: usize) -> Result<Range<usize>, Fault> {
    let start = if args.len() > position { index(args, position)? } else { 0 };
    let end = if args.len() > position + 1 { index(args, position + 1)? } else { length };
    if start > end || end > length {
        return Err(Fault::misuse(format!("the range from {start} to {end} is not within a length of {length}")));
    }
    Ok(start..end)
}

/// The fault of an index that is not below `length`.
#[cold]
pub(super) fn out_of_range(index: usize, length: usize) -> Fault {
    Fault::misuse(format!("index {index} is out of range for a length of {length}"))
}

/// A list of `items`.
pub(super) fn make_list(items: impl IntoIterator<Item = SteelVal>) -> SteelVal {
    SteelVal::ListV(items.into_iter().collect())
}

/// `#t` or `#f`.
#[expect(clippy::unnecessary_wraps, reason = "it ends natives, which may fail")]
pub(super) fn truth(value: bool) -> Result<SteelVal, Fault> {
    Ok(SteelVal::BoolV(value))
}
