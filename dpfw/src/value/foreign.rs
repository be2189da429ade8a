//! Values in other formats of serde, such as JSON.
//!
//! In a format for people a value is what comes nearest, and an object of one entry where the format has nothing like
//! it; so a value survives the detour. In a binary format it is one string of bytes, [the codec's](super::codec).
//!
//! | value | JSON |
//! |---|---|
//! | the unspecified value | `null` |
//! | boolean, string, list | the same |
//! | exact integer of 64 bits, finite float | number |
//! | any other exact number | `{"$number": "1/2"}` |
//! | infinity, NaN | `{"$number": "+inf.0"}` |
//! | character, symbol, keyword | `{"$char": "a"}` `{"$symbol": "a"}` `{"$keyword": "a"}` |
//! | bytevector, f64vector, vector | `{"$bytes": [1]}` `{"$f64vector": [1.0]}` `{"$vector": [1]}` |
//! | dotted list | `{"$dotted": [1, 2, "tail"]}` |
//! | hash table with strings as keys | object |
//! | any other hash table | `{"$map": [["key", "value"]]}` |

use std::{collections::BTreeMap, fmt};

use bytes::{BufMut, Bytes, BytesMut};
use dpfw_syntax::NumberView;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor},
    ser::{self, SerializeMap},
};

use super::{
    F64Vector, Number, Symbol, Value, codec,
    handover::{self, Offered},
    with_stack,
};

/// The first byte of a value in a binary format, for the day when there is another form.
const BINARY_FORM: u8 = 1;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        handover::offer(self, serializer)
    }
}

impl Offered for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }

    fn serialize_foreign<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return Readable(self).serialize(serializer);
        }
        let mut bytes = BytesMut::new();
        bytes.put_u8(BINARY_FORM);
        codec::encode(self, &mut bytes).map_err(ser::Error::custom)?;
        serializer.serialize_bytes(&bytes)
    }
}

/// A value in a format for people.
struct Readable<'a>(&'a Value);

impl Serialize for Readable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        with_stack(|| match self.0 {
            Value::Void => serializer.serialize_unit(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Number(number) => serialize_number(number, serializer),
            Value::Char(c) => tagged(serializer, "$char", c),
            Value::String(text) => serializer.serialize_str(text),
            Value::Symbol(name) => tagged(serializer, "$symbol", name.as_str()),
            Value::Keyword(name) => tagged(serializer, "$keyword", name.as_str()),
            Value::Bytes(bytes) => tagged(serializer, "$bytes", &bytes[..]),
            Value::F64Vector(floats) => {
                let floats: Vec<Value> = floats.iter().map(|float| Value::from(*float)).collect();
                tagged(serializer, "$f64vector", &readable(&floats))
            }
            Value::List(items) => serializer.collect_seq(items.iter().map(Readable)),
            Value::Dotted(items, tail) => {
                let mut parts = readable(items);
                parts.push(Readable(tail));
                tagged(serializer, "$dotted", &parts)
            }
            Value::Vector(items) => tagged(serializer, "$vector", &readable(items)),
            Value::Map(entries) if is_object(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (Readable(key), Readable(value))))
            }
            Value::Map(entries) => {
                let pairs: Vec<_> = entries.iter().map(|(key, value)| (Readable(key), Readable(value))).collect();
                tagged(serializer, "$map", &pairs)
            }
            Value::Opaque(text) => Err(ser::Error::custom(super::ValueError::opaque(text))),
        })
    }
}

fn readable(items: &[Value]) -> Vec<Readable<'_>> {
    items.iter().map(Readable).collect()
}

fn serialize_number<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    match number.view() {
        NumberView::Fixed(n) => serializer.serialize_i64(n),
        NumberView::Float(n) if n.is_finite() => serializer.serialize_f64(n),
        _ => match number.as_u64() {
            Some(n) => serializer.serialize_u64(n),
            None => tagged(serializer, "$number", &number.to_string()),
        },
    }
}

/// Whether the hash table can be an object that is not taken for something else.
fn is_object(entries: &BTreeMap<Value, Value>) -> bool {
    let mut keys = entries.keys().map(Value::as_str);
    match (keys.next(), entries.len()) {
        (Some(Some(key)), 1) => !key.starts_with('$'),
        (Some(first), _) => first.is_some() && keys.all(|key| key.is_some()),
        (None, _) => true,
    }
}

fn tagged<S: Serializer, T: Serialize + ?Sized>(
    serializer: S,
    tag: &'static str,
    content: &T,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(1))?;
    object.serialize_entry(tag, content)?;
    object.end()
}

/// What an object of one entry stands for; the content back, if nothing.
fn untagged(tag: &str, content: Value) -> Result<Value, Value> {
    let text = content.as_str();
    let known = match tag {
        "$number" => text.and_then(|text| Number::parse(text, 10)).map(Value::Number),
        "$char" => text.and_then(|text| text.parse().ok()).map(Value::Char),
        "$symbol" => text.map(Value::symbol),
        "$keyword" => text.map(Value::keyword),
        "$bytes" => content.as_list().and_then(|items| {
            let byte = |item: &Value| item.as_u64().and_then(|n| u8::try_from(n).ok());
            items.iter().map(byte).collect::<Option<Vec<u8>>>().map(|bytes| Value::Bytes(bytes.into()))
        }),
        "$f64vector" => {
            content.as_list().and_then(|items| items.iter().map(Value::as_f64).collect()).map(Value::F64Vector)
        }
        "$vector" => content.as_list().map(|items| Value::Vector(items.to_vec())),
        "$dotted" => content.as_list().and_then(|items| {
            let (tail, items) = items.split_last()?;
            Some(Value::dotted(items.to_vec(), tail.clone()))
        }),
        "$map" => content.as_list().and_then(|pairs| {
            let entry = |pair: &Value| match pair.as_list()? {
                [key, value] => Some((key.clone(), value.clone())),
                _ => None,
            };
            pairs.iter().map(entry).collect::<Option<BTreeMap<_, _>>>().map(Value::Map)
        }),
        _ => None,
    };
    known.ok_or(content)
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(handover::NAME, ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match handover::accept(deserializer)? {
            Ok(value) => Ok(value),
            Err(deserializer) if deserializer.is_human_readable() => {
                with_stack(|| deserializer.deserialize_any(ReadableVisitor))
            }
            Err(deserializer) => deserializer.deserialize_byte_buf(BinaryVisitor),
        }
    }
}

struct BinaryVisitor;

impl Visitor<'_> for BinaryVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of a value")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Value, E> {
        self.visit_byte_buf(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Value, E> {
        let mut bytes = Bytes::from(bytes);
        if bytes.first() != Some(&BINARY_FORM) {
            return Err(E::custom("these bytes are not a value, or one of a later version"));
        }
        let _ = bytes.split_to(1);
        let value = codec::decode(&mut bytes).map_err(E::custom)?;
        if bytes.is_empty() { Ok(value) } else { Err(E::custom("bytes are left over after the value")) }
    }
}

struct ReadableVisitor;

macro_rules! visit_scalars {
    ($($method:ident: $scalar:ty),* $(,)?) => {$(
        fn $method<E: de::Error>(self, scalar: $scalar) -> Result<Value, E> {
            Ok(scalar.into())
        }
    )*};
}

impl<'de> Visitor<'de> for ReadableVisitor {
    type Value = Value;

    visit_scalars!(
        visit_bool: bool, visit_i64: i64, visit_i128: i128, visit_u64: u64, visit_u128: u128, visit_f64: f64,
        visit_char: char, visit_str: &str, visit_string: String,
    );

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Bytes::copy_from_slice(bytes).into())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Bytes::from(bytes).into())
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Void)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Void)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries: BTreeMap<Value, Value> = BTreeMap::new();
        while let Some((key, value)) = map.next_entry()? {
            if let Some(key) = entries.insert(key, value).and(entries.keys().next()) {
                return Err(de::Error::custom(format_args!("a key is there twice, such as {key}")));
            }
        }
        if entries.len() != 1 {
            return Ok(Value::Map(entries));
        }
        Ok(match entries.pop_first() {
            Some((Value::String(tag), content)) => {
                untagged(&tag, content).unwrap_or_else(|content| Value::Map([(Value::String(tag), content)].into()))
            }
            entry => Value::Map(entry.into_iter().collect()),
        })
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        handover::offer(self, serializer)
    }
}

impl Offered for Symbol {
    fn to_value(&self) -> Value {
        Value::Symbol(self.clone())
    }

    fn serialize_foreign<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

/// Made from a symbol or a string.
impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SymbolVisitor)
    }
}

struct SymbolVisitor;

impl Visitor<'_> for SymbolVisitor {
    type Value = Symbol;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a symbol")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Symbol, E> {
        Ok(text.into())
    }
}

impl Serialize for F64Vector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        handover::offer(self, serializer)
    }
}

impl Offered for F64Vector {
    fn to_value(&self) -> Value {
        Value::F64Vector(self.clone())
    }

    fn serialize_foreign<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Made from an f64vector, or from a sequence of numbers that are floats exactly.
impl<'de> Deserialize<'de> for F64Vector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(handover::NAME, F64VectorVisitor)
    }
}

struct F64VectorVisitor;

impl<'de> Visitor<'de> for F64VectorVisitor {
    type Value = F64Vector;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an f64vector")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<F64Vector, D::Error> {
        match handover::accept(deserializer)? {
            Ok(Value::F64Vector(floats)) => Ok(floats),
            Ok(other) => super::from_value::<Vec<f64>>(other).map(F64Vector::from).map_err(de::Error::custom),
            Err(deserializer) => Vec::deserialize(deserializer).map(F64Vector::from),
        }
    }
}
