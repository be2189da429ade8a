//! The language of dpfw tasks, without I/O and without an evaluator.
//!
//! The macro, the master and the slave share this one front end. A program goes through it in one direction:
//!
//! ```text
//! text ── read ──▶ Datum ── expand ──▶ Core ── lower ──▶ core text + hash + source map
//! tokens ─ (dpfw-macros) ─▲                       slave: core text ── admit ──▶ Core
//! ```

mod admit;
mod boxes;
mod check;
mod compile;
mod core;
mod datum;
mod effort;
mod error;
mod expand;
mod lexical;
mod line_column;
mod lower;
mod number;
mod order;
mod places;
mod print;
mod program;
mod read;
mod span;
mod stack;
#[cfg(test)]
mod tests;
pub mod vocabulary;

pub use crate::{
    admit::{AdmitError, AdmitErrorKind, AdmitLimits, admit},
    compile::{CompileOptions, Extern, compile_procedure, compile_task},
    core::{Core, CoreKind, Lambda, Local},
    datum::{AliasId, Datum, DatumKind, Name, Splice},
    error::SyntaxError,
    lexical::{is_blank, is_delimiter, is_misplaced},
    line_column::{LineIndex, line_column},
    lower::{Lowered, TemplateHash},
    number::{Number, NumberError, NumberView, write_float},
    places::{Place, encode_places, find_place},
    print::{write_char, write_keyword, write_string, write_symbol},
    program::Program,
    read::{
        ReadError, ReadLimits, RustSplice, is_delimited, number_or_symbol, read_all, read_first, read_with_splices,
    },
    span::Span,
    vocabulary::Arity,
};
