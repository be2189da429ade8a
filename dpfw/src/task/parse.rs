//! Tasks from text at run time.

use dpfw_syntax::{
    CompileOptions, LineIndex, Place, Program, ReadLimits, Span, SyntaxError, compile_task, encode_places, read_all,
};

use super::template::{Source, Template};
use crate::{SyntaxErrors, Value};

/// Compiles the task in `text`; `file` is what its places call it. Also gives the values that fill the holes.
pub(super) fn compile(text: &str, file: &str) -> Result<(Template, Vec<Value>), SyntaxErrors> {
    let report = |errors| failed(text, errors);
    let data = read_all(text, &ReadLimits::default()).map_err(|error| report(vec![error.into()]))?;
    let program = Program::from_data(&data).map_err(report)?;
    let options = CompileOptions { externs: program.externs, lift_literals: true };
    let lowered = compile_task(program.task, 0, &options).map_err(report)?;
    let values = lowered.lifted.iter().map(|datum| {
        Value::from_datum(datum).map_err(|error| report(vec![SyntaxError::new(datum.span, error.to_string())]))
    });
    let values = values.collect::<Result<_, _>>()?;

    let lines = LineIndex::new(text);
    let place = |span: Span| {
        let (line, column) = lines.line_column(span.start);
        Place { line, column }
    };
    let places = encode_places(lowered.map.iter().map(|(offset, span)| (*offset, place(*span))));
    let source = Source::owned(file.to_owned(), place(program.task.span), places);
    Ok((Template::from_lowered(lowered, source), values))
}

/// The mistakes of a text, with their lines and columns.
pub(super) fn failed(text: &str, errors: Vec<SyntaxError>) -> SyntaxErrors {
    SyntaxErrors::new(text, errors)
}
