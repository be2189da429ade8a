//! `,x` `,x.field` `,(expr)` `,@xs`: the places where a task takes a value of Rust.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::tokens::{Kind, Token, Touch};

/// A Rust expression within a task, passed on as it was written: rustc and the IDE see the user's own tokens.
#[derive(Debug, Clone)]
pub(crate) struct RustSplice {
    /// Whether `,@` spreads a sequence in place.
    pub(crate) spread: bool,
    /// Whether it must be program text, because it stands where the task has names or syntax.
    pub(crate) is_code: bool,
    /// Where it is in the tree.
    pub(crate) span: dpfw_syntax::Span,
    /// The `,`, at which rustc reports what is wrong with the value's type.
    pub(crate) at: Span,
    pub(crate) tokens: TokenStream,
}

/// What follows a `,`.
pub(crate) enum Capture {
    /// A splice of so many tokens, comma included.
    Splice { splice: RustSplice, length: usize, ambiguous: bool },
    /// So many tokens that are none, and why.
    Bad { length: usize, message: &'static str, help: &'static str },
}

const WHAT_CAN_FOLLOW: &str = "write `,x`, `,x.field` or `,(expr)`; `,@xs` or `,@(expr)` for a sequence in place";

/// Takes the splice at the head of `tokens`, whose first is a `,`.
pub(crate) fn capture(tokens: &[Token]) -> Capture {
    let comma = &tokens[0];
    let Some(next) = tokens.get(1) else {
        return Capture::Bad { length: 1, message: "`,` splices nothing", help: WHAT_CAN_FOLLOW };
    };
    if comma.touch == Touch::Yes && next.touch == Touch::No {
        return Capture::Bad {
            length: 1,
            message: "data are separated by blanks, not by commas",
            help: "leave the `,` out; directly before a name or a parenthesis it splices a Rust value",
        };
    }
    // Apart or not: no Rust begins with `@`, and tokens that `quote!` made never touch.
    let spread = next.is_punct('@');
    let from = 1 + usize::from(spread);
    let Some(head) = tokens.get(from) else {
        return Capture::Bad { length: from, message: "`,@` splices nothing", help: WHAT_CAN_FOLLOW };
    };

    let (expression, end, mut ambiguous) = match &head.kind {
        Kind::Ident(_) => field_path(tokens, from),
        Kind::Group(Delimiter::Parenthesis, inner) if inner.is_empty() => {
            return Capture::Bad { length: from + 1, message: "`,()` splices nothing", help: WHAT_CAN_FOLLOW };
        }
        Kind::Group(Delimiter::Parenthesis, _) => (head.tree.clone().into(), from + 1, false),
        Kind::Group(Delimiter::None, _) => (parenthesised(&head.tree), from + 1, false),
        _ => {
            return Capture::Bad {
                length: from + 1,
                message: "only a Rust name, or an expression in parentheses, can follow `,`",
                help: WHAT_CAN_FOLLOW,
            };
        }
    };

    if let Some(after) = tokens.get(end) {
        let continues = match after.kind {
            // `,(a)(b)` is two data, `,f(a)` a mistake.
            Kind::Group(..) => matches!(head.kind, Kind::Ident(_)) && after.touch == Touch::Yes,
            _ => after.is_word_part() && after.touch != Touch::No,
        };
        if continues && after.touch == Touch::Yes {
            return Capture::Bad {
                length: run_end(tokens, end),
                message: "a splice is a name with its fields, or an expression in parentheses",
                help: "write `,(expr)` for anything else",
            };
        }
        ambiguous |= continues;
    }
    let span = comma.span().to(tokens[end - 1].span());
    let splice = RustSplice { spread, is_code: false, span, at: comma.tree.span(), tokens: expression };
    Capture::Splice { splice, length: end, ambiguous }
}

/// `x`, `x.field`, `self.0.name`: a name and the fields that touch it.
fn field_path(tokens: &[Token], from: usize) -> (TokenStream, usize, bool) {
    let mut path: TokenStream = tokens[from].tree.clone().into();
    let mut end = from + 1;
    let mut ambiguous = false;
    while let [dot, field, ..] = &tokens[end..] {
        let is_field = match &field.kind {
            Kind::Ident(_) => true,
            Kind::Literal(text) => text.starts_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        if !(dot.is_punct('.') && is_field && dot.touch != Touch::No && field.touch != Touch::No) {
            break;
        }
        ambiguous |= dot.touch == Touch::Unknown || field.touch == Touch::Unknown;
        path.extend([dot.tree.clone(), field.tree.clone()]);
        end += 2;
    }
    (path, end, ambiguous)
}

/// Past the tokens that touch each other from `at` on.
fn run_end(tokens: &[Token], at: usize) -> usize {
    let mut end = at + 1;
    while tokens.get(end).is_some_and(|token| token.touch == Touch::Yes && !token.is_punct(',')) {
        end += 1;
    }
    end
}

/// Real parentheses for the invisible ones of `$e:expr`: rustc ignores the precedence of those in a macro's output.
fn parenthesised(tree: &TokenTree) -> TokenStream {
    let TokenTree::Group(invisible) = tree else { return tree.clone().into() };
    let mut group = Group::new(Delimiter::Parenthesis, invisible.stream());
    group.set_span(invisible.span());
    TokenTree::Group(group).into()
}
