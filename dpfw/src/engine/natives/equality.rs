//! Equivalence and hashing, bounded: shared and cyclic data neither hangs them nor overflows the stack.

use std::hash::{Hash, Hasher};

use steel::SteelVal;

use super::{
    arguments::{truth, weight},
    bytes::ByteVector,
    custom::with,
    f64_vectors::F64Vector,
    numbers::to_number,
    records,
    symbols::Keyword,
    table::Native,
};
use crate::engine::{fault::Fault, session::Session};

/// `equal?` and hashing look at no more values than this, shared ones as often as they occur.
const VALUES_MAX: usize = 8_000_000;

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "eq?" (2) => |args| truth(identical(&args[0], &args[1])),
    "eqv?" (2) => |args| truth(identical(&args[0], &args[1])),
    "equal?" (2) => |args| truth(equal(&args[0], &args[1])?),
];

/// `eqv?`.
pub(super) fn identical(left: &SteelVal, right: &SteelVal) -> bool {
    match (left, right) {
        (SteelVal::IntV(left), SteelVal::IntV(right)) => left == right,
        (SteelVal::SymbolV(left), SteelVal::SymbolV(right)) => left.as_str() == right.as_str(),
        (SteelVal::BoolV(left), SteelVal::BoolV(right)) => left == right,
        (SteelVal::CharV(left), SteelVal::CharV(right)) => left == right,
        (SteelVal::Void, SteelVal::Void) => true,
        (SteelVal::NumV(left), SteelVal::NumV(right)) => {
            left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan())
        }
        (SteelVal::BigNum(_), SteelVal::BigNum(_))
        | (SteelVal::Rational(_), SteelVal::Rational(_))
        | (SteelVal::BigRational(_), SteelVal::BigRational(_))
        | (SteelVal::Complex(_), SteelVal::Complex(_)) => to_number(left) == to_number(right),
        _ => identity(left).is_some_and(|identity_of_left| identity(right) == Some(identity_of_left)),
    }
}

/// Where the object is, for objects that are somewhere.
pub(in crate::engine) fn identity(value: &SteelVal) -> Option<(usize, usize)> {
    let address = match value {
        SteelVal::StringV(text) => text.as_ptr().addr(),
        SteelVal::ListV(list) if list.is_empty() => 1,
        SteelVal::ListV(list) => return Some(list.identity_tuple()),
        SteelVal::Pair(pair) => steel::gc::Gc::as_ptr(pair).addr(),
        SteelVal::MutableVector(vector) => vector.as_ptr_usize(),
        SteelVal::HeapAllocated(cell) => cell.as_ptr_usize(),
        SteelVal::Closure(closure) => steel::gc::Gc::as_ptr(closure).addr(),
        SteelVal::FuncV(function) => *function as usize,
        SteelVal::BuiltIn(function) => *function as usize,
        SteelVal::Custom(custom) => steel::gc::Gc::as_ptr(custom).cast::<()>().addr(),
        SteelVal::BoxedFunction(function) => steel::gc::Gc::as_ptr(function).addr(),
        _ => return None,
    };
    Some((address, 0))
}

/// `equal?`.
///
/// # Errors
/// [`Fault::Limit`] after [`VALUES_MAX`] comparisons.
pub(in crate::engine) fn equal(left: &SteelVal, right: &SteelVal) -> Result<bool, Fault> {
    let mut pending = vec![(left.clone(), right.clone())];
    let mut looked_at = 0_usize;
    while let Some((left, right)) = pending.pop() {
        looked_at += 1;
        Session::work(weight(&left))?;
        if looked_at > VALUES_MAX {
            return Err(beyond());
        }
        if identical(&left, &right) {
            continue;
        }
        let same = match (&left, &right) {
            (SteelVal::StringV(left), SteelVal::StringV(right)) => left.as_str() == right.as_str(),
            (SteelVal::ListV(left), SteelVal::ListV(right)) => {
                let same_length = left.len() == right.len();
                looked_at += left.len();
                same_length && compare_or_put_off(left.iter().zip(right.iter()), &mut pending)?
            }
            (SteelVal::Pair(left), SteelVal::Pair(right)) => {
                pending.push((left.cdr(), right.cdr()));
                pending.push((left.car(), right.car()));
                true
            }
            (SteelVal::MutableVector(left_items), SteelVal::MutableVector(right_items)) => {
                if records::is_record(&left) || records::is_record(&right) {
                    false
                } else {
                    left_items.borrow(|left| {
                        right_items.borrow(|right| {
                            looked_at += left.len();
                            Ok(left.len() == right.len()
                                && compare_or_put_off(left.iter().zip(right.iter()), &mut pending)?)
                        })
                    })?
                }
            }
            (SteelVal::Custom(_), SteelVal::Custom(_)) => {
                same_content::<ByteVector>(&left, &right)
                    || same_content::<F64Vector>(&left, &right)
                    || same_content::<Keyword>(&left, &right)
            }
            _ => false,
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Compares what takes no time, and notes the rest as pending: copies of long vectors would take memory.
fn compare_or_put_off<'v>(
    pairs: impl Iterator<Item = (&'v SteelVal, &'v SteelVal)>,
    pending: &mut Vec<(SteelVal, SteelVal)>,
) -> Result<bool, Fault> {
    let is_quick = |value: &SteelVal| {
        matches!(value, SteelVal::IntV(_) | SteelVal::NumV(_) | SteelVal::BoolV(_) | SteelVal::CharV(_))
    };
    for (left, right) in pairs {
        Session::work(1)?;
        if !is_quick(left) && !is_quick(right) {
            pending.push((left.clone(), right.clone()));
        } else if !identical(left, right) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_content<T: PartialEq + 'static>(left: &SteelVal, right: &SteelVal) -> bool {
    with(left, |left: &T| with(right, |right: &T| left == right)).flatten().unwrap_or(false)
}

/// Feeds `value` to `hasher` so that equal values hash alike.
///
/// # Errors
/// [`Fault::Limit`] after [`VALUES_MAX`] values.
pub(super) fn hash_equal(value: &SteelVal, hasher: &mut impl Hasher) -> Result<(), Fault> {
    let mut pending = vec![value.clone()];
    let mut looked_at = 0_usize;
    while let Some(value) = pending.pop() {
        looked_at += 1;
        Session::work(weight(&value))?;
        if looked_at + pending.len() > VALUES_MAX {
            return Err(beyond());
        }
        match &value {
            SteelVal::StringV(text) => (3_u8, text.as_str()).hash(hasher),
            SteelVal::ListV(list) if !list.is_empty() => {
                (4_u8, list.len()).hash(hasher);
                looked_at += list.len();
                pending.extend(list.iter().cloned());
            }
            SteelVal::Pair(pair) => {
                5_u8.hash(hasher);
                pending.push(pair.cdr());
                pending.push(pair.car());
            }
            SteelVal::MutableVector(vector) if !records::is_record(&value) => {
                let items = vector.get();
                (6_u8, items.len()).hash(hasher);
                looked_at += items.len();
                pending.extend(items);
            }
            SteelVal::Custom(_) => {
                let hashed = with(&value, |bytes: &ByteVector| bytes.hash(hasher))
                    .or_else(|| with(&value, |floats: &F64Vector| floats.hash(hasher)))
                    .or_else(|| with(&value, |keyword: &Keyword| keyword.hash(hasher)));
                if hashed.is_none() {
                    hash_identical(&value, hasher);
                }
            }
            _ => hash_identical(&value, hasher),
        }
    }
    Ok(())
}

/// Feeds `value` to `hasher` so that identical values hash alike.
pub(super) fn hash_identical(value: &SteelVal, hasher: &mut impl Hasher) {
    match value {
        SteelVal::IntV(n) => (0_u8, n).hash(hasher),
        SteelVal::SymbolV(name) => (1_u8, name.as_str()).hash(hasher),
        SteelVal::BoolV(truth) => (2_u8, truth).hash(hasher),
        SteelVal::CharV(c) => (7_u8, c).hash(hasher),
        SteelVal::Void => 8_u8.hash(hasher),
        _ => match to_number(value) {
            Some(number) => (9_u8, number).hash(hasher),
            None => (10_u8, identity(value)).hash(hasher),
        },
    }
}

fn beyond() -> Fault {
    Fault::limit("values to look at: the data is cyclic or too large", VALUES_MAX)
}
