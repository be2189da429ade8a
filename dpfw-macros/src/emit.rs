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

use dpfw_syntax::{Lowered, Place, encode_places};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::{origin::Origin, splice::RustSplice};

/// A checked task. `task` is the span of its `(lambda …)`; `surface` is its text for tasks whose values are programs.
pub(crate) fn task(
    lowered: &Lowered,
    surface: &str,
    task: dpfw_syntax::Span,
    origin: &Origin,
    splices: &[RustSplice],
) -> TokenStream {
    let surface = if splices.is_empty() { "" } else { surface };
    let places = encode_places(lowered.map.iter().map(|(offset, span)| (*offset, origin.place(*span))));
    let source = source(origin, task, &places);
    let (text, hash) = (&lowered.text, Literal::byte_string(&lowered.hash.0));
    let externs = &lowered.externs;
    let template = quote!(#text, *#hash, &[#(#externs),*], #surface, #source);
    with_template(&template, splices)
}

/// A task that is compiled when it is made, because program text is spliced where it has names or syntax.
pub(crate) fn rebuilt(surface: &str, task: dpfw_syntax::Span, origin: &Origin, splices: &[RustSplice]) -> TokenStream {
    let source = source(origin, task, &[]);
    with_template(&quote!("", [0; 16], &[], #surface, #source), splices)
}

fn source(origin: &Origin, task: dpfw_syntax::Span, places: &[u8]) -> TokenStream {
    let file = origin.file();
    let Place { line, column } = origin.place(task);
    let places = Literal::byte_string(places);
    quote_spanned!(Span::mixed_site()=> ::dpfw::__private::Source::new(#file, #line, #column, #places))
}

fn with_template(template: &TokenStream, splices: &[RustSplice]) -> TokenStream {
    let values = values(splices);
    quote_spanned!(Span::mixed_site()=>
        ::dpfw::__private::task(const { &::dpfw::__private::Template::new(#template) }, #values)
    )
}

/// A task with errors: they, and the spliced expressions all the same, so that the IDE works within those.
pub(crate) fn broken(errors: &TokenStream, splices: &[RustSplice]) -> TokenStream {
    let values = values(splices);
    quote_spanned!(Span::mixed_site()=> { #errors ::dpfw::__private::unread(#values) })
}

fn values(splices: &[RustSplice]) -> TokenStream {
    let values = splices.iter().map(value);
    quote!([#(#values),*])
}

fn value(splice: &RustSplice) -> TokenStream {
    // Not at the splice's place: names there would be taken for the user's own by the IDE.
    let name = match (splice.is_code, splice.spread) {
        (false, false) => "value",
        (false, true) => "spread",
        (true, false) => "code",
        (true, true) => "spread_code",
    };
    let name = Ident::new(name, Span::mixed_site());
    let path = quote_spanned!(Span::mixed_site()=> ::dpfw::__private::#name);
    let reference = quote_spanned!(splice.at=> &);
    let tokens = &splice.tokens;
    quote!(#path(#reference #tokens))
}
