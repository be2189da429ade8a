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
            // Field by field, here and below: the library's own comparison recurses once for every step of Euclid's
            // algorithm, and a peer's fractions could overflow the stack with it.
            (Repr::Rational(a), Repr::Rational(b)) => a.numer() == b.numer() && a.denom() == b.denom(),
            (Repr::Float(a), Repr::Float(b)) => float_key(*a) == float_key(*b),
            (Repr::Complex(a), Repr::Complex(b)) => a == b,
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
            Repr::Rational(n) => (n.numer(), n.denom()).hash(state),
            Repr::Float(n) => float_key(*n).hash(state),
            Repr::Complex(n) => n.hash(state),
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
            (Repr::Complex(_), _) | (_, Repr::Complex(_)) => {
                let zero = Self::from(0);
                let (a, b) = (self.parts(&zero), other.parts(&zero));
                a.0.cmp(b.0).then_with(|| a.1.cmp(b.1))
            }
            (Repr::Float(a), Repr::Float(b)) => cmp_floats(*a, *b),
            (Repr::Float(a), _) => cmp_exact_to_float(other, *a).reverse(),
            (_, Repr::Float(b)) => cmp_exact_to_float(self, *b),
            (Repr::Big(a), Repr::Big(b)) => a.cmp(b),
            (_, _) => cmp_fractions(&self.to_fraction(), &other.to_fraction()),
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
        _ => cmp_fractions(&exact.to_fraction(), &Number::from(float).to_fraction()),
    };
    by_value.then(Ordering::Less)
}

/// The order of two fractions whose denominators are above zero.
fn cmp_fractions(a: &BigRational, b: &BigRational) -> Ordering {
    (a.numer() * b.denom()).cmp(&(b.numer() * a.denom()))
}

impl Number {
    /// The real and the imaginary part.
    fn parts<'n>(&'n self, zero: &'n Self) -> (&'n Self, &'n Self) {
        match &self.0 {
            Repr::Complex(n) => (&n.real, &n.imaginary),
            _ => (self, zero),
        }
    }

    /// The value of a finite real.
    fn to_fraction(&self) -> BigRational {
        match self.0 {
            Repr::Float(n) => BigRational::from_float(n),
            _ => self.as_rational(),
        }
        .expect("infinities and NaN were compared before")
    }
}
