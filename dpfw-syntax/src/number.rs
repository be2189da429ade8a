//! Numbers, exact or floating, of any size.

use num_bigint::BigInt;
use num_rational::BigRational;

/// A Scheme number: an exact integer of any size, an exact rational, or a float.
///
/// Two numbers are equal when `eqv?` says so, with every NaN equal to itself: `1` and `1.0` differ, so do `0.0` and
/// `-0.0`.
#[derive(Debug, Clone)]
pub struct Number(pub(crate) Repr);

/// Normalised: an integer that fits `i64` is `Fixed`, a rational has a denominator above 1.
#[derive(Debug, Clone)]
pub(crate) enum Repr {
    Fixed(i64),
    Big(Box<BigInt>),
    Rational(Box<BigRational>),
    Float(f64),
}
