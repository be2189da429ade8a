//! Rust types from values.

mod entries;
mod items;
mod undecided;
mod variant;

use dpfw_syntax::NumberView;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Unexpected, Visitor};

use self::{entries::Entries, items::Items, variant::Variant};
use super::{Number, Value, ValueError, handover, with_stack};

/// Reads a value as a Rust type, by the table at [`Value`].
///
/// # Errors
///
/// If the value is not one that the type is made from; the error says where in the value.
///
/// # Examples
///
/// ```
/// #[derive(serde::Deserialize, Debug, PartialEq)]
/// struct Point {
///     x: f64,
///     tag: Option<String>,
/// }
///
/// let point: Point = dpfw::from_value("((x . 1.5))".parse()?)?;
/// assert_eq!(point, Point { x: 1.5, tag: None });
///
/// let error = dpfw::from_value::<Vec<Point>>("(((x . #t)))".parse()?).unwrap_err();
/// assert_eq!(error.to_string(), "[0].x: expected f64, found boolean `true`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, ValueError> {
    T::deserialize(ValueDeserializer(value))
}

struct ValueDeserializer(Value);

impl ValueDeserializer {
    fn mismatch<'de, V: Visitor<'de>>(&self, visitor: &V) -> ValueError {
        let found = match &self.0 {
            Value::Bool(truth) => Unexpected::Bool(*truth),
            Value::Number(number) => match number.view() {
                NumberView::Fixed(n) => Unexpected::Signed(n),
                NumberView::Float(n) => Unexpected::Float(n),
                _ => Unexpected::Other(self.0.kind_name()),
            },
            Value::Char(c) => Unexpected::Char(*c),
            Value::String(text) => Unexpected::Str(text),
            Value::Opaque(text) => return ValueError::opaque(text),
            other => Unexpected::Other(other.kind_name()),
        };
        ValueError::invalid_type(found, visitor)
    }

    fn integer<'de, V: Visitor<'de>>(&self, target: &'static str, visitor: V) -> Result<V::Value, ValueError> {
        let Value::Number(number) = &self.0 else {
            return Err(self.mismatch(&visitor));
        };
        match number.view() {
            NumberView::Fixed(n) => visitor.visit_i64(n),
            NumberView::Big(n) => match (number.as_u64(), number.as_i128(), number.as_u128()) {
                (Some(n), ..) => visitor.visit_u64(n),
                (_, Some(n), _) if target == "i128" || target == "u128" => visitor.visit_i128(n),
                (.., Some(n)) if target == "u128" => visitor.visit_u128(n),
                _ => Err(ValueError::inexact(n, target)),
            },
            NumberView::Rational(n) => Err(ValueError::inexact(n, target)),
            NumberView::Float(_) | NumberView::Complex(..) => Err(self.mismatch(&visitor)),
        }
    }

    fn float<'de, V: Visitor<'de>>(&self, target: &'static str, visitor: V) -> Result<V::Value, ValueError> {
        let Value::Number(number) = &self.0 else {
            return Err(self.mismatch(&visitor));
        };
        let float = exact_float(number).ok_or_else(|| ValueError::inexact(number, target))?;
        visitor.visit_f64(float)
    }

    fn text<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, ValueError> {
        match &self.0 {
            Value::String(text) => visitor.visit_str(text),
            Value::Symbol(symbol) => visitor.visit_str(symbol),
            Value::Char(c) => visitor.visit_char(*c),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn visit_items<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        Items::of(self.0).map_err(|other| Self(other).mismatch(&visitor))?.visit(visitor)
    }

    fn visit_tuple<'de, V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, ValueError> {
        let items = match self.0 {
            // A pair of an association list.
            Value::Dotted(mut items, tail) if items.len() == 1 && length == 2 => {
                items.push(*tail);
                Items::of(Value::List(items))
            }
            other => Items::of(other),
        };
        let items = items.map_err(|other| Self(other).mismatch(&visitor))?;
        if items.len() != length {
            return Err(ValueError::invalid_length(items.len(), &visitor));
        }
        items.visit(visitor)
    }
}

/// The float that is exactly this number.
fn exact_float(number: &Number) -> Option<f64> {
    let float = number.to_f64();
    (number.as_f64().is_some() || Number::from(float).to_exact().as_ref() == Some(number)).then_some(float)
}

macro_rules! deserialize_numbers {
    ($($method:ident: $how:ident $target:literal),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            self.$how($target, visitor)
        }
    )*};
}

macro_rules! deserialize_as {
    ($how:ident: $($method:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            self.$how(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = ValueError;

    deserialize_numbers!(
        deserialize_i8: integer "i8", deserialize_i16: integer "i16", deserialize_i32: integer "i32",
        deserialize_i64: integer "i64", deserialize_i128: integer "i128",
        deserialize_u8: integer "u8", deserialize_u16: integer "u16", deserialize_u32: integer "u32",
        deserialize_u64: integer "u64", deserialize_u128: integer "u128",
        deserialize_f64: float "f64",
    );

    deserialize_as!(text: deserialize_char, deserialize_str, deserialize_string, deserialize_identifier);
    deserialize_as!(deserialize_bytes: deserialize_byte_buf);
    deserialize_as!(visit_items: deserialize_seq);

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        undecided::visit(self.0, visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            Value::Bool(truth) => visitor.visit_bool(truth),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    /// Rounds, which is what asking for 32 bits means, but does not make an infinity of a number.
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0.as_f64() {
            Some(float) if float.is_finite() && float.abs() >= F32_OVERFLOW => {
                Err(ValueError::inexact(Number::from(float), "f32"))
            }
            _ => self.float("f32", visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            Value::Bytes(bytes) => visitor.visit_byte_buf(bytes.into()),
            Value::String(text) => visitor.visit_bytes(text.as_bytes()),
            other => Self(other).visit_items(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            Value::Void => visitor.visit_none(),
            _ => with_stack(|| visitor.visit_some(self)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            Value::Void => visitor.visit_unit(),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, ValueError> {
        if name == handover::TAKE_NAME {
            handover::give(self.0);
            return visitor.visit_unit();
        }
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        if name == handover::NAME {
            return handover::present(|| visitor.visit_newtype_struct(self));
        }
        with_stack(|| visitor.visit_newtype_struct(self))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, ValueError> {
        self.visit_tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.visit_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        Entries::of(self.0).map_err(|other| Self(other).mismatch(&visitor))?.visit(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let variant = Variant::of(self.0).map_err(|other| Self(other).mismatch(&visitor))?;
        with_stack(|| visitor.visit_enum(variant))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_unit()
    }
}

/// From here on floats are rounded to an infinite `f32`: halfway between the largest `f32` and the next power of two.
const F32_OVERFLOW: f64 = 340_282_356_779_733_661_637_539_395_458_142_568_448.0;
