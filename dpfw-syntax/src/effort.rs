//! [`effort`], an estimate of how long a slave's evaluator takes to compile a template.
//!
//! It compiles without a look at deadlines, and not in linear time: at each procedure it compares all the variables around
//! that procedures refer to with each other, and at each call in a last place it looks at all variables that there are. So
//! whoever makes or takes a template counts that beforehand.

use std::collections::{HashMap, HashSet};

use crate::{Core, CoreKind, Lambda, Local, stack::recurse};

/// How long it takes to compile `core`, in units of about ten nanoseconds.
pub(crate) fn effort(core: &Core) -> u64 {
    let mut survey = Survey::default();
    survey.visit(core, 0);
    let constants = survey.constants.min(CONSTANTS_MAX);
    let variables = survey.homes.len() as u64 + constants;
    let mut sum = Sum { captured: &survey.captured, variables, around: constants, effort: 0 };
    sum.visit(core, false);
    sum.effort
}

/// What a first walk finds out.
#[derive(Default)]
struct Survey {
    /// The procedure that binds each local, by number.
    homes: HashMap<Local, u32>,
    /// The locals that procedures inside of that one refer to.
    captured: HashSet<Local>,
    procedures: u32,
    constants: u64,
}

impl Survey {
    fn visit(&mut self, core: &Core, procedure: u32) {
        recurse(|| match &core.kind {
            CoreKind::Quote(_) => self.constants += 1,
            CoreKind::Local(local) => {
                if self.homes.get(local).is_some_and(|home| *home != procedure) {
                    self.captured.insert(*local);
                }
            }
            CoreKind::Global(_) => {}
            CoreKind::Lambda(lambda) => {
                self.procedures += 1;
                let inside = self.procedures;
                self.homes.extend(locals(lambda).map(|local| (local, inside)));
                self.visit(&lambda.body, inside);
            }
            CoreKind::If(test, then, otherwise) => {
                [test, then, otherwise].into_iter().for_each(|part| self.visit(part, procedure));
            }
            CoreKind::Begin(parts) => parts.iter().for_each(|part| self.visit(part, procedure)),
            CoreKind::Call(operator, operands) => {
                self.visit(operator, procedure);
                operands.iter().for_each(|operand| self.visit(operand, procedure));
            }
        });
    }
}

/// The second walk, which adds up.
struct Sum<'s> {
    captured: &'s HashSet<Local>,
    /// How many variables and constants there are.
    variables: u64,
    /// How many of them are around and captured.
    around: u64,
    effort: u64,
}

impl Sum<'_> {
    fn visit(&mut self, core: &Core, is_last: bool) {
        recurse(|| self.visit_here(core, is_last));
    }

    fn visit_here(&mut self, core: &Core, is_last: bool) {
        self.add(NODE);
        match &core.kind {
            CoreKind::Quote(_) | CoreKind::Local(_) | CoreKind::Global(_) => {}
            CoreKind::Lambda(lambda) => {
                self.square(self.around);
                self.square(locals(lambda).count() as u64);
                let captured = locals(lambda).filter(|local| self.captured.contains(local)).count() as u64;
                self.around += captured;
                self.visit(&lambda.body, true);
                self.around -= captured;
            }
            CoreKind::If(test, then, otherwise) => {
                self.visit(test, false);
                self.visit(then, is_last);
                self.visit(otherwise, is_last);
            }
            CoreKind::Begin(parts) => {
                for (position, part) in parts.iter().enumerate() {
                    self.visit(part, is_last && position + 1 == parts.len());
                }
            }
            CoreKind::Call(operator, operands) => {
                if is_last {
                    self.add(self.variables.saturating_mul(LAST_CALL + operands.len() as u64));
                }
                self.visit(operator, false);
                operands.iter().for_each(|operand| self.visit(operand, false));
            }
        }
    }

    fn square(&mut self, count: u64) {
        self.add(count.saturating_mul(count));
    }

    fn add(&mut self, units: u64) {
        self.effort = self.effort.saturating_add(units);
    }
}

fn locals(lambda: &Lambda) -> impl Iterator<Item = Local> {
    lambda.params.iter().copied().chain(lambda.rest)
}

/// An evaluator gets no more constants than these as variables.
const CONSTANTS_MAX: u64 = 32;

/// Any word or list of a program.
const NODE: u64 = 200;

/// A call in the last place, for each variable.
const LAST_CALL: u64 = 10;

/// What takes longer than two or three seconds is no template: some 580 procedures which all know each other, or a
/// million words.
pub(crate) const EFFORT_MAX: u64 = 200_000_000;
