//! Errors as rustc shows them: `compile_error!` at the tokens that are wrong.

use dpfw_syntax::SyntaxError;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// What went wrong, and below it what to write instead.
pub(crate) fn message(error: &SyntaxError) -> String {
    match &error.help {
        Some(help) => format!("{}\nhelp: {help}", error.message),
        None => error.message.clone(),
    }
}

/// `compile_error!`, underlining everything from the first to the last token.
pub(crate) fn compile_error((first, last): (Span, Span), message: &str) -> TokenStream {
    // rustc joins the places of the path and of the braces; a `join` of spans is not stable.
    let path = quote_spanned!(first=> ::core::compile_error!);
    let mut braces = Group::new(proc_macro2::Delimiter::Brace, quote!(#message));
    braces.set_span(last);
    let braces = TokenTree::Group(braces);
    quote!(#path #braces)
}
