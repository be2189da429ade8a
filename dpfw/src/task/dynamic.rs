//! Tasks that are given program text: compiled again at run time with the text in place of the splice.

use dpfw_syntax::{CompileOptions, Datum, DatumKind, Program, ReadLimits, Splice, compile_task, read_with_splices};

use super::{
    parse::failed,
    splice::Spliced,
    template::{Source, Template, TemplateRef},
};
use crate::{SyntaxErrors, Value};

/// Compiles the task of `template` with the programs among `splices` in place. What is not a program stays a value.
pub(super) fn compile<'s>(
    template: &TemplateRef,
    splices: &'s [Spliced],
) -> Result<(Template, Vec<&'s Value>), SyntaxErrors> {
    let surface = template.surface();
    let (data, _) =
        read_with_splices(surface, &ReadLimits::default()).map_err(|error| failed(surface, vec![error.into()]))?;
    let mut filling = Filling { splices, values: Vec::new() };
    let data = filling.fill_all(data);
    let values = filling.values;

    // Printed and read again, so that all spans count in one text, which errors then show.
    let text = data.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let report = |errors| failed(&text, errors);
    let (data, _) = read_with_splices(&text, &ReadLimits::default()).map_err(|error| report(vec![error.into()]))?;
    let program = Program::from_data(&data).map_err(report)?;
    let options = CompileOptions { externs: program.externs, lift_literals: false };
    let holes = u32::try_from(values.len()).unwrap_or(u32::MAX);
    let lowered = compile_task(program.task, holes, &options).map_err(report)?;
    Ok((Template::from_lowered(lowered, Source::at(&template.place())), values))
}

/// Puts programs in place of their splices, and numbers the others anew.
struct Filling<'s> {
    splices: &'s [Spliced],
    values: Vec<&'s Value>,
}

impl<'s> Filling<'s> {
    /// The data that take the place of one.
    fn fill(&mut self, datum: Datum) -> Vec<Datum> {
        let span = datum.span;
        let kind = match datum.kind {
            DatumKind::Splice(splice) => {
                let splices = self.splices;
                let filler = usize::try_from(splice.hole).ok().and_then(|hole| splices.get(hole));
                return match filler {
                    Some(Spliced::Items(items)) if splice.spread => {
                        items.iter().filter_map(|item| self.one(item, false, &datum)).collect()
                    }
                    Some(one) => self.one(one, splice.spread, &datum).into_iter().collect(),
                    None => Vec::new(),
                };
            }
            DatumKind::List(items) => DatumKind::List(self.fill_all(items)),
            DatumKind::Vector(items) => DatumKind::Vector(self.fill_all(items)),
            DatumKind::Dotted(items, tail) => {
                let items = self.fill_all(items);
                match self.fill(*tail).pop() {
                    Some(tail) => DatumKind::dotted(items, tail),
                    None => DatumKind::List(items),
                }
            }
            atom => atom,
        };
        vec![Datum::new(kind, span)]
    }

    fn fill_all(&mut self, items: Vec<Datum>) -> Vec<Datum> {
        items.into_iter().flat_map(|item| self.fill(item)).collect()
    }

    fn one(&mut self, filler: &'s Spliced, spread: bool, place: &Datum) -> Option<Datum> {
        match filler {
            Spliced::Code(code) => Some(code.datum().clone()),
            Spliced::Value(value) => {
                let hole = u32::try_from(self.values.len()).ok()?;
                self.values.push(value);
                Some(Datum::new(DatumKind::Splice(Splice { hole, spread }), place.span))
            }
            Spliced::Items(_) | Spliced::Failed(_) => None,
        }
    }
}
