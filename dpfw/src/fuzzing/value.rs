//! The codec of values, and their text.

use bytes::{Bytes, BytesMut};

use crate::value::{Value, decode, encode};

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
        // Text has one NaN, where bytes keep its bits.
        assert!(read == value || has_other_nan(&value), "{text} is read as {read}");
    }
}

fn encoded(value: &Value) -> Bytes {
    let mut bytes = BytesMut::new();
    encode(value, &mut bytes).unwrap_or_else(|error| panic!("{value} is not encoded: {error}"));
    bytes.freeze()
}

fn is_opaque(value: &Value) -> bool {
    value.any(&|part| matches!(part, Value::Opaque(_)))
}

/// Whether a float in it is NaN with other bits than text has for it.
fn has_other_nan(value: &Value) -> bool {
    let is_other = |float: &f64| float.is_nan() && float.to_bits() != f64::NAN.to_bits();
    value.any(&|part| match part {
        Value::F64Vector(floats) => floats.iter().any(is_other),
        _ => false,
    })
}
