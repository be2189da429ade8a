//! `remote_file!("tasks/prime.scm", n = expr, …)`: a task in a file of its own, with parameters.

use std::{env, fs, path::Path};

use dpfw_syntax::{Datum, DatumKind, Place, ReadLimits, Span, Splice, SyntaxError, read_all};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Expr, Ident, LitStr, Token,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::{
    diagnostics, emit,
    origin::{Base, Origin, TextOrigin},
    remote,
    splice::RustSplice,
    text,
};

/// The input of the macro.
struct Call {
    path: LitStr,
    parameters: Punctuated<Parameter, Token![,]>,
}

struct Parameter {
    name: Ident,
    value: Expr,
}

/// Expands `remote_file!(…)`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let call = match Call::parse.parse2(input) {
        Ok(call) => call,
        Err(error) => return emit::broken(&error.into_compile_error(), &[]),
    };
    let at = call.path.span();
    let splices: Vec<RustSplice> = call.parameters.iter().map(Parameter::splice).collect();
    let name = call.path.value();
    // Relative to the package, as for `include_str!`-like macros that cannot see the file they are called from.
    let full = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(&name);
    let text = match fs::read_to_string(&full) {
        Ok(text) => text,
        Err(error) => {
            let message =
                format!("cannot read `{name}`: {error}\nhelp: paths are relative to the package's Cargo.toml");
            return emit::broken(&diagnostics::compile_error((at, at), &message), &splices);
        }
    };

    let base = Base::Verbatim(Place { line: 1, column: 1 });
    let read = read_all(&text, &ReadLimits::default());
    let origin = Origin::Text(TextOrigin { text, at: (at, at), file: name, base });
    let task = match read {
        Ok(mut data) => {
            let errors = bind(&mut data, &call.parameters);
            remote::finish(&origin, &data, errors, &splices)
        }
        Err(error) => remote::finish(&origin, &[], vec![text::syntax_error(error)], &splices),
    };
    // Makes cargo expand the macro again when the file changes.
    let full = full.to_string_lossy();
    quote!({ const _: &str = ::core::include_str!(#full); #task })
}

/// Makes the parameters variables around the body of the task: `(lambda (i o) (let ((n ,hole) …) body …))`.
fn bind(data: &mut [Datum], parameters: &Punctuated<Parameter, Token![,]>) -> Vec<SyntaxError> {
    let Some(Datum { kind: DatumKind::List(task), .. }) = data.last_mut() else { return Vec::new() };
    if parameters.is_empty() || task.len() < 3 {
        return Vec::new();
    }
    let span = task[0].span;
    let ports = names(&task[1]);
    let mut errors = Vec::new();
    let mut bindings = Vec::new();
    for (hole, parameter) in (0..).zip(parameters) {
        let name = parameter.name.to_string().trim_start_matches("r#").replace('_', "-");
        if ports.contains(&name) {
            errors.push(SyntaxError::new(task[1].span, format!("`{name}` is a port and a parameter of the file")));
        }
        let value = Datum::new(DatumKind::Splice(Splice { hole, spread: false }), span);
        bindings.push(Datum::new(DatumKind::List(vec![Datum::symbol(name, span), value]), span));
    }
    let body = task.split_off(2);
    let mut bound = vec![Datum::symbol("let", span), Datum::new(DatumKind::List(bindings), span)];
    bound.extend(body);
    task.push(Datum::new(DatumKind::List(bound), span));
    errors
}

fn names(parameters: &Datum) -> Vec<String> {
    let items = parameters.as_list().unwrap_or_default();
    items.iter().filter_map(Datum::as_name).map(|name| name.text.to_string()).collect()
}

impl Parameter {
    fn splice(&self) -> RustSplice {
        let value = &self.value;
        RustSplice {
            spread: false,
            is_code: false,
            // The file cannot be wrong there.
            span: Span::default(),
            at: self.name.span(),
            tokens: quote!((#value)),
        }
    }
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.parse()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok(Self { path, parameters: Punctuated::parse_terminated(input)? })
    }
}

impl Parse for Parameter {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self { name, value: input.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_file_is_shown_with_its_line() {
        let output = expand(quote!("testdata/not_closed.scm", n = compute(1))).to_string();
        assert!(output.contains("--> testdata/not_closed.scm:2:1"), "{output}");
        assert!(output.contains("| (lambda (i o)"), "{output}");
        // The IDE still sees the expression.
        assert!(output.contains("(compute (1))"), "{output}");
        assert!(output.contains("include_str"), "{output}");
    }
}
