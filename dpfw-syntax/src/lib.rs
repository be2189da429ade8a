//! The language of dpfw tasks, without I/O and without an evaluator.
//!
//! The macro, the master and the slave share this one front end. A program goes through it in one direction:
//!
//! ```text
//! text ── read ──▶ Datum ── expand ──▶ Core ── lower ──▶ core text + hash + source map
//! tokens ─ (dpfw-macros) ─▲                       slave: core text ── admit ──▶ Core
//! ```

mod core;
mod datum;
mod error;
mod lexical;
mod line_column;
mod number;
mod print;
mod read;
mod span;

pub use crate::{
    core::{Core, CoreKind, Lambda, Local},
    datum::{AliasId, Datum, DatumKind, Name, Splice},
    error::SyntaxError,
    line_column::line_column,
    number::{Number, NumberError, NumberView, write_float},
    print::{write_char, write_keyword, write_string, write_symbol},
    read::{
        ReadError, ReadLimits, RustSplice, is_delimited, number_or_symbol, read_all, read_first, read_with_splices,
    },
    span::Span,
};
