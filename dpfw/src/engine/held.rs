//! [`Held`], a value of the evaluator's kept on Rust's side.

use std::cell::{Cell, RefCell};

use steel::{RootToken, SteelVal};

/// A value that Rust keeps across evaluations.
///
/// Boxes, vectors and all that may contain them live in Steel's heap, whose collector looks only at the evaluator's
/// own stack and globals: whatever Rust keeps is announced to it as a root, or its slot would be given to another
/// value.
#[derive(Debug)]
pub(super) struct Held {
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

impl Drop for Held {
    fn drop(&mut self) {
        // Before the value: a root that is the last to hold its value drops it while Steel's list of roots is borrowed,
        // and a value that holds roots itself would borrow it again.
        self.root = None;
        let value = std::mem::replace(&mut self.value, SteelVal::Void);
        if !is_atom(&value) || matches!(value, SteelVal::Custom(_)) {
            drop_flat(value);
        }
    }
}

thread_local! {
    static DROPPING: Cell<bool> = const { Cell::new(false) };
    static WAITING: RefCell<Vec<SteelVal>> = const { RefCell::new(Vec::new()) };
}

/// Drops a value that may hold another that holds another: not by recursion, which a million error objects, each with
/// the one before it as an irritant, would take through the end of the stack.
fn drop_flat(value: SteelVal) {
    // Where the thread is ending there is no list any more, and no deep value either.
    let is_outermost = DROPPING.try_with(|dropping| !dropping.replace(true)).unwrap_or(false);
    let _ = WAITING.try_with(|waiting| waiting.borrow_mut().push(value));
    if !is_outermost {
        return;
    }
    while let Some(next) = WAITING.with(|waiting| waiting.borrow_mut().pop()) {
        drop(next);
    }
    DROPPING.set(false);
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
