//! The float nearest to an exact number.

use std::ops::Shl;

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{ToPrimitive, Zero};

/// Bits of a float's significand, the hidden one included.
const SIGNIFICAND_BITS: i64 = 53;
/// Exponent of the lowest bit of the smallest float.
const EXPONENT_MIN: i64 = -1074;
/// Exponent of the highest bit of the largest float.
const EXPONENT_MAX: i64 = 1023;
/// Bits of the quotient that is rounded: enough for a significand, a rounding bit and a sticky bit, within `u128`.
const QUOTIENT_BITS: i64 = 66;

/// The float nearest to `numerator / denominator`, ties to even. The denominator is above zero.
pub(super) fn nearest_float(numerator: &BigInt, denominator: &BigInt) -> f64 {
    let magnitude = nearest_magnitude(numerator.magnitude(), denominator.magnitude());
    if numerator.sign() == Sign::Minus { -magnitude } else { magnitude }
}

fn nearest_magnitude(numerator: &BigUint, denominator: &BigUint) -> f64 {
    if numerator.is_zero() {
        return 0.0;
    }
    // Scaled so that the quotient has 66 or 67 bits, then rounded once: rounding to 53 bits first and to a subnormal
    // afterwards would round twice.
    let shift = QUOTIENT_BITS - (bits(numerator) - bits(denominator));
    let (quotient, exact) = match u64::try_from(shift) {
        Ok(left) => divide(&numerator.shl(left), denominator),
        Err(_) => divide(numerator, &denominator.shl(shift.unsigned_abs())),
    };
    let quotient = quotient | u128::from(!exact);
    let length = i64::from(u128::BITS - quotient.leading_zeros());

    let top = length - 1 - shift;
    if top > EXPONENT_MAX {
        return f64::INFINITY;
    }
    // The exponent of the lowest bit that the float can hold.
    let bottom = (top - (SIGNIFICAND_BITS - 1)).max(EXPONENT_MIN);
    let Some(dropped) = u32::try_from(bottom + shift).ok().filter(|dropped| *dropped < u128::BITS) else {
        return 0.0;
    };
    let rest = quotient & ((1 << dropped) - 1);
    let half = (1 << dropped) >> 1;
    let kept = quotient >> dropped;
    let rounded = kept + u128::from(rest > half || (rest == half && kept & 1 == 1));

    // In a float's bits the exponent stands above the significand, so a carry out of the one enters the other.
    let significand = u64::try_from(rounded).expect("at most 54 bits remain");
    let biased = u64::try_from(bottom - EXPONENT_MIN).expect("bottom is at least the minimum");
    f64::from_bits((biased << (SIGNIFICAND_BITS - 1)) + significand)
}

/// The quotient, and whether nothing remains.
fn divide(numerator: &BigUint, denominator: &BigUint) -> (u128, bool) {
    let quotient = numerator / denominator;
    let exact = &quotient * denominator == *numerator;
    (quotient.to_u128().expect("the shift leaves 67 bits"), exact)
}

fn bits(n: &BigUint) -> i64 {
    i64::try_from(n.bits()).expect("no number in memory has that many bits")
}
