//! Plain conversions into values, without serde.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use num_bigint::BigInt;
use num_rational::BigRational;

use super::{F64Vector, Number, Symbol, Value};

macro_rules! from_number {
    ($($number:ty),* $(,)?) => {$(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        }
    )*};
}

from_number!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, BigInt, BigRational);

macro_rules! from_content {
    ($($content:ty => $variant:ident),* $(,)?) => {$(
        impl From<$content> for Value {
            fn from(content: $content) -> Self {
                Self::$variant(content.into())
            }
        }
    )*};
}

from_content!(
    bool => Bool, Number => Number, char => Char, &str => String, String => String, Arc<str> => String,
    Symbol => Symbol, Bytes => Bytes, F64Vector => F64Vector, BTreeMap<Self, Self> => Map,
);

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::Void
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Void, Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

/// Collects a list.
impl<T: Into<Self>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}
