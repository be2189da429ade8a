//! Data from tokens.
//!
//! What is open is kept in frames on the heap: a hostile text cannot overflow the stack.

use super::{
    ReadLimits, RustSplice,
    layout::excerpt,
    lexer::{Lexer, Open, Token, TokenKind},
};
use crate::{Datum, DatumKind, Number, ReadError, Span, Splice, SyntaxError};

/// Reads datum after datum from one text.
pub(super) struct Reader<'a> {
    lexer: Lexer<'a>,
    limits: ReadLimits,
    nodes: u32,
    frames: Vec<Frame>,
    /// The items of all open lists and vectors, those of the innermost last.
    items: Vec<Datum>,
    splices: Vec<RustSplice>,
}

/// A mistake that may have been made long before it was noticed.
pub(super) enum Imbalance {
    /// The text ends inside a list.
    Unclosed,
    /// A parenthesis closes nothing.
    Unopened,
}

/// Something that was begun and awaits data.
struct Frame {
    kind: FrameKind,
    /// Its first token.
    opened: Span,
    /// The character that ends it; `None` if a single datum does.
    close: Option<char>,
    /// How many of the reader's items belong to the frames outside.
    items_before: usize,
}

enum FrameKind {
    List(Tail),
    Vector,
    Bytes(Vec<u8>),
    Floats(Vec<f64>),
    Map(Vec<(Datum, Datum)>),
    Abbreviation(&'static str),
    /// `#;`, with the number of splices that were there before it.
    Comment {
        splices_before: usize,
    },
}

/// How far a list is with what stands after its dot.
enum Tail {
    NoDot,
    Awaited,
    /// A list as the tail has left its items among those of the list, and only its own tail here.
    Read(Option<Box<Datum>>),
}

impl<'a> Reader<'a> {
    pub(super) fn new(lexer: Lexer<'a>, limits: ReadLimits) -> Self {
        Self { lexer, limits, nodes: 0, frames: Vec::new(), items: Vec::new(), splices: Vec::new() }
    }

    /// Bytes of the text that have been read.
    pub(super) fn position(&self) -> usize {
        self.lexer.position()
    }

    pub(super) fn into_splices(self) -> Vec<RustSplice> {
        self.splices
    }

    /// What the parentheses have to do with the mistake that ended the reading.
    pub(super) fn imbalance(&self, error: &ReadError) -> Option<Imbalance> {
        match error {
            ReadError::Incomplete(error) => {
                let is_unclosed = |frame: &Frame| frame.close.is_some() && frame.opened == error.span;
                self.frames.iter().any(is_unclosed).then_some(Imbalance::Unclosed)
            }
            ReadError::Invalid(error) if self.frames.is_empty() => {
                matches!(self.lexer.text(error.span), ")" | "]").then_some(Imbalance::Unopened)
            }
            _ => None,
        }
    }

    /// The next datum; `None` if only blanks and comments remain.
    pub(super) fn datum(&mut self) -> Result<Option<Datum>, ReadError> {
        loop {
            let Some(token) = self.lexer.token()? else {
                return match self.frames.last() {
                    Some(frame) => Err(frame.incomplete()),
                    None => Ok(None),
                };
            };
            if let Some(datum) = self.take(token)? {
                return Ok(Some(datum));
            }
        }
    }

    /// Takes one token in; returns the datum that it completes at the outermost level.
    fn take(&mut self, token: Token) -> Result<Option<Datum>, ReadError> {
        let span = token.span;
        match token.kind {
            TokenKind::Open(open, close) => {
                let kind = match open {
                    Open::List => FrameKind::List(Tail::NoDot),
                    Open::Vector => FrameKind::Vector,
                    Open::Bytes => FrameKind::Bytes(Vec::new()),
                    Open::Floats => FrameKind::Floats(Vec::new()),
                    Open::Map => FrameKind::Map(Vec::new()),
                };
                self.count(span)?;
                self.open(kind, span, Some(close))?;
                Ok(None)
            }
            TokenKind::Abbreviation(symbol) => {
                self.count(span)?;
                self.open(FrameKind::Abbreviation(symbol), span, None)?;
                Ok(None)
            }
            TokenKind::DatumComment => {
                self.open(FrameKind::Comment { splices_before: self.splices.len() }, span, None)?;
                Ok(None)
            }
            TokenKind::Close(c) => self.close(c, span),
            // At the end of the text it may be the beginning of another word.
            TokenKind::Dot if self.lexer.is_at_end() => Err(incomplete(span, "this dot is not followed by anything")),
            TokenKind::Dot => self.dot(span).map(|()| None),
            TokenKind::Atom(kind) => self.atom(Datum::new(kind, span)),
            TokenKind::Splice(splice) => {
                let hole = u32::try_from(self.splices.len()).expect("there are fewer splices than bytes of the text");
                let kind = DatumKind::Splice(Splice { hole, spread: splice.spread });
                self.splices.push(splice);
                self.atom(Datum::new(kind, span))
            }
        }
    }

    fn atom(&mut self, datum: Datum) -> Result<Option<Datum>, ReadError> {
        // More text may make another atom of it, so what is open around it must not judge it yet.
        if self.lexer.is_at_end()
            && let Some(frame) = self.frames.iter().rev().find(|frame| frame.close.is_some())
        {
            return Err(frame.incomplete());
        }
        // The elements of these take no more memory than their text.
        if !matches!(self.frames.last(), Some(Frame { kind: FrameKind::Bytes(_) | FrameKind::Floats(_), .. })) {
            self.count(datum.span)?;
        }
        self.deliver(datum)
    }

    fn count(&mut self, span: Span) -> Result<(), ReadError> {
        if self.nodes >= self.limits.nodes_max {
            return Err(ReadError::TooLarge { span, nodes_max: self.limits.nodes_max });
        }
        self.nodes += 1;
        Ok(())
    }

    fn open(&mut self, kind: FrameKind, opened: Span, close: Option<char>) -> Result<(), ReadError> {
        let depth_max = self.limits.depth_max;
        if u32::try_from(self.frames.len()).is_ok_and(|depth| depth < depth_max) {
            self.frames.push(Frame { kind, opened, close, items_before: self.items.len() });
            Ok(())
        } else {
            Err(ReadError::TooDeep { span: opened, depth_max })
        }
    }

    fn dot(&mut self, span: Span) -> Result<(), ReadError> {
        match self.frames.last_mut() {
            Some(Frame { kind: FrameKind::List(tail @ Tail::NoDot), items_before, .. })
                if self.items.len() > *items_before =>
            {
                *tail = Tail::Awaited;
                Ok(())
            }
            Some(Frame { kind: FrameKind::List(Tail::NoDot), .. }) => {
                Err(invalid(span, "a dot needs a datum before it"))
            }
            Some(Frame { kind: FrameKind::List(_), .. }) => Err(invalid(span, "a list has only one dot")),
            _ => Err(invalid(span, "a dot belongs between the items of a list and its tail")),
        }
    }

    fn close(&mut self, c: char, span: Span) -> Result<Option<Datum>, ReadError> {
        let Some(frame) = self.frames.pop() else {
            return Err(invalid(span, format!("this `{c}` closes nothing")));
        };
        if let Some(close) = frame.close.filter(|close| *close != c) {
            let list = self.lexer.text(Span::new(frame.opened.start, span.start));
            let error = invalid(span, format!("`{c}` where `{close}` is needed"));
            return Err(error.helped(&format!("`{}` is still open", excerpt(list, 0, list.len()))));
        }
        let whole = frame.opened.to(span);
        let kind = match frame.kind {
            FrameKind::List(Tail::Awaited) => return Err(invalid(span, "a datum must follow the dot")),
            FrameKind::List(tail) => {
                let tail = match tail {
                    Tail::Read(tail) => tail,
                    _ => None,
                };
                // The tail of another list: its items stay where they are and become those of the list around it.
                // To copy them would take quadratic time for `(a . (b . (c …`.
                if let Some(Frame { kind: FrameKind::List(outer @ Tail::Awaited), .. }) = self.frames.last_mut() {
                    *outer = Tail::Read(tail);
                    return Ok(None);
                }
                let items = self.items.split_off(frame.items_before);
                match tail {
                    Some(tail) => DatumKind::Dotted(items, tail),
                    None => DatumKind::List(items),
                }
            }
            FrameKind::Vector => DatumKind::Vector(self.items.split_off(frame.items_before)),
            FrameKind::Bytes(bytes) => DatumKind::Bytes(bytes),
            FrameKind::Floats(floats) => DatumKind::F64Vector(floats),
            FrameKind::Map(entries) => DatumKind::Map(entries),
            FrameKind::Abbreviation(_) | FrameKind::Comment { .. } => {
                return Err(invalid(frame.opened, "a datum must follow this"));
            }
        };
        self.deliver(Datum::new(kind, whole))
    }

    /// Gives a whole datum to the innermost frame; returns it if there is none.
    fn deliver(&mut self, mut datum: Datum) -> Result<Option<Datum>, ReadError> {
        loop {
            let Some(frame) = self.frames.last_mut() else {
                return Ok(Some(datum));
            };
            match &mut frame.kind {
                FrameKind::List(Tail::NoDot) | FrameKind::Vector => self.items.push(datum),
                FrameKind::List(tail @ Tail::Awaited) => {
                    *tail = Tail::Read(match datum.kind {
                        DatumKind::List(items) => {
                            self.items.extend(items);
                            None
                        }
                        DatumKind::Dotted(items, tail) => {
                            self.items.extend(items);
                            Some(tail)
                        }
                        DatumKind::Splice(Splice { spread: true, .. }) => {
                            return Err(invalid(datum.span, "a sequence cannot be spread behind a dot")
                                .helped("write `,@` without the dot"));
                        }
                        _ => Some(Box::new(datum)),
                    });
                }
                FrameKind::List(Tail::Read(_)) => {
                    return Err(invalid(datum.span, "only one datum may follow the dot")
                        .helped("put parentheses around what follows the dot, or leave the dot out"));
                }
                FrameKind::Bytes(bytes) => bytes.push(byte(&datum)?),
                FrameKind::Floats(floats) => floats.push(float(&datum)?),
                FrameKind::Map(entries) => entries.push(entry(datum)?),
                FrameKind::Abbreviation(symbol) => {
                    let whole = frame.opened.to(datum.span);
                    let symbol = Datum::symbol(*symbol, frame.opened);
                    self.frames.pop();
                    datum = Datum::new(DatumKind::List(vec![symbol, datum]), whole);
                    continue;
                }
                FrameKind::Comment { splices_before } => {
                    self.splices.truncate(*splices_before);
                    self.frames.pop();
                }
            }
            return Ok(None);
        }
    }
}

impl Frame {
    fn incomplete(&self) -> ReadError {
        let message = match self.kind {
            FrameKind::List(_) => "this list is not closed",
            FrameKind::Vector | FrameKind::Bytes(_) | FrameKind::Floats(_) => "this vector is not closed",
            FrameKind::Map(_) => "this hash table is not closed",
            FrameKind::Abbreviation(_) | FrameKind::Comment { .. } => "a datum must follow this",
        };
        incomplete(self.opened, message)
    }
}

fn byte(datum: &Datum) -> Result<u8, ReadError> {
    match &datum.kind {
        DatumKind::Number(number) => number.as_u64().and_then(|n| u8::try_from(n).ok()),
        _ => None,
    }
    .ok_or_else(|| invalid(datum.span, "a bytevector holds integers from 0 to 255"))
}

fn float(datum: &Datum) -> Result<f64, ReadError> {
    match &datum.kind {
        // An integer is welcome as long as nothing of it is lost.
        DatumKind::Number(number) => Some(number.to_f64())
            .filter(|float| !number.is_exact() || Number::from(*float).to_exact().as_ref() == Some(number)),
        _ => None,
    }
    .ok_or_else(|| invalid(datum.span, "an f64vector holds floats"))
}

fn entry(datum: Datum) -> Result<(Datum, Datum), ReadError> {
    let span = datum.span;
    let (mut items, tail) = match datum.kind {
        DatumKind::List(items) if !items.is_empty() => (items, None),
        DatumKind::Dotted(items, tail) => (items, Some(tail)),
        _ => return Err(invalid(span, "a hash table holds pairs").helped("write `(key . value)`")),
    };
    let key = items.remove(0);
    let value = match (items.first().map(|first| first.span), tail) {
        (None, None) => Datum::new(DatumKind::List(items), Span::new(span.end, span.end)),
        (None, Some(tail)) => *tail,
        (Some(first), None) => Datum::new(DatumKind::List(items), first.to(span)),
        (Some(first), Some(tail)) => {
            let rest = first.to(tail.span);
            Datum::new(DatumKind::Dotted(items, tail), rest)
        }
    };
    Ok((key, value))
}

fn invalid(span: Span, message: impl Into<String>) -> ReadError {
    ReadError::Invalid(SyntaxError::new(span, message))
}

fn incomplete(span: Span, message: impl Into<String>) -> ReadError {
    ReadError::Incomplete(SyntaxError::new(span, message))
}
