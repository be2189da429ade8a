//! Data of the program as messages show them.

use std::fmt::{self, Write};

use crate::{Datum, DatumKind, Name, stack::recurse};

/// The text of a datum, if it is short enough to be part of a sentence.
pub(super) fn excerpt(datum: &Datum) -> Option<String> {
    let mut short = Short(String::new());
    write!(short, "{}", as_shown(datum)).is_ok().then_some(short.0)
}

/// A datum for people to read: without aliases, and with a name where a value is spliced in.
pub(super) fn as_shown(datum: &Datum) -> Datum {
    recurse(|| {
        let all = |items: &[Datum]| items.iter().map(as_shown).collect::<Vec<_>>();
        let kind = match &datum.kind {
            DatumKind::Symbol(name) => DatumKind::Symbol(Name::new(name.text.clone())),
            DatumKind::Splice(_) => DatumKind::Symbol(Name::new("…")),
            DatumKind::List(items) => DatumKind::List(all(items)),
            DatumKind::Dotted(items, tail) => DatumKind::Dotted(all(items), Box::new(as_shown(tail))),
            DatumKind::Vector(items) => DatumKind::Vector(all(items)),
            DatumKind::Map(entries) => {
                DatumKind::Map(entries.iter().map(|(key, value)| (as_shown(key), as_shown(value))).collect())
            }
            other => other.clone(),
        };
        Datum::new(kind, datum.span)
    })
}

/// Takes a short text and refuses a longer one.
struct Short(String);

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > EXCERPT_BYTES_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

const EXCERPT_BYTES_MAX: usize = 50;
