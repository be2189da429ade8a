//! A variant of an enum and what belongs to it.

use serde::de::{DeserializeSeed, EnumAccess, Error as _, Unexpected, VariantAccess, Visitor};

use super::{Deserializer, ValueDeserializer};
use crate::value::{Symbol, Value, ValueError, error::Step, with_stack};

/// The name of a variant, and its content.
pub(super) struct Variant {
    name: Symbol,
    content: Content,
}

enum Content {
    /// `Variant`
    None,
    /// `(Variant x …)`
    Items(Vec<Value>),
    /// A hash table of one entry, as formats without symbols have it.
    Whole(Value),
}

impl Variant {
    /// The variant that `value` is, or the value back.
    pub(super) fn of(value: Value) -> Result<Self, Value> {
        match value {
            Value::Symbol(name) => Ok(Self { name, content: Content::None }),
            Value::String(name) => Ok(Self { name: name.into(), content: Content::None }),
            Value::List(mut items) => match items.first() {
                Some(Value::Symbol(name)) => {
                    let name = name.clone();
                    items.remove(0);
                    Ok(Self { name, content: Content::Items(items) })
                }
                _ => Err(Value::List(items)),
            },
            Value::Map(entries) if entries.len() == 1 => {
                let Some((key, content)) = entries.into_iter().next() else { unreachable!("the map has one entry") };
                match key {
                    Value::Symbol(name) => Ok(Self { name, content: Content::Whole(content) }),
                    Value::String(name) => Ok(Self { name: name.into(), content: Content::Whole(content) }),
                    key => Err(Value::Map([(key, content)].into())),
                }
            }
            other => Err(other),
        }
    }

    fn within<T>(self, read: impl FnOnce(Content) -> Result<T, ValueError>) -> Result<T, ValueError> {
        let Self { name, content } = self;
        with_stack(|| read(content)).map_err(|error| error.within(Step::Key(name.as_str().to_owned())))
    }
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = ValueError;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), ValueError> {
        let variant = seed.deserialize(ValueDeserializer(Value::Symbol(self.name.clone())))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = ValueError;

    fn unit_variant(self) -> Result<(), ValueError> {
        match self.content {
            Content::None | Content::Whole(Value::Void) => Ok(()),
            Content::Items(items) if items.is_empty() => Ok(()),
            _ => Err(ValueError::invalid_type(Unexpected::TupleVariant, &"unit variant")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ValueError> {
        self.within(|content| {
            let content = match content {
                Content::None => return Err(ValueError::invalid_type(Unexpected::UnitVariant, &"newtype variant")),
                Content::Whole(value) => value,
                Content::Items(mut items) => match (items.pop(), items.len()) {
                    (Some(value), 0) => value,
                    (_, more) => return Err(ValueError::invalid_length(more + 1, &"newtype variant")),
                },
            };
            seed.deserialize(ValueDeserializer(content))
        })
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, ValueError> {
        self.within(|content| match content {
            Content::None => Err(ValueError::invalid_type(Unexpected::UnitVariant, &visitor)),
            Content::Items(items) => ValueDeserializer(Value::List(items)).deserialize_tuple(length, visitor),
            Content::Whole(value) => ValueDeserializer(value).deserialize_tuple(length, visitor),
        })
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, ValueError> {
        self.within(|content| match content {
            Content::None => Err(ValueError::invalid_type(Unexpected::UnitVariant, &visitor)),
            Content::Items(mut items) => {
                let fields = match items.as_slice() {
                    [Value::Map(_)] => items.remove(0),
                    _ => Value::List(items),
                };
                ValueDeserializer(fields).deserialize_map(visitor)
            }
            Content::Whole(value) => ValueDeserializer(value).deserialize_map(visitor),
        })
    }
}
