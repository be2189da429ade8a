//! Conversions from and to `lexpr::Value`, the s-expressions of other programs.
//!
//! What would be lost is an error: lexpr has no integers beyond 64 bits, no rationals, infinities or NaN, no
//! unspecified value, f64vectors or hash tables; we have no `#nil`. What lexpr's own reader has lost before cannot be
//! seen here: it makes floats of big integers, and a symbol of `+inf.0`. Such a symbol is refused as a value, and
//! taken for the number in a program. [`Value`] and [`Code`] read everything exactly.

use dpfw_syntax::{Datum, DatumKind, Number, NumberView, Span, number_or_symbol};

use super::{Code, DEPTH_MAX, Value, ValueError, with_stack};

impl TryFrom<&lexpr::Value> for Value {
    type Error = ValueError;

    fn try_from(value: &lexpr::Value) -> Result<Self, ValueError> {
        from_lexpr(value, DEPTH_MAX)
    }
}

impl TryFrom<lexpr::Value> for Value {
    type Error = ValueError;

    fn try_from(value: lexpr::Value) -> Result<Self, ValueError> {
        Self::try_from(&value)
    }
}

impl TryFrom<&Value> for lexpr::Value {
    type Error = ValueError;

    fn try_from(value: &Value) -> Result<Self, ValueError> {
        to_lexpr(value, DEPTH_MAX)
    }
}

impl TryFrom<Value> for lexpr::Value {
    type Error = ValueError;

    fn try_from(value: Value) -> Result<Self, ValueError> {
        Self::try_from(&value)
    }
}

/// A program as lexpr's macro or reader has it. Whether it is one shows when a task is made with it.
impl From<&lexpr::Value> for Code {
    fn from(program: &lexpr::Value) -> Self {
        // A level more than a program may have, for the task to refuse it.
        Self::from_datum(program_datum(program, DEPTH_MAX + 1))
    }
}

/// A program as lexpr's macro or reader has it. Whether it is one shows when a task is made with it.
impl From<lexpr::Value> for Code {
    fn from(program: lexpr::Value) -> Self {
        Self::from(&program)
    }
}

fn from_lexpr(value: &lexpr::Value, depth_left: u32) -> Result<Value, ValueError> {
    let inner = || depth_left.checked_sub(1).ok_or_else(ValueError::too_deep);
    Ok(match value {
        lexpr::Value::Nil => return Err(ValueError::no_counterpart("#nil", "values")),
        lexpr::Value::Null => Value::NULL,
        lexpr::Value::Bool(truth) => Value::Bool(*truth),
        lexpr::Value::Number(number) => Value::Number(from_lexpr_number(number)),
        lexpr::Value::Char(c) => Value::Char(*c),
        lexpr::Value::String(text) => Value::from(&**text),
        lexpr::Value::Symbol(text) => match number_or_symbol(text) {
            Ok(DatumKind::Symbol(_)) => Value::symbol(&**text),
            _ => return Err(ValueError::no_counterpart(format!("symbol `{text}`"), "values; lexpr misreads numbers")),
        },
        lexpr::Value::Keyword(text) => Value::keyword(&**text),
        lexpr::Value::Bytes(bytes) => Value::Bytes(bytes.to_vec().into()),
        lexpr::Value::Cons(first) => {
            let inner = inner()?;
            let (items, tail) = parts(first);
            let items = items.map(|item| with_stack(|| from_lexpr(item, inner))).collect::<Result<_, _>>()?;
            match tail {
                lexpr::Value::Null => Value::List(items),
                tail => Value::dotted(items, with_stack(|| from_lexpr(tail, inner))?),
            }
        }
        lexpr::Value::Vector(items) => {
            let inner = inner()?;
            Value::Vector(with_stack(|| items.iter().map(|item| from_lexpr(item, inner)).collect::<Result<_, _>>())?)
        }
    })
}

/// The items of a list and what is behind the last one. Lists are chains, as long as the program likes.
fn parts(first: &lexpr::Cons) -> (impl Iterator<Item = &lexpr::Value>, &lexpr::Value) {
    let mut last = first;
    while let lexpr::Value::Cons(next) = last.cdr() {
        last = next;
    }
    (first.iter().map(|cell| cell.car()), last.cdr())
}

fn from_lexpr_number(number: &lexpr::Number) -> Number {
    match (number.as_i64(), number.as_u64()) {
        (Some(n), _) => n.into(),
        (None, Some(n)) => n.into(),
        (None, None) => number.as_f64().unwrap_or(f64::NAN).into(),
    }
}

fn to_lexpr(value: &Value, depth_left: u32) -> Result<lexpr::Value, ValueError> {
    let all = |values: &[Value]| {
        let inner = depth_left.checked_sub(1).ok_or_else(ValueError::too_deep)?;
        with_stack(|| values.iter().map(|value| to_lexpr(value, inner)).collect::<Result<Vec<_>, _>>())
    };
    Ok(match value {
        Value::Bool(truth) => lexpr::Value::Bool(*truth),
        Value::Number(number) => lexpr::Value::Number(to_lexpr_number(number)?),
        Value::Char(c) => lexpr::Value::Char(*c),
        Value::String(text) => lexpr::Value::string(&**text),
        Value::Symbol(name) => match number_or_symbol(name) {
            Ok(DatumKind::Symbol(_)) => lexpr::Value::symbol(name.as_str()),
            _ => return Err(ValueError::no_counterpart(format!("symbol `{name}`"), LEXPR)),
        },
        Value::Keyword(name) => lexpr::Value::keyword(name.as_str()),
        Value::Bytes(bytes) => lexpr::Value::bytes(bytes.to_vec()),
        Value::List(items) => lexpr::Value::list(all(items)?),
        Value::Dotted(items, tail) => {
            let tail = all(std::slice::from_ref(tail))?.pop().unwrap_or(lexpr::Value::Null);
            lexpr::Value::append(all(items)?, tail)
        }
        Value::Vector(items) => lexpr::Value::vector(all(items)?),
        Value::Opaque(text) => return Err(ValueError::opaque(text)),
        other @ (Value::Void | Value::F64Vector(_) | Value::Map(_)) => {
            return Err(ValueError::no_counterpart(other.kind_name(), LEXPR));
        }
    })
}

fn to_lexpr_number(number: &Number) -> Result<lexpr::Number, ValueError> {
    let counterpart = match number.view() {
        NumberView::Fixed(n) => Some(n.into()),
        NumberView::Float(n) => lexpr::Number::from_f64(n),
        NumberView::Big(_) | NumberView::Rational(_) | NumberView::Complex(..) => number.as_u64().map(Into::into),
    };
    counterpart.ok_or_else(|| ValueError::no_counterpart(number.to_string(), LEXPR))
}

/// The datum of a program. What is below so many levels is left out.
fn program_datum(program: &lexpr::Value, depth_left: u32) -> Datum {
    let span = Span::default();
    let Some(inner) = depth_left.checked_sub(1) else {
        return Datum::new(DatumKind::List(Vec::new()), span);
    };
    let one = |program| with_stack(|| program_datum(program, inner));
    let kind = match program {
        // Neither the empty list nor a name that anybody has: it is reported as unbound.
        lexpr::Value::Nil => return Datum::symbol("#nil", span),
        lexpr::Value::Null => DatumKind::List(Vec::new()),
        lexpr::Value::Bool(truth) => DatumKind::Bool(*truth),
        lexpr::Value::Number(number) => DatumKind::Number(from_lexpr_number(number)),
        lexpr::Value::Char(c) => DatumKind::Char(*c),
        lexpr::Value::String(text) => DatumKind::String((**text).into()),
        lexpr::Value::Symbol(text) => match number_or_symbol(text) {
            Ok(number_or_symbol) => number_or_symbol,
            Err(_) => return Datum::symbol(&**text, span),
        },
        lexpr::Value::Keyword(text) => DatumKind::Keyword((**text).into()),
        lexpr::Value::Bytes(bytes) => DatumKind::Bytes(bytes.to_vec()),
        lexpr::Value::Cons(first) => {
            let (items, tail) = parts(first);
            let items = items.map(one).collect();
            match tail {
                lexpr::Value::Null => DatumKind::List(items),
                tail => DatumKind::Dotted(items, Box::new(one(tail))),
            }
        }
        lexpr::Value::Vector(items) => DatumKind::Vector(items.iter().map(one).collect()),
    };
    Datum::new(kind, span)
}

const LEXPR: &str = "lexpr";

#[cfg(test)]
mod tests {
    use lexpr::sexp;
    use proptest::prelude::*;

    use super::*;
    use crate::value::{ValueErrorKind, arbitrary::values};

    fn value(text: &str) -> Value {
        text.parse().unwrap()
    }

    fn is_refused<T: std::fmt::Debug>(outcome: Result<T, ValueError>) -> bool {
        matches!(outcome.unwrap_err().kind(), ValueErrorKind::NoCounterpart { .. })
    }

    #[test]
    fn what_both_have_is_the_same_on_both_sides() {
        for (theirs, ours) in [
            (sexp!(()), "()"),
            (sexp!((1(-2).3.5)), "(1 (-2) . 3.5)"),
            (sexp!(#(#t "a" a)), "#(#t \"a\" a)"),
            (lexpr::Value::from(u64::MAX), "18446744073709551615"),
            (lexpr::Value::from('λ'), "#\\λ"),
            (lexpr::Value::keyword("k"), "#:k"),
            (lexpr::Value::bytes(vec![1, 2]), "#u8(1 2)"),
            (lexpr::Value::symbol("a b"), "|a b|"),
        ] {
            assert_eq!(Value::try_from(&theirs), Ok(value(ours)), "{ours}");
            assert_eq!(lexpr::Value::try_from(value(ours)), Ok(theirs), "{ours}");
        }
    }

    #[test]
    fn what_lexpr_has_no_word_for_is_refused() {
        for ours in [
            "100000000000000000000",
            "-9223372036854775809",
            "1/2",
            "+inf.0",
            "+nan.0",
            "#!void",
            "#f64(1.0)",
            "#hash((a . 1))",
            "|1/2|",
            "|+inf.0|",
            "(1 (2 . #(1/2)))",
        ] {
            assert!(is_refused(lexpr::Value::try_from(value(ours))), "{ours}");
        }
    }

    #[test]
    fn what_lexpr_reads_wrongly_is_refused() {
        for theirs in ["+inf.0", "-inf.0", "+nan.0"] {
            assert!(is_refused(Value::try_from(lexpr::from_str(theirs).unwrap())), "{theirs}");
        }
        assert!(is_refused(Value::try_from(lexpr::Value::Nil)));
    }

    #[test]
    fn a_program_may_come_from_lexpr() {
        let code = Code::from(sexp!((lambda (x) (* x 2))));
        assert_eq!(code, Code::parse("(lambda (x) (* x 2))").unwrap());
        assert_eq!(Code::from(lexpr::from_str("(+ +inf.0 1)").unwrap()).to_string(), "(+ +inf.0 1)");
        assert_eq!(Code::from(lexpr::from_str("'(a . b)").unwrap()).to_string(), "(quote (a . b))");
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |depth: u32| (0..depth).fold(sexp!(a), |inner, _| lexpr::Value::list(vec![inner]));
        assert!(Value::try_from(nested(DEPTH_MAX)).is_ok());
        let error = Value::try_from(nested(DEPTH_MAX + 1)).unwrap_err();
        assert!(matches!(error.kind(), ValueErrorKind::TooDeep { .. }));
        let text = Code::from(nested(DEPTH_MAX)).to_string();
        assert!(Code::parse(&text).is_ok());
        let text = Code::from(nested(2 * DEPTH_MAX)).to_string();
        assert!(Code::parse(&text).is_err());
    }

    proptest! {
        #[test]
        fn what_lexpr_takes_it_gives_back(value in values()) {
            if let Ok(theirs) = lexpr::Value::try_from(&value) {
                prop_assert_eq!(Value::try_from(theirs), Ok(value));
            }
        }
    }
}
