//! Values and the data of the reader.

use std::str::FromStr;

use dpfw_syntax::{Datum, DatumKind, Name, ReadLimits, Span};

use super::{DEPTH_MAX, F64Vector, NODES_MAX, Symbol, Value, ValueError, with_stack};
use crate::syntax_errors::SyntaxErrors;

/// How much of a text is read as one value: what a value may hold anyway.
pub(crate) const READ_LIMITS: ReadLimits = ReadLimits { depth_max: DEPTH_MAX, nodes_max: NODES_MAX };

/// Reads exactly one datum, with the full lexical syntax of Scheme.
impl FromStr for Value {
    type Err = SyntaxErrors;

    fn from_str(text: &str) -> Result<Self, SyntaxErrors> {
        let datum = SyntaxErrors::read_one(text, &READ_LIMITS)?;
        Self::from_datum(&datum).map_err(|error| SyntaxErrors::at(text, datum.span, error.to_string()))
    }
}

impl Value {
    /// The value of a datum.
    ///
    /// # Errors
    ///
    /// If the datum is nested too deeply or has a splice in it: splices are filled before there is a value.
    pub(crate) fn from_datum(datum: &Datum) -> Result<Self, ValueError> {
        from_datum(datum, DEPTH_MAX)
    }

    /// The datum that is read from the text of this value, with `span` for all of its parts.
    ///
    /// # Errors
    ///
    /// If the value is nested too deeply or holds what cannot travel.
    pub(crate) fn to_datum(&self, span: Span) -> Result<Datum, ValueError> {
        to_datum(self, span, DEPTH_MAX)
    }
}

fn from_datum(datum: &Datum, depth_left: u32) -> Result<Value, ValueError> {
    let all = |data: &[Datum]| {
        let inner = depth_left.checked_sub(1).ok_or_else(ValueError::too_deep)?;
        with_stack(|| data.iter().map(|datum| from_datum(datum, inner)).collect::<Result<Vec<_>, _>>())
    };
    Ok(match &datum.kind {
        DatumKind::Symbol(name) => Value::Symbol(Symbol::new(name.text.clone())),
        DatumKind::Keyword(name) => Value::Keyword(Symbol::new(name.clone())),
        DatumKind::Number(number) => Value::Number(number.clone()),
        DatumKind::Bool(truth) => Value::Bool(*truth),
        DatumKind::Char(c) => Value::Char(*c),
        DatumKind::String(text) => Value::String(text.clone()),
        DatumKind::Bytes(bytes) => Value::Bytes(bytes.clone().into()),
        DatumKind::F64Vector(floats) => Value::F64Vector(F64Vector::from(&floats[..])),
        DatumKind::List(items) => Value::List(all(items)?),
        DatumKind::Dotted(items, tail) => {
            let items = all(items)?;
            let tail = all(std::slice::from_ref(tail))?.pop();
            Value::dotted(items, tail.unwrap_or(Value::NULL))
        }
        DatumKind::Vector(items) => Value::Vector(all(items)?),
        DatumKind::Map(entries) => {
            let inner = depth_left.checked_sub(1).ok_or_else(ValueError::too_deep)?;
            let entry = |(key, value): &(_, _)| Ok((from_datum(key, inner)?, from_datum(value, inner)?));
            Value::Map(with_stack(|| entries.iter().map(entry).collect::<Result<_, _>>())?)
        }
        DatumKind::Void => Value::Void,
        // A splice is filled before there is a value.
        _ => return Err(ValueError::no_counterpart(format!("`{datum}`"), "values")),
    })
}

fn to_datum(value: &Value, span: Span, depth_left: u32) -> Result<Datum, ValueError> {
    let all = |values: &[Value]| {
        let inner = depth_left.checked_sub(1).ok_or_else(ValueError::too_deep)?;
        with_stack(|| values.iter().map(|value| to_datum(value, span, inner)).collect::<Result<Vec<_>, _>>())
    };
    let kind = match value {
        Value::Void => DatumKind::Void,
        Value::Bool(truth) => DatumKind::Bool(*truth),
        Value::Number(number) => DatumKind::Number(number.clone()),
        Value::Char(c) => DatumKind::Char(*c),
        Value::String(text) => DatumKind::String(text.clone()),
        Value::Symbol(symbol) => DatumKind::Symbol(Name::new(symbol.text().clone())),
        Value::Keyword(name) => DatumKind::Keyword(name.text().clone()),
        Value::Bytes(bytes) => DatumKind::Bytes(bytes.to_vec()),
        Value::F64Vector(floats) => DatumKind::F64Vector(floats.to_vec()),
        Value::List(items) => DatumKind::List(all(items)?),
        Value::Dotted(items, tail) => {
            let items = all(items)?;
            match all(std::slice::from_ref(tail))?.pop() {
                Some(tail) => DatumKind::Dotted(items, Box::new(tail)),
                None => DatumKind::List(items),
            }
        }
        Value::Vector(items) => DatumKind::Vector(all(items)?),
        Value::Map(entries) => {
            let inner = depth_left.checked_sub(1).ok_or_else(ValueError::too_deep)?;
            let entry = |(key, value)| Ok((to_datum(key, span, inner)?, to_datum(value, span, inner)?));
            DatumKind::Map(with_stack(|| entries.iter().map(entry).collect::<Result<_, _>>())?)
        }
        Value::Opaque(text) => return Err(ValueError::opaque(text)),
    };
    Ok(Datum::new(kind, span))
}
