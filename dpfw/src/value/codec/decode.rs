//! Reading values that a peer wrote.

use std::{collections::BTreeMap, sync::Arc};

use bytes::{Buf, Bytes};
use num_bigint::BigInt;

use super::{INTEGER_BYTES_MAX, RATIO_BYTES_MAX, ratio_cost, tag};
use crate::value::{DEPTH_MAX, F64Vector, NODES_MAX, Number, Symbol, Value};

/// Shorter bytevectors are copied, so that they do not keep the whole message that they came in.
const SHARED_BYTES_MIN: usize = 4 * 1024;

/// More would make the search slower than the allocation that it saves.
const SHARED_SYMBOLS_MAX: usize = 32;

/// An encoded float, its tag included.
const FLOAT_BYTES: usize = 9;

/// Why bytes are not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("value ends early")]
    Truncated,
    #[error("unknown tag {tag:#04x} of a value")]
    UnknownTag { tag: u8 },
    #[error("length {length} with {left} bytes left")]
    LengthPastEnd { length: u64, left: usize },
    #[error("number of more than 64 bits where a length is expected")]
    LengthOverflow,
    #[error("text is not UTF-8")]
    NotUtf8,
    #[error("{code:#x} is not a character")]
    NotAChar { code: u64 },
    #[error("complex number without an imaginary part")]
    NotComplex,
    #[error("number of {length} bytes is longer than {length_max}")]
    NumberTooLong { length: usize, length_max: usize },
    #[error("a rational's denominator is zero")]
    ZeroDenominator,
    #[error("dotted list without items")]
    DottedWithoutItems,
    #[error("dotted list whose tail is a list")]
    DottedTail,
    #[error("hash table has a key twice")]
    DuplicateKey,
    #[error("value is nested deeper than {DEPTH_MAX}")]
    TooDeep,
    #[error("value holds more than {NODES_MAX} values")]
    TooLarge,
}

/// Takes one value off the front of `input`. Long bytevectors share its memory.
///
/// # Errors
///
/// Any [`DecodeError`]; `input` is then somewhere within the value.
pub(crate) fn decode(input: &mut Bytes) -> Result<Value, DecodeError> {
    let mut decoder = Decoder { input, owed: 1, nodes_left: u64::from(NODES_MAX), symbols: Vec::new() };
    let mut open: Vec<Open> = Vec::new();
    loop {
        let mut value = match decoder.take_head()? {
            Head::Leaf(value) => value,
            Head::Open(kind, count) => {
                if open.len() >= DEPTH_MAX as usize {
                    return Err(DecodeError::TooDeep);
                }
                let mut missing = decoder.owe(count)?;
                let mut items = Vec::with_capacity(missing);
                missing -= decoder.take_run_of_floats(missing, &mut items);
                if missing > 0 {
                    open.push(Open { kind, missing, items });
                    continue;
                }
                kind.close(items)?
            }
        };
        loop {
            let Some(innermost) = open.last_mut() else {
                return Ok(value);
            };
            innermost.items.push(value);
            innermost.missing -= 1;
            if innermost.missing > 0 {
                break;
            }
            let Some(Open { kind, items, .. }) = open.pop() else { unreachable!("it was there above") };
            value = kind.close(items)?;
        }
    }
}

/// A value whose items are being read.
struct Open {
    kind: Container,
    missing: usize,
    items: Vec<Value>,
}

enum Head {
    Leaf(Value),
    /// So many values belong to it.
    Open(Container, u64),
}

#[derive(Clone, Copy)]
enum Container {
    List,
    Dotted,
    Vector,
    Map,
}

impl Container {
    fn close(self, mut items: Vec<Value>) -> Result<Value, DecodeError> {
        Ok(match self {
            Self::List => Value::List(items),
            Self::Vector => Value::Vector(items),
            Self::Dotted => match items.pop() {
                Some(Value::List(_) | Value::Dotted(..)) => return Err(DecodeError::DottedTail),
                Some(tail) if !items.is_empty() => Value::Dotted(items, Box::new(tail)),
                _ => return Err(DecodeError::DottedWithoutItems),
            },
            Self::Map => {
                let count = items.len() / 2;
                let mut items = items.into_iter();
                let entries: BTreeMap<_, _> = std::iter::from_fn(|| items.next().zip(items.next())).collect();
                if entries.len() != count {
                    return Err(DecodeError::DuplicateKey);
                }
                Value::Map(entries)
            }
        })
    }
}

struct Decoder<'a> {
    input: &'a mut Bytes,
    /// Values that the open lists still lack. Each takes a byte at least, so what is reserved for all of them together
    /// is bounded by the length of the input.
    owed: u64,
    nodes_left: u64,
    /// The first symbols of the value, so that the field names of a million structs are allocated once.
    symbols: Vec<Symbol>,
}

impl Decoder<'_> {
    fn take_head(&mut self) -> Result<Head, DecodeError> {
        self.count(1)?;
        self.owed -= 1;
        let tag = self.take_byte()?;
        Ok(Head::Leaf(match tag {
            tag::VOID => Value::Void,
            tag::FALSE => Value::Bool(false),
            tag::TRUE => Value::Bool(true),
            tag::COMPLEX => {
                let (real, imaginary) = (self.take_part()?, self.take_part()?);
                match Number::rectangular(real, imaginary) {
                    Some(number) if !number.is_real() => Value::Number(number),
                    _ => return Err(DecodeError::NotComplex),
                }
            }
            tag::CHAR => Value::Char(self.take_char()?),
            tag::SHORT_STRING..tag::SHORT_SYMBOL => Value::String(self.take_text((tag - tag::SHORT_STRING).into())?),
            tag::STRING => Value::String(self.take_long_text()?),
            tag::OPAQUE => Value::Opaque(self.take_long_text()?),
            tag::SHORT_SYMBOL..tag::UNUSED => Value::Symbol(self.take_symbol((tag - tag::SHORT_SYMBOL).into())?),
            tag::SYMBOL => Value::Symbol(self.take_long_text()?.into()),
            tag::KEYWORD => Value::Keyword(Symbol::new(self.take_long_text()?)),
            tag::BYTES => {
                let length = self.take_length(1)?;
                let bytes = self.input.split_to(length);
                Value::Bytes(if length < SHARED_BYTES_MIN { Bytes::copy_from_slice(&bytes) } else { bytes })
            }
            tag::F64_VECTOR => Value::F64Vector(self.take_floats()?),
            tag::SHORT_LIST..tag::SHORT_STRING => {
                return Ok(Head::Open(Container::List, (tag - tag::SHORT_LIST).into()));
            }
            tag::LIST => return Ok(Head::Open(Container::List, self.take_number()?)),
            tag::VECTOR => return Ok(Head::Open(Container::Vector, self.take_number()?)),
            // The tail is one more value; an entry is two.
            tag::DOTTED => return Ok(Head::Open(Container::Dotted, self.take_number()?.saturating_add(1))),
            tag::MAP => return Ok(Head::Open(Container::Map, self.take_number()?.saturating_mul(2))),
            tag => return self.take_real(tag).map(|number| Head::Leaf(Value::Number(number))),
        }))
    }

    /// A part of a complex number.
    fn take_part(&mut self) -> Result<Number, DecodeError> {
        let tag = self.take_byte()?;
        self.take_real(tag)
    }

    /// The real number that begins with `tag`.
    fn take_real(&mut self, tag: u8) -> Result<Number, DecodeError> {
        Ok(match tag {
            tag::SMALL_INTEGER..tag::SHORT_LIST => (tag - tag::SMALL_INTEGER).into(),
            tag::FIXED => unzigzag(self.take_number()?).into(),
            tag::BIG => self.take_integer(INTEGER_BYTES_MAX)?.into(),
            tag::RATIONAL => self.take_rational()?,
            tag::FLOAT => self.input.try_get_f64_le().map_err(|_| DecodeError::Truncated)?.into(),
            tag => return Err(DecodeError::UnknownTag { tag }),
        })
    }

    /// Takes the floats that come next, of `count` values that must come at least; gives how many there were. They mostly
    /// come in long runs, which take a third of the time that single values take.
    fn take_run_of_floats(&mut self, count: usize, items: &mut Vec<Value>) -> usize {
        let (encoded, _) = self.input.as_chunks::<FLOAT_BYTES>();
        let run = encoded.iter().take(count).take_while(|float| float[0] == tag::FLOAT);
        items.extend(run.map(|[_, float @ ..]| Value::from(f64::from_le_bytes(*float))));
        let length = items.len();
        self.input.advance(FLOAT_BYTES * length);
        // `owe` has seen to it that there are so many.
        self.owed -= length as u64;
        self.nodes_left -= length as u64;
        length
    }

    /// Notes that `count` more values must come, if they can.
    fn owe(&mut self, count: u64) -> Result<usize, DecodeError> {
        let left = self.input.len();
        let owed = self.owed.saturating_add(count);
        if owed > left as u64 {
            return Err(DecodeError::LengthPastEnd { length: count, left });
        }
        if owed > self.nodes_left {
            return Err(DecodeError::TooLarge);
        }
        self.owed = owed;
        usize::try_from(count).map_err(|_| DecodeError::LengthOverflow)
    }

    fn count(&mut self, nodes: u64) -> Result<(), DecodeError> {
        self.nodes_left = self.nodes_left.checked_sub(nodes).ok_or(DecodeError::TooLarge)?;
        Ok(())
    }

    fn take_rational(&mut self) -> Result<Number, DecodeError> {
        let before = self.input.len();
        let numerator = self.take_integer(RATIO_BYTES_MAX)?;
        let between = self.input.len();
        let denominator = self.take_integer(RATIO_BYTES_MAX)?;
        self.count(ratio_cost(before - between, between - self.input.len()))?;
        Number::ratio(numerator, denominator).ok_or(DecodeError::ZeroDenominator)
    }

    fn take_integer(&mut self, length_max: usize) -> Result<BigInt, DecodeError> {
        let length = self.take_length(1)?;
        if length > length_max {
            return Err(DecodeError::NumberTooLong { length, length_max });
        }
        let integer = BigInt::from_signed_bytes_le(&self.input[..length]);
        self.input.advance(length);
        Ok(integer)
    }

    fn take_char(&mut self) -> Result<char, DecodeError> {
        let code = self.take_number()?;
        u32::try_from(code).ok().and_then(char::from_u32).ok_or(DecodeError::NotAChar { code })
    }

    fn take_long_text(&mut self) -> Result<Arc<str>, DecodeError> {
        let length = self.take_length(1)?;
        self.take_text(length)
    }

    fn take_symbol(&mut self, length: usize) -> Result<Symbol, DecodeError> {
        let bytes = self.input.get(..length).ok_or(DecodeError::Truncated)?;
        if let Some(known) = self.symbols.iter().find(|symbol| symbol.as_bytes() == bytes) {
            self.input.advance(length);
            return Ok(known.clone());
        }
        let symbol = Symbol::new(self.take_text(length)?);
        if self.symbols.len() < SHARED_SYMBOLS_MAX {
            self.symbols.push(symbol.clone());
        }
        Ok(symbol)
    }

    fn take_text(&mut self, length: usize) -> Result<Arc<str>, DecodeError> {
        let bytes = self.input.get(..length).ok_or(DecodeError::Truncated)?;
        let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::NotUtf8)?.into();
        self.input.advance(length);
        Ok(text)
    }

    fn take_floats(&mut self) -> Result<F64Vector, DecodeError> {
        let bytes = 8 * self.take_length(8)?;
        let (floats, _) = self.input[..bytes].as_chunks();
        let floats = floats.iter().map(|float| f64::from_le_bytes(*float)).collect();
        self.input.advance(bytes);
        Ok(floats)
    }

    /// A number of elements of `size` bytes, all of which are there.
    fn take_length(&mut self, size: usize) -> Result<usize, DecodeError> {
        let length = self.take_number()?;
        let left = self.input.len();
        usize::try_from(length)
            .ok()
            .filter(|length| *length <= left / size)
            .ok_or(DecodeError::LengthPastEnd { length, left })
    }

    fn take_number(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.take_byte()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte holds one bit more than nine of seven.
            if bits << shift >> shift != bits {
                return Err(DecodeError::LengthOverflow);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(DecodeError::LengthOverflow)
    }

    fn take_byte(&mut self) -> Result<u8, DecodeError> {
        self.input.try_get_u8().map_err(|_| DecodeError::Truncated)
    }
}

fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -(n & 1).cast_signed()
}
