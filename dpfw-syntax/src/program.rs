//! What a task's source says at the top: the procedures that only some slaves offer, and the remote procedure.
//!
//! ```text
//! program = [extern (name count) …] task            exactly `count` arguments
//!         | [extern (name min max) …] task          `...` in place of `max`: any number from `min` on
//! ```

use crate::{Datum, DatumKind, Extern, Number, Span, SyntaxError};

/// A task's source, taken apart.
#[derive(Debug)]
pub struct Program<'d> {
    /// Procedures that the task needs and that only some slaves offer.
    pub externs: Vec<Extern>,
    /// `(lambda (i o) …)`, not checked yet.
    pub task: &'d Datum,
}

impl<'d> Program<'d> {
    /// Takes apart all data of a source.
    ///
    /// # Errors
    ///
    /// Every mistake in the declarations, and a source that is not exactly one task.
    pub fn from_data(data: &'d [Datum]) -> Result<Self, Vec<SyntaxError>> {
        let is_extern = |datum: &Datum| datum.as_name().is_some_and(|name| &*name.text == "extern");
        let mut errors = Vec::new();
        let mut externs = Vec::new();
        let mut rest = data;
        while let [keyword, after @ ..] = rest
            && is_extern(keyword)
        {
            rest = after;
            let mut count = 0;
            while let [declaration, more @ ..] = rest
                && !is_task(declaration)
                && declaration.as_list().is_some()
            {
                match read_extern(declaration) {
                    Ok(declared) => externs.push(declared),
                    Err(error) => errors.push(error),
                }
                rest = more;
                count += 1;
            }
            if count == 0 {
                errors.push(SyntaxError::new(keyword.span, "`extern` declares nothing").with_help(EXTERN_SHAPE));
            }
        }
        match rest {
            [] => {
                let span = data.last().map(|datum| datum.span).unwrap_or_default();
                errors.push(SyntaxError::new(span, "a task is missing").with_help(TASK_SHAPE));
                Err(errors)
            }
            [keyword, ..] if is_lambda(keyword) => {
                let span = rest.last().map_or(keyword.span, |last| keyword.span.to(last.span));
                errors.push(SyntaxError::new(span, "a task is one s-expression, and this is several").with_help(
                    "put it into parentheses of its own: the macro takes `remote!((lambda (i o) …))`, a text `(lambda (i o) …)`",
                ));
                Err(errors)
            }
            [_, extra, ..] => {
                let span = rest.last().map_or(extra.span, |last| extra.span.to(last.span));
                errors.push(
                    SyntaxError::new(span, "a task is one s-expression, and this follows it").with_help(TASK_SHAPE),
                );
                Err(errors)
            }
            [_] if !errors.is_empty() => Err(errors),
            [task] => Ok(Self { externs, task }),
        }
    }
}

const TASK_SHAPE: &str = "write one procedure of two ports: `(lambda (i o) …)`";
const EXTERN_SHAPE: &str = "write `extern (name count)` or `extern (name min max)`, with `...` for any number";

fn is_task(datum: &Datum) -> bool {
    datum.as_list().and_then(<[Datum]>::first).is_some_and(is_lambda)
}

fn is_lambda(datum: &Datum) -> bool {
    datum.as_name().is_some_and(|name| matches!(&*name.text, "lambda" | "λ"))
}

fn read_extern(declaration: &Datum) -> Result<Extern, SyntaxError> {
    let malformed = |span: Span| SyntaxError::new(span, "malformed declaration of a procedure").with_help(EXTERN_SHAPE);
    let Some([name, counts @ ..]) = declaration.as_list() else { return Err(malformed(declaration.span)) };
    let Some(text) = name.as_name().map(|name| &name.text) else { return Err(malformed(name.span)) };
    let (min, max) = match counts {
        [count] => {
            let count = argument_count(count).ok_or_else(|| malformed(count.span))?;
            (count, Some(count))
        }
        [min, max] => {
            let min = argument_count(min).ok_or_else(|| malformed(min.span))?;
            let any = max.as_name().is_some_and(|name| &*name.text == "...");
            (
                min,
                if any {
                    None
                } else {
                    Some(argument_count(max).filter(|max| *max >= min).ok_or_else(|| malformed(max.span))?)
                },
            )
        }
        _ => return Err(malformed(declaration.span)),
    };
    Ok(Extern { name: text.clone(), min, max, span: name.span })
}

fn argument_count(datum: &Datum) -> Option<u16> {
    match &datum.kind {
        DatumKind::Number(number) => Number::as_i64(number).and_then(|count| u16::try_from(count).ok()),
        _ => None,
    }
}
