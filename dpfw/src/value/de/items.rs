//! The items of a sequence, one after another.

use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};

use super::ValueDeserializer;
use crate::value::{F64Vector, Value, ValueError, error::Step, with_stack};

/// The items that have not been read yet.
pub(super) struct Items {
    left: Left,
    read: usize,
}

enum Left {
    Values(std::vec::IntoIter<Value>),
    /// The index of the next one is the number of those read.
    Floats(F64Vector),
    Bytes(bytes::Bytes),
}

impl Items {
    /// The items of a list or vector of any kind, or the value back.
    pub(super) fn of(value: Value) -> Result<Self, Value> {
        let left = match value {
            Value::List(items) | Value::Vector(items) => Left::Values(items.into_iter()),
            Value::F64Vector(floats) => Left::Floats(floats),
            Value::Bytes(bytes) => Left::Bytes(bytes),
            other => return Err(other),
        };
        Ok(Self { left, read: 0 })
    }

    pub(super) fn len(&self) -> usize {
        match &self.left {
            Left::Values(items) => items.len(),
            Left::Floats(floats) => floats.len() - self.read,
            Left::Bytes(bytes) => bytes.len() - self.read,
        }
    }

    /// Lets `visitor` read all of them.
    pub(super) fn visit<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, ValueError> {
        let whole = self.len();
        let outcome = with_stack(|| visitor.visit_seq(&mut self))?;
        match self.len() {
            0 => Ok(outcome),
            _ => Err(ValueError::invalid_length(whole, &ExpectedLength(self.read))),
        }
    }

    fn next(&mut self) -> Option<Value> {
        match &mut self.left {
            Left::Values(items) => items.next(),
            Left::Floats(floats) => floats.get(self.read).map(|float| Value::from(*float)),
            Left::Bytes(bytes) => bytes.get(self.read).map(|byte| Value::from(*byte)),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ValueError> {
        let Some(item) = self.next() else {
            return Ok(None);
        };
        let index = self.read;
        self.read += 1;
        let element = seed.deserialize(ValueDeserializer(item));
        element.map(Some).map_err(|error| error.within(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len())
    }
}

struct ExpectedLength(usize);

impl serde::de::Expected for ExpectedLength {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a sequence of {} elements", self.0)
    }
}
