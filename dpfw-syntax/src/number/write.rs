//! The text of numbers.

use std::fmt;

use num_bigint::BigInt;

use super::{Complex, Number, Repr};

/// From this size on a float is written with an exponent.
const PLAIN_MAX: f64 = 1e21;
/// Below this size a float is written with an exponent.
const PLAIN_MIN: f64 = 1e-6;

/// Writes a float as Scheme reads it: the shortest digits that give the same float, `1.0`, `1.0e21`, `-0.0`, `+inf.0`,
/// `+nan.0`.
///
/// # Errors
///
/// Only what `out` reports.
pub fn write_float(out: &mut (impl fmt::Write + ?Sized), value: f64) -> fmt::Result {
    let size = value.abs();
    if value.is_nan() {
        out.write_str("+nan.0")
    } else if value.is_infinite() {
        out.write_str(if value > 0.0 { "+inf.0" } else { "-inf.0" })
    } else if size != 0.0 && !(PLAIN_MIN..PLAIN_MAX).contains(&size) {
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !digits.contains('.') => write!(out, "{digits}.0e{exponent}"),
            _ => out.write_str(&text),
        }
    } else if value.fract() == 0.0 {
        write!(out, "{value}.0")
    } else {
        write!(out, "{value}")
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Fixed(n) => write!(f, "{n}"),
            Repr::Big(n) => write!(f, "{n}"),
            Repr::Rational(n) => write!(f, "{}/{}", n.numer(), n.denom()),
            Repr::Float(n) => write_float(f, *n),
            Repr::Complex(n) => f.write_str(&complex(n, &n.real.to_string(), &n.imaginary.to_string())),
        }
    }
}

/// A complex number whose parts have these texts.
fn complex(number: &Complex, real: &str, imaginary: &str) -> String {
    let real = if number.real == Number::from(0) { "" } else { real };
    let imaginary = match imaginary {
        "1" => "+",
        "-1" => "-",
        other => other,
    };
    let sign = if imaginary.starts_with(['+', '-']) { "" } else { "+" };
    format!("{real}{sign}{imaginary}i")
}

impl Number {
    /// The digits of this number in `radix`, as `number->string` gives them.
    ///
    /// `None` if `radix` is not between 2 and 36, or if this is a float and `radix` is not 10.
    pub fn to_text(&self, radix: u32) -> Option<String> {
        if radix == 10 {
            return Some(self.to_string());
        }
        if !(2..=36).contains(&radix) {
            return None;
        }
        Some(match &self.0 {
            Repr::Fixed(n) => BigInt::from(*n).to_str_radix(radix),
            Repr::Big(n) => n.to_str_radix(radix),
            Repr::Rational(n) => format!("{}/{}", n.numer().to_str_radix(radix), n.denom().to_str_radix(radix)),
            Repr::Float(_) => return None,
            Repr::Complex(n) => complex(n, &n.real.to_text(radix)?, &n.imaginary.to_text(radix)?),
        })
    }
}
