//! The codec of values, and their text.

use bytes::{Bytes, BytesMut};

use crate::value::{Value, decode, encode, with_stack};

/// Reads `input` as values, and says them again.
///
/// # Panics
///
/// If a value that was read is not encoded, or written as text, such that it is read back equal.
pub fn value(input: &[u8]) {
    let mut input = Bytes::copy_from_slice(input);
    while !input.is_empty() {
        let Ok(value) = decode(&mut input) else { return };
        // An opaque value is only said by slaves, who do not say it as a value.
        if is_opaque(&value) {
            continue;
        }
        let bytes = encoded(&value);
        let again = decode(&mut bytes.clone()).unwrap_or_else(|error| panic!("{value} is refused: {error}"));
        assert_eq!(again, value);
        assert_eq!(encoded(&again), bytes, "{value} has two encodings");
        let text = value.to_string();
        let read: Value = text.parse().unwrap_or_else(|errors| panic!("{text} is not read: {errors}"));
        // A text has one NaN, where bytes keep its bits.
        assert_eq!(read.to_string(), text);
    }
}

fn encoded(value: &Value) -> Bytes {
    let mut bytes = BytesMut::new();
    encode(value, &mut bytes).unwrap_or_else(|error| panic!("{value} is not encoded: {error}"));
    bytes.freeze()
}

fn is_opaque(value: &Value) -> bool {
    with_stack(|| match value {
        Value::Opaque(_) => true,
        Value::List(items) | Value::Vector(items) => items.iter().any(is_opaque),
        Value::Dotted(items, tail) => items.iter().any(is_opaque) || is_opaque(tail),
        Value::Map(entries) => entries.iter().any(|(key, value)| is_opaque(key) || is_opaque(value)),
        _ => false,
    })
}
