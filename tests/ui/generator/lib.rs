//! Macros that write tasks: their tokens have no places of their own.

use proc_macro::TokenStream;
use quote::quote;

/// A task from text that is parsed: rustc remembers which tokens touched.
#[proc_macro]
pub fn parsed(_input: TokenStream) -> TokenStream {
    "dpfw::remote!((lambda (i o) (let ((hash-size 3) (n -1)) (- hash-size n))))".parse().unwrap_or_default()
}

/// A task that is put together token by token: nobody knows whether `hash-size` was one name.
#[proc_macro]
pub fn quoted(_input: TokenStream) -> TokenStream {
    quote!(dpfw::remote!((lambda (i o) (let ((hash-size 3)) hash-size)))).into()
}

/// The same, where no two readings are possible.
#[proc_macro]
pub fn quoted_clearly(_input: TokenStream) -> TokenStream {
    quote!(dpfw::remote!((lambda (i o) (list 1 "two" (quote three))))).into()
}

/// A task of the caller's, passed on within tokens of the macro's own.
#[proc_macro]
pub fn passed_on(input: TokenStream) -> TokenStream {
    let input = proc_macro2::TokenStream::from(input);
    quote!(dpfw::remote!((lambda (i o) #input))).into()
}
