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
mod number;
mod span;

pub use crate::{
    core::{Core, CoreKind, Lambda, Local},
    datum::{AliasId, Datum, DatumKind, Name, Splice},
    error::SyntaxError,
    number::{Number, NumberError, NumberView, write_float},
    span::Span,
};
