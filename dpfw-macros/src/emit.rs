//! The Rust that a task becomes.
//!
//! ```text
//! ::dpfw::__private::task(
//!     const { &::dpfw::__private::Template::new("(lambda (_0) …)", *b"hash", externs, surface, source) },
//!     [::dpfw::__private::value(&n), ::dpfw::__private::spread(&xs)],
//! )
//! ```
//!
//! No name is introduced, so the spliced expressions mean what they mean around the macro. An array and not `vec![]`:
//! within another macro an unfinished `,(conf.)` would not expand, and the IDE could not complete it.

use dpfw_syntax::{Lowered, Span, encode_places};
use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};

use crate::{origin::Origin, splice::RustSplice};

/// A checked task. `task` is the span of its `(lambda …)`; `surface` is its text for tasks whose values are programs.
pub(crate) fn task(
    lowered: &Lowered,
    surface: &str,
    task: Span,
    origin: &Origin,
    splices: &[RustSplice],
) -> TokenStream {
    let text = &lowered.text;
    let hash = Literal::byte_string(&lowered.hash.0);
    let externs = &lowered.externs;
    let surface = if splices.is_empty() { "" } else { surface };
    let file = origin.file();
    let start = origin.place(task);
    let (line, column) = (start.line, start.column);
    let places = encode_places(lowered.map.iter().map(|(offset, span)| (*offset, origin.place(*span))));
    let places = Literal::byte_string(&places);
    let values = values(splices);
    quote_spanned!(proc_macro2::Span::mixed_site()=>
        ::dpfw::__private::task(
            const {
                &::dpfw::__private::Template::new(
                    #text,
                    *#hash,
                    &[#(#externs),*],
                    #surface,
                    ::dpfw::__private::Source::new(#file, #line, #column, #places),
                )
            },
            #values,
        )
    )
}

/// A task with errors: they, and the spliced expressions all the same, so that the IDE works within those.
pub(crate) fn broken(errors: &TokenStream, splices: &[RustSplice]) -> TokenStream {
    let values = values(splices);
    quote_spanned!(proc_macro2::Span::mixed_site()=> { #errors ::dpfw::__private::unread(#values) })
}

fn values(splices: &[RustSplice]) -> TokenStream {
    let values = splices.iter().map(value);
    quote!([#(#values),*])
}

fn value(splice: &RustSplice) -> TokenStream {
    // Not at the splice's place: names there would be taken for the user's own by the IDE.
    let path = if splice.spread {
        quote_spanned!(proc_macro2::Span::mixed_site()=> ::dpfw::__private::spread)
    } else {
        quote_spanned!(proc_macro2::Span::mixed_site()=> ::dpfw::__private::value)
    };
    let reference = quote_spanned!(splice.at=> &);
    let tokens = &splice.tokens;
    quote!(#path(#reference #tokens))
}
