//! The table of a task's tokens: each with an index, its place, and whether it touches the one before it.
//!
//! Rust's lexer takes `hash-table-ref` apart into five tokens, and only their places tell it from `hash - table - ref`.

use dpfw_syntax::{Place, Span};
use proc_macro2::{Delimiter, LineColumn, Spacing, TokenStream, TokenTree};

/// One token, or a group with what it holds.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) tree: TokenTree,
    /// Indices into the table: of this token, or of both delimiters of a group.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// Whether it touches the token before it, within the same group.
    pub(crate) touch: Touch,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Ident(String),
    Punct { ch: char, joint: bool },
    Literal(String),
    Group(Delimiter, Vec<Token>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touch {
    Yes,
    No,
    /// Both tokens were made by a macro, and the one range that they share says nothing.
    Unknown,
}

/// Where the tokens of one macro call are. Entry 0 is the call itself.
#[derive(Debug)]
pub(crate) struct Table {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    span: proc_macro2::Span,
    start: LineColumn,
    end: LineColumn,
}

impl Token {
    /// Its range of the table.
    pub(crate) fn span(&self) -> Span {
        Span::new(self.first, self.last + 1)
    }

    pub(crate) fn is_punct(&self, wanted: char) -> bool {
        matches!(self.kind, Kind::Punct { ch, .. } if ch == wanted)
    }

    /// Whether it can be a part of a symbol or a number that Rust's lexer took apart.
    pub(crate) fn is_word_part(&self) -> bool {
        match &self.kind {
            Kind::Ident(_) => true,
            Kind::Punct { ch, .. } => !matches!(ch, ',' | ';' | '\''),
            Kind::Literal(text) => text.starts_with(|c: char| c.is_ascii_digit()),
            Kind::Group(..) => false,
        }
    }
}

impl Table {
    /// Numbers the tokens of a macro call.
    pub(crate) fn new(input: TokenStream, call: proc_macro2::Span) -> (Self, Vec<Token>) {
        let mut table = Self { entries: vec![Entry::of(call)] };
        let tokens = table.number(input);
        (table, tokens)
    }

    /// Whether the tokens have places at all: older rust-analyzers give none.
    pub(crate) fn has_positions(&self) -> bool {
        self.entries[1..].iter().all(|entry| entry.start != entry.end)
    }

    /// The places of the first and the last token of a range.
    pub(crate) fn spans(&self, range: Span) -> (proc_macro2::Span, proc_macro2::Span) {
        let last = range.end.saturating_sub(1).max(range.start);
        (self.entry(range.start).span, self.entry(last).span)
    }

    /// The place of the first token of a range.
    pub(crate) fn place(&self, range: Span) -> Place {
        let start = self.entry(range.start).start;
        Place {
            line: u32::try_from(start.line).unwrap_or(u32::MAX),
            column: u32::try_from(start.column + 1).unwrap_or(u32::MAX),
        }
    }

    fn entry(&self, index: u32) -> &Entry {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.entries.get(index).unwrap_or(&self.entries[0])
    }

    fn number(&mut self, input: TokenStream) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::new();
        for tree in input {
            let first = self.add(match &tree {
                TokenTree::Group(group) => group.span_open(),
                other => other.span(),
            });
            let (kind, last) = match &tree {
                TokenTree::Ident(ident) => (Kind::Ident(ident.to_string()), first),
                TokenTree::Punct(punct) => {
                    (Kind::Punct { ch: punct.as_char(), joint: punct.spacing() == Spacing::Joint }, first)
                }
                TokenTree::Literal(literal) => (Kind::Literal(literal.to_string()), first),
                TokenTree::Group(group) => {
                    let inner = self.number(group.stream());
                    (Kind::Group(group.delimiter(), inner), self.add(group.span_close()))
                }
            };
            let touch = tokens.last().map_or(Touch::No, |before| self.touch(before, &kind, first));
            tokens.push(Token { kind, tree, first, last, touch });
        }
        tokens
    }

    fn add(&mut self, span: proc_macro2::Span) -> u32 {
        let index = u32::try_from(self.entries.len()).expect("a source file has fewer than 2^32 tokens");
        self.entries.push(Entry::of(span));
        index
    }

    fn touch(&self, before: &Token, kind: &Kind, first: u32) -> Touch {
        // Between two punctuation characters, and from a lifetime's quote to its name, Rust says it itself.
        match (&before.kind, kind) {
            (Kind::Punct { ch: '\'', joint: true }, Kind::Ident(_))
            | (Kind::Punct { joint: true, .. }, Kind::Punct { .. }) => {
                return Touch::Yes;
            }
            // Two names or numbers that touched would be one token.
            (Kind::Punct { .. }, Kind::Punct { .. })
            | (Kind::Ident(_) | Kind::Literal(_), Kind::Ident(_) | Kind::Literal(_)) => {
                return Touch::No;
            }
            _ => {}
        }
        let (left, right) = (self.entry(before.last), self.entry(first));
        if self.is_generated(left) && self.is_generated(right) {
            Touch::Unknown
        } else if left.end == right.start {
            Touch::Yes
        } else {
            Touch::No
        }
    }

    /// Whether a macro made the token: it then has the range of that macro's whole call, or none.
    fn is_generated(&self, entry: &Entry) -> bool {
        let call = &self.entries[0];
        entry.start == entry.end || (entry.start == call.start && entry.end == call.end)
    }
}

impl Entry {
    fn of(span: proc_macro2::Span) -> Self {
        Self { span, start: span.start(), end: span.end() }
    }
}
