//! What a run of touching tokens spells: a symbol or a number.

use dpfw_syntax::Number;

/// A symbol, a number or the dot of a dotted list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Word {
    Symbol(String),
    Number(Number),
    Dot,
}

/// Why a run of tokens is neither, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) help: String,
}

/// Tells what `text` spells.
pub(crate) fn classify(text: &str) -> Result<Word, Refusal> {
    if text == "." {
        return Ok(Word::Dot);
    }
    if text.contains('|') {
        return Err(Refusal::new(
            "Rust's lexer loses the blanks of a symbol between bars",
            "write `(string->symbol \"…\")`, or the task as a string: remote!(r#\"…\"#)",
        ));
    }
    if text.contains('#') {
        return Err(Refusal::new(format!("`{text}` is not a symbol"), "leave `#` out of names"));
    }
    match Number::classify(text, 10) {
        Ok(Some(number)) => return Ok(Word::Number(number)),
        Ok(None) => {}
        Err(error) => return Err(Refusal::new(format!("`{text}` is no number here"), error.to_string())),
    }
    if starts_like_number(text) {
        if let Some(plain) = without_rust_suffix(text) {
            return Err(Refusal::new(
                format!("`{text}` has a suffix of Rust's number types"),
                format!("write `{plain}`: numbers of a task have no width"),
            ));
        }
        if let Some(number) = rust_number(text) {
            return Ok(Word::Number(number));
        }
    }
    Ok(Word::Symbol(text.to_owned()))
}

/// Reads what follows `#x`, `#b`, `#o`, `#d`, `#e`, `#i`.
pub(crate) fn prefixed_number(text: &str) -> Option<Number> {
    Number::parse(text, 10)
}

fn starts_like_number(text: &str) -> bool {
    text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
}

/// `1_000` and `0xFF`, as Rust spells them.
fn rust_number(text: &str) -> Option<Number> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let radix = match digits.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => return Number::parse(&plain, 10),
    };
    Number::parse(&format!("{sign}{}", &digits[2..]), radix)
}

fn without_rust_suffix(text: &str) -> Option<&str> {
    const SUFFIXES: [&str; 14] =
        ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];
    // `0x1f32` is a number of five digits.
    if text.contains("0x") {
        return None;
    }
    let plain = SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix))?.trim_end_matches('_');
    rust_number(plain).map(|_| plain)
}

impl Refusal {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(text: &str) -> bool {
        classify(text) == Ok(Word::Symbol(text.to_owned()))
    }

    fn number(text: &str, same_as: &str) -> bool {
        classify(text) == Ok(Word::Number(Number::parse(same_as, 10).expect("a number")))
    }

    #[test]
    fn what_only_looks_like_a_number_is_a_symbol() {
        for text in
            ["1+", "-1+", "2x", "2d", "3d-vector", "+", "-", "...", ".b", "->", "-x", "1_000+", "i", "pi", "-i-"]
        {
            assert!(symbol(text), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_scheme_and_as_rust_spells_them() {
        assert!(number("-1/2", "-1/2"));
        assert!(number(".5", "0.5"));
        assert!(number("1_000", "1000"));
        assert!(number("-0xFF", "-255"));
        assert!(number("0x1f32", "7986"));
        assert!(number("0b101", "5"));
        assert!(number("-inf.0", "-inf.0"));
        assert!(number("1.5-2i", "1.5-2i"));
        assert!(number("+i", "+i"));
    }

    #[test]
    fn suffixes_of_rust_and_bars_are_refused() {
        for text in ["1u8", "-1i64", "1_000_u32", "1.5f32", "1|x", "|x|", "a#"] {
            assert!(classify(text).is_err(), "{text}");
        }
    }
}
