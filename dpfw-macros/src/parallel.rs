//! `parallel!`: several tasks started at once, and a future of all their results.
//!
//! ```text
//! parallel = [on master ;] item , …
//! item     = remote!< (lambda (i o) …) > => local
//!          | (lambda (i o) …) => local
//!          | expression of type Task => local
//!          | (expression of type Task, local)
//! ```

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{
    Expr, Ident, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser, discouraged::Speculative},
    token,
};

use crate::remote;

struct Parallel {
    master: Option<Expr>,
    items: Vec<Item>,
}

/// A task and the local procedure that holds the other ends of its ports.
struct Item {
    task: Task,
    local: Expr,
}

enum Task {
    /// The input of a `remote!`.
    Scheme(TokenStream),
    Rust(Expr),
}

/// Expands `parallel! { … }`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match Parallel::parse.parse2(input) {
        Ok(parallel) => parallel.expand(),
        Err(error) => error.into_compile_error(),
    }
}

impl Parallel {
    fn expand(self) -> TokenStream {
        let here = Span::mixed_site();
        let master = self.master.as_ref().map(|_| Ident::new("master", here));
        let starts = self.items.into_iter().map(|item| {
            let local = item.local;
            let task = match item.task {
                Task::Scheme(tokens) => remote::expand(&tokens),
                Task::Rust(expr) => quote!(#expr),
            };
            match &master {
                Some(master) => quote_spanned!(here=> #master.make_task(#task, #local)),
                None => quote_spanned!(here=> ::dpfw::make_task(#task, #local)),
            }
        });
        // A tuple and not an async block: making it starts the tasks, awaited or not.
        let all = quote_spanned!(here=> ::dpfw::__private::parallel((#(#starts,)*)));
        match (self.master, master) {
            (Some(expr), Some(master)) => quote_spanned!(here=> match &(#expr) { #master => #all }),
            _ => all,
        }
    }
}

impl Parse for Parallel {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let master = parse_master(input)?;
        if input.is_empty() {
            return Err(syn::Error::new(Span::call_site(), "`parallel!` needs a task: write `remote!(…) => local`"));
        }
        let mut items = Vec::new();
        while !input.is_empty() {
            items.push(input.parse::<Item>()?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if let Some(extra) = items.get(TASKS_MAX) {
            let message = format!("more than {TASKS_MAX} tasks: use `futures::future::try_join_all` over promises");
            return Err(syn::Error::new_spanned(&extra.local, message));
        }
        Ok(Self { master, items })
    }
}

/// How many tasks one `parallel!` can hold: its result is a tuple.
const TASKS_MAX: usize = 12;

/// `on master;`
fn parse_master(input: ParseStream<'_>) -> syn::Result<Option<Expr>> {
    let ahead = input.fork();
    let is_on = ahead.parse::<Ident>().is_ok_and(|ident| ident == "on");
    // A task may be held by a variable of that name.
    if !is_on || ahead.is_empty() || ahead.peek(Token![=>]) || ahead.peek(Token![.]) {
        return Ok(None);
    }
    input.advance_to(&ahead);
    let master = input.parse()?;
    input.parse::<Token![;]>()?;
    Ok(Some(master))
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.span();
        let task = match parse_scheme(input)? {
            Some(tokens) => Task::Scheme(tokens),
            None => match input.parse()? {
                Expr::Tuple(pair) if !input.peek(Token![=>]) => return Self::from_pair(pair),
                expr => Task::Rust(expr),
            },
        };
        if !input.peek(Token![=>]) {
            let message = "this task has no local procedure: write `task => local` or `(task, local)`";
            return Err(match task {
                Task::Rust(expr) => syn::Error::new_spanned(expr, message),
                Task::Scheme(_) => syn::Error::new(at, message),
            });
        }
        input.parse::<Token![=>]>()?;
        Ok(Self { task, local: input.parse()? })
    }
}

impl Item {
    fn from_pair(pair: syn::ExprTuple) -> syn::Result<Self> {
        if pair.elems.len() != 2 {
            return Err(syn::Error::new_spanned(pair, "expected `(task, local)`"));
        }
        let mut elems = pair.elems.into_iter();
        match (elems.next(), elems.next()) {
            (Some(task), Some(local)) => Ok(Self { task: Task::Rust(task), local }),
            _ => unreachable!("the length was checked"),
        }
    }
}

/// `remote!< … >` and `(lambda …)`, which are no Rust.
fn parse_scheme(input: ParseStream<'_>) -> syn::Result<Option<TokenStream>> {
    let ahead = input.fork();
    if ahead.parse::<Ident>().is_ok_and(|ident| ident == "remote") && ahead.peek(Token![!]) {
        ahead.parse::<Token![!]>()?;
        if !ahead.peek(Token![<]) {
            return Ok(None);
        }
        ahead.parse::<Token![<]>()?;
        input.advance_to(&ahead);
        let task = input.parse::<TokenTree>()?;
        // Not `Token![>]`: in `>=>` Rust reads `>=` first.
        match input.parse::<TokenTree>()? {
            TokenTree::Punct(punct) if punct.as_char() == '>' => return Ok(Some(task.into())),
            other => {
                return Err(syn::Error::new(other.span(), "expected `>` after the task: remote!< (lambda (i o) …) >"));
            }
        }
    }
    if !input.peek(token::Paren) {
        return Ok(None);
    }
    let ahead = input.fork();
    let Ok(TokenTree::Group(group)) = ahead.parse::<TokenTree>() else { return Ok(None) };
    let begins_task = |inner: ParseStream<'_>| {
        let is_lambda = inner.call(Ident::parse_any).is_ok_and(|ident| ident == "lambda" || ident == "λ");
        // `(lambda, local)` is a pair, `(lambda)` a variable.
        let is_rust = inner.is_empty() || inner.peek(Token![,]) || inner.peek(Token![.]);
        inner.parse::<TokenStream>()?;
        Ok(is_lambda && !is_rust)
    };
    if group.delimiter() != Delimiter::Parenthesis || !begins_task.parse2(group.stream()).unwrap_or(false) {
        return Ok(None);
    }
    input.advance_to(&ahead);
    Ok(Some(TokenTree::Group(group).into()))
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn expanded(source: &str) -> String {
        expand(TokenStream::from_str(source).expect(source)).to_string()
    }

    #[test]
    fn every_spelling_of_an_item_starts_a_task() {
        for source in [
            "remote!((lambda (i o) 1)) => read_result::<Vec<(u8, u8)>>",
            "remote!< (lambda (i o) (>= 1 2)) > => read_result",
            "remote!< (lambda (i o) 1) >=> read_result",
            "(lambda (i o) 1) => |i, o| async move { f(i, o).await },",
            "(λ (i o) 1) => read_result",
            "task.label(\"a\") => read_result",
            "(task, |i, o| local(i, o))",
            "(lambda, local)",
            "(lambda) => local",
            "(if a { b } else { c }) => local",
            "on => local",
            "on.clone() => local",
        ] {
            let output = expanded(source);
            assert_eq!(output.matches("make_task").count(), 1, "{source}: {output}");
            assert!(!output.contains("compile_error"), "{source}: {output}");
        }
    }

    #[test]
    fn all_tasks_go_to_the_given_master() {
        let output = expanded("on self.masters[0]; a => b, (c, d), (lambda (i o) ,n) => e");
        assert!(output.starts_with("match & (self . masters [0])"), "{output}");
        assert_eq!(output.matches("master . make_task").count(), 3, "{output}");
        assert!(output.contains("value (& n)"), "{output}");
    }

    #[test]
    fn what_is_no_item_is_refused() {
        for source in
            ["", "on master;", "task", "(a, b, c)", "remote!< (lambda (i o) 1) => f", "a => b c => d", "a => "]
        {
            assert!(expanded(source).contains("compile_error"), "{source}");
        }
        let thirteen = "a => b,".repeat(13);
        assert!(expanded(&thirteen).contains("more than 12 tasks"));
    }
}
