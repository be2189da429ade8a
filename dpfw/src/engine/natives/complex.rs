//! Numbers that are not real: their parts, their arithmetic, and the functions that lead to them.

use dpfw_syntax::Number;
use num_complex::Complex64;
use steel::{SteelVal, gc::Gc, rvals::SteelComplex};

use super::{
    arguments::wrong,
    numbers::{add, divide, from_number, is_real, multiply, real, subtract, to_number},
    table::Native,
};
use crate::engine::fault::{Fault, Outcome};

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "make-rectangular" (2) => |args| {
        for index in 0..2 {
            real(args, index)?;
        }
        Ok(rectangular(args[0].clone(), args[1].clone()))
    },
    "make-polar" (2) => |args| Ok(from_number(&Number::polar(&real(args, 0)?, &real(args, 1)?))),
    "real-part" (1) => |args| Ok(parts(args, 0)?.0),
    "imag-part" (1) => |args| Ok(parts(args, 0)?.1),
    "magnitude" (1) => magnitude,
    "angle" (1) => angle,
];

/// Whether `value` is a number that is not real.
pub(super) fn is_complex(value: &SteelVal) -> bool {
    matches!(value, SteelVal::Complex(_))
}

/// The number of these parts, which are real.
pub(super) fn rectangular(real: SteelVal, imaginary: SteelVal) -> SteelVal {
    match imaginary {
        SteelVal::IntV(0) => real,
        _ => SteelVal::Complex(Gc::new(SteelComplex::new(real, imaginary))),
    }
}

/// The number of these parts as floats.
pub(super) fn from_floats(z: Complex64) -> SteelVal {
    rectangular(SteelVal::NumV(z.re), SteelVal::NumV(z.im))
}

/// Argument `index` as floats, rounded if need be.
pub(super) fn floats(args: &[SteelVal], index: usize) -> Result<Complex64, Fault> {
    let (real_part, imaginary_part) = parts(args, index)?;
    let parts = [real_part, imaginary_part];
    Ok(Complex64::new(real(&parts, 0)?.to_f64(), real(&parts, 1)?.to_f64()))
}

/// The real and the imaginary part of argument `index`.
pub(super) fn parts(args: &[SteelVal], index: usize) -> Result<(SteelVal, SteelVal), Fault> {
    match args.get(index) {
        Some(SteelVal::Complex(z)) => Ok((z.re.clone(), z.im.clone())),
        Some(value) if is_real(value) => Ok((value.clone(), SteelVal::IntV(0))),
        _ => Err(wrong(args, index, "a number")),
    }
}

/// An operation of arithmetic.
#[derive(Debug, Clone, Copy)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Does the operation if both operands are numbers and one is not real; else `None`.
pub(super) fn arithmetic(operation: Arithmetic, left: &SteelVal, right: &SteelVal) -> Option<Outcome> {
    if !is_complex(left) && !is_complex(right) {
        return None;
    }
    let operands = [left.clone(), right.clone()];
    let (Ok(left), Ok(right)) = (parts(&operands, 0), parts(&operands, 1)) else { return None };
    Some(combine(operation, &left, &right))
}

type Parts = (SteelVal, SteelVal);

fn combine(operation: Arithmetic, left: &Parts, right: &Parts) -> Outcome {
    let each = |combine: fn(&SteelVal, &SteelVal) -> Outcome| {
        Ok(rectangular(combine(&left.0, &right.0)?, combine(&left.1, &right.1)?))
    };
    let scaled = |z: &Parts, scale: &dyn Fn(&SteelVal) -> Outcome| Ok(rectangular(scale(&z.0)?, scale(&z.1)?));
    match operation {
        Arithmetic::Add => each(sum),
        Arithmetic::Subtract => each(difference),
        // By a real number each part on its own: zero times infinity is no number.
        Arithmetic::Multiply if is_zero(&left.1) => scaled(right, &|part| product(&left.0, part)),
        Arithmetic::Multiply if is_zero(&right.1) => scaled(left, &|part| product(part, &right.0)),
        Arithmetic::Multiply => Ok(rectangular(
            difference(&product(&left.0, &right.0)?, &product(&left.1, &right.1)?)?,
            sum(&product(&left.0, &right.1)?, &product(&left.1, &right.0)?)?,
        )),
        Arithmetic::Divide if is_zero(&right.1) => scaled(left, &|part| quotient(part, &right.0)),
        Arithmetic::Divide => {
            let square = sum(&product(&right.0, &right.0)?, &product(&right.1, &right.1)?)?;
            let conjugate = (right.0.clone(), difference(&SteelVal::IntV(0), &right.1)?);
            let product = [combine(Arithmetic::Multiply, left, &conjugate)?];
            scaled(&parts(&product, 0)?, &|part| quotient(part, &square))
        }
    }
}

fn sum(left: &SteelVal, right: &SteelVal) -> Outcome {
    add(&[left.clone(), right.clone()], 0, left, right)
}

fn difference(left: &SteelVal, right: &SteelVal) -> Outcome {
    subtract(&[left.clone(), right.clone()], 0, left, right)
}

fn product(left: &SteelVal, right: &SteelVal) -> Outcome {
    multiply(&[left.clone(), right.clone()], 0, left, right)
}

fn quotient(left: &SteelVal, right: &SteelVal) -> Outcome {
    divide(&[left.clone(), right.clone()], 0, left, right)
}

/// Whether a part is exactly nothing.
fn is_zero(part: &SteelVal) -> bool {
    matches!(part, SteelVal::IntV(0))
}

/// Whether `test` holds for both parts of a number.
pub(super) fn both(value: &SteelVal, test: impl Fn(&SteelVal) -> bool) -> bool {
    match value {
        SteelVal::Complex(z) => test(&z.re) && test(&z.im),
        other => test(other),
    }
}

/// Whether `test` holds for one part of a number, or for both.
pub(super) fn either(value: &SteelVal, test: impl Fn(&SteelVal) -> bool) -> bool {
    !both(value, |part| !test(part))
}

fn magnitude(args: &[SteelVal]) -> Outcome {
    if !is_complex(&args[0]) {
        return super::numbers::magnitude(args);
    }
    let (real_part, imaginary_part) = parts(args, 0)?;
    if to_number(&args[0]).is_some_and(|number| number.is_exact()) {
        let square = sum(&product(&real_part, &real_part)?, &product(&imaginary_part, &imaginary_part)?)?;
        return super::integers::sqrt(&[square]);
    }
    Ok(SteelVal::NumV(floats(args, 0)?.norm()))
}

fn angle(args: &[SteelVal]) -> Outcome {
    let z = floats(args, 0)?;
    match &args[0] {
        SteelVal::NumV(_) | SteelVal::Complex(_) => Ok(SteelVal::NumV(z.arg())),
        SteelVal::IntV(0) => Err(Fault::misuse("the angle of zero is undefined")),
        _ if z.re < 0.0 => Ok(SteelVal::NumV(std::f64::consts::PI)),
        _ => Ok(SteelVal::IntV(0)),
    }
}

/// `base` to the power of an integer, by squaring.
pub(super) fn power(base: &SteelVal, exponent: i64) -> Outcome {
    let (mut square, mut result) = (base.clone(), SteelVal::IntV(1));
    let mut left = exponent.unsigned_abs();
    while left > 0 {
        if left & 1 == 1 {
            result = product(&result, &square)?;
        }
        left >>= 1;
        if left > 0 {
            square = product(&square, &square)?;
        }
    }
    if exponent < 0 { quotient(&SteelVal::IntV(1), &result) } else { Ok(result) }
}
