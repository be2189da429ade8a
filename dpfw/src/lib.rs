//! dpfw.
extern crate self as dpfw;

mod syntax_errors;
mod value;

pub use crate::{
    syntax_errors::{SyntaxError, SyntaxErrors},
    value::{Code, F64Vector, Number, Symbol, Value, ValueError, ValueErrorKind, from_value, to_value},
};
