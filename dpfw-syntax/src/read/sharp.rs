//! Tokens that begin with `#`.

use super::{
    lexer::{Lexer, Open, TokenKind, shorten},
    quoted::hex_char,
};
use crate::{DatumKind, Number, ReadError, lexical::CHAR_NAMES};

/// What may follow `#` as a word. Compared without regard to case.
const WORDS: [(&str, Word); 7] = [
    ("t", Word::Bool(true)),
    ("f", Word::Bool(false)),
    ("true", Word::Bool(true)),
    ("false", Word::Bool(false)),
    ("u8", Word::Open(Open::Bytes)),
    ("f64", Word::Open(Open::Floats)),
    ("hash", Word::Open(Open::Map)),
];

#[derive(Clone, Copy)]
enum Word {
    Bool(bool),
    Open(Open),
}

const VOID: &str = "void";
const FOLD_CASE: &str = "fold-case";
const NO_FOLD_CASE: &str = "no-fold-case";

/// Continuations that make a number of any beginning of one, each of them with an `i` behind it too: `#i1+` may become
/// `#i1+i`, and `#i1+in` `#i1+inf.0i`.
const NUMBER_ENDS: [&str; 11] = ["", "0", "1", "d1", "e1", "inf.0", "nf.0", "f.0", ".0", "an.0", "n.0"];

impl Lexer<'_> {
    /// Reads what begins with `#`, which is next and does not open a block comment. `None` for a directive.
    pub(super) fn sharp(&mut self) -> Result<Option<TokenKind>, ReadError> {
        let start = self.position();
        self.bump('#');
        let Some(c) = self.peek() else {
            return Err(self.incomplete(start, "`#` is not complete"));
        };
        match c {
            '(' => {
                self.bump(c);
                Ok(Some(TokenKind::Open(Open::Vector, ')')))
            }
            ';' => {
                self.bump(c);
                Ok(Some(TokenKind::DatumComment))
            }
            '\\' => {
                self.bump(c);
                self.char(start).map(|c| Some(TokenKind::Atom(DatumKind::Char(c))))
            }
            ':' => {
                self.bump(c);
                self.keyword(start).map(Some)
            }
            '!' => {
                self.bump(c);
                self.directive(start)
            }
            '<' => {
                self.word()?;
                Err(self.invalid(start, "this stands for a value that has no text, such as a procedure or a port"))
            }
            _ => self.sharp_word(start).map(Some),
        }
    }

    fn sharp_word(&mut self, start: usize) -> Result<TokenKind, ReadError> {
        let word = self.word()?;
        if let Some((_, known)) = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)) {
            return match known {
                Word::Bool(value) => Ok(TokenKind::Atom(DatumKind::Bool(*value))),
                Word::Open(open) if self.eat('(') => Ok(TokenKind::Open(*open, ')')),
                Word::Open(_) => Err(self.invalid_word(start, format!("a `(` must follow `#{word}`"), true)),
            };
        }
        match word.chars().next() {
            Some('0'..='9') => Err(self
                .invalid(start, "datum labels are not supported: data of tasks have no cycles")
                .helped("write the datum out where it is used")),
            Some('e' | 'E' | 'i' | 'I' | 'b' | 'B' | 'o' | 'O' | 'd' | 'D' | 'x' | 'X') => self.prefixed_number(start),
            _ => {
                let shown = shorten(self.since(start));
                let may_grow = WORDS.iter().any(|(known, _)| is_beginning(word, known));
                Err(self.invalid_word(start, format!("`{shown}` has no meaning"), may_grow))
            }
        }
    }

    fn prefixed_number(&self, start: usize) -> Result<TokenKind, ReadError> {
        let text = self.since(start);
        match Number::classify(text, 10) {
            Ok(Some(number)) => Ok(TokenKind::Atom(DatumKind::Number(number))),
            Ok(None) => {
                // Faulty ones count: they are not given up at the end of a text either.
                let is_number = |end: &str, i: &str| Number::classify(&format!("{text}{end}{i}"), 10) != Ok(None);
                let may_grow = || NUMBER_ENDS.iter().any(|end| is_number(end, "") || is_number(end, "i"));
                let message = format!("`{}` is not a number", shorten(text));
                Err(self.invalid_word(start, message, self.is_at_end() && may_grow()))
            }
            // As without a prefix: `#e1/0` may become `#e1/02`.
            Err(error) => Err(self.invalid_word(start, error.to_string(), true)),
        }
    }

    /// Reads a character after `#\`.
    fn char(&mut self, start: usize) -> Result<char, ReadError> {
        let Some(first) = self.peek() else {
            return Err(self.incomplete(start, "this character is not complete"));
        };
        let name_start = self.position();
        // The first one may be a delimiter: `#\(`.
        self.bump(first);
        let more = self.word()?;
        if more.is_empty() {
            return Ok(first);
        }
        let name = self.since(name_start);
        if let Some((_, c)) = CHAR_NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(*c);
        }
        if (first == 'x' || first == 'X') && more.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            // Digits that denote no character may be the beginning of such that do: `#\xd800`.
            return hex_char(more)
                .ok_or_else(|| self.invalid_word(start, "there is no character of this number", true));
        }
        let may_grow = CHAR_NAMES.iter().any(|(known, _)| known.starts_with(name));
        Err(self.invalid_word(start, format!("unknown character name `{}`", shorten(name)), may_grow))
    }

    /// Reads a keyword after `#:`.
    fn keyword(&mut self, start: usize) -> Result<TokenKind, ReadError> {
        if self.peek() == Some('|') {
            return Ok(TokenKind::Atom(DatumKind::Keyword(self.quoted('|')?.into())));
        }
        match self.word()? {
            "" => Err(self.invalid_word(start, "a name must follow `#:`", true)),
            name => Ok(TokenKind::Atom(DatumKind::Keyword(name.into()))),
        }
    }

    /// Reads a word after `#!`.
    fn directive(&mut self, start: usize) -> Result<Option<TokenKind>, ReadError> {
        match self.word()? {
            VOID => Ok(Some(TokenKind::Atom(DatumKind::Void))),
            // The rule anyway.
            NO_FOLD_CASE => Ok(None),
            FOLD_CASE => Err(self
                .invalid(start, "`#!fold-case` is not supported: the names of tasks differ by case")
                .helped("write names as they were defined")),
            word => {
                let may_grow = [VOID, NO_FOLD_CASE].iter().any(|known| known.starts_with(word));
                Err(self.invalid_word(start, format!("`#!{}` has no meaning", shorten(word)), may_grow))
            }
        }
    }
}

fn is_beginning(word: &str, of: &str) -> bool {
    of.get(..word.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(word))
}
