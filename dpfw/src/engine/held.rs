//! [`Held`], a value of the evaluator's kept on Rust's side.

use steel::{RootToken, SteelVal};

/// A value that Rust keeps across evaluations.
///
/// Boxes, vectors and all that may contain them live in Steel's heap, whose collector looks only at the evaluator's
/// own stack and globals: whatever Rust keeps is announced to it as a root, or its slot would be given to another
/// value.
#[derive(Debug)]
pub(super) struct Held {
    // Dropped before the value: a root that is the last to hold its value drops it while Steel's list of roots is
    // borrowed, and a value that holds roots itself would borrow it again.
    #[expect(dead_code, reason = "it is there to be dropped")]
    root: Option<RootToken>,
    value: SteelVal,
}

impl Held {
    /// Keeps `value`.
    pub(super) fn new(value: SteelVal) -> Self {
        let root = (!is_atom(&value)).then(|| value.mark_rooted());
        Self { root, value }
    }

    /// `value` for the moment, while something else keeps it.
    pub(super) fn borrowed(value: &SteelVal) -> Self {
        Self { root: None, value: value.clone() }
    }

    /// The value.
    pub(super) fn value(&self) -> &SteelVal {
        &self.value
    }
}

/// Whether `value` contains nothing of Steel's heap.
fn is_atom(value: &SteelVal) -> bool {
    match value {
        SteelVal::BoolV(_)
        | SteelVal::NumV(_)
        | SteelVal::IntV(_)
        | SteelVal::Rational(_)
        | SteelVal::CharV(_)
        | SteelVal::Void
        | SteelVal::StringV(_)
        | SteelVal::SymbolV(_)
        | SteelVal::FuncV(_)
        | SteelVal::BuiltIn(_)
        | SteelVal::BigNum(_)
        | SteelVal::BigRational(_)
        | SteelVal::ByteVector(_)
        // What a custom value of ours contains, it holds itself.
        | SteelVal::Custom(_) => true,
        SteelVal::ListV(list) => list.is_empty(),
        _ => false,
    }
}
