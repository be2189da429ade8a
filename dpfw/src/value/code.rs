//! Program text as data.

use std::{fmt, sync::Arc};

use dpfw_syntax::{Datum, ReadLimits, Span};

use super::{Symbol, Value, ValueError};
use crate::syntax_errors::SyntaxErrors;

/// A piece of a program, to be spliced into a task where a [`Value`] would be data.
///
/// It is checked for its lexical form at once; whether its names are bound shows when a task is made with it. What it
/// can hold is limited as a program is: 1,000 levels, a million data.
///
/// ```
/// let code = dpfw::Code::parse("(lambda (x) (* x x)) ; squares")?;
/// assert_eq!(code.to_string(), "(lambda (x) (* x x))");
/// # Ok::<(), dpfw::SyntaxErrors>(())
/// ```
#[derive(Debug, Clone)]
pub struct Code(Arc<Datum>);

impl Code {
    /// Reads exactly one datum as a piece of a program.
    ///
    /// # Errors
    ///
    /// If the text is not well-formed, or is not exactly one datum.
    pub fn parse(text: &str) -> Result<Self, SyntaxErrors> {
        SyntaxErrors::read_one(text, &ReadLimits::default()).map(|datum| Self(Arc::new(datum)))
    }

    /// The program as a tree. Its spans are places of the text that it was parsed from, if there was one.
    pub(crate) fn datum(&self) -> &Datum {
        &self.0
    }

    pub(crate) fn from_datum(datum: Datum) -> Self {
        Self(Arc::new(datum))
    }
}

/// The program in its shortest layout, without comments.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// By what it says, not by its layout.
impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.to_string() == other.to_string()
    }
}

impl Eq for Code {}

/// A name.
impl From<Symbol> for Code {
    fn from(name: Symbol) -> Self {
        Self::from_datum(Datum::symbol(name.text().clone(), Span::default()))
    }
}

impl std::str::FromStr for Code {
    type Err = SyntaxErrors;

    fn from_str(text: &str) -> Result<Self, SyntaxErrors> {
        Self::parse(text)
    }
}

/// The program that `write` would print: symbols are names, lists are forms.
impl TryFrom<&Value> for Code {
    type Error = ValueError;

    fn try_from(value: &Value) -> Result<Self, ValueError> {
        value.to_datum(Span::default()).map(Self::from_datum)
    }
}

/// The program as data: names are symbols, forms are lists.
impl TryFrom<&Code> for Value {
    type Error = ValueError;

    fn try_from(code: &Code) -> Result<Self, ValueError> {
        Self::from_datum(&code.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_its_forms_and_not_its_layout() {
        let code = Code::parse("(let ([x 1]) ; one\n  'x)").unwrap();
        assert_eq!(code, Code::parse("(let ((x 1)) (quote x))").unwrap());
        assert_eq!(code.to_string(), "(let ((x 1)) (quote x))");
        assert_ne!(code, Code::parse("(let ((y 1)) (quote y))").unwrap());
    }

    #[test]
    fn a_program_is_data_too() {
        let code = Code::parse("(f 1 \"a\" . x)").unwrap();
        let value = Value::try_from(&code).unwrap();
        assert_eq!(value.to_string(), code.to_string());
        assert_eq!(Code::try_from(&value), Ok(code));
        assert!(Code::try_from(&Value::Opaque("port".into())).is_err());
        assert_eq!(Code::from(Symbol::from("a b")).to_string(), "|a b|");
    }

    #[test]
    fn what_is_no_program_is_refused_with_its_place() {
        for text in ["", "(", "a b", ")", "#<procedure car>", &"(".repeat(2_000)] {
            assert!(Code::parse(text).is_err(), "{text}");
        }
    }
}
