//! Values from Rust types.

use std::{cell::RefCell, collections::BTreeMap, fmt::Display};

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{DEPTH_MAX, Symbol, Value, ValueError, error::Step, handover, with_stack};

/// Makes the value that `data` becomes in a task, by the table at [`Value`].
///
/// # Errors
///
/// If `data` is nested too deeply, has two entries with the same key in one map, or refuses to be serialized.
///
/// # Examples
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Point {
///     x: f64,
///     tag: Option<&'static str>,
/// }
///
/// let value = dpfw::to_value(&Point { x: -0.0, tag: None })?;
/// assert_eq!(value.to_string(), "((x . -0.0) (tag . #!void))");
/// # Ok::<(), dpfw::ValueError>(())
/// ```
pub fn to_value<T: Serialize + ?Sized>(data: &T) -> Result<Value, ValueError> {
    data.serialize(ValueSerializer { depth_left: DEPTH_MAX, names: &Names::default() })
}

#[derive(Clone, Copy)]
struct ValueSerializer<'a> {
    depth_left: u32,
    names: &'a Names,
}

impl ValueSerializer<'_> {
    fn inner(self) -> Result<Self, ValueError> {
        let depth_left = self.depth_left.checked_sub(1).ok_or_else(ValueError::too_deep)?;
        Ok(Self { depth_left, ..self })
    }
}

/// The symbols made so far, so that the fields of a million structs share theirs.
#[derive(Default)]
struct Names(RefCell<Vec<(&'static str, Symbol)>>);

impl Names {
    /// More would make the search slower than the allocation that it saves.
    const KEPT_MAX: usize = 32;

    fn symbol(&self, name: &'static str) -> Value {
        let mut kept = self.0.borrow_mut();
        if let Some((_, symbol)) = kept.iter().find(|(other, _)| std::ptr::eq(*other, name)) {
            return Value::Symbol(symbol.clone());
        }
        let symbol = Symbol::from(name);
        if kept.len() < Self::KEPT_MAX {
            kept.push((name, symbol.clone()));
        }
        Value::Symbol(symbol)
    }
}

macro_rules! serialize_scalar {
    ($($method:ident: $scalar:ty),* $(,)?) => {$(
        fn $method(self, scalar: $scalar) -> Result<Value, ValueError> {
            Ok(scalar.into())
        }
    )*};
}

impl<'a> Serializer for ValueSerializer<'a> {
    type Ok = Value;
    type Error = ValueError;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Items<'a>;
    type SerializeStructVariant = Items<'a>;

    serialize_scalar!(
        serialize_bool: bool, serialize_char: char, serialize_str: &str,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_f32: f32, serialize_f64: f64,
    );

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, ValueError> {
        Ok(Value::Bytes(bytes::Bytes::copy_from_slice(bytes)))
    }

    fn serialize_none(self) -> Result<Value, ValueError> {
        Ok(Value::Void)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, content: &T) -> Result<Value, ValueError> {
        with_stack(|| content.serialize(self))
    }

    fn serialize_unit(self) -> Result<Value, ValueError> {
        Ok(Value::Void)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, ValueError> {
        Ok(Value::Void)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, ValueError> {
        Ok(self.names.symbol(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        content: &T,
    ) -> Result<Value, ValueError> {
        if name == handover::NAME {
            return handover::collect(|| content.serialize(self));
        }
        with_stack(|| content.serialize(self))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        content: &T,
    ) -> Result<Value, ValueError> {
        let inner = self.inner()?;
        let content = with_stack(|| content.serialize(inner)).map_err(|error| error.within(Step::Field(variant)))?;
        Ok(Value::List(vec![self.names.symbol(variant), content]))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'a>, ValueError> {
        Items::new(self, None, length.unwrap_or(0))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<'a>, ValueError> {
        Items::new(self, None, length)
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items<'a>, ValueError> {
        Items::new(self, None, length)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items<'a>, ValueError> {
        Items::new(self, Some(variant), length)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, ValueError> {
        Ok(Entries { inner: self.inner()?, entries: BTreeMap::new(), key: None })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Items<'a>, ValueError> {
        Items::new(self, None, length)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items<'a>, ValueError> {
        Items::new(self, Some(variant), length)
    }

    fn collect_str<T: Display + ?Sized>(self, text: &T) -> Result<Value, ValueError> {
        Ok(text.to_string().into())
    }
}

/// A list in the making; that of a variant begins with the variant's name.
struct Items<'a> {
    inner: ValueSerializer<'a>,
    variant: Option<&'static str>,
    items: Vec<Value>,
}

impl<'a> Items<'a> {
    /// A length is only a hint, and may be wrong.
    const RESERVED_MAX: usize = 1 << 16;

    fn new(outer: ValueSerializer<'a>, variant: Option<&'static str>, length: usize) -> Result<Self, ValueError> {
        let inner = outer.inner()?;
        let mut items = Vec::with_capacity(length.min(Self::RESERVED_MAX) + usize::from(variant.is_some()));
        items.extend(variant.map(|variant| inner.names.symbol(variant)));
        Ok(Self { inner, variant, items })
    }

    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), ValueError> {
        let value = with_stack(|| item.serialize(self.inner)).map_err(|error| {
            let index = self.items.len() - usize::from(self.variant.is_some());
            self.within_variant(error.within(Step::Index(index)))
        })?;
        self.items.push(value);
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, content: &T) -> Result<(), ValueError> {
        let value = with_stack(|| content.serialize(self.inner))
            .map_err(|error| self.within_variant(error.within(Step::Field(name))))?;
        self.items.push(Value::cons(self.inner.names.symbol(name), value));
        Ok(())
    }

    fn within_variant(&self, error: ValueError) -> ValueError {
        match self.variant {
            Some(variant) => error.within(Step::Field(variant)),
            None => error,
        }
    }
}

macro_rules! serialize_items {
    ($($kind:ident: $method:ident),* $(,)?) => {$(
        impl $kind for Items<'_> {
            type Ok = Value;
            type Error = ValueError;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), ValueError> {
                self.item(item)
            }

            fn end(self) -> Result<Value, ValueError> {
                Ok(Value::List(self.items))
            }
        }
    )*};
}

serialize_items!(
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field,
);

macro_rules! serialize_fields {
    ($($kind:ident),*) => {$(
        impl $kind for Items<'_> {
            type Ok = Value;
            type Error = ValueError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                content: &T,
            ) -> Result<(), ValueError> {
                self.field(name, content)
            }

            fn end(self) -> Result<Value, ValueError> {
                Ok(Value::List(self.items))
            }
        }
    )*};
}

serialize_fields!(SerializeStruct, SerializeStructVariant);

/// A hash table in the making.
struct Entries<'a> {
    inner: ValueSerializer<'a>,
    entries: BTreeMap<Value, Value>,
    key: Option<Value>,
}

impl SerializeMap for Entries<'_> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        self.key = Some(with_stack(|| key.serialize(self.inner))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, content: &T) -> Result<(), ValueError> {
        let key = self.key.take().expect("serialize_value is called after serialize_key");
        match with_stack(|| content.serialize(self.inner)) {
            Err(error) => Err(error.within(Step::Key(key.display().to_string()))),
            Ok(_) if self.entries.contains_key(&key) => Err(ValueError::duplicate(format_args!("key {key}"))),
            Ok(value) => {
                self.entries.insert(key, value);
                Ok(())
            }
        }
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::Map(self.entries))
    }
}
