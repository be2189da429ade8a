//! Where a parenthesis was probably lost, judged by how the lines of a text are indented.
//!
//! A list that is not closed swallows what follows, so the reader notices at the end of the text. People indent what they
//! mean: what begins a line further left than a list was not meant to be inside it.

use super::lexer::{Lexer, Token, TokenKind};
use crate::{Span, SyntaxError};

/// The mistake in a text that ends inside a list, if its lines tell which list it is.
pub(super) fn unclosed(text: &str, rust_splices: bool) -> Option<SyntaxError> {
    let mut survey = Survey::default();
    survey.walk(text, rust_splices);
    let outer = survey.left_behind;
    // What was left open inside that list is the better guess, as long as the text had not left the list yet.
    let is_inside = |(list, follower): &&(Span, Span)| {
        outer.is_none_or(|(outer, end)| list.start > outer.start && follower.start < end.start)
    };
    let inner = survey.overhanging.iter().find(is_inside).copied();
    let (list, follower) = inner.or(outer)?;
    let follower = excerpt(text, follower.start as usize, text.len());
    let help = format!("`{follower}` begins its line further left than what is in this list");
    Some(SyntaxError::new(list, "this list is not closed").with_help(help))
}

/// The mistake in a text with a `)` too many, if its lines tell what that was meant to close.
pub(super) fn unopened(text: &str, rust_splices: bool) -> Option<SyntaxError> {
    let mut survey = Survey::default();
    survey.walk(text, rust_splices);
    let (element, follower) = survey.outgrown?;
    let message = if element.is_list {
        "this is closed too early: in the end a `)` closes nothing"
    } else {
        "a `(` is probably missing here: in the end a `)` closes nothing"
    };
    let follower = excerpt(text, follower.start as usize, text.len());
    Some(SyntaxError::new(element.span, message).with_help(format!("`{follower}` is indented as a part of it")))
}

/// The beginning of the text between two offsets, no longer than a sentence can bear.
pub(super) fn excerpt(text: &str, start: usize, end: usize) -> String {
    let line = text[start..end].lines().next().unwrap_or_default().trim_end();
    match line.char_indices().nth(EXCERPT_CHARS_MAX) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line.to_owned(),
    }
}

/// What is found on the way through a text.
#[derive(Default)]
struct Survey {
    open: Vec<List>,
    /// The element that began a line last outside of all lists.
    outside: Option<Element>,
    line: Line,
    /// Lists that hold something which begins a line left of them, with that, in the order of the text.
    overhanging: Vec<(Span, Span)>,
    /// The first list that holds something which begins a line left of the list's own line, with that.
    left_behind: Option<(Span, Span)>,
    /// The first element that is followed by one which begins a line further right, with that.
    outgrown: Option<(Element, Span)>,
}

/// A list that is open.
struct List {
    span: Span,
    column: usize,
    line: Line,
    /// The element in it that began a line last.
    last: Option<Element>,
    begins_line: bool,
}

#[derive(Clone, Copy)]
struct Element {
    span: Span,
    column: usize,
    is_list: bool,
}

/// A line of the text.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Line {
    start: usize,
    /// The column of the first token.
    indent: usize,
}

impl Survey {
    fn walk(&mut self, text: &str, rust_splices: bool) {
        let Ok(mut lexer) = Lexer::new(text, rust_splices) else {
            return;
        };
        let (mut end, mut before) = (0, 0);
        let mut column = 0;
        // A mistake among the tokens is not ours to report.
        while let Ok(Some(token)) = lexer.token() {
            let start = token.span.start as usize;
            let newline = text[end..start].rfind('\n').map(|newline| end + newline + 1);
            let line_start = newline.or((end == 0).then_some(0));
            // Counted from token to token: a text may be one long line.
            column = match line_start {
                Some(line_start) => text[line_start..start].chars().count(),
                None => column + text[before..start].chars().count(),
            };
            if let Some(start) = line_start {
                self.line = Line { start, indent: column };
            }
            self.token(&token, column, line_start.is_some());
            (end, before) = (token.span.end as usize, start);
        }
    }

    fn token(&mut self, token: &Token, column: usize, begins_line: bool) {
        if begins_line && !matches!(token.kind, TokenKind::Close(_) | TokenKind::Dot) {
            self.compare(token.span, column);
        }
        match token.kind {
            TokenKind::Open(..) => {
                self.open.push(List { span: token.span, column, line: self.line, last: None, begins_line });
            }
            TokenKind::Close(_) => {
                if let Some(list) = self.open.pop()
                    && list.begins_line
                {
                    let span = list.span.to(token.span);
                    self.note(Element { span, column: list.column, is_list: true });
                }
            }
            _ if begins_line => self.note(Element { span: token.span, column, is_list: false }),
            _ => {}
        }
    }

    /// Compares what begins a line with what it stands in and with what stands before it.
    fn compare(&mut self, span: Span, column: usize) {
        let before = match self.open.last() {
            Some(list) => list.last,
            None => self.outside,
        };
        if let Some(before) = before.filter(|before| column > before.column) {
            self.outgrown.get_or_insert((before, span));
        }
        let line = self.line;
        let is_behind = |(depth, list): &(usize, &List)| {
            // The body of the outermost list may stand as far left as the list itself.
            let is_flush = *depth == 0 && list.last.is_none_or(|last| last.column == column);
            list.line != line && column <= list.line.indent && !is_flush
        };
        if self.left_behind.is_none() {
            self.left_behind = self.open.iter().enumerate().find(is_behind).map(|(_, list)| (list.span, span));
        }
        if let Some(list) = self.open.last()
            && list.line != line
            && (list.line.indent + 1..=list.column).contains(&column)
        {
            self.overhanging.push((list.span, span));
        }
    }

    fn note(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(list) => list.last = Some(element),
            None => self.outside = Some(element),
        }
    }
}

const EXCERPT_CHARS_MAX: usize = 30;
