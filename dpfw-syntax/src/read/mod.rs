//! Text to data, with all of R7RS's lexical syntax.
//!
//! Beyond R7RS: `[ ]` are parentheses, `#!void`, `#:keyword`, `#f64(1.0 2.0)` and `#hash((key . value) …)` are data.
//! Not taken: datum labels and `#!fold-case`, each refused with the reason.

mod error;
mod layout;
mod lexer;
mod quoted;
mod rust_splice;
mod sharp;
mod tree;

pub use self::{error::ReadError, lexer::number_or_symbol, rust_splice::RustSplice};
use self::{
    lexer::Lexer,
    tree::{Imbalance, Reader},
};
use crate::Datum;

/// Bounds on what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// How deep data may nest, quotation marks counted. Default: 1,000. The reader itself does not recurse, but
    /// whoever walks the tree or drops it may.
    pub depth_max: u32,
    /// How many data one call may read, those inside others counted and the elements of `#u8(…)` and `#f64(…)` not.
    /// Default: 1,000,000.
    pub nodes_max: u32,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { depth_max: 1_000, nodes_max: 1_000_000 }
    }
}

/// Reads the first datum of `text`; also returns how many bytes precede its end.
///
/// `None` means that there are only blanks and comments. A datum that touches the end of `text` may be cut: `ab` may
/// be the beginning of `abc`. [`is_delimited`] tells.
///
/// # Errors
///
/// [`ReadError`]; `Incomplete` only if more text could help.
pub fn read_first(text: &str, limits: &ReadLimits) -> Result<Option<(Datum, usize)>, ReadError> {
    let mut reader = Reader::new(Lexer::new(text, false)?, *limits);
    Ok(reader.datum()?.map(|datum| (datum, reader.position())))
}

/// Reads all data of `text`.
///
/// # Errors
///
/// [`ReadError`] for the first mistake.
pub fn read_all(text: &str, limits: &ReadLimits) -> Result<Vec<Datum>, ReadError> {
    Ok(read_whole(text, limits, false)?.0)
}

/// Reads all data of `text`, where `,` marks Rust: `,x`, `,x.field`, `,(expression)`, and `,@` before each of these.
///
/// The n-th of the splices is what the [`Splice`](crate::Splice) with hole n stands for. Scheme's own unquote is
/// spelled `(unquote x)`.
///
/// # Errors
///
/// [`ReadError`] for the first mistake.
pub fn read_with_splices(text: &str, limits: &ReadLimits) -> Result<(Vec<Datum>, Vec<RustSplice>), ReadError> {
    read_whole(text, limits, true)
}

fn read_whole(text: &str, limits: &ReadLimits, rust_splices: bool) -> Result<(Vec<Datum>, Vec<RustSplice>), ReadError> {
    let mut reader = Reader::new(Lexer::new(text, rust_splices)?, *limits);
    match std::iter::from_fn(|| reader.datum().transpose()).collect() {
        Ok(data) => Ok((data, reader.into_splices())),
        Err(error) => Err(match reader.imbalance(&error) {
            Some(Imbalance::Unclosed) => layout::unclosed(text, rust_splices).map_or(error, ReadError::Incomplete),
            Some(Imbalance::Unopened) => layout::unopened(text, rust_splices).map_or(error, ReadError::Invalid),
            None => error,
        }),
    }
}

/// Whether a datum that ends where `text` ends is whole whatever follows: a list or a string is, `ab` is not.
pub fn is_delimited(text: &str) -> bool {
    // Characters such as `#\)` end alike, but nothing that could follow one directly would make it another.
    text.ends_with([')', ']', '"', '|'])
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
