//! Division with remainder, divisors, rounding, and the functions of analysis.

use std::{
    cmp::Ordering,
    f64::consts::{LN_2, LOG10_2, PI},
};

use dpfw_syntax::{Number, NumberView};
use num_bigint::BigInt;
use num_complex::Complex64;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use steel::SteelVal;

use super::{
    arguments::{truth, wrong},
    complex::{self, floats, from_floats, is_complex, rectangular},
    control::several,
    numbers::{
        WORK_OF_ARITHMETIC, check_bits, check_ratio_bits, compare, divide, float, from_bounded, from_integer,
        from_number, gcd, is_integer, is_real, real,
    },
    table::Native,
};
use crate::engine::{
    fault::{Fault, Outcome},
    session::Session,
};

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "odd?" (1) => |args| truth(is_odd(args)?),
    "even?" (1) => |args| truth(!is_odd(args)?),
    "floor/" (2) => |args| division(args, Rounding::Floor, Part::Both),
    "floor-quotient" (2) => |args| division(args, Rounding::Floor, Part::Quotient),
    "floor-remainder" (2) => |args| division(args, Rounding::Floor, Part::Remainder),
    "modulo" (2) => |args| division(args, Rounding::Floor, Part::Remainder),
    "truncate/" (2) => |args| division(args, Rounding::Truncate, Part::Both),
    "truncate-quotient" (2) => |args| division(args, Rounding::Truncate, Part::Quotient),
    "truncate-remainder" (2) => |args| division(args, Rounding::Truncate, Part::Remainder),
    "quotient" (2) => |args| division(args, Rounding::Truncate, Part::Quotient),
    "remainder" (2) => |args| division(args, Rounding::Truncate, Part::Remainder),
    "gcd" (0, _) => |args| over_integers(args, BigInt::zero(), gcd),
    "lcm" (0, _) => |args| over_integers(args, BigInt::one(), lcm),
    "numerator" (1) => |args| fraction_part(args, |n| n.numer().clone()),
    "denominator" (1) => |args| fraction_part(args, |n| n.denom().clone()),
    "floor" (1) => |args| round(args, f64::floor, BigRational::floor),
    "ceiling" (1) => |args| round(args, f64::ceil, BigRational::ceil),
    "truncate" (1) => |args| round(args, f64::trunc, BigRational::trunc),
    "round" (1) => |args| round(args, f64::round_ties_even, round_rational),
    "rationalize" (2) => rationalize,
    "exp" (1) => |args| transcendental(args, 0, f64::exp, Complex64::exp),
    "log" (1, 2) => log,
    "sin" (1) => |args| transcendental(args, 0, f64::sin, Complex64::sin),
    "cos" (1) => |args| transcendental(args, 0, f64::cos, Complex64::cos),
    "tan" (1) => |args| transcendental(args, 0, f64::tan, Complex64::tan),
    "asin" (1) => |args| transcendental(args, 0, f64::asin, Complex64::asin),
    "acos" (1) => |args| transcendental(args, 1, f64::acos, Complex64::acos),
    "atan" (1, 2) => |args| match args {
        [_] => transcendental(args, 0, f64::atan, Complex64::atan),
        _ => atan2(args),
    },
    "sqrt" (1) => sqrt,
    "exact-integer-sqrt" (1) => exact_integer_sqrt,
    "expt" (2) => expt,
];

#[derive(Clone, Copy, PartialEq)]
enum Rounding {
    Floor,
    Truncate,
}

#[derive(Clone, Copy)]
enum Part {
    Quotient,
    Remainder,
    Both,
}

/// Argument `index` as an integer, and whether it is exact.
fn integer(args: &[SteelVal], index: usize) -> Result<(BigInt, bool), Fault> {
    match args.get(index) {
        Some(SteelVal::NumV(x)) if is_integer(&args[index]) => {
            let n = Number::from(*x).to_exact().and_then(|n| n.as_bigint());
            Ok((n.ok_or_else(|| wrong(args, index, "an integer"))?, false))
        }
        _ => real(args, index)?.as_bigint().map(|n| (n, true)).ok_or_else(|| wrong(args, index, "an integer")),
    }
}

fn from_parts(n: BigInt, exact: bool) -> SteelVal {
    if exact { from_integer(n) } else { SteelVal::NumV(Number::from(n).to_f64()) }
}

fn is_odd(args: &[SteelVal]) -> Result<bool, Fault> {
    if let SteelVal::IntV(n) = args[0] {
        return Ok(n % 2 != 0);
    }
    Ok(integer(args, 0)?.0.bit(0))
}

fn division(args: &[SteelVal], rounding: Rounding, part: Part) -> Outcome {
    if let (SteelVal::IntV(left), SteelVal::IntV(right)) = (&args[0], &args[1]) {
        // Overflow (the least integer by -1) and zero go the long way.
        if let (Some(mut quotient), Some(mut remainder)) = (left.checked_div(*right), left.checked_rem(*right)) {
            if rounding == Rounding::Floor && remainder != 0 && (remainder < 0) != (*right < 0) {
                quotient -= 1;
                remainder += *right;
            }
            return Ok(match part {
                Part::Quotient => SteelVal::IntV(quotient),
                Part::Remainder => SteelVal::IntV(remainder),
                Part::Both => several([SteelVal::IntV(quotient), SteelVal::IntV(remainder)]),
            });
        }
    }
    let ((left, left_exact), (right, right_exact)) = (integer(args, 0)?, integer(args, 1)?);
    if right.is_zero() {
        return Err(Fault::misuse("division by zero"));
    }
    let exact = left_exact && right_exact;
    let (mut quotient, mut remainder) = (&left / &right, &left % &right);
    if rounding == Rounding::Floor && !remainder.is_zero() && remainder.is_negative() != right.is_negative() {
        quotient -= 1;
        remainder += &right;
    }
    Ok(match part {
        Part::Quotient => from_parts(quotient, exact),
        Part::Remainder => from_parts(remainder, exact),
        Part::Both => several([from_parts(quotient, exact), from_parts(remainder, exact)]),
    })
}

fn over_integers(args: &[SteelVal], unit: BigInt, combine: fn(&BigInt, &BigInt) -> Result<BigInt, Fault>) -> Outcome {
    let (mut total, mut exact) = (unit, true);
    for index in 0..args.len() {
        let (next, next_exact) = integer(args, index)?;
        total = combine(&total, &next)?;
        Session::work(WORK_OF_ARITHMETIC * (1 + usize::try_from(total.bits() / 512).unwrap_or(usize::MAX)))?;
        check_bits(total.bits())?;
        exact &= next_exact;
    }
    Ok(from_parts(total, exact))
}

fn lcm(left: &BigInt, right: &BigInt) -> Result<BigInt, Fault> {
    if left.is_zero() || right.is_zero() {
        return Ok(BigInt::zero());
    }
    Ok((left / gcd(left, right)? * right).abs())
}

fn fraction_part(args: &[SteelVal], part: impl Fn(&BigRational) -> BigInt) -> Outcome {
    let number = real(args, 0)?;
    let exact = number.to_exact().and_then(|n| n.as_rational()).ok_or_else(|| wrong(args, 0, "a rational number"))?;
    Ok(from_parts(part(&exact), number.is_exact()))
}

fn round(args: &[SteelVal], float: fn(f64) -> f64, rational: fn(&BigRational) -> BigRational) -> Outcome {
    let number = real(args, 0)?;
    Ok(match number.view() {
        NumberView::Float(x) => SteelVal::NumV(float(x)),
        NumberView::Rational(n) => from_number(&Number::from(rational(n))),
        NumberView::Fixed(_) | NumberView::Big(_) | NumberView::Complex(..) => args[0].clone(),
    })
}

/// To the nearest integer, to the even one of two.
fn round_rational(n: &BigRational) -> BigRational {
    let two = BigInt::from(2);
    let below = n.floor().to_integer();
    let twice_the_rest = (n - n.floor()) * BigRational::from(two);
    let up = match twice_the_rest.cmp(&BigRational::one()) {
        Ordering::Less => false,
        Ordering::Equal => below.bit(0),
        Ordering::Greater => true,
    };
    BigRational::from(if up { below + 1 } else { below })
}

fn rationalize(args: &[SteelVal]) -> Outcome {
    let (target, tolerance) = (real(args, 0)?, real(args, 1)?);
    let exact = target.is_exact() && tolerance.is_exact();
    let (x, y) =
        match (target.to_exact().and_then(|n| n.as_rational()), tolerance.to_exact().and_then(|n| n.as_rational())) {
            (Some(x), Some(y)) => (x, y.abs()),
            (_, None) if tolerance.to_f64().is_infinite() && !target.to_f64().is_infinite() => {
                return Ok(SteelVal::NumV(if target.to_f64().is_nan() { f64::NAN } else { 0.0 }));
            }
            (None, Some(_)) => return Ok(SteelVal::NumV(target.to_f64())),
            _ => return Ok(SteelVal::NumV(f64::NAN)),
        };
    let simplest = Number::from(simplest_between(&(&x - &y), &(&x + &y))?);
    Ok(if exact { from_number(&simplest) } else { SteelVal::NumV(simplest.to_f64()) })
}

/// The rational of the smallest denominator from `low` to `high`: the common beginning of their continued fractions.
fn simplest_between(low: &BigRational, high: &BigRational) -> Result<BigRational, Fault> {
    Ok(if low.is_positive() {
        simplest_positive(low.clone(), high.clone())?
    } else if high.is_negative() {
        -simplest_positive(-high, -low)?
    } else {
        BigRational::zero()
    })
}

fn simplest_positive(mut low: BigRational, mut high: BigRational) -> Result<BigRational, Fault> {
    let mut terms = Vec::new();
    let mut last = loop {
        // Each step divides, and reduces what is left.
        let bits = low.denom().bits().max(high.denom().bits());
        let words = usize::try_from(bits / 64).unwrap_or(usize::MAX);
        Session::work(words.saturating_mul(words).saturating_add(1))?;
        let floor = low.floor();
        if floor == low || floor < high.floor() {
            break if floor == low { floor } else { floor + BigRational::one() };
        }
        // Both lie between the same integers: their fractions decide, upside down.
        let (low_rest, high_rest) = (&low - &floor, &high - &floor);
        terms.push(floor);
        (low, high) = (high_rest.recip(), low_rest.recip());
    };
    while let Some(term) = terms.pop() {
        let words = usize::try_from(last.denom().bits() / 64).unwrap_or(usize::MAX);
        Session::work(words.saturating_mul(words).saturating_add(1))?;
        last = term + last.recip();
    }
    Ok(last)
}

/// A function that is exact where the argument is exactly `exact_at`, as `(exp 0)` is 1, and not real everywhere.
fn transcendental(
    args: &[SteelVal],
    exact_at: isize,
    function: fn(f64) -> f64,
    beyond: fn(Complex64) -> Complex64,
) -> Outcome {
    if is_complex(&args[0]) {
        return Ok(from_floats(beyond(floats(args, 0)?)));
    }
    let x = float(args, 0)?;
    let result = function(x);
    match &args[0] {
        SteelVal::IntV(n) if *n == exact_at => Ok(SteelVal::IntV(isize::from(result == 1.0))),
        _ if result.is_nan() && x.is_finite() => Ok(from_floats(beyond(Complex64::from(x)))),
        _ => Ok(SteelVal::NumV(result)),
    }
}

fn log(args: &[SteelVal]) -> Outcome {
    match args {
        [SteelVal::IntV(1)] => Ok(SteelVal::IntV(0)),
        [SteelVal::IntV(0), ..] => Err(Fault::misuse("the logarithm of zero is undefined")),
        [_] => natural_log(args, 0),
        [x, base] if is_real(x) && is_real(base) && float(args, 0)? >= 0.0 => match float(args, 1)? {
            2.0 => Ok(SteelVal::NumV(Scaled::of(&real(args, 0)?).log(f64::log2, 1.0))),
            10.0 => Ok(SteelVal::NumV(Scaled::of(&real(args, 0)?).log(f64::log10, LOG10_2))),
            _ => quotient_of_logs(args),
        },
        _ => quotient_of_logs(args),
    }
}

fn quotient_of_logs(args: &[SteelVal]) -> Outcome {
    let (x, base) = (natural_log(args, 0)?, natural_log(args, 1)?);
    divide(&[x.clone(), base.clone()], 0, &x, &base)
}

/// The logarithm of argument `index`; that of a negative number is not real.
fn natural_log(args: &[SteelVal], index: usize) -> Outcome {
    if args.get(index).is_some_and(is_complex) {
        return Ok(from_floats(floats(args, index)?.ln()));
    }
    let number = real(args, index)?;
    let size = Scaled::of(&number).log(f64::ln, LN_2);
    if number.to_f64() < 0.0 {
        return Ok(from_floats(Complex64::new(size, PI)));
    }
    Ok(SteelVal::NumV(size))
}

/// The size of a number as a float and a power of two: beyond what a float holds, its logarithm is still one.
struct Scaled {
    leading: f64,
    exponent: f64,
}

impl Scaled {
    fn of(number: &Number) -> Self {
        match number.view() {
            NumberView::Big(n) => Self::of_integer(n),
            NumberView::Rational(n) => {
                let (numerator, denominator) = (Self::of_integer(n.numer()), Self::of_integer(n.denom()));
                Self {
                    leading: numerator.leading / denominator.leading,
                    exponent: numerator.exponent - denominator.exponent,
                }
            }
            _ => Self { leading: number.to_f64().abs(), exponent: 0.0 },
        }
    }

    fn of_integer(n: &BigInt) -> Self {
        let n = n.abs();
        let shift = n.bits().saturating_sub(64);
        Self { leading: (n >> shift).to_f64().unwrap_or(f64::NAN), exponent: shift as f64 }
    }

    /// A logarithm, given that of two.
    fn log(&self, log: fn(f64) -> f64, of_two: f64) -> f64 {
        log(self.leading) + self.exponent * of_two
    }
}

fn atan2(args: &[SteelVal]) -> Outcome {
    if let [SteelVal::IntV(0), x] = args
        && is_real(x)
        && compare(args, 1, x, &SteelVal::IntV(0))? == Some(Ordering::Greater)
    {
        return Ok(SteelVal::IntV(0));
    }
    if matches!(args, [SteelVal::IntV(0), SteelVal::IntV(0)]) {
        return Err(Fault::misuse("the angle of (0, 0) is undefined"));
    }
    Ok(SteelVal::NumV(float(args, 0)?.atan2(float(args, 1)?)))
}

pub(super) fn sqrt(args: &[SteelVal]) -> Outcome {
    if is_complex(&args[0]) {
        return Ok(from_floats(floats(args, 0)?.sqrt()));
    }
    let number = real(args, 0)?;
    if let NumberView::Float(x) = number.view() {
        // The root of a negative number has no real part at all.
        let root = SteelVal::NumV(if x < 0.0 { (-x).sqrt() } else { x.sqrt() });
        return Ok(if x < 0.0 { rectangular(SteelVal::IntV(0), root) } else { root });
    }
    let exact = number.as_rational().ok_or_else(|| wrong(args, 0, "a number"))?;
    if exact.is_negative() {
        let root = sqrt(&[from_number(&Number::from_lowest_terms(-exact))])?;
        return Ok(rectangular(SteelVal::IntV(0), root));
    }
    let (numerator, denominator) = (exact.numer().sqrt(), exact.denom().sqrt());
    // Roots of numbers without a common factor have none.
    let is_exact = &numerator * &numerator == *exact.numer() && &denominator * &denominator == *exact.denom();
    let root = BigRational::new_raw(numerator, denominator);
    if is_exact {
        return Ok(from_number(&Number::from_lowest_terms(root)));
    }
    let approximate = number.to_f64();
    if approximate.is_finite() {
        return Ok(SteelVal::NumV(approximate.sqrt()));
    }
    Ok(SteelVal::NumV(Number::from(root).to_f64()))
}

fn exact_integer_sqrt(args: &[SteelVal]) -> Outcome {
    let n = real(args, 0)?.as_bigint().filter(|n| !n.is_negative());
    let n = n.ok_or_else(|| wrong(args, 0, "a non-negative exact integer"))?;
    let root = n.sqrt();
    let rest = n - &root * &root;
    Ok(several([from_integer(root), from_integer(rest)]))
}

fn expt(args: &[SteelVal]) -> Outcome {
    if args.iter().any(is_complex) {
        return expt_complex(args);
    }
    let (base, exponent) = (real(args, 0)?, real(args, 1)?);
    let Some(power) = exponent.as_bigint() else {
        return power_of_floats(&base, &exponent);
    };
    if let Some(x) = base.as_f64() {
        return Ok(SteelVal::NumV(x.powf(exponent.to_f64())));
    }
    let base = base.as_rational().ok_or_else(|| wrong(args, 0, "a number"))?;
    if base.is_zero() && power.is_negative() {
        return Err(Fault::misuse("division by zero"));
    }
    // The powers of these stay small however large the exponent is.
    if base.is_zero() || base.is_one() || base == -BigRational::one() {
        let value = if power.is_zero() || (base.is_negative() && !power.bit(0)) { BigRational::one() } else { base };
        return Ok(from_number(&Number::from(value)));
    }
    let times = power.magnitude().to_u32().ok_or_else(|| too_large(u64::MAX))?;
    // A power of `n` bits has at least `(n - 1) * times` bits.
    let bits = |part: &BigInt| (part.bits() - 1).saturating_mul(u64::from(times));
    if base.is_integer() && power.is_positive() {
        check_bits(bits(base.numer()))?;
        return Ok(from_integer(base.numer().pow(times)));
    }
    check_ratio_bits(bits(base.numer()).max(bits(base.denom())))?;
    let (mut numerator, mut denominator) = (base.numer().pow(times), base.denom().pow(times));
    if power.is_negative() {
        (numerator, denominator) = (denominator, numerator);
    }
    if denominator.is_negative() {
        (numerator, denominator) = (-numerator, -denominator);
    }
    // Powers of numbers without a common factor have none.
    from_bounded(&Number::from_lowest_terms(BigRational::new_raw(numerator, denominator)))
}

fn too_large(bits: u64) -> Fault {
    check_bits(bits).expect_err("more bits than any limit")
}

fn power_of_floats(base: &Number, exponent: &Number) -> Outcome {
    // `(expt 4 1/2)` is exactly 2.
    if let (Some(_), Some(half)) = (base.as_rational(), exponent.as_rational())
        && half == BigRational::new(BigInt::one(), BigInt::from(2))
    {
        return sqrt(&[from_number(base)]);
    }
    let (base, exponent) = (base.to_f64(), exponent.to_f64());
    if base < 0.0 && exponent.fract() != 0.0 && exponent.is_finite() {
        return Ok(from_floats(Complex64::from(base).powf(exponent)));
    }
    Ok(SteelVal::NumV(base.powf(exponent)))
}

fn expt_complex(args: &[SteelVal]) -> Outcome {
    if let SteelVal::IntV(exponent) = args[1] {
        return complex::power(&args[0], exponent as i64);
    }
    let (base, exponent) = (floats(args, 0)?, floats(args, 1)?);
    if base == Complex64::ZERO {
        if exponent.re > 0.0 {
            return Ok(args[0].clone());
        }
        return Err(Fault::misuse("a power of zero is defined for exponents with positive real parts alone"));
    }
    Ok(from_floats(base.powc(exponent)))
}
