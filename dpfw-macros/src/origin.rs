//! Where a task was written, as Rust tokens or as text: turns spans of the tree into places of a source file.

use dpfw_syntax::{Place, Span, SyntaxError};
use proc_macro2::TokenStream;

use crate::{diagnostics, tokens::Table};

/// What the spans of a tree count.
#[derive(Debug)]
pub(crate) enum Origin {
    /// Tokens of the macro call.
    Tokens(Table),
    /// Bytes of a text.
    Text(TextOrigin),
}

/// A text that a macro call names: a string literal or a file.
#[derive(Debug)]
pub(crate) struct TextOrigin {
    pub(crate) text: String,
    /// The tokens of the macro call that rustc underlines.
    pub(crate) at: (proc_macro2::Span, proc_macro2::Span),
    /// The file that holds the text.
    pub(crate) file: String,
    pub(crate) base: Base,
}

/// How places of the text become places of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Base {
    /// The text stands in the file as it is, from here on.
    Verbatim(Place),
    /// The text was written with escapes, so that only the place of the whole is known.
    Escaped(Place),
}

impl Origin {
    /// The file that holds the task, as rustc names it.
    pub(crate) fn file(&self) -> String {
        match self {
            Self::Tokens(table) => table.spans(Span::new(1, 2)).0.file(),
            Self::Text(origin) => origin.file.clone(),
        }
    }

    /// The place of the first token or byte of `span`.
    pub(crate) fn place(&self, span: Span) -> Place {
        match self {
            Self::Tokens(table) => table.place(span),
            Self::Text(origin) => origin.place(span),
        }
    }

    /// Tokens that make rustc report `error` at its place.
    pub(crate) fn report(&self, error: &SyntaxError) -> TokenStream {
        let message = diagnostics::message(error);
        match self {
            Self::Tokens(table) => diagnostics::compile_error(table.spans(error.span), &message),
            Self::Text(origin) => {
                diagnostics::compile_error(origin.at, &format!("{message}\n{}", origin.excerpt(error.span)))
            }
        }
    }
}

impl TextOrigin {
    fn place(&self, span: Span) -> Place {
        let (line, column) = dpfw_syntax::line_column(&self.text, span.start);
        match self.base {
            Base::Verbatim(base) if line == 1 => Place { line: base.line, column: base.column + column - 1 },
            Base::Verbatim(base) => Place { line: base.line + line - 1, column },
            Base::Escaped(base) => base,
        }
    }

    /// The place and the line of the text, as rustc would show them: it can only underline the literal as a whole.
    fn excerpt(&self, span: Span) -> String {
        let place = self.place(span);
        let (line, column) = dpfw_syntax::line_column(&self.text, span.start);
        let (end_line, end_column) = dpfw_syntax::line_column(&self.text, span.end);
        let index = usize::try_from(line - 1).unwrap_or_default();
        let shown = self.text.lines().nth(index).unwrap_or_default();
        let width = if end_line == line {
            end_column.saturating_sub(column)
        } else {
            u32::try_from(shown.chars().count()).unwrap_or_default().saturating_sub(column - 1)
        };
        let number = place.line.to_string();
        let gutter = " ".repeat(number.len());
        // Tabs stay tabs, so that the carets stand below their text.
        let before = usize::try_from(column - 1).unwrap_or_default();
        let indent: String = shown.chars().take(before).map(|c| if c == '\t' { c } else { ' ' }).collect();
        let carets = "^".repeat(usize::try_from(width.max(1)).unwrap_or(1));
        format!(
            "{gutter}--> {}:{}:{}\n{gutter} |\n{number} | {shown}\n{gutter} | {indent}{carets}",
            self.file, place.line, place.column
        )
    }
}
