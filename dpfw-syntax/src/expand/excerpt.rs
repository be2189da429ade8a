//! Data of the program as messages show them.

use std::fmt::{self, Write};

use crate::{Datum, DatumKind};

/// The text of a datum, if it is short enough to be part of a sentence.
pub(super) fn excerpt(datum: &Datum) -> Option<String> {
    let mut short = Short { text: String::new(), bytes_max: EXCERPT_BYTES_MAX };
    write!(short, "{datum:#}").is_ok().then_some(short.text)
}

/// The text of a datum, or the beginning of it and an ellipsis.
pub(super) fn beginning(datum: &Datum) -> String {
    Short::beginning(BEGINNING_BYTES_MAX, |short| write!(short, "{datum:#}"))
}

/// What a pattern has after its keyword, or the beginning of it and an ellipsis.
pub(super) fn operands(pattern: &Datum) -> String {
    Short::beginning(OPERANDS_BYTES_MAX, |short| match &pattern.kind {
        DatumKind::List(items) => items.iter().skip(1).try_for_each(|item| write!(short, " {item}")),
        DatumKind::Dotted(items, tail) => {
            items.iter().skip(1).try_for_each(|item| write!(short, " {item}"))?;
            write!(short, " . {tail}")
        }
        _ => Ok(()),
    })
}

/// Takes a short text and refuses the rest of a longer one.
struct Short {
    text: String,
    bytes_max: usize,
}

impl Short {
    fn beginning(bytes_max: usize, write: impl FnOnce(&mut Self) -> fmt::Result) -> String {
        let mut short = Self { text: String::new(), bytes_max };
        if write(&mut short).is_err() {
            short.text.push('…');
        }
        short.text
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text.len() + text.len() > self.bytes_max {
            return Err(fmt::Error);
        }
        self.text.push_str(text);
        Ok(())
    }
}

const EXCERPT_BYTES_MAX: usize = 50;
const BEGINNING_BYTES_MAX: usize = 1_000;
const OPERANDS_BYTES_MAX: usize = 200;
