//! Reads a task from Rust tokens into the same tree that the text reader makes; spans are indices of tokens.

use std::sync::Arc;

use dpfw_syntax::{Datum, DatumKind, Number, Span, Splice, SyntaxError};
use proc_macro2::{Delimiter, TokenTree};

use crate::{
    literal,
    splice::{self, Capture, RustSplice},
    tokens::{Kind, Token, Touch},
    word::{self, Refusal, Word},
};

/// What the tokens of a task say.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) data: Vec<Datum>,
    pub(crate) splices: Vec<RustSplice>,
    pub(crate) errors: Vec<SyntaxError>,
    /// Whether the tokens could be read in two ways, because another macro made them and their places say nothing.
    pub(crate) ambiguous: bool,
}

/// How deep a task may be nested.
const DEPTH_MAX: u32 = 1_000;

/// Reads all data of a macro call.
pub(crate) fn read(tokens: &[Token]) -> Reading {
    let mut reader = Reader { reading: Reading::default() };
    let sequence = reader.sequence(tokens, 0);
    if let Some(dot) = sequence.dot {
        reader.error(dot, "a dot stands only inside a list");
    }
    Reading { data: sequence.items, ..reader.reading }
}

struct Reader {
    reading: Reading,
}

/// The data between two parentheses.
#[derive(Default)]
struct Sequence {
    items: Vec<Datum>,
    dot: Option<Span>,
    tail: Option<Datum>,
}

struct Cursor<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Reader {
    fn sequence(&mut self, tokens: &[Token], depth: u32) -> Sequence {
        let mut sequence = Sequence::default();
        let mut cursor = Cursor { tokens, at: 0 };
        while cursor.at < tokens.len() {
            self.next(&mut cursor, &mut sequence, depth);
        }
        sequence
    }

    /// Reads one lexeme, and the datum that it begins if it begins one.
    fn next(&mut self, cursor: &mut Cursor<'_>, out: &mut Sequence, depth: u32) {
        let token = &cursor.tokens[cursor.at];
        match &token.kind {
            Kind::Group(delimiter, inner) => {
                cursor.at += 1;
                self.group(token, *delimiter, inner, out, depth);
            }
            Kind::Punct { ch: ',', .. } => self.splice(cursor, out),
            Kind::Punct { ch: '\'', .. } => self.quote(cursor, out),
            Kind::Punct { ch: '#', .. } => self.hash(cursor, out, depth),
            Kind::Punct { ch: ';', .. } => {
                cursor.at += 1;
                self.error_with(
                    token.span(),
                    "comments of Scheme do not survive Rust's lexer",
                    "write `// comment` or `/* comment */`",
                );
            }
            _ if token.is_word_part() => self.word(cursor, out),
            _ => {
                cursor.at += 1;
                let TokenTree::Literal(quoted) = &token.tree else { return };
                match literal::read(quoted, token.span()) {
                    Ok(kind) => self.push(out, Datum::new(kind, token.span())),
                    Err(error) => self.reading.errors.push(error),
                }
            }
        }
    }

    fn group(&mut self, token: &Token, delimiter: Delimiter, inner: &[Token], out: &mut Sequence, depth: u32) {
        if depth >= DEPTH_MAX {
            return self.error(token.span(), format!("nested more than {DEPTH_MAX} levels deep"));
        }
        match delimiter {
            Delimiter::Parenthesis | Delimiter::Bracket => {
                let sequence = self.sequence(inner, depth + 1);
                let kind = self.list(sequence);
                self.push(out, Datum::new(kind, token.span()));
            }
            // The invisible parentheses around what a `macro_rules!` macro was given.
            Delimiter::None => {
                let sequence = self.sequence(inner, depth + 1);
                if let Some(dot) = sequence.dot {
                    self.error(dot, "a dot stands only inside a list");
                }
                for item in sequence.items {
                    self.push(out, item);
                }
            }
            Delimiter::Brace => {
                self.error_with(token.span(), "braces mean nothing in a task", "write parentheses");
            }
        }
    }

    fn list(&mut self, sequence: Sequence) -> DatumKind {
        let Some(dot) = sequence.dot else { return DatumKind::List(sequence.items) };
        let Some(tail) = sequence.tail else {
            self.error(dot, "one datum must follow the dot");
            return DatumKind::List(sequence.items);
        };
        if sequence.items.is_empty() {
            self.error(dot, "a datum must stand before the dot");
        }
        DatumKind::dotted(sequence.items, tail)
    }

    fn push(&mut self, out: &mut Sequence, datum: Datum) {
        if out.dot.is_none() {
            out.items.push(datum);
        } else if out.tail.is_none() {
            out.tail = Some(datum);
        } else {
            self.error(datum.span, "only one datum can follow the dot");
        }
    }

    fn splice(&mut self, cursor: &mut Cursor<'_>, out: &mut Sequence) {
        let tokens = &cursor.tokens[cursor.at..];
        match splice::capture(tokens) {
            Capture::Splice { splice, length, ambiguous } => {
                self.reading.ambiguous |= ambiguous;
                let hole = u32::try_from(self.reading.splices.len()).unwrap_or(u32::MAX);
                let kind = DatumKind::Splice(Splice { hole, spread: splice.spread });
                let span = splice.span;
                self.reading.splices.push(splice);
                self.push(out, Datum::new(kind, span));
                cursor.at += length;
            }
            Capture::Bad { length, message, help } => {
                self.error_with(tokens[0].span().to(tokens[length - 1].span()), message, help);
                cursor.at += length;
            }
        }
    }

    /// `'name`, which Rust lexes as a lifetime; its lexer lets no other quoted datum through.
    fn quote(&mut self, cursor: &mut Cursor<'_>, out: &mut Sequence) {
        let quote = &cursor.tokens[cursor.at];
        cursor.at += 1;
        if cursor.at == cursor.tokens.len() {
            return self.error(quote.span(), "`'` quotes nothing");
        }
        let mut quoted = Sequence::default();
        self.word(cursor, &mut quoted);
        for datum in quoted.items {
            let span = quote.span().to(datum.span);
            let items = vec![Datum::symbol("quote", quote.span()), datum];
            self.push(out, Datum::new(DatumKind::List(items), span));
        }
    }

    /// What begins with `#`.
    fn hash(&mut self, cursor: &mut Cursor<'_>, out: &mut Sequence, depth: u32) {
        let hash = &cursor.tokens[cursor.at];
        if let Some(length) = doc_comment(&cursor.tokens[cursor.at + 1..]) {
            cursor.at += 1 + length;
            return;
        }
        let next = cursor.tokens.get(cursor.at + 1).filter(|next| next.touch != Touch::No);
        match next.map(|next| (next, &next.kind)) {
            Some((group, Kind::Group(Delimiter::Parenthesis, inner))) => {
                cursor.at += 2;
                let items = self.plain_items(inner, depth);
                self.push(out, Datum::new(DatumKind::Vector(items), hash.span().to(group.span())));
            }
            Some((_, Kind::Punct { ch: '!', .. })) => self.hash_bang(cursor, out),
            Some((_, Kind::Punct { ch: ';', .. })) => {
                cursor.at += 2;
                self.skip_datum(cursor, hash.span(), depth);
            }
            Some((_, Kind::Punct { ch: '|', .. })) => self.skip_block_comment(cursor),
            Some((_, Kind::Punct { ch: ':', .. })) => {
                cursor.at += 2;
                let (text, span) = self.run(cursor);
                match word::classify(&text) {
                    Ok(Word::Symbol(name)) if !name.is_empty() => {
                        let kind = DatumKind::Keyword(Arc::from(name));
                        self.push(out, Datum::new(kind, hash.span().to(span)));
                    }
                    _ => self.error(hash.span().to(span), "a keyword is `#:name`"),
                }
            }
            Some((_, Kind::Ident(_))) => self.hash_word(cursor, out, depth),
            _ => {
                cursor.at += 1;
                let span = next.map_or(hash.span(), |next| hash.span().to(next.span()));
                cursor.at += usize::from(next.is_some());
                self.error_with(
                    span,
                    "this `#` begins no datum",
                    "`#t` `#f`, `#(vector)`, `#u8(1 2)`, `#xFF`, `#:keyword`; characters are written `'a'`",
                );
            }
        }
    }

    /// `#t`, `#u8(…)`, `#f64(…)`, `#hash(…)`, `#xFF`.
    fn hash_word(&mut self, cursor: &mut Cursor<'_>, out: &mut Sequence, depth: u32) {
        let hash = cursor.tokens[cursor.at].span();
        cursor.at += 1;
        let (text, span) = self.run(cursor);
        let span = hash.to(span);
        let group =
            cursor.tokens.get(cursor.at).filter(|token| token.touch != Touch::No).and_then(|token| match &token.kind {
                Kind::Group(Delimiter::Parenthesis, inner) => Some((token.span(), inner)),
                _ => None,
            });
        let kind = match (text.as_str(), group) {
            ("t" | "T" | "true", _) => Some(DatumKind::Bool(true)),
            ("f" | "F" | "false", _) => Some(DatumKind::Bool(false)),
            ("u8", Some((end, inner))) => {
                cursor.at += 1;
                let items = self.plain_items(inner, depth);
                let bytes = items.iter().filter_map(|item| self.byte(item)).collect();
                return self.push(out, Datum::new(DatumKind::Bytes(bytes), span.to(end)));
            }
            ("f64", Some((end, inner))) => {
                cursor.at += 1;
                let items = self.plain_items(inner, depth);
                let floats = items.iter().filter_map(|item| self.float(item)).collect();
                return self.push(out, Datum::new(DatumKind::F64Vector(floats), span.to(end)));
            }
            ("hash", Some((end, inner))) => {
                cursor.at += 1;
                let items = self.plain_items(inner, depth);
                let entries = items.into_iter().filter_map(|item| self.entry(item)).collect();
                return self.push(out, Datum::new(DatumKind::Map(entries), span.to(end)));
            }
            _ => word::prefixed_number(&format!("#{text}")).map(DatumKind::Number),
        };
        match kind {
            Some(kind) => self.push(out, Datum::new(kind, span)),
            None => self.error_with(
                span,
                format!("`#{text}` is no datum"),
                "`#t` `#f`, `#(vector)`, `#u8(1 2)`, `#xFF`, `#:keyword`; characters are written `'a'`",
            ),
        }
    }

    /// `#!void`
    fn hash_bang(&mut self, cursor: &mut Cursor<'_>, out: &mut Sequence) {
        let hash = cursor.tokens[cursor.at].span();
        let bang = cursor.tokens[cursor.at + 1].span();
        cursor.at += 2;
        match cursor.tokens.get(cursor.at).map(|token| (token, &token.kind)) {
            Some((token, Kind::Ident(name))) => {
                let (is_void, span) = (name == "void", hash.to(token.span()));
                cursor.at += 1;
                if is_void {
                    self.push(out, Datum::new(DatumKind::Void, span));
                } else {
                    self.error(span, "only `#!void` is known here");
                }
            }
            _ => self.error(hash.to(bang), "only `#!void` is known here"),
        }
    }

    /// `#;datum`: the datum is read and dropped, with the splices in it.
    fn skip_datum(&mut self, cursor: &mut Cursor<'_>, at: Span, depth: u32) {
        let splices = self.reading.splices.len();
        let mut skipped = Sequence::default();
        while cursor.at < cursor.tokens.len() && skipped.items.is_empty() && skipped.dot.is_none() {
            self.next(cursor, &mut skipped, depth);
        }
        if skipped.items.is_empty() {
            self.error(at, "a datum must follow `#;`");
        }
        self.reading.splices.truncate(splices);
    }

    fn skip_block_comment(&mut self, cursor: &mut Cursor<'_>) {
        let start = cursor.tokens[cursor.at].span();
        let mut open = 0_u32;
        while cursor.at < cursor.tokens.len() {
            let pair = &cursor.tokens[cursor.at..];
            let joined = pair.len() > 1 && pair[1].touch == Touch::Yes;
            if joined && pair[0].is_punct('#') && pair[1].is_punct('|') {
                open += 1;
                cursor.at += 2;
            } else if joined && pair[0].is_punct('|') && pair[1].is_punct('#') {
                open -= 1;
                cursor.at += 2;
                if open == 0 {
                    return;
                }
            } else {
                cursor.at += 1;
            }
        }
        self.error_with(start, "this comment does not end", "write `/* comment */`");
    }

    /// A symbol, a number or a dot.
    fn word(&mut self, cursor: &mut Cursor<'_>, out: &mut Sequence) {
        let (text, span) = self.run(cursor);
        let kind = match word::classify(&text) {
            Ok(Word::Symbol(name)) => return self.push(out, Datum::symbol(name, span)),
            Ok(Word::Number(number)) => DatumKind::Number(number),
            Ok(Word::Dot) if out.dot.is_some() => return self.error(span, "a list has one dot"),
            Ok(Word::Dot) => {
                out.dot = Some(span);
                return;
            }
            Err(Refusal { message, help }) => {
                let span = span.to(self.skip_bars(&text, cursor).unwrap_or(span));
                return self.error_with(span, message, help);
            }
        };
        self.push(out, Datum::new(kind, span));
    }

    /// Passes over the rest of `|a name|`, which is one mistake.
    fn skip_bars(&mut self, text: &str, cursor: &mut Cursor<'_>) -> Option<Span> {
        if text.matches('|').count().is_multiple_of(2) {
            return None;
        }
        let length = cursor.tokens[cursor.at..].iter().position(|token| token.is_punct('|'))?;
        cursor.at += length;
        Some(self.run(cursor).1)
    }

    /// The text of the tokens that touch each other from the cursor on.
    fn run(&mut self, cursor: &mut Cursor<'_>) -> (String, Span) {
        let Some(first) = cursor.tokens.get(cursor.at) else {
            return (String::new(), cursor.tokens.last().map_or_else(Span::default, Token::span));
        };
        let mut text = String::new();
        let mut span = first.span();
        while let Some(token) = cursor.tokens.get(cursor.at).filter(|token| token.is_word_part()) {
            if token.first != first.first {
                match token.touch {
                    Touch::Yes => {}
                    Touch::No => break,
                    Touch::Unknown => {
                        self.reading.ambiguous = true;
                        break;
                    }
                }
            }
            match &token.kind {
                Kind::Ident(name) => text.push_str(name.strip_prefix("r#").unwrap_or(name)),
                Kind::Literal(digits) => text.push_str(digits),
                Kind::Punct { ch, .. } => text.push(*ch),
                Kind::Group(..) => {}
            }
            span = span.to(token.span());
            cursor.at += 1;
        }
        (text, span)
    }

    /// The items of a vector: a list without a dot.
    fn plain_items(&mut self, inner: &[Token], depth: u32) -> Vec<Datum> {
        if depth >= DEPTH_MAX {
            return Vec::new();
        }
        let sequence = self.sequence(inner, depth + 1);
        if let Some(dot) = sequence.dot {
            self.error(dot, "a vector has no dot");
        }
        sequence.items
    }

    fn byte(&mut self, item: &Datum) -> Option<u8> {
        let byte = as_number(item).and_then(Number::as_i64).and_then(|n| u8::try_from(n).ok());
        if byte.is_none() {
            let help = "fill one with values: `(bytevector 1 ,n)`";
            self.error_with(item.span, "a literal bytevector holds integers from 0 to 255", help);
        }
        byte
    }

    fn float(&mut self, item: &Datum) -> Option<f64> {
        let float = as_number(item).map(Number::to_f64);
        if float.is_none() {
            let help = "fill one with values: `(f64vector 1 ,x)`, or splice a `dpfw::F64Vector`";
            self.error_with(item.span, "a literal f64 vector holds numbers", help);
        }
        float
    }

    fn entry(&mut self, item: Datum) -> Option<(Datum, Datum)> {
        let span = item.span;
        match item.kind {
            DatumKind::Dotted(mut items, value) if items.len() == 1 => Some((items.swap_remove(0), *value)),
            DatumKind::List(mut items) if !items.is_empty() => {
                let value = items.split_off(1);
                Some((items.swap_remove(0), Datum::new(DatumKind::List(value), span)))
            }
            _ => {
                self.error(span, "an entry of a hash is `(key . value)`");
                None
            }
        }
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.reading.errors.push(SyntaxError::new(span, message));
    }

    fn error_with(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.reading.errors.push(SyntaxError::new(span, message).with_help(help));
    }
}

fn as_number(item: &Datum) -> Option<&Number> {
    match &item.kind {
        DatumKind::Number(number) => Some(number),
        _ => None,
    }
}

/// How many tokens after a `#` belong to it, if it is a `///` or `//!` comment: these arrive as attributes.
fn doc_comment(after: &[Token]) -> Option<usize> {
    let is_doc = |token: &Token| match &token.kind {
        Kind::Group(Delimiter::Bracket, inner) => {
            matches!(inner.first().map(|token| &token.kind), Some(Kind::Ident(name)) if name == "doc")
        }
        _ => false,
    };
    match after {
        [attribute, ..] if is_doc(attribute) => Some(1),
        [bang, attribute, ..] if bang.is_punct('!') && is_doc(attribute) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
