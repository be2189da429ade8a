//! Strings, and symbols between bars.

use super::lexer::Lexer;
use crate::{ReadError, lexical::ESCAPES};

/// Digits of a hexadecimal escape beyond any leading zeros.
const HEX_DIGITS_MAX: usize = 6;

impl Lexer<'_> {
    /// Reads what stands between two of `quote`; the first one is next.
    pub(super) fn quoted(&mut self, quote: char) -> Result<String, ReadError> {
        let start = self.position();
        self.bump(quote);
        let mut content = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find([quote, '\\', '\r']).unwrap_or(rest.len());
            content.push_str(&rest[..plain]);
            self.skip(plain);
            match self.peek() {
                None => {
                    let what = if quote == '"' { "string" } else { "symbol" };
                    return Err(self.incomplete(start, format!("this {what} is not closed")));
                }
                Some('\\') => self.escape(quote, &mut content)?,
                // However a line ends in the text, the string has a newline there.
                Some('\r') if quote == '"' => {
                    self.bump('\r');
                    self.eat('\n');
                    content.push('\n');
                }
                Some(c) => {
                    self.bump(c);
                    if c == quote {
                        return Ok(content);
                    }
                    content.push(c);
                }
            }
        }
    }

    fn escape(&mut self, quote: char, content: &mut String) -> Result<(), ReadError> {
        let start = self.position();
        self.bump('\\');
        let Some(c) = self.peek() else {
            return Err(self.incomplete(start, "this escape is not complete"));
        };
        if quote == '"' && matches!(c, ' ' | '\t' | '\n' | '\r') {
            return self.continuation(start);
        }
        self.bump(c);
        if c == 'x' || c == 'X' {
            content.push(self.hex_escape(start)?);
        } else if let Some((_, meant)) = ESCAPES.iter().find(|(letter, _)| *letter == c) {
            content.push(*meant);
        } else if matches!(c, '"' | '\\' | '|') {
            content.push(c);
        } else {
            return Err(self
                .invalid(start, format!("unknown escape `{}`", self.since(start).escape_debug()))
                .helped("write `\\\\` for a backslash"));
        }
        Ok(())
    }

    fn hex_escape(&mut self, start: usize) -> Result<char, ReadError> {
        let rest = self.rest();
        let digits = &rest[..rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len())];
        self.skip(digits.len());
        match self.peek() {
            None => Err(self.incomplete(start, "this escape is not complete")),
            Some(';') if !digits.is_empty() => {
                self.bump(';');
                hex_char(digits).ok_or_else(|| self.invalid(start, "there is no character of this number"))
            }
            Some(_) => Err(self
                .invalid(start, "`\\x` takes hexadecimal digits and a semicolon")
                .helped("write it as in `\\x3bb;`")),
        }
    }

    /// A backslash, a line's end and the blanks around it, which leave nothing in the string.
    fn continuation(&mut self, start: usize) -> Result<(), ReadError> {
        self.skip_line_blanks();
        match self.peek() {
            None => return Err(self.incomplete(start, "this escape is not complete")),
            Some('\n') => self.bump('\n'),
            Some('\r') => {
                self.bump('\r');
                self.eat('\n');
            }
            Some(_) => {
                return Err(self
                    .invalid(start, "only the end of the line may follow a backslash and blanks")
                    .helped("write `\\\\` for a backslash"));
            }
        }
        self.skip_line_blanks();
        Ok(())
    }

    fn skip_line_blanks(&mut self) {
        let rest = self.rest();
        self.skip(rest.len() - rest.trim_start_matches([' ', '\t']).len());
    }
}

/// The character with a hexadecimal number; `None` if there is none.
pub(super) fn hex_char(digits: &str) -> Option<char> {
    let digits = digits.trim_start_matches('0');
    match digits.len() {
        0 => Some('\0'),
        1..=HEX_DIGITS_MAX => char::from_u32(u32::from_str_radix(digits, 16).ok()?),
        _ => None,
    }
}
