//! Values of every kind for property tests.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::{F64Vector, Number, Value};

/// Any value that can travel.
pub(crate) fn values() -> impl Strategy<Value = Value> {
    trees(any::<u64>().prop_map(f64::from_bits).boxed())
}

/// Any value that its text says all about: there is one NaN in text.
pub(crate) fn text_values() -> impl Strategy<Value = Value> {
    trees(any::<u64>().prop_map(f64::from_bits).prop_map(|float| if float.is_nan() { f64::NAN } else { float }).boxed())
}

fn trees(floats: BoxedStrategy<f64>) -> impl Strategy<Value = Value> {
    let floats = prop_oneof![
        floats,
        prop::sample::select(vec![0.0, -0.0, 1.0, -1.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e300, 5e-324]),
    ]
    .boxed();
    let leaf = prop_oneof![
        Just(Value::Void),
        any::<bool>().prop_map(Value::from),
        (-100_i64..100).prop_map(Value::from),
        numbers().prop_map(Value::from),
        floats.clone().prop_map(Value::from),
        any::<char>().prop_map(Value::from),
        texts().prop_map(Value::from),
        texts().prop_map(Value::symbol),
        texts().prop_map(Value::keyword),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Value::from(bytes::Bytes::from(bytes))),
        prop::collection::vec(floats, 0..5).prop_map(|floats| Value::from(F64Vector::from(floats))),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let items = || prop::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            3 => items().prop_map(Value::List),
            1 => items().prop_map(Value::Vector),
            2 => (prop::collection::vec(inner.clone(), 1..4), inner.clone())
                .prop_map(|(items, tail)| Value::dotted(items, tail)),
            1 => prop::collection::btree_map(inner.clone(), inner.clone(), 0..4).prop_map(Value::from),
        ]
    })
}

fn numbers() -> impl Strategy<Value = Number> {
    let big =
        (prop::collection::vec(any::<u8>(), 0..20)).prop_map(|bytes| BigInt::from_signed_bytes_le(&bytes)).boxed();
    let real = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(|bits| Number::from(f64::from_bits(bits))),
    ];
    let complex = (real.clone(), real).prop_filter_map("real parts", |(a, b)| Number::rectangular(a, b));
    prop_oneof![
        complex,
        any::<i64>().prop_map(Number::from),
        prop::sample::select(vec![i64::MIN, -65, -1, 0, 63, 64, i64::MAX]).prop_map(Number::from),
        big.clone().prop_map(Number::from),
        (big.clone(), big).prop_filter_map("a denominator", |(n, d)| Number::ratio(n, d)),
    ]
}

/// Texts that need no quoting, that need it, and that look like something else.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9!?*<>=/-]{0,40}",
        any::<String>(),
        prop::sample::select(vec![
            "", ".", "...", "+", "-", "1+", "+inf.0", "1/2", "#t", "|", "a b", "λ", "\\", "\"", "@x"
        ])
        .prop_map(str::to_owned),
    ]
}
