//! Data of the program as messages show them.

use std::fmt::{self, Write};

use crate::Datum;

/// The text of a datum, if it is short enough to be part of a sentence.
pub(super) fn excerpt(datum: &Datum) -> Option<String> {
    let mut short = Short { text: String::new(), bytes_max: EXCERPT_BYTES_MAX };
    write!(short, "{datum:#}").is_ok().then_some(short.text)
}

/// The text of a datum, or the beginning of it and an ellipsis.
pub(super) fn beginning(datum: &Datum) -> String {
    let mut short = Short { text: String::new(), bytes_max: BEGINNING_BYTES_MAX };
    if write!(short, "{datum:#}").is_err() {
        short.text.push('…');
    }
    short.text
}

/// Takes a short text and refuses the rest of a longer one.
struct Short {
    text: String,
    bytes_max: usize,
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
