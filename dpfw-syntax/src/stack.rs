//! Stack for recursion over trees, which may be deeper than the stack of the thread allows.

/// Runs one level of a recursion, on more stack where little is left.
pub(crate) fn recurse<R>(work: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(RED_ZONE, SEGMENT, work)
}

/// Runs a whole walk that also drops deep trees, which takes stack that nothing can grow on the way.
pub(crate) fn with_room<R>(work: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(ROOM, 2 * ROOM, work)
}

/// More stack is taken when less than this is left: several frames of the expander in a debug build.
const RED_ZONE: usize = 128 * 1024;

/// So much stack is taken at a time.
const SEGMENT: usize = 1024 * 1024;

/// Enough to drop the deepest tree that the limits allow.
const ROOM: usize = 6 * 1024 * 1024;
