//! Letting go of what dead boxes and vectors still hold.
//!
//! Steel keeps boxes and vectors in tables of slots and overwrites a dead slot only when its turn comes, tens of
//! thousands of allocations later. Until then the slot holds what it held: a task that looped over a large list leaves
//! the list behind, and a few hundred discarded vectors hold hundreds of megabytes. So when memory grows, the slots are
//! taken their turn: empty boxes and vectors are made until every slot that was dead has been overwritten.
//!
//! A slot is dead when nothing refers to it. That is never so in a cycle, which a procedure that calls itself by a name of
//! its own is one of; Steel finds those only when a table is full, and then doubles it. So when a sweep leaves too much
//! behind, the engine is replaced, and all of its heap is let go of with it.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use steel::{SteelVal, rvals::Custom};

use super::{
    held::Held,
    natives::{self, wrap},
    session::Session,
};
use crate::resources::resident_bytes;

/// Bytes of what natives have made since the last sweep after which the next is due within a task, or a quarter of what the
/// task may take, if that is more, and no more than the last of these.
const BYTES_MAX: usize = 4 << 20;
const BYTES_UNSWEPT_MAX: usize = 64 << 20;

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

/// Steel's tables of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slots {
    Boxes,
    Vectors,
}

/// Makes a box or a vector in Steel's heap and lets go of it.
macro_rules! slot {
    ($context:ident, $slots:expr, $value:expr) => {
        match $slots {
            $crate::engine::sweep::Slots::Boxes => drop($context.make_box($value)),
            $crate::engine::sweep::Slots::Vectors => drop($context.make_mutable_vector(vec![$value])),
        }
    };
}
pub(super) use slot;

/// What a sweep found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Swept {
    /// Free slots of the table that has fewer, and of that which has more.
    free_min: usize,
    free_max: usize,
    /// It was given up: each slot takes Steel as long as thousands should.
    is_slow: bool,
}

/// No sweep takes longer.
const SWEEP_MAX: Duration = Duration::from_millis(50);

/// Overwrites every dead slot of both tables, of which `make` makes a slot and lets go of it.
pub(super) fn sweep(mut make: impl FnMut(Slots, SteelVal)) -> Swept {
    let begun = Instant::now();
    let mut swept = Swept { free_min: usize::MAX, free_max: 0, is_slow: false };
    for slots in [Slots::Boxes, Slots::Vectors] {
        let mut free = 0;
        // Slots are overwritten in order. Between the first sentinel and its end every slot has had its turn except those
        // behind the first whose death Steel had not noticed yet: the second time it has.
        for _ in 0..2 {
            let overwritten = Rc::new(Cell::new(false));
            make(slots, sentinel(&overwritten));
            let mut made = 0;
            while !overwritten.get() && made < SLOTS_MAX && !swept.is_slow {
                make(slots, SteelVal::Void);
                made += 1;
                swept.is_slow = made % 64 == 0 && begun.elapsed() > SWEEP_MAX;
            }
            free = made.max(free);
        }
        swept.free_min = swept.free_min.min(free);
        swept.free_max = swept.free_max.max(free);
    }
    swept
}

impl Swept {
    /// Whether what died may still hold many slots: each of a chain of boxes or vectors dies only when the one before it has
    /// been overwritten, and a chain that fills a table makes Steel look through all of it for every slot that it needs. Too
    /// few slots are free then; or the table has grown, so that nobody can tell.
    pub(super) fn may_leave_chains(self) -> bool {
        self.is_slow || self.free_min < SLOTS_MIN / 2 || self.free_max > SLOTS_MIN
    }
}

/// How many slots Steel's tables have at first.
const SLOTS_MIN: usize = 25_600;

thread_local! {
    /// Bytes of what natives made since the last sweep, and since the engine was new.
    static UNSWEPT_BYTES: Cell<usize> = const { Cell::new(0) };
    static MADE_BYTES: Cell<usize> = const { Cell::new(0) };
    /// Boxes and vectors made since the last sweep between tasks.
    static SLOTS: Cell<usize> = const { Cell::new(0) };
}

/// Counts a box or a vector that was made.
pub(super) fn count_slot() {
    SLOTS.set(SLOTS.get().saturating_add(1));
}

/// Counts a vector of so many items that was made.
pub(super) fn count_vector(length: usize) {
    count_slot();
    count_bytes(length.saturating_mul(size_of::<SteelVal>()));
}

/// Counts a value that was made.
pub(super) fn count_value(value: &SteelVal) {
    count_bytes(match value {
        SteelVal::ListV(list) => list.len().saturating_mul(size_of::<SteelVal>()),
        value => natives::size(value),
    });
}

fn count_bytes(bytes: usize) {
    for sum in [&UNSWEPT_BYTES, &MADE_BYTES] {
        sum.set(sum.get().saturating_add(bytes));
    }
}

/// Sweeps, by `make`, if so much was made since the last sweep that it is due, on behalf of a native with these arguments.
#[inline]
pub(super) fn sweep_if_due(args: &[SteelVal], make: impl FnMut(Slots, SteelVal)) {
    if UNSWEPT_BYTES.get() > BYTES_MAX {
        sweep_now(args, make);
    }
}

#[cold]
fn sweep_now(args: &[SteelVal], make: impl FnMut(Slots, SteelVal)) {
    // What is dead and still held must not be taken for what the task needs.
    let is_due = UNSWEPT_BYTES.get() > BYTES_MAX.max(Session::sizes().bytes_max / 4).min(BYTES_UNSWEPT_MAX);
    if is_due {
        UNSWEPT_BYTES.set(0);
        let _held = hold(args);
        sweep(make);
    }
}

/// Keeps the arguments of a native that sweeps: Steel has taken them off its stack.
fn hold(args: &[SteelVal]) -> Vec<Held> {
    args.iter().cloned().map(Held::new).collect()
}

/// Says when it is worth a sweep, between two tasks.
#[derive(Debug)]
pub(super) struct Growth {
    calls: u32,
    /// Growth after which a sweep is worth its few milliseconds, or half of what there is, if that is more.
    bytes_max: u64,
    /// What the process had at first, and what the table has.
    first_bytes: u64,
    table_bytes: u64,
    /// Resident memory when it was last found to be right.
    settled_bytes: u64,
}

/// Memory is looked at once in so many tasks, and after each that takes as long as many.
const CALLS_PER_LOOK: u32 = 64;
const TASK_MAX: Duration = Duration::from_millis(1);

/// Boxes and vectors made since the last sweep, after which they may fill their table.
const MADE_MAX: usize = SLOTS_MIN / 2;

impl Growth {
    pub(super) fn new(bytes_max: u64) -> Self {
        let resident = resident_bytes().unwrap_or(0);
        Self { calls: 0, bytes_max, first_bytes: resident, table_bytes: 0, settled_bytes: resident }
    }

    /// Whether a sweep is due after a task that took so long.
    pub(super) fn is_due(&mut self, took: Duration) -> bool {
        self.calls = self.calls.wrapping_add(1);
        if SLOTS.get() > MADE_MAX {
            return true;
        }
        if took < TASK_MAX && !self.calls.is_multiple_of(CALLS_PER_LOOK) {
            return false;
        }
        let Some(resident) = resident_bytes() else {
            // Where memory cannot be looked at, now and then has to do.
            return self.calls.is_multiple_of(CALLS_PER_LOOK * 64);
        };
        // What was given back since is room to grow again.
        self.settled_bytes = self.settled_bytes.min(resident);
        self.is_too_much(resident)
    }

    /// The system is not given all back that is let go of. So more than what is known to be needed is too much only if as
    /// much was made since the engine was new.
    fn is_too_much(&self, resident: u64) -> bool {
        let room = |bytes: u64| bytes + self.bytes_max.max(bytes / 2);
        let made = MADE_BYTES.get() as u64;
        resident > room(self.settled_bytes)
            || (made > self.bytes_max && resident > room(self.first_bytes + self.table_bytes))
    }

    /// Says that a sweep was done. Returns whether there is still too much.
    pub(super) fn settle(&mut self) -> bool {
        UNSWEPT_BYTES.set(0);
        SLOTS.set(0);
        let resident = resident_bytes().unwrap_or(0);
        let is_left = self.is_too_much(resident);
        if is_left {
            self.settled_bytes = resident;
            MADE_BYTES.set(0);
        }
        is_left
    }

    /// By how much the process has grown since the engine was made.
    pub(super) fn bytes(&self) -> u64 {
        resident_bytes().unwrap_or(0).saturating_sub(self.first_bytes)
    }

    /// Says that all was let go of but a table of so many bytes.
    pub(super) fn begin_anew(&mut self, table_bytes: u64) {
        self.table_bytes = table_bytes;
        self.settled_bytes = resident_bytes().unwrap_or(0);
        UNSWEPT_BYTES.set(0);
        MADE_BYTES.set(0);
        SLOTS.set(0);
    }
}
