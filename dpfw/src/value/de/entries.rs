//! The entries of a hash table or association list, one after another.

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};

use super::ValueDeserializer;
use crate::value::{Value, ValueError, error::Step, with_stack};

/// The entries that have not been read yet.
pub(super) struct Entries {
    left: std::vec::IntoIter<(Value, Value)>,
    /// The key that was read last, and its value.
    current: Option<(Value, Value)>,
    is_unique: bool,
}

impl Entries {
    /// The entries of a hash table or of a list of pairs, or the value back.
    pub(super) fn of(value: Value) -> Result<Self, Value> {
        let is_pair = |item: &Value| match item {
            Value::List(items) => !items.is_empty(),
            other => matches!(other, Value::Dotted(..)),
        };
        Ok(match value {
            Value::Map(entries) => Self::unique(entries.into_iter().collect()),
            Value::List(items) if items.iter().all(is_pair) => {
                let entries: Vec<_> = items.into_iter().filter_map(|item| item.into_pair().ok()).collect();
                Self { is_unique: false, ..Self::unique(entries) }
            }
            other => return Err(other),
        })
    }

    /// Entries of which no two have the same key.
    pub(super) fn unique(entries: Vec<(Value, Value)>) -> Self {
        Self { left: entries.into_iter(), current: None, is_unique: true }
    }

    /// Lets `visitor` read all of them.
    pub(super) fn visit<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, ValueError> {
        if !self.is_unique {
            self.refuse_duplicates()?;
        }
        let outcome = with_stack(|| visitor.visit_map(&mut self))?;
        match self.left.len() {
            0 => Ok(outcome),
            left => Err(ValueError::custom(format_args!("{left} entries were not read"))),
        }
    }

    /// A map could not hold both, and which one counts depends on who looks.
    fn refuse_duplicates(&self) -> Result<(), ValueError> {
        let mut keys: Vec<&Value> = self.left.as_slice().iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(ValueError::duplicate(format_args!("key {}", twice[0]))),
            None => Ok(()),
        }
    }
}

impl<'de> MapAccess<'de> for &mut Entries {
    type Error = ValueError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ValueError> {
        let Some((key, value)) = self.left.next() else {
            return Ok(None);
        };
        let read = seed.deserialize(ValueDeserializer(key.clone())).map_err(|error| error.within(step(&key)))?;
        self.current = Some((key, value));
        Ok(Some(read))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, ValueError> {
        let Some((key, value)) = self.current.take() else {
            return Err(ValueError::custom("a map's value was asked for before its key"));
        };
        seed.deserialize(ValueDeserializer(value)).map_err(|error| error.within(step(&key)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

fn step(key: &Value) -> Step {
    Step::Key(key.display().to_string())
}
