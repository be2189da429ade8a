//! Data as text: what `write` writes, such that reading it gives the same datum.

use std::fmt::{self, Write};

use crate::{
    Datum, DatumKind, Number,
    lexical::{CHAR_NAMES, ESCAPES, is_blank, is_plain},
    number::write_float,
};

/// Writes a symbol, between bars where it would not be read as itself otherwise.
///
/// # Errors
///
/// Only what `out` reports.
pub fn write_symbol(out: &mut (impl Write + ?Sized), text: &str) -> fmt::Result {
    if is_bare(text) { out.write_str(text) } else { write_quoted(out, text, '|') }
}

/// Writes a keyword, `#:name`.
///
/// # Errors
///
/// Only what `out` reports.
pub fn write_keyword(out: &mut (impl Write + ?Sized), name: &str) -> fmt::Result {
    out.write_str("#:")?;
    write_symbol(out, name)
}

/// Writes a string between quotes, with escapes for quotes, backslashes and control characters.
///
/// # Errors
///
/// Only what `out` reports.
pub fn write_string(out: &mut (impl Write + ?Sized), text: &str) -> fmt::Result {
    write_quoted(out, text, '"')
}

/// Writes a character, `#\a`, by name or number where it would not be seen.
///
/// # Errors
///
/// Only what `out` reports.
pub fn write_char(out: &mut (impl Write + ?Sized), c: char) -> fmt::Result {
    if let Some((name, _)) = CHAR_NAMES.iter().find(|(_, named)| *named == c) {
        write!(out, "#\\{name}")
    } else if c.is_control() || is_blank(c) {
        write!(out, "#\\x{:x}", u32::from(c))
    } else {
        write!(out, "#\\{c}")
    }
}

fn is_bare(text: &str) -> bool {
    !text.is_empty()
        && text != "."
        && !text.starts_with('@')
        && text.chars().all(is_plain)
        && matches!(Number::classify(text, 10), Ok(None))
        && !begins_as_number(text)
}

/// Whether `text` begins with the name of a number that is not finite, which some readers take for that.
fn begins_as_number(text: &str) -> bool {
    let beginning = text.get(..6).map(str::to_ascii_lowercase);
    matches!(beginning.as_deref(), Some("+inf.0" | "-inf.0" | "+nan.0" | "-nan.0"))
}

fn write_quoted(out: &mut (impl Write + ?Sized), text: &str, quote: char) -> fmt::Result {
    out.write_char(quote)?;
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == quote || c == '\\' || c.is_control()) {
        let (plain, special) = rest.split_at(at);
        out.write_str(plain)?;
        let mut chars = special.chars();
        let Some(c) = chars.next() else { break };
        if c == quote || c == '\\' {
            write!(out, "\\{c}")?;
        } else if let Some((letter, _)) = ESCAPES.iter().find(|(_, escaped)| *escaped == c) {
            write!(out, "\\{letter}")?;
        } else {
            write!(out, "\\x{:x};", u32::from(c))?;
        }
        rest = chars.as_str();
    }
    out.write_str(rest)?;
    out.write_char(quote)
}

/// What remains to be written. Kept on the heap: a tree may be deeper than the stack of the thread that writes it.
enum Rest<'a> {
    Items { items: std::slice::Iter<'a, Datum>, tail: Option<&'a Datum>, first: bool },
    Entries { entries: std::slice::Iter<'a, (Datum, Datum)>, first: bool },
    Value(&'a Datum),
}

/// `{datum:#}` is for people to read: `…` stands where a value is spliced in.
impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut stack = Vec::new();
        write_head(f, self, &mut stack)?;
        while let Some(rest) = stack.last_mut() {
            match rest {
                Rest::Items { items, tail, first } => {
                    let separator = if std::mem::take(first) { "" } else { " " };
                    if let Some(item) = items.next() {
                        f.write_str(separator)?;
                        write_head(f, item, &mut stack)?;
                    } else if let Some(tail) = tail.take() {
                        f.write_str(" . ")?;
                        write_head(f, tail, &mut stack)?;
                    } else {
                        f.write_char(')')?;
                        stack.pop();
                    }
                }
                Rest::Entries { entries, first } => {
                    let separator = if std::mem::take(first) { "" } else { " " };
                    if let Some((key, value)) = entries.next() {
                        write!(f, "{separator}(")?;
                        stack.push(Rest::Value(value));
                        write_head(f, key, &mut stack)?;
                    } else {
                        f.write_char(')')?;
                        stack.pop();
                    }
                }
                Rest::Value(value) => {
                    let value = *value;
                    f.write_str(" . ")?;
                    // The entry's parenthesis closes when the value is done, as an exhausted list's does.
                    *rest = Rest::Items { items: [].iter(), tail: None, first: false };
                    write_head(f, value, &mut stack)?;
                }
            }
        }
        Ok(())
    }
}

/// Writes an atom, or opens a compound datum and leaves its content on the stack.
fn write_head<'a>(f: &mut fmt::Formatter<'_>, datum: &'a Datum, stack: &mut Vec<Rest<'a>>) -> fmt::Result {
    let mut open = |items: &'a [Datum], tail| stack.push(Rest::Items { items: items.iter(), tail, first: true });
    match &datum.kind {
        DatumKind::Symbol(name) => write_symbol(f, &name.text),
        DatumKind::Keyword(name) => write_keyword(f, name),
        DatumKind::Number(number) => write!(f, "{number}"),
        DatumKind::Bool(value) => f.write_str(if *value { "#t" } else { "#f" }),
        DatumKind::Char(c) => write_char(f, *c),
        DatumKind::String(text) => write_string(f, text),
        DatumKind::Bytes(bytes) => write_separated(f, "#u8(", bytes, |f, byte| write!(f, "{byte}")),
        DatumKind::F64Vector(floats) => write_separated(f, "#f64(", floats, |f, float| write_float(f, *float)),
        DatumKind::List(items) => {
            open(items, None);
            f.write_char('(')
        }
        DatumKind::Dotted(items, tail) => {
            open(items, Some(tail));
            f.write_char('(')
        }
        DatumKind::Vector(items) => {
            open(items, None);
            f.write_str("#(")
        }
        DatumKind::Map(entries) => {
            stack.push(Rest::Entries { entries: entries.iter(), first: true });
            f.write_str("#hash(")
        }
        DatumKind::Void => f.write_str("#!void"),
        DatumKind::Splice(_) if f.alternate() => f.write_char('…'),
        // As a name of Rust, so that the text can be read back with splices at the same places.
        DatumKind::Splice(splice) => write!(f, "{}_{}", if splice.spread { ",@" } else { "," }, splice.hole),
    }
}

fn write_separated<T>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: &[T],
    write_item: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str(open)?;
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_char(' ')?;
        }
        write_item(f, item)?;
    }
    f.write_char(')')
}
