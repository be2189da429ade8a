//! Rust within Scheme: where a spliced expression ends, without parsing it.

use super::lexer::{Lexer, shorten};
use crate::{ReadError, Span, lexical::is_blank};

/// How deep delimiters may nest in a spliced expression; compilers end sooner.
const DELIMITERS_MAX: usize = 1_000;

/// A Rust expression that was written in a task's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustSplice {
    /// Whether the value is a sequence to be spread in place (`,@xs`).
    pub spread: bool,
    /// The expression as it was written: `x`, `x.field.0` or `(expression)`, parentheses included.
    pub text: String,
    /// The splice, from its comma on, in bytes of the task's text.
    pub span: Span,
}

impl Lexer<'_> {
    /// Reads the Rust expression after `,` or `,@`.
    pub(super) fn rust_splice(&mut self, start: usize, spread: bool) -> Result<RustSplice, ReadError> {
        let rest = self.rest();
        self.skip(rest.len() - rest.trim_start_matches(is_blank).len());
        let text_start = self.position();
        match self.peek() {
            None => return Err(self.incomplete(start, "a Rust expression must follow this comma")),
            Some('(') => self.rust_group(text_start)?,
            Some(c) if is_name_start(c) => self.rust_path(start)?,
            Some(c) => {
                self.bump(c);
                return Err(self
                    .invalid(start, "a comma must be followed by a Rust variable or parentheses")
                    .helped("write `,x`, `,x.field` or `,(expression)`; Scheme's own unquote is `(unquote x)`"));
            }
        }
        let text = self.since(text_start);
        if text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).is_some_and(|text| text.trim().is_empty()) {
            return Err(self.invalid(start, "there is nothing to splice between these parentheses"));
        }
        Ok(RustSplice { spread, text: text.to_owned(), span: self.span_from(start) })
    }

    /// A variable and its fields: `x`, `r#type`, `self.n`, `pair.0`.
    fn rust_path(&mut self, start: usize) -> Result<(), ReadError> {
        if self.rest().starts_with("r#") {
            self.skip(2);
        }
        self.rust_name();
        while self.peek() == Some('.') {
            self.bump('.');
            match self.peek() {
                Some(c) if is_name_part(c) => self.rust_name(),
                None => return Err(self.incomplete(start, "the name of a field must follow the dot")),
                Some(_) => return Err(self.invalid(start, "the name of a field must follow the dot")),
            }
        }
        match self.peek() {
            Some(c) if !is_blank(c) && !matches!(c, ')' | ']' | ';') => {
                let text = shorten(self.since(start));
                self.bump(c);
                Err(self
                    .invalid(start, format!("it is not clear whether `{c}` belongs to the Rust expression `{text}`"))
                    .helped("put a blank before it, or the whole expression in parentheses: `,(expression)`"))
            }
            _ => Ok(()),
        }
    }

    fn rust_name(&mut self) {
        let rest = self.rest();
        self.skip(rest.find(|c| !is_name_part(c)).unwrap_or(rest.len()));
    }

    /// Passes over a group in parentheses, which is next, with all that Rust may hide brackets in.
    fn rust_group(&mut self, start: usize) -> Result<(), ReadError> {
        let mut closers = Vec::new();
        loop {
            let at = self.position();
            let Some(c) = self.peek() else {
                return Err(self.incomplete(start, "this Rust expression is not closed"));
            };
            match c {
                '(' | '[' | '{' => {
                    self.bump(c);
                    closers.push(match c {
                        '(' => ')',
                        '[' => ']',
                        _ => '}',
                    });
                    if closers.len() > DELIMITERS_MAX {
                        return Err(self.invalid(at, format!("Rust nests deeper than {DELIMITERS_MAX} levels here")));
                    }
                }
                ')' | ']' | '}' => {
                    self.bump(c);
                    let expected = closers.pop();
                    if expected != Some(c) {
                        let expected = expected.unwrap_or(')');
                        return Err(self.invalid(at, format!("`{c}` where Rust needs `{expected}`")));
                    }
                    if closers.is_empty() {
                        return Ok(());
                    }
                }
                '"' => self.rust_string(start)?,
                '\'' => self.rust_char(start)?,
                '/' if self.rest().starts_with("//") => {
                    let rest = self.rest();
                    self.skip(rest.find('\n').unwrap_or(rest.len()));
                }
                '/' if self.rest().starts_with("/*") => self.rust_comment(at)?,
                _ if is_name_part(c) => {
                    self.rust_name();
                    self.rust_prefixed(start, at)?;
                }
                _ => self.bump(c),
            }
        }
    }

    /// Passes over the literal that the name since `at` begins, if it begins one: `r"…"`, `b'…'`, `br#"…"#`.
    fn rust_prefixed(&mut self, start: usize, at: usize) -> Result<(), ReadError> {
        match self.since(at) {
            "r" | "br" | "cr" => {
                let rest = self.rest();
                let content = rest.trim_start_matches('#');
                // Without a quote it was a raw name.
                if !content.starts_with('"') {
                    return Ok(());
                }
                let hashes = rest.len() - content.len();
                let close = format!("\"{}", &rest[..hashes]);
                self.skip(hashes + 1);
                match self.rest().find(&close) {
                    Some(end) => self.skip(end + close.len()),
                    None => return Err(self.incomplete(start, "a raw string is not closed in this Rust expression")),
                }
            }
            "b" if self.peek() == Some('\'') => self.rust_char(start)?,
            _ => {}
        }
        Ok(())
    }

    fn rust_string(&mut self, start: usize) -> Result<(), ReadError> {
        self.bump('"');
        while let Some(c) = self.peek() {
            self.bump(c);
            match c {
                '"' => return Ok(()),
                '\\' => {
                    if let Some(escaped) = self.peek() {
                        self.bump(escaped);
                    }
                }
                _ => {}
            }
        }
        Err(self.incomplete(start, "a string is not closed in this Rust expression"))
    }

    /// Passes over a character, or over the mark of a lifetime.
    fn rust_char(&mut self, start: usize) -> Result<(), ReadError> {
        self.bump('\'');
        let mut chars = self.rest().chars();
        match (chars.next(), chars.next()) {
            (Some('\\'), Some(escaped)) => {
                self.skip(1 + escaped.len_utf8());
                match self.rest().find('\'') {
                    Some(end) => self.skip(end + 1),
                    None => return Err(self.incomplete(start, "a character is not closed in this Rust expression")),
                }
            }
            (Some(c), Some('\'')) => self.skip(c.len_utf8() + 1),
            (Some(_), Some(_)) => {}
            _ => {
                self.skip(self.rest().len());
                return Err(self.incomplete(start, "a character is not closed in this Rust expression"));
            }
        }
        Ok(())
    }

    fn rust_comment(&mut self, start: usize) -> Result<(), ReadError> {
        let mut open = 0_u32;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                open += 1;
                self.skip(2);
            } else if rest.starts_with("*/") {
                open -= 1;
                self.skip(2);
                if open == 0 {
                    return Ok(());
                }
            } else if let Some(c) = self.peek() {
                self.bump(c);
            } else {
                return Err(self.incomplete(start, "this Rust comment is not closed"));
            }
        }
    }
}

fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn is_name_part(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}
