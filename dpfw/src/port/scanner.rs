//! Finds the end of a datum in text that arrives in pieces, looking at each character once.

use dpfw_syntax::{is_blank, is_delimiter, is_misplaced};

use crate::value::DEPTH_MAX;

/// How far the text of one datum has been seen.
///
/// It knows just enough of the syntax to tell where the reader has something to say: a whole datum, or a mistake. The
/// reader itself then looks at the text once. To try it at each piece would take quadratic time.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    state: State,
    /// Open parentheses.
    depth: u32,
    /// What stands before the datum and outside of parentheses.
    prefixes: Vec<Prefix>,
    /// Whether there was a datum after `#;`. It must be well-formed all the same.
    commented: bool,
    /// The word after a `#`, as far as it may matter.
    sharp_word: String,
    /// The bytes of a character that is not whole.
    partial: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    LineComment,
    /// In so many `#|`; the last character may be half of a mark.
    BlockComment {
        open: u32,
        last: char,
    },
    /// In a string, or in a symbol between bars.
    Quoted {
        quote: char,
        escaped: bool,
    },
    Word,
    SharpWord,
    /// After `#`.
    Sharp,
    /// After `#\`.
    Char,
    /// After `#:`.
    Keyword,
    /// After `,`.
    Comma,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    /// `'`, `` ` ``, `,` or `,@`: the next datum is a part of this one.
    Abbreviation,
    /// `#;`: the next datum is none.
    Comment,
}

/// What a piece of text led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing but blanks and comments so far.
    Blank,
    /// A datum has begun.
    Open,
    /// The reader should look at the text up to here: so many bytes of this piece.
    Ready(usize),
}

impl Scanner {
    /// Looks at the next bytes of the text.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Seen {
        for (index, &byte) in bytes.iter().enumerate() {
            let ready = match self.decode(byte) {
                Decoded::Char(c) => self.take(c),
                Decoded::Partial => false,
                Decoded::Invalid => true,
            };
            if ready {
                return Seen::Ready(index + 1);
            }
        }
        self.seen()
    }

    /// Notes that a datum follows, or the end of everything: a word ends here, unless it is within something.
    pub(super) fn boundary(&mut self) -> Seen {
        if !self.partial.is_empty() {
            return Seen::Ready(0);
        }
        if self.depth == 0 {
            match self.state {
                #[expect(clippy::collapsible_match, reason = "a guard cannot change what it matches on")]
                State::Word | State::SharpWord | State::Sharp | State::Keyword => {
                    if self.end_word() {
                        return Seen::Ready(0);
                    }
                }
                State::LineComment if self.prefixes.is_empty() => self.state = State::Between,
                _ => {}
            }
            if self.commented && self.seen() == Seen::Blank {
                return Seen::Ready(0);
            }
        }
        self.seen()
    }

    fn seen(&self) -> Seen {
        let blank = matches!(self.state, State::Between | State::LineComment)
            && self.depth == 0
            && self.prefixes.is_empty()
            && self.partial.is_empty();
        if blank { Seen::Blank } else { Seen::Open }
    }

    fn decode(&mut self, byte: u8) -> Decoded {
        if self.partial.is_empty() && byte.is_ascii() {
            return Decoded::Char(byte.into());
        }
        self.partial.push(byte);
        match std::str::from_utf8(&self.partial) {
            Ok(text) => {
                let c = text.chars().next();
                self.partial.clear();
                c.map_or(Decoded::Partial, Decoded::Char)
            }
            Err(error) if error.error_len().is_none() => Decoded::Partial,
            Err(_) => Decoded::Invalid,
        }
    }

    /// Takes one character in; whether the reader should look.
    fn take(&mut self, c: char) -> bool {
        match self.state {
            State::Between => return self.begin(c),
            State::LineComment => {
                if matches!(c, '\n' | '\r') {
                    self.state = State::Between;
                }
            }
            State::BlockComment { open, last } => self.state = in_block_comment(open, last, c),
            State::Quoted { quote, escaped } => {
                if c == quote && !escaped {
                    self.state = State::Between;
                    return self.end_datum();
                }
                self.state = State::Quoted { quote, escaped: c == '\\' && !escaped };
            }
            State::Word | State::SharpWord => return self.in_word(c),
            State::Sharp => return self.after_sharp(c),
            State::Char => self.state = State::Word,
            State::Keyword if c == '|' => self.state = State::Quoted { quote: c, escaped: false },
            State::Keyword => {
                self.state = State::Word;
                return self.in_word(c);
            }
            State::Comma => {
                self.state = State::Between;
                if c != '@' {
                    return self.begin(c);
                }
            }
        }
        false
    }

    fn begin(&mut self, c: char) -> bool {
        match c {
            ';' => self.state = State::LineComment,
            '(' | '[' => return self.open(),
            ')' | ']' => return self.close(),
            '"' | '|' => self.state = State::Quoted { quote: c, escaped: false },
            '\'' | '`' => return self.prefix(Prefix::Abbreviation),
            ',' => {
                self.state = State::Comma;
                return self.prefix(Prefix::Abbreviation);
            }
            '#' => self.state = State::Sharp,
            c if is_blank(c) => {}
            c if is_misplaced(c) => return self.depth == 0,
            _ => self.state = State::Word,
        }
        false
    }

    fn after_sharp(&mut self, c: char) -> bool {
        self.state = State::Between;
        match c {
            '(' => return self.open(),
            '|' => self.state = State::BlockComment { open: 1, last: ' ' },
            ';' => return self.prefix(Prefix::Comment),
            '\\' => self.state = State::Char,
            ':' => self.state = State::Keyword,
            c => {
                self.sharp_word.clear();
                self.state = State::SharpWord;
                return self.in_word(c);
            }
        }
        false
    }

    fn in_word(&mut self, c: char) -> bool {
        if !is_delimiter(c) {
            if self.state == State::SharpWord && self.sharp_word.len() < SHARP_WORD_BYTES_MAX {
                self.sharp_word.push(c);
            }
            return self.depth == 0 && is_misplaced(c);
        }
        if c == '(' && self.state == State::SharpWord && is_vector(&self.sharp_word) {
            self.state = State::Between;
            return self.open();
        }
        self.end_word() || self.begin(c)
    }

    fn end_word(&mut self) -> bool {
        let is_directive = self.state == State::SharpWord && self.sharp_word == "!no-fold-case";
        self.state = State::Between;
        !is_directive && self.end_datum()
    }

    fn open(&mut self) -> bool {
        self.depth += 1;
        self.depth > DEPTH_MAX
    }

    fn close(&mut self) -> bool {
        match self.depth {
            0 => true,
            1 => {
                self.depth = 0;
                self.end_datum()
            }
            _ => {
                self.depth -= 1;
                false
            }
        }
    }

    fn prefix(&mut self, prefix: Prefix) -> bool {
        if self.depth == 0 {
            self.prefixes.push(prefix);
        }
        self.prefixes.len() > DEPTH_MAX as usize
    }

    /// A datum has ended; whether it is the one that is looked for.
    fn end_datum(&mut self) -> bool {
        if self.depth > 0 {
            return false;
        }
        while let Some(prefix) = self.prefixes.pop() {
            if prefix == Prefix::Comment {
                self.commented = true;
                return false;
            }
        }
        true
    }
}

enum Decoded {
    Char(char),
    Partial,
    Invalid,
}

fn in_block_comment(open: u32, last: char, c: char) -> State {
    match (last, c) {
        // A mark takes both of its characters: `#|#` has not begun to end.
        ('#', '|') => State::BlockComment { open: open.saturating_add(1), last: ' ' },
        ('|', '#') if open == 1 => State::Between,
        ('|', '#') => State::BlockComment { open: open - 1, last: ' ' },
        _ => State::BlockComment { open, last: c },
    }
}

/// Whether a `(` directly after `#` and this word opens a vector or hash table.
fn is_vector(word: &str) -> bool {
    ["u8", "f64", "hash"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Longer words after `#` do not matter.
const SHARP_WORD_BYTES_MAX: usize = 32;
