//! [`Globals`], the names that procedures have inside Steel.

use std::collections::HashMap;

use dpfw_syntax::{Core, CoreKind, DatumKind, NumberView};

/// What stands in the operator's place of a call.
#[derive(Debug)]
pub(super) struct Target(pub(super) String);

/// Steel's names for our procedures: numbers, so that no name of ours is one of Steel's.
#[derive(Debug, Default)]
pub(super) struct Globals {
    numbers: HashMap<String, usize>,
}

/// Calls that Steel compiles to one instruction which does what R7RS says. All others go through our natives, which are
/// right.
///
/// `car`, `cdr` and `vector-ref` are not among them, though loops over lists would be a sixth faster: given what is no
/// pair or no vector, Steel prints all of it into the message of its error, and a cyclic vector ends the process.
const INSTRUCTIONS: &[(&str, usize, &str)] = &[
    ("%unbox", 1, "#%prim.unbox"),
    ("%set-box!", 2, "#%prim.set-box!"),
    ("cons", 2, "#%prim.cons"),
    ("null?", 1, "#%prim.null?"),
    ("not", 1, "#%prim.not"),
];

const ADD: &str = "#%prim.+";

/// It is right for real numbers alone: given a complex one it fails, where our native does not. It stays because all else
/// is slower: `(fib 25)` takes a fifth longer by our native, and a third longer by the addition of a negative constant.
const SUBTRACT: &str = "#%prim.-";

/// Calls of optional arguments that have a quicker procedure of their own.
const SPECIAL: &[(&str, usize, &str)] = &[
    ("map", 2, "%map1"),
    ("for-each", 2, "%for-each1"),
    ("fold", 3, "%fold1"),
    ("fold-left", 3, "%fold-left1"),
    ("any", 2, "%any1"),
    ("every", 2, "%every1"),
    ("member", 2, "%member"),
    ("assoc", 2, "%assoc"),
    ("hash-table-ref", 2, "%hash-table-ref"),
    ("hash-table-ref", 3, "%hash-table-ref/else"),
];

impl Globals {
    /// The procedure that a call of `name` with so many arguments is a call of.
    pub(super) fn special(name: &str, count: usize) -> &str {
        let found = SPECIAL.iter().find(|(general, arguments, _)| *general == name && *arguments == count);
        found.map_or(name, |(_, _, special)| special)
    }

    /// Our names and Steel's for what it compiles to instructions.
    pub(super) fn instructions() -> impl Iterator<Item = (&'static str, &'static str)> {
        let additions = [("+", ADD), ("-", SUBTRACT)];
        INSTRUCTIONS.iter().map(|(name, _, instruction)| (*name, *instruction)).chain(additions)
    }

    /// Whether a call of `name` is an instruction of Steel's, so that no procedure is needed for it.
    pub(super) fn is_instruction(name: &str, operands: &[Core]) -> bool {
        instruction(name, operands).is_some()
    }

    /// Steel's name for the procedure called `name`, which is numbered now if it was not.
    pub(super) fn define(&mut self, name: &str) -> String {
        let next = self.numbers.len();
        let number = *self.numbers.entry(name.to_owned()).or_insert(next);
        spelled(number)
    }

    /// Steel's name for the procedure called `name`, used as a value.
    pub(super) fn value_name(&self, name: &str) -> String {
        // Everything that core names is defined before the core is printed.
        spelled(self.numbers.get(name).copied().unwrap_or(usize::MAX))
    }

    /// What to write for a call of `name`.
    pub(super) fn call_target(&self, name: &str, operands: &[Core]) -> Target {
        match instruction(name, operands) {
            Some(instruction) => Target(instruction.to_owned()),
            None => Target(self.value_name(Self::special(name, operands.len()))),
        }
    }
}

fn spelled(number: usize) -> String {
    format!("g{number}")
}

fn instruction(name: &str, operands: &[Core]) -> Option<&'static str> {
    let found = INSTRUCTIONS.iter().find(|(ours, count, _)| *ours == name && *count == operands.len());
    if let Some((_, _, instruction)) = found {
        return Some(instruction);
    }
    // Only in the form of a local and a small constant is Steel's addition quicker than ours.
    match (name, operands) {
        ("+", [local, constant]) if is_local(local) && is_small(constant) => Some(ADD),
        // Steel takes 0 from -0.0 as 0.0.
        ("-", [local, constant]) if is_local(local) && is_small(constant) && !is_zero(constant) => Some(SUBTRACT),
        _ => None,
    }
}

fn is_local(core: &Core) -> bool {
    matches!(core.kind, CoreKind::Local(_))
}

fn is_zero(core: &Core) -> bool {
    matches!(&core.kind, CoreKind::Quote(datum)
        if matches!(&datum.kind, DatumKind::Number(number) if matches!(number.view(), NumberView::Fixed(0))))
}

fn is_small(core: &Core) -> bool {
    match &core.kind {
        CoreKind::Quote(datum) => match &datum.kind {
            DatumKind::Number(number) => matches!(number.view(), NumberView::Fixed(0..=0xFFFF)),
            _ => false,
        },
        _ => false,
    }
}
