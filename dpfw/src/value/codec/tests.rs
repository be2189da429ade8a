use bytes::{Bytes, BytesMut};
use num_bigint::BigInt;
use proptest::prelude::*;

use super::{DecodeError, decode, encode, encode_shown};
use crate::value::{
    DEPTH_MAX, F64Vector, NODES_MAX, Number, Value, ValueErrorKind,
    arbitrary::{text_values, values},
};

/// As slaves encode.
fn shown(value: &Value) -> Bytes {
    let mut out = BytesMut::new();
    encode_shown(value, &mut out).unwrap();
    out.freeze()
}

fn encoded(value: &Value) -> Bytes {
    let mut out = BytesMut::new();
    encode(value, &mut out).unwrap();
    out.freeze()
}

fn decoded(bytes: impl Into<Bytes>) -> Result<Value, DecodeError> {
    decode(&mut bytes.into())
}

fn nested(depth: u32) -> Value {
    (0..depth).fold(Value::Void, |value, _| Value::List(vec![value]))
}

#[test]
fn values_have_the_documented_bytes() {
    for (text, bytes) in [
        ("#!void", &b"\x00"[..]),
        ("#f", b"\x01"),
        ("#t", b"\x02"),
        ("0", b"\x40"),
        ("63", b"\x7f"),
        ("64", b"\x03\x80\x01"),
        ("-1", b"\x03\x01"),
        ("-9223372036854775808", b"\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        ("9223372036854775808", b"\x04\x09\0\0\0\0\0\0\0\x80\0"),
        ("-1/3", b"\x05\x01\xff\x01\x03"),
        ("1.5", b"\x06\0\0\0\0\0\0\xf8\x3f"),
        ("#\\λ", b"\x07\xbb\x07"),
        ("\"ab\"", b"\xa2ab"),
        ("ab", b"\xc2ab"),
        ("#:ab", b"\x0a\x02ab"),
        ("#u8(1 2)", b"\x0b\x02\x01\x02"),
        ("#f64(1.5)", b"\x0c\x01\0\0\0\0\0\0\xf8\x3f"),
        ("()", b"\x80"),
        ("(1 2)", b"\x82\x41\x42"),
        ("(1 . 2)", b"\x0e\x01\x41\x42"),
        ("#(1)", b"\x0f\x01\x41"),
        ("#hash((2 . b) (1 . a))", b"\x10\x02\x41\xc1a\x42\xc1b"),
    ] {
        let value: Value = text.parse().unwrap();
        assert_eq!(encoded(&value), bytes, "{text}");
        assert_eq!(decoded(bytes.to_vec()), Ok(value), "{text}");
    }
    let long = "x".repeat(300);
    assert_eq!(encoded(&Value::from(&*long)), [b"\x08\xac\x02", long.as_bytes()].concat());
    assert_eq!(encoded(&Value::symbol(&*long)), [b"\x09\xac\x02", long.as_bytes()].concat());
    assert_eq!(encoded(&Value::from(vec![(); 32])), [b"\x0d\x20", &[0; 32][..]].concat());
}

#[test]
fn runs_of_floats_end_where_they_do_and_with_their_list() {
    for text in [
        "(1.5 2.5)",
        "(1.5 2.5 3 4.5)",
        "(3 1.5 2.5)",
        "(1.5 . 2.5)",
        "#(1.5)",
        "#hash((1.5 . 2.5))",
        "((1.5) 2.5 (3.5 a) 4.5)",
    ] {
        let value: Value = text.parse().unwrap();
        let bytes = encoded(&value);
        assert_eq!(decoded(bytes.clone()), Ok(value.clone()), "{text}");
        // What follows belongs to somebody else.
        let mut longer = Bytes::from([bytes.clone(), encoded(&1.5.into())].concat());
        assert_eq!(decode(&mut longer), Ok(value), "{text}");
        assert_eq!(longer.len(), 9, "{text}");
        for length in 0..bytes.len() {
            assert!(decoded(bytes.slice(..length)).is_err(), "{text} cut to {length} bytes");
        }
    }
}

#[test]
fn one_value_after_another_is_taken() {
    let mut bytes = Bytes::from([encoded(&1.into()), encoded(&"two".into())].concat());
    assert_eq!(decode(&mut bytes), Ok(1.into()));
    assert_eq!(decode(&mut bytes), Ok("two".into()));
    assert_eq!(decode(&mut bytes), Err(DecodeError::Truncated));
}

#[test]
fn long_bytevectors_share_the_message_and_short_ones_do_not() {
    let at = |bytes: &Bytes| bytes.as_ptr() as usize;
    for (length, shared) in [(100_000, true), (10, false)] {
        let message = encoded(&Bytes::from(vec![7; length]).into());
        let Ok(Value::Bytes(bytes)) = decoded(message.clone()) else { panic!("not bytes") };
        let within = (at(&message)..at(&message) + message.len()).contains(&at(&bytes));
        assert_eq!(within, shared, "{length} bytes");
    }
}

#[test]
fn a_list_made_by_hand_as_dotted_is_written_as_a_list() {
    let odd = Value::Dotted(vec![1.into()], Box::new(Value::Dotted(vec![2.into()], Box::new(Value::NULL))));
    assert_eq!(encoded(&odd), encoded(&Value::from([1, 2])));
    let odd = Value::Dotted(vec![], Box::new(3.into()));
    assert_eq!(encoded(&odd), encoded(&3.into()));
}

#[test]
fn the_limit_of_depth_is_the_same_on_both_sides() {
    let deepest = encoded(&nested(DEPTH_MAX));
    assert_eq!(decoded(deepest.clone()), Ok(nested(DEPTH_MAX)));
    let error = encode(&nested(DEPTH_MAX + 1), &mut BytesMut::new()).unwrap_err();
    assert_eq!(error.kind(), &ValueErrorKind::TooDeep { depth_max: DEPTH_MAX });
    assert_eq!(decoded([&b"\x81"[..], &deepest].concat()), Err(DecodeError::TooDeep));
}

#[test]
fn a_value_at_the_limit_fits_a_small_stack() {
    let visit = || {
        for deepest in [
            nested(DEPTH_MAX),
            (0..DEPTH_MAX).fold(Value::Void, |value, _| Value::Map([(Value::Vector(vec![value]), Value::Void)].into())),
        ] {
            let copy = deepest.clone();
            assert_eq!(copy, deepest);
            let mut bytes = BytesMut::new();
            let _ = encode(&deepest, &mut bytes);
            assert!(copy.to_string().len() > 2_000);
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(visit).unwrap().join().unwrap();
}

#[test]
fn what_cannot_travel_is_refused() {
    let value = Value::from(vec![Value::from(1), Value::Opaque("procedure car".into())]);
    let error = encode(&value, &mut BytesMut::new()).unwrap_err();
    assert_eq!(error.kind(), &ValueErrorKind::Opaque { text: "procedure car".into() });
}

#[test]
fn a_length_is_believed_only_if_so_much_is_there() {
    for tag in [0x04, 0x05, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10] {
        for length in [&b"\x02"[..], b"\xff\xff\x03", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"] {
            let bytes = [&[tag], length].concat();
            assert!(matches!(decoded(bytes), Err(DecodeError::LengthPastEnd { .. })), "{tag:#x} {length:?}");
        }
    }
    assert_eq!(decoded(&b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"[..]), Err(DecodeError::LengthOverflow));
    // Two lists cannot both have what is left.
    assert_eq!(decoded(&b"\x0d\x04\x0d\x03\0\0"[..]), Err(DecodeError::LengthPastEnd { length: 3, left: 2 }));
}

#[test]
fn malformed_values_are_told_apart() {
    for (bytes, expected) in [
        (&b""[..], DecodeError::Truncated),
        (b"\xa3ab", DecodeError::Truncated),
        (b"\x06\0\0\0", DecodeError::Truncated),
        (b"\x3f", DecodeError::UnknownTag { tag: 0x3f }),
        (b"\xe0", DecodeError::UnknownTag { tag: 0xe0 }),
        (b"\xa1\xff", DecodeError::NotUtf8),
        (b"\x07\x80\xb0\x03", DecodeError::NotAChar { code: 0xd800 }),
        (b"\x05\x01\x01\x01\x00", DecodeError::ZeroDenominator),
        (b"\x0e\x00\x40", DecodeError::DottedWithoutItems),
        (b"\x0e\x01\x40\x80", DecodeError::DottedTail),
        (b"\x10\x02\x40\x40\x40\x41", DecodeError::DuplicateKey),
    ] {
        assert_eq!(decoded(bytes), Err(expected), "{bytes:?}");
    }
}

#[test]
fn numbers_have_a_longest_form() {
    let long = Number::from(BigInt::from(1) << (8 * super::INTEGER_BYTES_MAX));
    let error = encode(&long.into(), &mut BytesMut::new()).unwrap_err();
    assert!(matches!(error.kind(), ValueErrorKind::NumberTooLong { .. }));
    let bytes = [&b"\x04\x81\x80\x20"[..], &vec![1; super::INTEGER_BYTES_MAX + 1]].concat();
    assert!(matches!(decoded(bytes), Err(DecodeError::NumberTooLong { .. })));
}

#[test]
fn more_values_than_the_limit_are_refused() {
    let count = NODES_MAX as usize;
    let mut bytes = vec![0x0d, 0x80, 0xad, 0xe2, 0x04];
    bytes.resize(bytes.len() + count, 0);
    assert_eq!(decoded(bytes), Err(DecodeError::TooLarge));
    let error = encode(&Value::from(vec![(); count]), &mut BytesMut::new()).unwrap_err();
    assert_eq!(error.kind(), &ValueErrorKind::TooLarge { nodes_max: NODES_MAX });
}

#[test]
fn floats_keep_every_bit() {
    let floats = [f64::NAN, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), -0.0, f64::MIN_POSITIVE / 2.0];
    let Ok(Value::F64Vector(back)) = decoded(encoded(&F64Vector::from(&floats[..]).into())) else {
        panic!("not an f64vector")
    };
    assert!(back.iter().zip(floats).all(|(a, b)| a.to_bits() == b.to_bits()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn a_value_survives_bytes(value in values()) {
        let bytes = encoded(&value);
        let mut rest = bytes.clone();
        prop_assert_eq!(decode(&mut rest), Ok(value));
        prop_assert!(rest.is_empty());
        for end in 0..bytes.len().min(64) {
            prop_assert!(decoded(bytes.slice(..end)).is_err());
        }
    }

    #[test]
    fn a_value_survives_text(value in text_values()) {
        let text = value.to_string();
        prop_assert_eq!(text.parse::<Value>(), Ok(value), "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_value_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(value) = decoded(bytes) {
            prop_assert_eq!(decoded(shown(&value)), Ok(value));
        }
    }

    #[test]
    fn a_damaged_value_is_a_value_or_an_error(
        value in values(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = encoded(&value).to_vec();
        for (index, byte) in damage {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(value) = decoded(bytes) {
            let bytes = shown(&value);
            prop_assert_eq!(shown(&decoded(bytes.clone()).unwrap()), bytes);
        }
    }
}
