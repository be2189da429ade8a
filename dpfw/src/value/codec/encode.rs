//! Writing values.

use std::sync::Arc;

use bytes::{BufMut, Bytes};
use dpfw_syntax::NumberView;

use super::{INTEGER_BYTES_MAX, RATIO_BYTES_MAX, ratio_cost, tag};
#[cfg(any(feature = "slave", test))]
use crate::value::ValueLimit;
use crate::value::{DEPTH_MAX, NODES_MAX, Number, Value, ValueError, pieces::Output, with_stack};

/// Appends the bytes of `value`. After an error `out` has a part of it.
///
/// # Errors
///
/// If the value holds what cannot travel, or is deeper or larger than [`DEPTH_MAX`] and [`NODES_MAX`] allow.
pub(crate) fn encode(value: &Value, out: &mut impl Output) -> Result<(), ValueError> {
    encode_with(value, out, false)
}

/// As [`encode`], but what cannot travel goes as its text: for what slaves tell masters.
///
/// # Errors
///
/// If the value is deeper or larger than [`DEPTH_MAX`] and [`NODES_MAX`] allow.
#[cfg(any(feature = "slave", test))]
pub(crate) fn encode_shown(value: &Value, out: &mut impl Output) -> Result<(), ValueLimit> {
    encode_with(value, out, true).map_err(|err| err.limit().expect("what cannot travel goes as its text"))
}

fn encode_with(value: &Value, out: &mut impl Output, shows_opaque: bool) -> Result<(), ValueError> {
    Encoder { out, depth_left: DEPTH_MAX, nodes_left: u64::from(NODES_MAX), shows_opaque }.put_value(value)
}

struct Encoder<'a, O> {
    out: &'a mut O,
    depth_left: u32,
    nodes_left: u64,
    shows_opaque: bool,
}

impl<O: Output> Encoder<'_, O> {
    fn put_value(&mut self, value: &Value) -> Result<(), ValueError> {
        self.count(1)?;
        match value {
            Value::Void => self.out.tail().put_u8(tag::VOID),
            Value::Bool(false) => self.out.tail().put_u8(tag::FALSE),
            Value::Bool(true) => self.out.tail().put_u8(tag::TRUE),
            Value::Number(number) => self.put_number(number)?,
            Value::Char(character) => {
                self.out.tail().put_u8(tag::CHAR);
                self.put_length(u64::from(u32::from(*character)));
            }
            Value::String(text) => match short(text.len()) {
                Some(length) => self.put_short_text(tag::SHORT_STRING + length, text),
                None => {
                    self.put_head(tag::STRING, text.len());
                    self.out.put_shared(text.as_bytes(), || Bytes::from_owner(Text(Arc::clone(text))));
                }
            },
            Value::Symbol(symbol) => match short(symbol.len()) {
                Some(length) => self.put_short_text(tag::SHORT_SYMBOL + length, symbol),
                None => self.put_blob(tag::SYMBOL, symbol.as_bytes()),
            },
            Value::Keyword(symbol) => self.put_blob(tag::KEYWORD, symbol.as_bytes()),
            Value::Bytes(bytes) => {
                self.put_head(tag::BYTES, bytes.len());
                self.out.put_bytes_of(bytes);
            }
            Value::F64Vector(floats) => self.put_floats(floats),
            Value::List(items) => {
                self.put_list_head(items.len());
                self.put_items(items)?;
            }
            Value::Dotted(items, tail) => self.put_dotted(items, tail)?,
            Value::Vector(items) => {
                self.put_head(tag::VECTOR, items.len());
                self.put_items(items)?;
            }
            Value::Map(entries) => {
                self.put_head(tag::MAP, entries.len());
                self.nested(|this| {
                    entries.iter().try_for_each(|(key, value)| {
                        this.put_value(key)?;
                        this.put_value(value)
                    })
                })?;
            }
            Value::Opaque(text) if self.shows_opaque => self.put_blob(tag::OPAQUE, text.as_bytes()),
            Value::Opaque(text) => return Err(ValueError::opaque(text)),
        }
        Ok(())
    }

    fn put_number(&mut self, number: &Number) -> Result<(), ValueError> {
        match number.view() {
            NumberView::Fixed(n) => match u8::try_from(n) {
                Ok(small) if small < 64 => self.out.tail().put_u8(tag::SMALL_INTEGER + small),
                _ => {
                    self.out.tail().put_u8(tag::FIXED);
                    self.put_length(zigzag(n));
                }
            },
            NumberView::Big(n) => {
                let digits = n.to_signed_bytes_le();
                if digits.len() > INTEGER_BYTES_MAX {
                    return Err(ValueError::number_too_long(INTEGER_BYTES_MAX));
                }
                self.put_blob(tag::BIG, &digits);
            }
            NumberView::Rational(n) => {
                let (numerator, denominator) = (n.numer().to_signed_bytes_le(), n.denom().to_signed_bytes_le());
                if numerator.len().max(denominator.len()) > RATIO_BYTES_MAX {
                    return Err(ValueError::number_too_long(RATIO_BYTES_MAX));
                }
                self.count(ratio_cost(numerator.len(), denominator.len()))?;
                self.put_blob(tag::RATIONAL, &numerator);
                self.put_length(denominator.len() as u64);
                self.out.tail().put_slice(&denominator);
            }
            NumberView::Float(n) => {
                self.out.tail().put_u8(tag::FLOAT);
                self.out.tail().put_f64_le(n);
            }
            NumberView::Complex(real, imaginary) => {
                self.out.tail().put_u8(tag::COMPLEX);
                self.put_number(real)?;
                self.put_number(imaginary)?;
            }
        }
        Ok(())
    }

    fn put_dotted(&mut self, items: &[Value], tail: &Value) -> Result<(), ValueError> {
        if items.is_empty() || matches!(tail, Value::List(_) | Value::Dotted(..)) {
            return self.put_joined(items, tail);
        }
        self.put_head(tag::DOTTED, items.len());
        self.nested(|this| {
            items.iter().try_for_each(|item| this.put_value(item))?;
            this.put_value(tail)
        })
    }

    /// A value made by hand may be dotted where it should be a list; it is written as what it means.
    fn put_joined<'v>(&mut self, items: &'v [Value], mut tail: &'v Value) -> Result<(), ValueError> {
        let mut joined: Vec<&Value> = items.iter().collect();
        while let Value::Dotted(items, rest) = tail {
            joined.extend(items);
            tail = rest;
        }
        if let Value::List(items) = tail {
            joined.extend(items);
            self.put_list_head(joined.len());
        } else if joined.is_empty() {
            return self.put_value(tail);
        } else {
            self.put_head(tag::DOTTED, joined.len());
            joined.push(tail);
        }
        self.nested(|this| joined.into_iter().try_for_each(|item| this.put_value(item)))
    }

    fn put_list_head(&mut self, length: usize) {
        match short(length) {
            Some(length) => self.out.tail().put_u8(tag::SHORT_LIST + length),
            None => self.put_head(tag::LIST, length),
        }
    }

    fn put_items(&mut self, items: &[Value]) -> Result<(), ValueError> {
        self.nested(|this| items.iter().try_for_each(|item| this.put_value(item)))
    }

    fn nested(&mut self, put: impl FnOnce(&mut Self) -> Result<(), ValueError>) -> Result<(), ValueError> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or_else(ValueError::too_deep)?;
        let outcome = with_stack(|| put(self));
        self.depth_left += 1;
        outcome
    }

    fn count(&mut self, nodes: u64) -> Result<(), ValueError> {
        self.nodes_left = self.nodes_left.checked_sub(nodes).ok_or_else(ValueError::too_large)?;
        Ok(())
    }

    fn put_short_text(&mut self, tag: u8, text: &str) {
        self.out.tail().put_u8(tag);
        self.out.tail().put_slice(text.as_bytes());
    }

    fn put_blob(&mut self, tag: u8, bytes: &[u8]) {
        self.put_head(tag, bytes.len());
        self.out.tail().put_slice(bytes);
    }

    fn put_floats(&mut self, floats: &[f64]) {
        self.put_head(tag::F64_VECTOR, floats.len());
        let out = self.out.tail();
        let start = out.len();
        out.resize(start + 8 * floats.len(), 0);
        let (places, _) = out[start..].as_chunks_mut();
        for (place, float) in places.iter_mut().zip(floats) {
            *place = float.to_le_bytes();
        }
    }

    fn put_head(&mut self, tag: u8, length: usize) {
        self.out.tail().put_u8(tag);
        self.put_length(length as u64);
    }

    fn put_length(&mut self, mut length: u64) {
        loop {
            let [low, ..] = length.to_le_bytes();
            length >>= 7;
            if length == 0 {
                return self.out.tail().put_u8(low);
            }
            self.out.tail().put_u8(low | 0x80);
        }
    }
}

/// A string whose bytes are sent.
struct Text(Arc<str>);

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The length, where it fits a tag of the short forms.
fn short(length: usize) -> Option<u8> {
    u8::try_from(length).ok().filter(|length| *length < 32)
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}
