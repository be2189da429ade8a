//! Letting go of what dead boxes and vectors still hold.
//!
//! Steel keeps boxes and vectors in tables of slots and overwrites a dead slot only when its turn comes, tens of
//! thousands of allocations later. Until then the slot holds what it held: a task that looped over a large list leaves
//! the list behind, and a few hundred discarded vectors hold hundreds of megabytes. So when memory grows, the slots are
//! taken their turn: empty boxes and vectors are made until every slot that was dead has been overwritten.

use std::{cell::Cell, rc::Rc};

use steel::{SteelVal, rvals::Custom};

use super::{held::Held, natives::wrap};
use crate::resources::resident_bytes;

/// Memory of vectors made since the last sweep after which the next is due within a task.
const VECTOR_BYTES_MAX: usize = 64 << 20;

/// A sweep makes no more slots than this, however many the tables have.
const SLOTS_MAX: usize = 4 << 20;

/// Sets a mark when the slot that holds it is overwritten.
#[derive(Debug)]
struct Sentinel(Rc<Cell<bool>>);

impl Custom for Sentinel {}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

/// A value that sets `mark` when it is let go of.
pub(super) fn sentinel(mark: &Rc<Cell<bool>>) -> SteelVal {
    wrap(Sentinel(Rc::clone(mark)))
}

/// Overwrites every dead slot of one table, of which `make` makes a slot and lets go of it.
pub(super) fn sweep(mut make: impl FnMut(SteelVal)) {
    // Slots are overwritten in order. Between the first sentinel and its end every slot has had its turn except those
    // behind the first whose death Steel had not noticed yet: the second time it has.
    for _ in 0..2 {
        let overwritten = Rc::new(Cell::new(false));
        make(sentinel(&overwritten));
        for _ in 0..SLOTS_MAX {
            if overwritten.get() {
                break;
            }
            make(SteelVal::Void);
        }
    }
}

thread_local! {
    static VECTOR_BYTES: Cell<usize> = const { Cell::new(0) };
}

/// Counts a vector of so many items that was made.
pub(super) fn count_vector(length: usize) {
    VECTOR_BYTES.with(|bytes| bytes.set(bytes.get().saturating_add(length.saturating_mul(size_of::<SteelVal>()))));
}

/// Whether so much was made that a sweep is due, which the caller then does.
pub(super) fn take_due() -> bool {
    VECTOR_BYTES.with(|bytes| bytes.get() > VECTOR_BYTES_MAX && bytes.replace(0) > 0)
}

/// Keeps the arguments of a native that sweeps: Steel has taken them off its stack.
pub(super) fn hold(args: &[SteelVal]) -> Vec<Held> {
    args.iter().cloned().map(Held::new).collect()
}

/// Says when the memory of the process has grown enough for a sweep between two tasks.
#[derive(Debug, Default)]
pub(super) struct Growth {
    calls: u32,
    /// Resident memory after the last sweep, or when there was no need of one.
    settled_bytes: u64,
}

/// Memory is looked at once in so many tasks.
const CALLS_PER_LOOK: u32 = 64;

/// Growth after which a sweep is worth its few milliseconds.
const GROWTH_BYTES_MAX: u64 = 64 << 20;

impl Growth {
    /// Whether a sweep is due after one more task.
    pub(super) fn is_due(&mut self) -> bool {
        self.calls = self.calls.wrapping_add(1);
        if !self.calls.is_multiple_of(CALLS_PER_LOOK) {
            return false;
        }
        let Some(resident) = resident_bytes() else {
            // Where memory cannot be looked at, now and then has to do.
            return self.calls.is_multiple_of(CALLS_PER_LOOK * 64);
        };
        // What was given back since is room to grow again.
        self.settled_bytes = self.settled_bytes.min(resident);
        resident > self.settled_bytes + GROWTH_BYTES_MAX
    }

    /// Says that a sweep was done: what remains is in use.
    pub(super) fn settle(&mut self) {
        self.settled_bytes = resident_bytes().unwrap_or(0);
    }
}
