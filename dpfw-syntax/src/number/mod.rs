//! Numbers, exact or floating, of any size, real or complex.

mod order;
mod parse;
mod rounding;
mod write;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

pub use self::{parse::NumberError, write::write_float};

/// A Scheme number: an exact integer of any size, an exact rational, a float, or a complex number of two of those.
///
/// Two numbers are equal when `eqv?` says so, with every NaN equal to itself: `1` and `1.0` differ, so do `0.0` and
/// `-0.0`. The order is total and agrees with that: by value first, an exact number before the float of the same
/// value, `-0.0` before `0.0`, NaN last; complex numbers by their real parts, then by their imaginary parts.
#[derive(Debug, Clone)]
pub struct Number(pub(crate) Repr);

/// Normalised: an integer that fits `i64` is `Fixed`, a rational has a denominator above 1 and no common factor, and the
/// imaginary part of a complex number is not an exact zero.
#[derive(Debug, Clone)]
pub(crate) enum Repr {
    Fixed(i64),
    Big(Box<BigInt>),
    Rational(Box<BigRational>),
    Float(f64),
    Complex(Box<Complex>),
}

/// Two real numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Complex {
    real: Number,
    imaginary: Number,
}

/// What a [`Number`] is, for those who treat each representation on its own.
#[derive(Debug, Clone, Copy)]
pub enum NumberView<'a> {
    /// An exact integer that fits `i64`.
    Fixed(i64),
    /// An exact integer that does not fit `i64`.
    Big(&'a BigInt),
    /// An exact rational that is not an integer, in lowest terms.
    Rational(&'a BigRational),
    /// A float.
    Float(f64),
    /// A number that is not real: its real and its imaginary part, both real. The latter is not an exact zero.
    Complex(&'a Number, &'a Number),
}

impl Number {
    /// The exact quotient of two integers; `None` if `denominator` is zero.
    pub fn ratio(numerator: BigInt, denominator: BigInt) -> Option<Self> {
        (!denominator.is_zero()).then(|| Self::from_lowest_terms(BigRational::new(numerator, denominator)))
    }

    /// The number of these parts; `None` if one of them is not real.
    pub fn rectangular(real: Self, imaginary: Self) -> Option<Self> {
        match imaginary.0 {
            _ if !(real.is_real() && imaginary.is_real()) => None,
            Repr::Fixed(0) => Some(real),
            _ => Some(Self(Repr::Complex(Box::new(Complex { real, imaginary })))),
        }
    }

    /// The number of this modulus and angle, which are real; exact only where the angle is an exact zero.
    pub fn polar(modulus: &Self, angle: &Self) -> Self {
        if matches!(angle.0, Repr::Fixed(0)) {
            return modulus.clone();
        }
        let (modulus, angle) = (modulus.to_f64(), angle.to_f64());
        let (real, imaginary) = (Self::from(modulus * angle.cos()), Self::from(modulus * angle.sin()));
        Self(Repr::Complex(Box::new(Complex { real, imaginary })))
    }

    /// What this number is.
    pub fn view(&self) -> NumberView<'_> {
        match &self.0 {
            Repr::Fixed(n) => NumberView::Fixed(*n),
            Repr::Big(n) => NumberView::Big(n),
            Repr::Rational(n) => NumberView::Rational(n),
            Repr::Float(n) => NumberView::Float(*n),
            Repr::Complex(n) => NumberView::Complex(&n.real, &n.imaginary),
        }
    }

    /// Whether this is an integer or rational rather than a float, or a complex number of such parts.
    pub fn is_exact(&self) -> bool {
        match &self.0 {
            Repr::Fixed(_) | Repr::Big(_) | Repr::Rational(_) => true,
            Repr::Float(_) => false,
            Repr::Complex(n) => n.real.is_exact() && n.imaginary.is_exact(),
        }
    }

    /// Whether this number has no imaginary part.
    pub fn is_real(&self) -> bool {
        !matches!(self.0, Repr::Complex(_))
    }

    /// This number, if it is an exact integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Fixed(n) => Some(*n),
            _ => None,
        }
    }

    /// This number, if it is an exact integer that fits.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Fixed(n) => u64::try_from(*n).ok(),
            Repr::Big(n) => n.to_u64(),
            Repr::Rational(_) | Repr::Float(_) | Repr::Complex(_) => None,
        }
    }

    /// This number, if it is an exact integer that fits.
    pub fn as_i128(&self) -> Option<i128> {
        match &self.0 {
            Repr::Fixed(n) => Some(i128::from(*n)),
            Repr::Big(n) => n.to_i128(),
            Repr::Rational(_) | Repr::Float(_) | Repr::Complex(_) => None,
        }
    }

    /// This number, if it is an exact integer that fits.
    pub fn as_u128(&self) -> Option<u128> {
        match &self.0 {
            Repr::Fixed(n) => u128::try_from(*n).ok(),
            Repr::Big(n) => n.to_u128(),
            Repr::Rational(_) | Repr::Float(_) | Repr::Complex(_) => None,
        }
    }

    /// This number, if it is an exact integer.
    pub fn as_bigint(&self) -> Option<BigInt> {
        match &self.0 {
            Repr::Fixed(n) => Some(BigInt::from(*n)),
            Repr::Big(n) => Some((**n).clone()),
            Repr::Rational(_) | Repr::Float(_) | Repr::Complex(_) => None,
        }
    }

    /// This number, if it is exact and real.
    pub fn as_rational(&self) -> Option<BigRational> {
        match &self.0 {
            Repr::Fixed(n) => Some(BigRational::from(BigInt::from(*n))),
            Repr::Big(n) => Some(BigRational::from((**n).clone())),
            Repr::Rational(n) => Some((**n).clone()),
            Repr::Float(_) | Repr::Complex(_) => None,
        }
    }

    /// How many bits its integers have beyond those that fit a word.
    pub(crate) fn bits(&self) -> usize {
        let bits = |n: &BigInt| usize::try_from(n.bits()).unwrap_or(usize::MAX);
        match &self.0 {
            Repr::Fixed(_) | Repr::Float(_) => 0,
            Repr::Big(n) => bits(n),
            Repr::Rational(n) => bits(n.numer()) + bits(n.denom()),
            Repr::Complex(n) => n.real.bits() + n.imaginary.bits(),
        }
    }

    /// This number, if it is a float.
    pub fn as_f64(&self) -> Option<f64> {
        match self.0 {
            Repr::Float(n) => Some(n),
            _ => None,
        }
    }

    /// The nearest float, ties to even; infinite beyond the range of floats, NaN for what is not real.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Fixed(n) => *n as f64,
            Repr::Big(n) => rounding::nearest_float(n, &BigInt::one()),
            Repr::Rational(n) => rounding::nearest_float(n.numer(), n.denom()),
            Repr::Float(n) => *n,
            Repr::Complex(_) => f64::NAN,
        }
    }

    /// The exact number of the same value; `None` for infinities and NaN.
    pub fn to_exact(&self) -> Option<Self> {
        match &self.0 {
            Repr::Float(n) => BigRational::from_float(*n).map(Self::from_lowest_terms),
            Repr::Complex(n) => Self::rectangular(n.real.to_exact()?, n.imaginary.to_exact()?),
            _ => Some(self.clone()),
        }
    }

    /// The nearest float, or the complex number of the nearest floats.
    pub fn to_inexact(&self) -> Self {
        match &self.0 {
            Repr::Complex(n) => {
                let (real, imaginary) = (n.real.to_inexact(), n.imaginary.to_inexact());
                Self(Repr::Complex(Box::new(Complex { real, imaginary })))
            }
            _ => Self::from(self.to_f64()),
        }
    }

    /// A rational that is known to be in lowest terms, with a denominator above zero: nobody looks for a common divisor,
    /// which takes the square of the length of the number.
    pub fn from_lowest_terms(value: BigRational) -> Self {
        if value.is_integer() { Self::from(value.to_integer()) } else { Self(Repr::Rational(Box::new(value))) }
    }
}

macro_rules! from_small {
    ($($int:ty),*) => {$(
        impl From<$int> for Number {
            fn from(value: $int) -> Self {
                Self(Repr::Fixed(i64::from(value)))
            }
        }
    )*};
}
from_small!(i8, i16, i32, i64, u8, u16, u32);

macro_rules! from_wide {
    ($($int:ty),*) => {$(
        impl From<$int> for Number {
            fn from(value: $int) -> Self {
                Self(match i64::try_from(value) {
                    Ok(fixed) => Repr::Fixed(fixed),
                    Err(_) => Repr::Big(Box::new(BigInt::from(value))),
                })
            }
        }
    )*};
}
from_wide!(isize, usize, u64, i128, u128);

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(Repr::Float(value))
    }
}

impl From<f32> for Number {
    fn from(value: f32) -> Self {
        Self(Repr::Float(f64::from(value)))
    }
}

impl From<BigInt> for Number {
    fn from(value: BigInt) -> Self {
        Self(match value.to_i64() {
            Some(fixed) => Repr::Fixed(fixed),
            None => Repr::Big(Box::new(value)),
        })
    }
}

impl From<BigRational> for Number {
    /// # Panics
    ///
    /// If the denominator is zero, which only `BigRational::new_raw` can make.
    fn from(value: BigRational) -> Self {
        // The common divisor of anything and 1 takes as long to find as any other.
        let is_plain = value.denom().is_one() || (value.denom().is_positive() && value.numer().magnitude().is_one());
        Self::from_lowest_terms(if is_plain { value } else { value.reduced() })
    }
}

#[cfg(test)]
mod tests;
