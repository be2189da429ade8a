//! `remote!`: from the macro's input to a checked task.

use dpfw_syntax::{CompileOptions, Datum, Program, SyntaxError, compile_task};
use proc_macro2::{Span, TokenStream};

use crate::{emit, origin::Origin, reader, reprint, splice::RustSplice, text, tokens::Table};

/// Expands `remote!(…)`.
pub(crate) fn expand(input: &TokenStream) -> TokenStream {
    if let Some(literal) = text::sole_string(input) {
        return text::expand(&literal);
    }
    let (table, tokens) = Table::new(input.clone(), Span::call_site());
    let reading = reader::read(&tokens);
    if !table.has_positions() {
        // An IDE that gives no places: whatever we said of the Scheme would be guessed, the Rust within is certain.
        return emit::broken(&TokenStream::new(), &reading.splices);
    }
    if reading.ambiguous {
        return reprint::expand(input, &reading.splices);
    }
    finish(&Origin::Tokens(table), &reading.data, reading.errors, &reading.splices)
}

/// Checks what was read and emits it, with all errors at once.
pub(crate) fn finish(
    origin: &Origin,
    data: &[Datum],
    mut errors: Vec<SyntaxError>,
    splices: &[RustSplice],
) -> TokenStream {
    // After errors of the reader the rest would mostly report their consequences.
    if errors.is_empty() {
        match compile(origin, data, splices) {
            Ok(task) => return task,
            Err(found) => errors = found,
        }
    }
    errors.sort_by_key(|error| error.span);
    let reports: TokenStream = errors.iter().map(|error| origin.report(error)).collect();
    emit::broken(&reports, splices)
}

fn compile(origin: &Origin, data: &[Datum], splices: &[RustSplice]) -> Result<TokenStream, Vec<SyntaxError>> {
    let program = Program::from_data(data)?;
    let holes = u32::try_from(splices.len()).unwrap_or(u32::MAX);
    let options = CompileOptions { externs: program.externs, lift_literals: false };
    let surface = data.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    match compile_task(program.task, holes, &options) {
        Ok(lowered) => Ok(emit::task(&lowered, &surface, program.task.span, origin, splices)),
        Err(errors) => {
            let splices = with_code(splices, &errors).ok_or(errors)?;
            Ok(emit::rebuilt(&surface, program.task.span, origin, &splices))
        }
    }
}

/// The splices with those marked that stand where no value can, if there are such.
///
/// Program text can stand there, and only with it in place can the task be checked: the other errors may be untrue.
fn with_code(splices: &[RustSplice], errors: &[SyntaxError]) -> Option<Vec<RustSplice>> {
    let marked: Vec<RustSplice> = splices
        .iter()
        .map(|splice| RustSplice { is_code: errors.iter().any(|error| error.span == splice.span), ..splice.clone() })
        .collect();
    marked.iter().any(|splice| splice.is_code).then_some(marked)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::expand;

    #[test]
    fn without_places_only_the_splices_are_certain() {
        // `quote!` outside of rustc makes tokens without places, as older IDEs do.
        let output = expand(&quote!((lambda (i o) (no - such - name ,x ,(y.z) ,@xs)))).to_string();
        assert!(!output.contains("compile_error"), "{output}");
        for part in ["unread", "value (& x)", "value (& (y . z))", "spread (& xs)"] {
            assert!(output.contains(part), "{output}");
        }
    }
}
