//! The syntax of numbers: R7RS section 7.1.1, and the exponent markers of R5RS.
//!
//! A text is first taken apart without any arithmetic, then its parts are converted. What looks like a number but is
//! none that we have (`1/0`) is an error rather than a symbol: nobody means a variable of that name.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{Num, One, Pow, Zero};

use super::Number;

/// Digits of an integer. Reading takes more than linear time.
const INTEGER_DIGITS_MAX: usize = 1_000_000;
/// Digits of a numerator, of a denominator, or of a decimal read as exact. Reduction takes quadratic time.
const RATIO_DIGITS_MAX: usize = 10_000;
/// Exponent of a decimal read as exact, either way: a few characters must not take much memory or time. Beyond what
/// floats need.
const EXACT_EXPONENT_MAX: u32 = 400;

/// R7RS has `e` alone; the others asked for floats of other sizes, which are all the same here. R5RS's `f` is not among
/// them: whoever writes `1.5f32` in a Rust program does not mean `1.5e32`.
const EXPONENT_MARKERS: [char; 8] = ['e', 'E', 's', 'S', 'd', 'D', 'l', 'L'];

/// Why a text that has the form of a number is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// `1/0`
    #[error("the denominator is zero")]
    ZeroDenominator,
    /// `#e+inf.0`
    #[error("infinities and NaN have no exact form")]
    NotExact,
    /// `#e1e999999999`
    #[error("the exponent of an exact number is limited to {exponent_max}")]
    ExponentTooLarge {
        /// The limit.
        exponent_max: u32,
    },
    /// More digits than are read.
    #[error("the digits of such a number are limited to {digits_max}")]
    TooManyDigits {
        /// The limit.
        digits_max: usize,
    },
}

/// The text of a real number, taken apart.
struct Real<'a> {
    text: &'a str,
    negative: bool,
    shape: Shape<'a>,
}

enum Shape<'a> {
    Infinite,
    NotANumber,
    Integer(&'a str),
    Ratio(&'a str, &'a str),
    Decimal { whole: &'a str, fraction: &'a str, exponent: &'a str },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Exactness {
    Exact,
    Inexact,
}

impl Number {
    /// The number that `text` denotes, with all of R7RS's syntax, prefixes such as `#x` included.
    ///
    /// `None` if it denotes none: this is `string->number`. `radix` holds where no prefix says otherwise.
    pub fn parse(text: &str, radix: u32) -> Option<Self> {
        Self::classify(text, radix).ok().flatten()
    }

    /// As [`Number::parse`], but tells what is a symbol (`None`) from what is a faulty number.
    ///
    /// # Errors
    ///
    /// [`NumberError`] for a text with the form of a number that has no value here.
    pub fn classify(text: &str, radix: u32) -> Result<Option<Self>, NumberError> {
        let Some((rest, radix, exactness)) = strip_prefixes(text, radix) else {
            return Ok(None);
        };
        if let Some(real) = Real::take_apart(rest, radix) {
            return real.convert(radix, exactness).map(Some);
        }
        complex(rest, radix, exactness).transpose()
    }
}

/// Splits `#x`, `#e` and the like off; `None` if a prefix is unknown or repeated.
fn strip_prefixes(text: &str, mut radix: u32) -> Option<(&str, u32, Option<Exactness>)> {
    let mut rest = text;
    let mut exactness = None;
    let mut radix_given = false;
    while let Some(prefixed) = rest.strip_prefix('#') {
        let letter = prefixed.chars().next()?.to_ascii_lowercase();
        rest = prefixed.get(1..)?;
        match letter {
            'e' | 'i' if exactness.is_none() => {
                exactness = Some(if letter == 'e' { Exactness::Exact } else { Exactness::Inexact });
            }
            'b' | 'o' | 'd' | 'x' if !radix_given => {
                radix_given = true;
                radix = match letter {
                    'b' => 2,
                    'o' => 8,
                    'd' => 10,
                    _ => 16,
                };
            }
            _ => return None,
        }
    }
    (2..=36).contains(&radix).then_some((rest, radix, exactness))
}

fn unsigned(text: &str, radix: u32) -> Option<Shape<'_>> {
    let (whole, rest) = split_digits(text, radix);
    if rest.is_empty() {
        return (!whole.is_empty()).then_some(Shape::Integer(whole));
    }
    if let Some(rest) = rest.strip_prefix('/') {
        let (denominator, rest) = split_digits(rest, radix);
        let whole_ratio = !whole.is_empty() && !denominator.is_empty() && rest.is_empty();
        return whole_ratio.then_some(Shape::Ratio(whole, denominator));
    }
    if radix != 10 {
        return None;
    }
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest, radix),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let exponent = match rest.strip_prefix(EXPONENT_MARKERS) {
        Some(exponent) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !split_digits(digits, radix).1.is_empty() {
                return None;
            }
            exponent
        }
        None if rest.is_empty() => "",
        None => return None,
    };
    Some(Shape::Decimal { whole, fraction, exponent })
}

fn split_digits(text: &str, radix: u32) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_digit(radix)).unwrap_or(text.len());
    text.split_at(end)
}

/// The complex number that `text` denotes: `a@b`, `a+bi`, `+i`; `None` if it denotes none.
fn complex(text: &str, radix: u32, exactness: Option<Exactness>) -> Option<Result<Number, NumberError>> {
    let real = |text| Real::take_apart(text, radix);
    if let Some((modulus, angle)) = text.split_once('@') {
        return Some(polar(&real(modulus)?, &real(angle)?, radix, exactness));
    }
    let text = text.strip_suffix(['i', 'I'])?;
    // The last sign may belong to an exponent, the one before it cannot.
    let (real_part, imaginary_part) = text.rmatch_indices(['+', '-']).take(2).find_map(|(at, sign)| {
        let (before, from) = text.split_at(at);
        let real_part = if before.is_empty() { None } else { Some(real(before)?) };
        let unit = Real { text: from, negative: sign == "-", shape: Shape::Integer("1") };
        let imaginary_part = if from == sign { unit } else { real(from)? };
        Some((real_part, imaginary_part))
    })?;
    let convert = || {
        let real = real_part.map_or(Ok(Number::from(0)), |real| real.convert(radix, exactness))?;
        let imaginary = imaginary_part.convert(radix, exactness)?;
        Ok(Number::rectangular(real, imaginary).expect("both parts are real"))
    };
    Some(convert())
}

fn polar(
    modulus: &Real<'_>,
    angle: &Real<'_>,
    radix: u32,
    exactness: Option<Exactness>,
) -> Result<Number, NumberError> {
    // Each part by itself, so that a part which is refused alone is refused here too.
    let number = Number::polar(&modulus.convert(radix, exactness)?, &angle.convert(radix, exactness)?);
    match exactness {
        Some(Exactness::Exact) => number.to_exact().ok_or(NumberError::NotExact),
        Some(Exactness::Inexact) => Ok(number.to_inexact()),
        None => Ok(number),
    }
}

impl<'a> Real<'a> {
    /// `None` if `text` is no real.
    fn take_apart(text: &'a str, radix: u32) -> Option<Self> {
        let (negative, body, signed) = match text.as_bytes().first()? {
            b'+' => (false, &text[1..], true),
            b'-' => (true, &text[1..], true),
            _ => (false, text, false),
        };
        let shape = if signed && body.eq_ignore_ascii_case("inf.0") {
            Shape::Infinite
        } else if signed && body.eq_ignore_ascii_case("nan.0") {
            Shape::NotANumber
        } else {
            unsigned(body, radix)?
        };
        Some(Self { text, negative, shape })
    }

    fn convert(&self, radix: u32, exactness: Option<Exactness>) -> Result<Number, NumberError> {
        let negative = self.negative;
        let number = match self.shape {
            Shape::Infinite | Shape::NotANumber if exactness == Some(Exactness::Exact) => {
                return Err(NumberError::NotExact);
            }
            Shape::Infinite => Number::from(if negative { f64::NEG_INFINITY } else { f64::INFINITY }),
            Shape::NotANumber => Number::from(f64::NAN),
            Shape::Integer(digits) => integer(negative, digits, radix)?,
            Shape::Ratio(numerator, denominator) => ratio(negative, numerator, denominator, radix)?,
            Shape::Decimal { whole, fraction, exponent } if exactness == Some(Exactness::Exact) => {
                exact_decimal(negative, whole, fraction, exponent)?
            }
            Shape::Decimal { .. } => {
                // What was taken apart is what Rust reads but for some markers, and Rust rounds correctly.
                let text = self.text.replace(EXPONENT_MARKERS, "e");
                Number::from(text.parse::<f64>().expect("a decimal in Scheme is one in Rust"))
            }
        };
        Ok(if exactness == Some(Exactness::Inexact) { number.to_inexact() } else { number })
    }
}

fn integer(negative: bool, digits: &str, radix: u32) -> Result<Number, NumberError> {
    if let Ok(magnitude) = u64::from_str_radix(digits, radix) {
        let value = i128::from(magnitude);
        return Ok(Number::from(if negative { -value } else { value }));
    }
    if digits.len() > INTEGER_DIGITS_MAX {
        return Err(NumberError::TooManyDigits { digits_max: INTEGER_DIGITS_MAX });
    }
    Ok(Number::from(signed(negative, natural(digits, radix))))
}

fn ratio(negative: bool, numerator: &str, denominator: &str, radix: u32) -> Result<Number, NumberError> {
    if numerator.len().max(denominator.len()) > RATIO_DIGITS_MAX {
        return Err(NumberError::TooManyDigits { digits_max: RATIO_DIGITS_MAX });
    }
    let numerator = signed(negative, natural(numerator, radix));
    let denominator = BigInt::from(natural(denominator, radix));
    Number::ratio(numerator, denominator).ok_or(NumberError::ZeroDenominator)
}

fn exact_decimal(negative: bool, whole: &str, fraction: &str, exponent: &str) -> Result<Number, NumberError> {
    let digits = [whole, fraction].concat();
    if digits.len() > RATIO_DIGITS_MAX {
        return Err(NumberError::TooManyDigits { digits_max: RATIO_DIGITS_MAX });
    }
    let (shrinks, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => (true, exponent),
        None => (false, exponent.strip_prefix('+').unwrap_or(exponent)),
    };
    let exponent = match exponent.trim_start_matches('0') {
        "" => 0,
        // A text too long for the type is above the limit all the more.
        exponent => exponent.parse().unwrap_or(u32::MAX),
    };
    if exponent > EXACT_EXPONENT_MAX {
        return Err(NumberError::ExponentTooLarge { exponent_max: EXACT_EXPONENT_MAX });
    }
    let power = power_of_ten(exponent as usize);
    let unit = power_of_ten(fraction.len());
    let (up, down) = if shrinks { (BigInt::one(), unit * power) } else { (power, unit) };
    let numerator = signed(negative, natural(&digits, 10)) * up;
    if down.is_one() {
        return Ok(Number::from(numerator));
    }
    Ok(Number::ratio(numerator, down).expect("a power of ten is not zero"))
}

fn power_of_ten(exponent: usize) -> BigInt {
    Pow::pow(BigInt::from(10), exponent)
}

fn signed(negative: bool, magnitude: BigUint) -> BigInt {
    BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, magnitude)
}

/// The number that `digits` denote; they are valid in `radix`.
///
/// The library converts in quadratic time, so long texts are converted by halves: the products are faster than that.
fn natural(digits: &str, radix: u32) -> BigUint {
    const CHUNK_DIGITS: usize = 512;
    if digits.is_empty() {
        return BigUint::zero();
    }
    // From the right, so that every chunk but the first is full and one scale serves each round.
    let mut parts: Vec<BigUint> = digits
        .as_bytes()
        .rchunks(CHUNK_DIGITS)
        .map(|chunk| {
            let chunk = std::str::from_utf8(chunk).expect("digits are ASCII");
            BigUint::from_str_radix(chunk, radix).expect("the digits were checked")
        })
        .collect();
    let mut scale = Pow::pow(BigUint::from(radix), CHUNK_DIGITS);
    while parts.len() > 1 {
        parts = parts
            .chunks(2)
            .map(|pair| match pair {
                [low, high] => high * &scale + low,
                rest => rest.iter().sum(),
            })
            .collect();
        scale = &scale * &scale;
    }
    parts.pop().unwrap_or_default()
}
