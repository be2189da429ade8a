//! The macros of dpfw. Use them through the crate `dpfw`, which documents and re-exports them.
//!
//! ```text
//! tokens ─ tokens ─▶ table ─ reader ─▶ Datum ┐
//! string, file ─ dpfw_syntax reader ─▶ Datum ┴─ remote: dpfw_syntax::compile_task ─ emit ─▶ Rust
//! ```

mod diagnostics;
mod emit;
mod file;
mod literal;
mod origin;
mod parallel;
mod reader;
mod remote;
mod reprint;
mod splice;
mod text;
mod tokens;
mod word;

use proc_macro::TokenStream;

/// Checks a remote procedure and makes a `dpfw::Task` of it.
#[proc_macro]
pub fn remote(input: TokenStream) -> TokenStream {
    remote::expand(&input.into()).into()
}

/// Checks the remote procedure in a file and makes a `dpfw::Task` of it.
#[proc_macro]
pub fn remote_file(input: TokenStream) -> TokenStream {
    file::expand(input.into()).into()
}

/// Starts several tasks at once and gives a future of all their results.
#[proc_macro]
pub fn parallel(input: TokenStream) -> TokenStream {
    parallel::expand(input.into()).into()
}
