//! Values for visitors that do not say what they want, but look first.

use std::collections::BTreeSet;

use dpfw_syntax::NumberView;
use serde::de::Visitor;

use super::{Entries, Items, ValueDeserializer, exact_float};
use crate::value::{Number, Value, ValueError, with_stack};

/// Shows `value` in the words of serde that come nearest.
///
/// What comes from a struct must look like a map and what comes from an enum like a map of one entry, or else the types
/// that buffer what they read (untagged and internally tagged enums) could not be read back. A list does not say what
/// it comes from, so its form decides.
pub(super) fn visit<'de, V: Visitor<'de>>(value: Value, visitor: V) -> Result<V::Value, ValueError> {
    match value {
        Value::Void => visitor.visit_unit(),
        Value::Bool(truth) => visitor.visit_bool(truth),
        Value::Number(number) => visit_number(&number, visitor),
        Value::Char(c) => visitor.visit_char(c),
        Value::String(text) => visitor.visit_str(&text),
        Value::Symbol(name) | Value::Keyword(name) => visitor.visit_str(&name),
        Value::Bytes(bytes) => visitor.visit_byte_buf(bytes.into()),
        Value::List(items) if is_struct(&items) => {
            Entries::unique(items.into_iter().filter_map(|item| item.into_pair().ok()).collect()).visit(visitor)
        }
        Value::List(items) if is_variant(&items) => visit_variant(items, visitor),
        Value::Map(entries) => Entries::unique(entries.into_iter().collect()).visit(visitor),
        Value::Opaque(text) => Err(ValueError::opaque(&text)),
        other => Items::of(other).map_err(|other| ValueDeserializer(other).mismatch(&visitor))?.visit(visitor),
    }
}

fn visit_number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, ValueError> {
    match number.view() {
        NumberView::Fixed(n) => match u64::try_from(n) {
            Ok(n) => visitor.visit_u64(n),
            Err(_) => visitor.visit_i64(n),
        },
        NumberView::Float(n) => visitor.visit_f64(n),
        NumberView::Big(_) | NumberView::Rational(_) | NumberView::Complex(..) => {
            match (number.as_u64(), number.as_i128(), number.as_u128()) {
                (Some(n), ..) => visitor.visit_u64(n),
                (_, Some(n), _) => visitor.visit_i128(n),
                (.., Some(n)) => visitor.visit_u128(n),
                _ => match exact_float(number) {
                    Some(float) => visitor.visit_f64(float),
                    None => Err(ValueError::no_counterpart(number.to_string(), "serde's data model")),
                },
            }
        }
    }
}

/// Whether all items are pairs with symbols as their first halves, no symbol twice.
fn is_struct(items: &[Value]) -> bool {
    let mut names = BTreeSet::new();
    !items.is_empty() && items.iter().all(|item| field_name(item).is_some_and(|name| names.insert(name)))
}

fn field_name(item: &Value) -> Option<&str> {
    match item {
        Value::List(items) | Value::Dotted(items, _) => items.first()?.as_symbol().map(|name| name.as_str()),
        _ => None,
    }
}

/// Whether the items are a symbol and something else; symbols alone are a list of unit variants.
fn is_variant(items: &[Value]) -> bool {
    let mut symbols = items.iter().map(|item| item.as_symbol().is_some());
    symbols.next() == Some(true) && symbols.any(|is_symbol| !is_symbol)
}

fn visit_variant<'de, V: Visitor<'de>>(mut items: Vec<Value>, visitor: V) -> Result<V::Value, ValueError> {
    let name = items.remove(0);
    let content = match items.as_slice() {
        // One field of a struct variant is told from the content of a newtype variant by its dot alone.
        [Value::Dotted(..)] => Value::List(items),
        [_] => items.remove(0),
        fields if is_struct(fields) => Value::List(items),
        // A vector is never taken for anything but a sequence.
        _ => Value::Vector(items),
    };
    with_stack(|| Entries::unique(vec![(name, content)]).visit(visitor))
}
