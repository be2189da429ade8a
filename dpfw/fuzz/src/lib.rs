//! What the targets of the front end share. It links no evaluator.

#[path = "../../src/fuzzing/program.rs"]
pub mod program;

use dpfw_syntax::{Datum, DatumKind, Number};

/// Whether two data are equal but for their places, with NaN equal to itself.
pub fn same(a: &Datum, b: &Datum) -> bool {
    let all = |a: &[Datum], b: &[Datum]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    match (&a.kind, &b.kind) {
        (DatumKind::List(a), DatumKind::List(b)) | (DatumKind::Vector(a), DatumKind::Vector(b)) => all(a, b),
        (DatumKind::Dotted(a, a_tail), DatumKind::Dotted(b, b_tail)) => all(a, b) && same(a_tail, b_tail),
        (DatumKind::Map(a), DatumKind::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.0, &b.0) && same(&a.1, &b.1))
        }
        (DatumKind::F64Vector(a), DatumKind::F64Vector(b)) => {
            let numbers = |floats: &[f64]| floats.iter().map(|float| Number::from(*float)).collect::<Vec<_>>();
            numbers(a) == numbers(b)
        }
        (a, b) => a == b,
    }
}
