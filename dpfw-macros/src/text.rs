//! Tasks as text: `remote!(r#"…"#)`, with the full lexical syntax of Scheme and the same splices.

use dpfw_syntax::{Place, ReadError, ReadLimits, SyntaxError, read_with_splices};
use proc_macro2::{Delimiter, Literal, Span, TokenStream, TokenTree};

use crate::{
    diagnostics, emit,
    origin::{Base, Origin, TextOrigin},
    remote,
    splice::RustSplice,
};

/// The string literal that is all of a macro's input.
pub(crate) fn sole_string(input: &TokenStream) -> Option<Literal> {
    let mut trees = input.clone().into_iter();
    let (Some(tree), None) = (trees.next(), trees.next()) else { return None };
    match tree {
        TokenTree::Literal(literal) if literal.to_string().starts_with(['"', 'r']) => Some(literal),
        // `$text:literal` of a `macro_rules!` macro.
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => sole_string(&group.stream()),
        _ => None,
    }
}

/// Expands `remote!("…")`.
pub(crate) fn expand(literal: &Literal) -> TokenStream {
    let span = literal.span();
    let syn::Lit::Str(string) = syn::Lit::new(literal.clone()) else {
        let errors = diagnostics::compile_error((span, span), "a task is a string or an s-expression");
        return emit::broken(&errors, &[]);
    };
    let text = string.value();
    let written = literal.to_string();
    let start = span.start();
    let place = |before: usize| Place {
        line: u32::try_from(start.line).unwrap_or(u32::MAX),
        column: u32::try_from(start.column + before + 1).unwrap_or(u32::MAX),
    };
    let base = match written.find('"') {
        Some(quote) if written.get(quote + 1..quote + 1 + text.len()) == Some(&text) => {
            Base::Verbatim(place(quote + 1))
        }
        _ => Base::Escaped(place(0)),
    };
    expand_text(TextOrigin { text, at: (span, span), file: span.file(), base }, span)
}

/// Reads and checks a text whose splices are resolved as if they stood at `at`.
pub(crate) fn expand_text(origin: TextOrigin, at: Span) -> TokenStream {
    match read_with_splices(&origin.text, &ReadLimits::default()) {
        Ok((data, found)) => {
            let mut errors = Vec::new();
            let mut splices = Vec::new();
            for splice in found {
                match syn::parse_str::<TokenStream>(&splice.text) {
                    Ok(tokens) => {
                        let tokens = moved_to(tokens, at);
                        splices.push(RustSplice {
                            spread: splice.spread,
                            is_code: false,
                            span: splice.span,
                            at,
                            tokens,
                        });
                    }
                    Err(error) => errors.push(SyntaxError::new(splice.span, format!("not Rust: {error}"))),
                }
            }
            remote::finish(&Origin::Text(origin), &data, errors, &splices)
        }
        Err(error) => remote::finish(&Origin::Text(origin), &[], vec![syntax_error(error)], &[]),
    }
}

/// The mistake that ended the reading of a text.
pub(crate) fn syntax_error(error: ReadError) -> SyntaxError {
    error.into()
}

/// The same tokens at another place, whose names they see.
fn moved_to(tokens: TokenStream, at: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Group(group) => {
                let mut moved = proc_macro2::Group::new(group.delimiter(), moved_to(group.stream(), at));
                moved.set_span(at);
                TokenTree::Group(moved)
            }
            mut other => {
                other.set_span(at);
                other
            }
        })
        .collect()
}
