//! Numbers: the tower between Steel's representations and ours, arithmetic and comparison of reals.

use std::cmp::Ordering;

use dpfw_syntax::{Number, NumberError, NumberView};
use num_bigint::BigInt;
use num_rational::{BigRational, Rational32};
use num_traits::{Signed, ToPrimitive, Zero};
use steel::{SteelVal, gc::Gc};

use super::{
    arguments::{size, string, truth, weight, wrong},
    complex::{Arithmetic, arithmetic, both, either, is_complex, parts, rectangular},
    table::Native,
};
use crate::engine::{
    fault::{Fault, Limit, Outcome},
    session::Session,
};

/// Integers are no longer than this: what is beyond would keep the evaluator in one uninterruptible multiplication.
pub(super) const BITS_MAX: u64 = 1 << 20;

/// The parts of rationals are no longer than this, nor are numbers of which divisors are sought: that takes the square
/// of their length.
pub(super) const RATIO_BITS_MAX: u64 = 40_000;

/// Units of work that one operation on numbers is for each unit of their weight.
pub(super) const WORK_OF_ARITHMETIC: usize = 8;

/// How much work one operation on a number is: where it is a ratio there are products, or a divisor to be found.
pub(super) fn work_of(number: &SteelVal) -> usize {
    const WORD_BYTES: usize = 8;
    let linear = WORK_OF_ARITHMETIC.saturating_mul(weight(number));
    match number {
        SteelVal::BigRational(_) | SteelVal::Complex(_) => {
            let words = size(number) / WORD_BYTES;
            linear.saturating_add(words.saturating_mul(words) / WORDS_PER_UNIT)
        }
        _ => linear,
    }
}

/// Products of two words in a unit of work.
const WORDS_PER_UNIT: usize = 8;

/// `string->number` and `read` accept no longer numbers.
const NUMERAL_LENGTH_MAX: usize = 400_000;

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "number?" (1) => |args| truth(is_number(&args[0])),
    "complex?" (1) => |args| truth(is_number(&args[0])),
    "real?" (1) => |args| truth(is_real(&args[0])),
    "rational?" (1) => |args| truth(match &args[0] {
        SteelVal::NumV(x) => x.is_finite(),
        other => is_real(other),
    }),
    "integer?" (1) => |args| truth(is_integer(&args[0])),
    "exact?" (1) => |args| number_test(args, |value| both(value, |part| !matches!(part, SteelVal::NumV(_)))),
    "inexact?" (1) => |args| number_test(args, |value| either(value, |part| matches!(part, SteelVal::NumV(_)))),
    "exact-integer?" (1) => |args| truth(matches!(args[0], SteelVal::IntV(_) | SteelVal::BigNum(_))),
    "exact-rational?" (1) => |args| truth(is_real(&args[0]) && !matches!(args[0], SteelVal::NumV(_))),
    "finite?" (1) => |args| number_test(args, |value| both(value, |part| !is_float(part, |x| !x.is_finite()))),
    "infinite?" (1) => |args| number_test(args, |value| either(value, |part| is_float(part, f64::is_infinite))),
    "nan?" (1) => |args| number_test(args, |value| either(value, |part| is_float(part, f64::is_nan))),
    "=" (1, _) => |args| {
        if args.iter().any(is_complex) {
            return same_numbers(args);
        }
        chain(args, |order| order == Ordering::Equal)
    },
    "<" (1, _) => |args| chain(args, |order| order == Ordering::Less),
    ">" (1, _) => |args| chain(args, |order| order == Ordering::Greater),
    "<=" (1, _) => |args| chain(args, |order| order != Ordering::Greater),
    ">=" (1, _) => |args| chain(args, |order| order != Ordering::Less),
    "zero?" (1) => |args| {
        if is_complex(&args[0]) {
            return same_numbers(&[args[0].clone(), SteelVal::IntV(0)]);
        }
        sign_test(args, |sign| sign == Ordering::Equal)
    },
    "positive?" (1) => |args| sign_test(args, |sign| sign == Ordering::Greater),
    "negative?" (1) => |args| sign_test(args, |sign| sign == Ordering::Less),
    "max" (1, _) => |args| extreme(args, Ordering::Greater),
    "min" (1, _) => |args| extreme(args, Ordering::Less),
    "+" (0, _) => |args| fold(args, &SteelVal::IntV(0), add),
    "*" (0, _) => |args| fold(args, &SteelVal::IntV(1), multiply),
    "-" (1, _) => |args| fold_from_first(args, &SteelVal::IntV(0), subtract),
    "/" (1, _) => |args| fold_from_first(args, &SteelVal::IntV(1), divide),
    "abs" (1) => magnitude,
    "square" (1) => |args| multiply(args, 0, &args[0], &args[0]),
    "exact" (1) => exact,
    "inexact->exact" (1) => exact,
    "inexact" (1) => inexact,
    "exact->inexact" (1) => inexact,
    "number->string" (1, 2) => number_to_string,
    "string->number" (1, 2) => string_to_number,
];

/// Our number for a number of Steel's.
pub(in crate::engine) fn to_number(value: &SteelVal) -> Option<Number> {
    Some(match value {
        SteelVal::IntV(n) => Number::from(*n),
        SteelVal::NumV(x) => Number::from(*x),
        SteelVal::BigNum(n) => Number::from(BigInt::clone(n)),
        SteelVal::Rational(n) => Number::ratio(BigInt::from(*n.numer()), BigInt::from(*n.denom()))?,
        SteelVal::BigRational(n) => Number::from_lowest_terms(BigRational::clone(n)),
        SteelVal::Complex(z) => Number::rectangular(to_real(&z.re)?, to_real(&z.im)?)?,
        _ => return None,
    })
}

/// The same for real numbers alone.
pub(super) fn to_real(value: &SteelVal) -> Option<Number> {
    if is_complex(value) { None } else { to_number(value) }
}

/// Steel's number for one of ours, in the representation that Steel itself would choose.
pub(in crate::engine) fn from_number(number: &Number) -> SteelVal {
    match number.view() {
        NumberView::Fixed(n) => isize::try_from(n).map_or_else(|_| SteelVal::BigNum(Gc::new(n.into())), SteelVal::IntV),
        NumberView::Big(n) => from_integer(n.clone()),
        NumberView::Rational(n) => match (n.numer().to_i32(), n.denom().to_i32()) {
            (Some(numerator), Some(denominator)) => SteelVal::Rational(Rational32::new(numerator, denominator)),
            _ => SteelVal::BigRational(Gc::new(n.clone())),
        },
        NumberView::Float(x) => SteelVal::NumV(x),
        NumberView::Complex(real, imaginary) => rectangular(from_number(real), from_number(imaginary)),
    }
}

/// Steel's integer for any integer.
pub(super) fn from_integer(n: BigInt) -> SteelVal {
    n.to_isize().map_or_else(|| SteelVal::BigNum(Gc::new(n)), SteelVal::IntV)
}

/// The same, unless it is longer than the limits allow.
pub(super) fn from_bounded(number: &Number) -> Outcome {
    match number.view() {
        NumberView::Big(n) => check_bits(n.bits())?,
        NumberView::Rational(n) => check_ratio_bits(n.numer().bits().max(n.denom().bits()))?,
        NumberView::Fixed(_) | NumberView::Float(_) => {}
        NumberView::Complex(real, imaginary) => return Ok(rectangular(from_bounded(real)?, from_bounded(imaginary)?)),
    }
    Ok(from_number(number))
}

/// Refuses integers of more than [`BITS_MAX`] bits.
pub(super) fn check_bits(bits: u64) -> Result<(), Fault> {
    within(bits, BITS_MAX)
}

/// Refuses parts of rationals of more than [`RATIO_BITS_MAX`] bits.
pub(super) fn check_ratio_bits(bits: u64) -> Result<(), Fault> {
    within(bits, RATIO_BITS_MAX)
}

fn within(bits: u64, max: u64) -> Result<(), Fault> {
    if bits > max { Err(Fault::Limit(Limit { which: "bits of a number", max })) } else { Ok(()) }
}

/// Argument `index` as a number.
fn number(args: &[SteelVal], index: usize) -> Result<Number, Fault> {
    args.get(index).and_then(to_number).ok_or_else(|| wrong(args, index, "a number"))
}

/// Argument `index` as a real number.
pub(super) fn real(args: &[SteelVal], index: usize) -> Result<Number, Fault> {
    args.get(index).and_then(to_real).ok_or_else(|| wrong(args, index, "a real number"))
}

/// Argument `index` as a float, rounded if need be.
pub(super) fn float(args: &[SteelVal], index: usize) -> Result<f64, Fault> {
    match args.get(index) {
        Some(SteelVal::NumV(x)) => Ok(*x),
        Some(SteelVal::IntV(n)) => Ok(*n as f64),
        other => {
            Session::work(other.map_or(0, |number| WORK_OF_ARITHMETIC * weight(number)))?;
            Ok(real(args, index)?.to_f64())
        }
    }
}

pub(super) fn is_number(value: &SteelVal) -> bool {
    is_real(value) || is_complex(value)
}

pub(super) fn is_real(value: &SteelVal) -> bool {
    matches!(
        value,
        SteelVal::IntV(_) | SteelVal::NumV(_) | SteelVal::BigNum(_) | SteelVal::Rational(_) | SteelVal::BigRational(_)
    )
}

/// Whether `value` is an integer, exact or not.
pub(super) fn is_integer(value: &SteelVal) -> bool {
    match value {
        SteelVal::IntV(_) | SteelVal::BigNum(_) => true,
        SteelVal::NumV(x) => x.is_finite() && x.fract() == 0.0,
        _ => false,
    }
}

fn number_test(args: &[SteelVal], test: impl Fn(&SteelVal) -> bool) -> Outcome {
    if !is_number(&args[0]) {
        return Err(wrong(args, 0, "a number"));
    }
    truth(test(&args[0]))
}

fn is_float(value: &SteelVal, test: impl Fn(f64) -> bool) -> bool {
    matches!(value, SteelVal::NumV(x) if test(*x))
}

/// `=`, where some are not real.
fn same_numbers(args: &[SteelVal]) -> Outcome {
    let mut same = true;
    let first = parts(args, 0)?;
    for index in 1..args.len() {
        let next = parts(args, index)?;
        Session::work(work_of(&args[index]))?;
        for (left, right) in [(&first.0, &next.0), (&first.1, &next.1)] {
            same &= compare(args, index, left, right)? == Some(Ordering::Equal);
        }
    }
    truth(same)
}

fn sign_test(args: &[SteelVal], test: impl Fn(Ordering) -> bool) -> Outcome {
    match compare(args, 0, &args[0], &SteelVal::IntV(0))? {
        Some(sign) => truth(test(sign)),
        None => truth(false),
    }
}

/// Applies `test` to each neighbouring pair; every argument must be a number, tested or not.
fn chain(args: &[SteelVal], test: impl Fn(Ordering) -> bool) -> Outcome {
    if let [SteelVal::IntV(left), SteelVal::IntV(right)] = args {
        return truth(test(left.cmp(right)));
    }
    let mut holds = true;
    for (index, pair) in args.windows(2).enumerate() {
        Session::work(work_of(&pair[1]))?;
        holds &= compare(args, index, &pair[0], &pair[1])?.is_some_and(&test);
    }
    if args.len() == 1 && !is_real(&args[0]) {
        return Err(wrong(args, 0, "a real number"));
    }
    truth(holds)
}

/// The order of two numbers by value; `None` if one is NaN.
pub(super) fn compare(
    args: &[SteelVal],
    index: usize,
    left: &SteelVal,
    right: &SteelVal,
) -> Result<Option<Ordering>, Fault> {
    match (left, right) {
        (SteelVal::IntV(left), SteelVal::IntV(right)) => return Ok(Some(left.cmp(right))),
        (SteelVal::NumV(left), SteelVal::NumV(right)) => return Ok(left.partial_cmp(right)),
        _ => {}
    }
    let left = to_real(left).ok_or_else(|| wrong(args, index, "a real number"))?;
    let right = to_real(right).ok_or_else(|| wrong(args, index + 1, "a real number"))?;
    Ok(compare_numbers(&left, &right))
}

fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (left.as_f64(), right.as_f64()) {
        return left.partial_cmp(&right);
    }
    // A float that is no rational is beyond all exact numbers, or incomparable.
    match (left.to_exact(), right.to_exact()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        (None, _) => left.to_f64().partial_cmp(&0.0),
        (_, None) => 0.0.partial_cmp(&right.to_f64()),
    }
}

fn extreme(args: &[SteelVal], wanted: Ordering) -> Outcome {
    if let [SteelVal::IntV(left), SteelVal::IntV(right)] = args {
        return Ok(SteelVal::IntV(if right.cmp(left) == wanted { *right } else { *left }));
    }
    let mut best = real(args, 0)?;
    let mut inexact = best.as_f64().is_some();
    for index in 1..args.len() {
        Session::work(work_of(&args[index]))?;
        let next = real(args, index)?;
        inexact |= next.as_f64().is_some();
        let replaces = compare_numbers(&next, &best).is_none_or(|order| order == wanted);
        // Once NaN, always NaN.
        if replaces && !best.as_f64().is_some_and(f64::is_nan) {
            best = next;
        }
    }
    Ok(if inexact { SteelVal::NumV(best.to_f64()) } else { from_number(&best) })
}

type Operation = fn(&[SteelVal], usize, &SteelVal, &SteelVal) -> Outcome;

#[inline]
fn fold(args: &[SteelVal], unit: &SteelVal, operation: Operation) -> Outcome {
    match args {
        [] => Ok(unit.clone()),
        // Not `unit + only`, which would make `0.0` of `-0.0`.
        [only] if is_number(only) => Ok(only.clone()),
        [_] => Err(wrong(args, 0, "a number")),
        [left, right] => operation(args, 0, left, right),
        [first, rest @ ..] => fold_rest(args, first, rest, operation),
    }
}

#[inline]
fn fold_from_first(args: &[SteelVal], unit: &SteelVal, operation: Operation) -> Outcome {
    match args {
        [only] => operation(args, 0, unit, only),
        [left, right] => operation(args, 0, left, right),
        [first, rest @ ..] => fold_rest(args, first, rest, operation),
        [] => Ok(unit.clone()),
    }
}

fn fold_rest(args: &[SteelVal], first: &SteelVal, rest: &[SteelVal], operation: Operation) -> Outcome {
    let mut total = first.clone();
    Session::work(WORK_OF_ARITHMETIC * rest.len())?;
    for (index, next) in rest.iter().enumerate() {
        total = operation(args, index, &total, next)?;
        if !matches!(total, SteelVal::NumV(_) | SteelVal::IntV(_)) {
            Session::work(work_of(&total))?;
        }
    }
    Ok(total)
}

/// Both operands as numbers; `index` is that of the left one among the arguments.
fn operands(args: &[SteelVal], index: usize, left: &SteelVal, right: &SteelVal) -> Result<(Number, Number), Fault> {
    let Some(left) = to_number(left) else { return Err(wrong(args, index, "a number")) };
    let Some(right) = to_number(right) else {
        return Err(wrong(args, (index + 1).min(args.len() - 1), "a number"));
    };
    Ok((left, right))
}

pub(super) fn add(args: &[SteelVal], index: usize, left: &SteelVal, right: &SteelVal) -> Outcome {
    match (left, right) {
        (SteelVal::IntV(left), SteelVal::IntV(right)) => {
            if let Some(sum) = left.checked_add(*right) {
                return Ok(SteelVal::IntV(sum));
            }
        }
        (SteelVal::NumV(left), SteelVal::NumV(right)) => return Ok(SteelVal::NumV(left + right)),
        (SteelVal::IntV(left), SteelVal::NumV(right)) => return Ok(SteelVal::NumV(*left as f64 + right)),
        (SteelVal::NumV(left), SteelVal::IntV(right)) => return Ok(SteelVal::NumV(left + *right as f64)),
        _ => {}
    }
    if let Some(outcome) = arithmetic(Arithmetic::Add, left, right) {
        return outcome;
    }
    let (left, right) = operands(args, index, left, right)?;
    combine(&left, &right, |left, right| left + right, |left, right| left + right, |left, right| left + right)
}

pub(super) fn subtract(args: &[SteelVal], index: usize, left: &SteelVal, right: &SteelVal) -> Outcome {
    match (left, right) {
        (SteelVal::IntV(left), SteelVal::IntV(right)) => {
            if let Some(difference) = left.checked_sub(*right) {
                return Ok(SteelVal::IntV(difference));
            }
        }
        (SteelVal::NumV(left), SteelVal::NumV(right)) => return Ok(SteelVal::NumV(left - right)),
        // `(- 0.0)` is `-0.0`, which `0 - 0.0` is not.
        (_, SteelVal::NumV(right)) if args.len() == 1 => return Ok(SteelVal::NumV(-right)),
        (SteelVal::IntV(left), SteelVal::NumV(right)) => return Ok(SteelVal::NumV(*left as f64 - right)),
        (SteelVal::NumV(left), SteelVal::IntV(right)) => return Ok(SteelVal::NumV(left - *right as f64)),
        _ => {}
    }
    if let Some(outcome) = arithmetic(Arithmetic::Subtract, left, right) {
        return outcome;
    }
    let (left, right) = operands(args, index, left, right)?;
    combine(&left, &right, |left, right| left - right, |left, right| left - right, |left, right| left - right)
}

pub(super) fn multiply(args: &[SteelVal], index: usize, left: &SteelVal, right: &SteelVal) -> Outcome {
    match (left, right) {
        (SteelVal::IntV(left), SteelVal::IntV(right)) => {
            if let Some(product) = left.checked_mul(*right) {
                return Ok(SteelVal::IntV(product));
            }
        }
        (SteelVal::NumV(left), SteelVal::NumV(right)) => return Ok(SteelVal::NumV(left * right)),
        (SteelVal::IntV(left), SteelVal::NumV(right)) => return Ok(SteelVal::NumV(*left as f64 * right)),
        (SteelVal::NumV(left), SteelVal::IntV(right)) => return Ok(SteelVal::NumV(left * *right as f64)),
        _ => {}
    }
    if let Some(outcome) = arithmetic(Arithmetic::Multiply, left, right) {
        return outcome;
    }
    let (left, right) = operands(args, index, left, right)?;
    // Checked before it is done, because it is the product that takes the time.
    check_bits(bits(&left).saturating_add(bits(&right)))?;
    combine(&left, &right, |left, right| left * right, |left, right| left * right, |left, right| left * right)
}

fn bits(number: &Number) -> u64 {
    match number.view() {
        NumberView::Fixed(_) | NumberView::Float(_) => 0,
        NumberView::Big(n) => n.bits(),
        NumberView::Rational(n) => n.numer().bits().max(n.denom().bits()),
        NumberView::Complex(real, imaginary) => bits(real).max(bits(imaginary)),
    }
}

pub(super) fn divide(args: &[SteelVal], index: usize, left: &SteelVal, right: &SteelVal) -> Outcome {
    if let (SteelVal::NumV(left), SteelVal::NumV(right)) = (left, right) {
        return Ok(SteelVal::NumV(left / right));
    }
    if let Some(outcome) = arithmetic(Arithmetic::Divide, left, right) {
        return outcome;
    }
    let (left, right) = operands(args, index, left, right)?;
    if let (Some(dividend), Some(divisor)) = (left.as_bigint(), right.as_bigint()) {
        return divide_integers(&dividend, &divisor);
    }
    match (left.as_rational(), right.as_rational()) {
        (_, Some(divisor)) if divisor.is_zero() => Err(Fault::misuse("division by zero")),
        (Some(dividend), Some(divisor)) => {
            check_ratio_bits(bits(&left).max(bits(&right)))?;
            from_bounded(&Number::from(dividend / divisor))
        }
        _ => Ok(SteelVal::NumV(left.to_f64() / right.to_f64())),
    }
}

/// An exact quotient, without looking for divisors where there is no remainder.
fn divide_integers(dividend: &BigInt, divisor: &BigInt) -> Outcome {
    if divisor.is_zero() {
        return Err(Fault::misuse("division by zero"));
    }
    if (dividend % divisor).is_zero() {
        return Ok(from_integer(dividend / divisor));
    }
    let common = gcd(dividend, divisor)?;
    let (mut numerator, mut denominator) = (dividend / &common, divisor / common);
    if denominator.is_negative() {
        (numerator, denominator) = (-numerator, -denominator);
    }
    check_ratio_bits(numerator.bits().max(denominator.bits()))?;
    Ok(from_number(&Number::from_lowest_terms(BigRational::new_raw(numerator, denominator))))
}

/// The greatest common divisor, Euclid's way.
///
/// # Errors
/// A limit, where both numbers are longer than [`RATIO_BITS_MAX`].
pub(super) fn gcd(left: &BigInt, right: &BigInt) -> Result<BigInt, Fault> {
    let (mut left, mut right) = (left.abs(), right.abs());
    check_ratio_bits(left.bits().min(right.bits()))?;
    while !right.is_zero() {
        let remainder = &left % &right;
        left = std::mem::replace(&mut right, remainder);
    }
    Ok(left)
}

/// Applies the operation of the simplest kind that holds both numbers.
fn combine(
    left: &Number,
    right: &Number,
    integers: impl Fn(BigInt, BigInt) -> BigInt,
    rationals: impl Fn(BigRational, BigRational) -> BigRational,
    floats: impl Fn(f64, f64) -> f64,
) -> Outcome {
    if let (Some(left), Some(right)) = (left.as_bigint(), right.as_bigint()) {
        let result = integers(left, right);
        check_bits(result.bits())?;
        return Ok(from_integer(result));
    }
    match (left.as_rational(), right.as_rational()) {
        (Some(first), Some(second)) => {
            check_ratio_bits(bits(left).max(bits(right)))?;
            from_bounded(&Number::from(rationals(first, second)))
        }
        _ => Ok(SteelVal::NumV(floats(left.to_f64(), right.to_f64()))),
    }
}

pub(super) fn magnitude(args: &[SteelVal]) -> Outcome {
    match &args[0] {
        SteelVal::IntV(n) if *n != isize::MIN => Ok(SteelVal::IntV(n.abs())),
        SteelVal::NumV(x) => Ok(SteelVal::NumV(x.abs())),
        other => match to_number(other).and_then(|number| number.as_rational()) {
            Some(n) => Ok(from_number(&Number::from_lowest_terms(n.abs()))),
            None => Err(wrong(args, 0, "a real number")),
        },
    }
}

fn inexact(args: &[SteelVal]) -> Outcome {
    if is_complex(&args[0]) {
        return Ok(from_number(&number(args, 0)?.to_inexact()));
    }
    Ok(SteelVal::NumV(float(args, 0)?))
}

fn exact(args: &[SteelVal]) -> Outcome {
    if let SteelVal::IntV(_) = args[0] {
        return Ok(args[0].clone());
    }
    let number = number(args, 0)?;
    let Some(exact) = number.to_exact() else {
        return Err(Fault::misuse(format!("{number} has no exact value")));
    };
    Ok(from_number(&exact))
}

fn radix(args: &[SteelVal]) -> Result<u32, Fault> {
    match args.get(1) {
        None => Ok(10),
        Some(SteelVal::IntV(n @ (2 | 8 | 10 | 16))) => Ok(u32::try_from(*n).unwrap_or(10)),
        Some(_) => Err(wrong(args, 1, "2, 8, 10 or 16")),
    }
}

fn number_to_string(args: &[SteelVal]) -> Outcome {
    let (number, radix) = (number(args, 0)?, radix(args)?);
    match number.to_text(radix) {
        Some(text) => Ok(SteelVal::StringV(text.into())),
        None => Err(Fault::misuse(format!("a float has no text in radix {radix}"))),
    }
}

fn string_to_number(args: &[SteelVal]) -> Outcome {
    let (text, radix) = (string(args, 0)?, radix(args)?);
    let length_max = if text.contains('/') { NUMERAL_LENGTH_MAX / 10 } else { NUMERAL_LENGTH_MAX };
    if text.len() > length_max {
        return Err(Fault::limit("bytes of a numeral", length_max));
    }
    match Number::classify(text, radix) {
        Ok(Some(number)) => from_bounded(&number),
        Err(NumberError::TooManyDigits { digits_max }) => Err(Fault::limit("digits of such a number", digits_max)),
        Ok(None) | Err(_) => truth(false),
    }
}
