//! [`turn`], which puts the branches of core in the order that Steel's compiler is quick with.

use std::mem;

use dpfw_syntax::{Core, CoreKind, Datum, DatumKind};

/// Turns branches around where Steel would take too long over them.
///
/// One of its passes visits each consequence twice: forty of them inside each other, as in `(and x1 … x40)`, would keep
/// it for hours. So a consequence that takes more than a few visits becomes the alternative,
/// `(if (if test #f #t) alternative consequence)`, unless the alternative takes even more. A program of `n` nodes then
/// takes about `n` to the power of 1.6 visits at most.
pub(super) fn turn(core: &mut Core) {
    visits(core);
}

/// Turns the branches of `core`, and counts how often Steel visits something in it.
fn visits(core: &mut Core) -> u64 {
    crate::value::with_stack(|| visits_here(core))
}

fn visits_here(core: &mut Core) -> u64 {
    match &mut core.kind {
        CoreKind::Quote(_) | CoreKind::Local(_) | CoreKind::Global(_) => 1,
        CoreKind::Lambda(lambda) => visits(&mut lambda.body).saturating_add(1),
        CoreKind::If(test, consequence, alternative) => {
            // Steel does this before it looks which of them is the consequence.
            while let Some(negated) = take_negated(test) {
                **test = negated;
                mem::swap(consequence, alternative);
            }
            let of_test = visits(test);
            let (twice, once) = (visits(consequence), visits(alternative));
            let (twice, once) = if twice > VISITS_FEW && twice > once {
                negate(test);
                mem::swap(consequence, alternative);
                (once, twice)
            } else {
                (twice, once)
            };
            of_test.saturating_add(twice.saturating_mul(2)).saturating_add(once)
        }
        CoreKind::Begin(parts) => visits_of_all(parts),
        CoreKind::Call(operator, operands) => visits(operator).saturating_add(visits_of_all(operands)),
    }
}

fn visits_of_all(parts: &mut [Core]) -> u64 {
    parts.iter_mut().map(visits).fold(1, u64::saturating_add)
}

/// Takes `test` out of `(not test)`.
fn take_negated(core: &mut Core) -> Option<Core> {
    match &mut core.kind {
        CoreKind::Call(operator, operands) if operands.len() == 1 => match &operator.kind {
            CoreKind::Global(name) if &**name == "not" => operands.pop(),
            _ => None,
        },
        _ => None,
    }
}

/// Makes `test` `(if test #f #t)`: instructions, and no call.
fn negate(test: &mut Core) {
    let span = test.span;
    let truth = |truth| Core { kind: CoreKind::Quote(Datum::new(DatumKind::Bool(truth), span)), span };
    let before = mem::replace(test, truth(false));
    test.kind = CoreKind::If(Box::new(before), Box::new(truth(false)), Box::new(truth(true)));
}

/// So many visits of a consequence are nothing to save: seven consequences inside each other, for example.
const VISITS_FEW: u64 = 500;
