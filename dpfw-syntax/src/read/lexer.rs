//! Tokens: the words and marks of a text, without their nesting.

use crate::{
    DatumKind, Name, Number, NumberError, ReadError, RustSplice, Span, SyntaxError,
    lexical::{is_blank, is_delimiter, is_misplaced},
};

/// Characters of a faulty word that a message repeats.
const QUOTED_CHARS_MAX: usize = 40;

/// One token and its place.
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

pub(super) enum TokenKind {
    /// The beginning of a compound datum, with the character that closes it.
    Open(Open, char),
    Close(char),
    /// `'` and the like, with the symbol that they stand for.
    Abbreviation(&'static str),
    /// `#;`
    DatumComment,
    /// `.` on its own.
    Dot,
    Atom(DatumKind),
    Splice(RustSplice),
}

/// What a parenthesis opens.
#[derive(Clone, Copy)]
pub(super) enum Open {
    List,
    Vector,
    Bytes,
    Floats,
    Map,
}

/// A position in a text that moves on token by token.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    rust_splices: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, rust_splices: bool) -> Result<Self, ReadError> {
        // From here on every offset fits a span.
        match u32::try_from(text.len()) {
            Ok(_) => Ok(Self { text, at: 0, rust_splices }),
            Err(_) => Err(ReadError::TooLong { bytes_max: u32::MAX }),
        }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// What stands at a place.
    pub(super) fn text(&self, span: Span) -> &'a str {
        &self.text[span.start as usize..span.end as usize]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// The next token; `None` at the end of the text.
    pub(super) fn token(&mut self) -> Result<Option<Token>, ReadError> {
        loop {
            self.skip_blanks()?;
            let start = self.at;
            let Some(c) = self.peek() else {
                return Ok(None);
            };
            // A directive is a comment in effect, but only its whole word tells.
            if let Some(kind) = self.token_from(c, start)? {
                return Ok(Some(Token { kind, span: self.span_from(start) }));
            }
        }
    }

    fn token_from(&mut self, c: char, start: usize) -> Result<Option<TokenKind>, ReadError> {
        Ok(Some(match c {
            '(' => self.mark(c, TokenKind::Open(Open::List, ')')),
            '[' => self.mark(c, TokenKind::Open(Open::List, ']')),
            ')' | ']' => self.mark(c, TokenKind::Close(c)),
            '\'' => self.mark(c, TokenKind::Abbreviation("quote")),
            '`' => self.mark(c, TokenKind::Abbreviation("quasiquote")),
            ',' => {
                self.bump(c);
                let spread = self.eat('@');
                match (self.rust_splices, spread) {
                    (true, _) => TokenKind::Splice(self.rust_splice(start, spread)?),
                    (false, false) => TokenKind::Abbreviation("unquote"),
                    (false, true) => TokenKind::Abbreviation("unquote-splicing"),
                }
            }
            '"' => TokenKind::Atom(DatumKind::String(self.quoted(c)?.into())),
            '|' => TokenKind::Atom(DatumKind::Symbol(Name::new(self.quoted(c)?))),
            '#' => return self.sharp(),
            '{' | '}' => {
                self.bump(c);
                return Err(self.invalid(start, "braces have no meaning here").helped("write `(` and `)`"));
            }
            _ => self.word_token(start)?,
        }))
    }

    fn word_token(&mut self, start: usize) -> Result<TokenKind, ReadError> {
        let word = self.word()?;
        Ok(match number_or_symbol(word) {
            Ok(_) if word == "." => TokenKind::Dot,
            Ok(kind) => TokenKind::Atom(kind),
            // At the end of the text: `1/0` may become `1/02`.
            Err(error) => return Err(self.invalid_word(start, error.to_string(), true)),
        })
    }

    /// Takes all up to a delimiter. Empty if a delimiter or the end follows.
    pub(super) fn word(&mut self) -> Result<&'a str, ReadError> {
        let rest = self.rest();
        let end = rest.find(|c| is_delimiter(c) || is_misplaced(c)).unwrap_or(rest.len());
        self.at += end;
        let word = &rest[..end];
        match self.peek() {
            Some(c) if is_misplaced(c) => {
                let at = self.at;
                self.bump(c);
                let what = if c.is_control() { format!("U+{:04X}", u32::from(c)) } else { c.to_string() };
                Err(if word.is_empty() {
                    self.invalid(at, format!("`{what}` does not begin a datum"))
                } else {
                    self.invalid(at, format!("`{what}` cannot be part of `{}`", shorten(word)))
                        .helped("put a blank before it, or write the symbol between bars")
                })
            }
            _ => Ok(word),
        }
    }

    /// Passes over blanks and comments, except those of data.
    fn skip_blanks(&mut self) -> Result<(), ReadError> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(is_blank).len();
            if self.peek() == Some(';') {
                let rest = self.rest();
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else if self.rest().starts_with("#|") {
                self.skip_block_comment()?;
            } else {
                return Ok(());
            }
        }
    }

    fn skip_block_comment(&mut self) -> Result<(), ReadError> {
        let start = self.at;
        self.at += 2;
        let mut open = 1_u32;
        while open > 0 {
            let rest = self.rest();
            let Some(at) = rest.find(['#', '|']) else {
                self.at = self.text.len();
                return Err(self.incomplete(start, "this comment is not closed").helped("close it with `|#`"));
            };
            self.at += at;
            if self.rest().starts_with("#|") {
                open += 1;
                self.at += 2;
            } else if self.rest().starts_with("|#") {
                open -= 1;
                self.at += 2;
            } else {
                self.at += 1;
            }
        }
        Ok(())
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Passes over `c`, which is next.
    pub(super) fn bump(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    /// Passes over `bytes`, which end on a boundary.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.bump(c);
        }
        found
    }

    fn mark(&mut self, c: char, kind: TokenKind) -> TokenKind {
        self.bump(c);
        kind
    }

    /// What has been passed over since `start`.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    pub(super) fn span_from(&self, start: usize) -> Span {
        let offset = |at| u32::try_from(at).expect("the length of the text was checked");
        Span::new(offset(start), offset(self.at))
    }

    pub(super) fn invalid(&self, start: usize, message: impl Into<String>) -> ReadError {
        ReadError::Invalid(SyntaxError::new(self.span_from(start), message))
    }

    pub(super) fn incomplete(&self, start: usize, message: impl Into<String>) -> ReadError {
        ReadError::Incomplete(SyntaxError::new(self.span_from(start), message))
    }

    /// A faulty word, which may be a part of a correct one if the text ends with it.
    pub(super) fn invalid_word(&self, start: usize, message: impl Into<String>, may_grow: bool) -> ReadError {
        if may_grow && self.is_at_end() { self.incomplete(start, message) } else { self.invalid(start, message) }
    }
}

/// What a word denotes that does not begin with `#`: a number, or else a symbol.
///
/// # Errors
///
/// [`NumberError`] for a word with the form of a number that has no value here, such as `1/0`.
pub fn number_or_symbol(word: &str) -> Result<DatumKind, NumberError> {
    Ok(match Number::classify(word, 10)? {
        Some(number) => DatumKind::Number(number),
        None => DatumKind::Symbol(Name::new(word)),
    })
}

/// A word for a message.
pub(super) fn shorten(word: &str) -> String {
    match word.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

impl ReadError {
    /// The same mistake, with what to write instead.
    pub(super) fn helped(self, help: &str) -> Self {
        match self {
            Self::Incomplete(error) => Self::Incomplete(error.with_help(help)),
            Self::Invalid(error) => Self::Invalid(error.with_help(help)),
            other => other,
        }
    }
}
