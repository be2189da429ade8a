//! Equality, order and hash of numbers.

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use num_rational::BigRational;

use super::{Number, Repr};

/// Integers up to this size convert to floats and back without a change.
const FLOAT_EXACT_MAX: u64 = 1 << 53;

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Fixed(a), Repr::Fixed(b)) => a == b,
            (Repr::Big(a), Repr::Big(b)) => a == b,
            (Repr::Rational(a), Repr::Rational(b)) => a == b,
            (Repr::Float(a), Repr::Float(b)) => float_key(*a) == float_key(*b),
            _ => false,
        }
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(&self.0).hash(state);
        match &self.0 {
            Repr::Fixed(n) => n.hash(state),
            Repr::Big(n) => n.hash(state),
            Repr::Rational(n) => n.hash(state),
            Repr::Float(n) => float_key(*n).hash(state),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Fixed(a), Repr::Fixed(b)) => a.cmp(b),
            (Repr::Float(a), Repr::Float(b)) => cmp_floats(*a, *b),
            (Repr::Float(a), _) => cmp_exact_to_float(other, *a).reverse(),
            (_, Repr::Float(b)) => cmp_exact_to_float(self, *b),
            (Repr::Big(a), Repr::Big(b)) => a.cmp(b),
            _ => cmp_values(self.as_rational(), other.as_rational()),
        }
    }
}

/// Equal for all NaNs, different for all other floats that differ.
fn float_key(n: f64) -> u64 {
    if n.is_nan() { f64::NAN.to_bits() } else { n.to_bits() }
}

fn cmp_floats(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.total_cmp(&b),
        (a, b) => a.cmp(&b),
    }
}

/// The order of an exact number and a float; never equal.
fn cmp_exact_to_float(exact: &Number, float: f64) -> Ordering {
    let by_value = match exact.0 {
        _ if float.is_nan() || float == f64::INFINITY => Ordering::Less,
        _ if float == f64::NEG_INFINITY => Ordering::Greater,
        Repr::Fixed(n) if n.unsigned_abs() <= FLOAT_EXACT_MAX => {
            (n as f64).partial_cmp(&float).unwrap_or(Ordering::Less)
        }
        _ => cmp_values(exact.as_rational(), BigRational::from_float(float)),
    };
    by_value.then(Ordering::Less)
}

/// Both are `Some`: the callers have taken infinities and NaN away.
fn cmp_values(a: Option<BigRational>, b: Option<BigRational>) -> Ordering {
    a.cmp(&b)
}
