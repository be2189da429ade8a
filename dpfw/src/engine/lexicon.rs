//! [`check`], which lets through only text in the few words that `print` writes.
//!
//! Steel's compiler does more at a text than compile it: at `(require "path")` it reads a file, at `set!` and `define` it
//! changes what all later texts call. So every text is looked at once more on its last step to Steel, by itself and
//! knowing nothing of what came before: a mistake of admission or of the printer stops here.

use std::fmt;

use super::{
    globals::Globals,
    loader::SWEEP,
    print::{CONSTANT, ITSELF, VOID, is_plain, is_plain_text},
};

/// A part of a text that is none of ours.
#[derive(Debug, PartialEq)]
pub(super) struct Foreign<'t>(&'t str);

/// Looks whether `text` is one expression in words that are printed here.
///
/// # Errors
/// [`Foreign`]: the first part that is not. A text that ends too early is foreign where it ends.
pub(super) fn check(text: &str) -> Result<(), Foreign<'_>> {
    let mut rest = text;
    let mut depth = 0_usize;
    loop {
        let foreign = Err(Foreign(rest));
        if let Some(after) = rest.strip_prefix('(') {
            depth += 1;
            rest = form(after)?;
        } else if let Some(after) = rest.strip_prefix(')') {
            let Some(outside) = depth.checked_sub(1) else { return foreign };
            depth = outside;
            rest = after;
        } else if let Some(after) = rest.strip_prefix('"') {
            rest = string(after)?;
        } else {
            let (word, after) = word(rest);
            if !is_word(word) {
                return foreign;
            }
            rest = after;
        }
        if depth == 0 {
            return if rest.is_empty() { Ok(()) } else { Err(Foreign(rest)) };
        }
        rest = rest.trim_start_matches(' ');
    }
}

/// What follows a keyword, or a quote as a whole, if one stands at the start of `inside` a parenthesis.
fn form(inside: &str) -> Result<&str, Foreign<'_>> {
    let (keyword, after) = word(inside);
    match keyword {
        "lambda" | "if" | "begin" => Ok(after),
        "quote" => {
            let (symbol, after) = word(after.strip_prefix(' ').unwrap_or(after));
            match symbol {
                "" => after.strip_prefix("())"),
                _ => after.strip_prefix(')').filter(|_| is_plain(symbol)),
            }
            // Its parenthesis is closed by `check`.
            .map(|end| &after[after.len() - end.len() - 1..])
            .ok_or(Foreign(inside))
        }
        _ => Ok(inside),
    }
}

/// What follows the string whose content `inside` starts with.
fn string(inside: &str) -> Result<&str, Foreign<'_>> {
    let (content, after) = inside.split_once('"').ok_or(Foreign(inside))?;
    if is_plain_text(content) { Ok(after) } else { Err(Foreign(inside)) }
}

/// The word that `text` starts with, and what follows it.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find([' ', '(', ')', '"']).unwrap_or(text.len()))
}

/// Whether `word` stands for a value, or for the dot of parameters.
fn is_word(word: &str) -> bool {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_numbered = |letter: char| word.strip_prefix(letter).is_some_and(|rest| !rest.is_empty() && is_digits(rest));
    match word {
        "." | "#t" | "#f" | "k" | VOID | ITSELF | CONSTANT | SWEEP => true,
        _ if word.starts_with('#') => Globals::instructions().any(|(_, instruction)| instruction == word),
        _ => is_numbered('v') || is_numbered('g') || is_numbered('k') || is_number(word),
    }
}

/// Whether `word` is a decimal number without an exponent.
fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.0.chars().take(32).collect();
        write!(f, "no text for Steel goes on with {start:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_passes() {
        for text in [
            "(lambda () 1)",
            "(#%prim.unbox #f)",
            "(lambda (k0 k1 ) (lambda (v0 v1 . v2) (if v0 (g7 \"a b\" 'x' -1.5) (begin v1 v2))))"
                .replace("'x'", "(quote x)")
                .as_str(),
            "(lambda (k) (lambda v0 (itself (quote ()))))",
            "(begin (sweep-all) void-value (constant k 12))",
            "g3",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_does_not() {
        for text in [
            "",
            " ",
            "(lambda () 1",
            "(lambda () 1))",
            "(lambda () 1) ",
            "(lambda () 1) (lambda () 2)",
            "(require \"x\")",
            "(lambda () (set! g0 1))",
            "(define g0 1)",
            "(begin (define g0 1))",
            "(lambda (define) 1)",
            "(lambda () 'g0)",
            "(lambda () `(,g0))",
            "(lambda () (quote define))",
            "(lambda () (quote (g0)))",
            "(lambda () (quote g0 g1))",
            "(lambda () (quote))",
            "(lambda () quote)",
            "(lambda () \"a\\\"b\")",
            "(lambda () \"a)",
            "(lambda () #%prim.eval)",
            "(lambda () #;1 2)",
            "(lambda ()\n1)",
            "(lambda () 1 ; 2\n)",
            "[lambda () 1]",
            "(lambda () {1})",
            "(lambda () car)",
            "(lambda () v)",
            "(lambda () 1e9)",
            "(lambda () g\u{661})",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
