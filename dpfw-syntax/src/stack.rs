//! Stack for recursion over trees, which may be deeper than the stack of the thread allows.
//!
//! There are two ways to it. Where the crate `stacker` is there anyway, stacks grow as they are needed. The macros do
//! without, since it takes longer to build than everything else that they depend on: there a whole walk has a thread of
//! its own, whose stack is large enough for whatever the limits on depth allow and costs nothing until it is touched.

#[cfg(feature = "stacker")]
pub(crate) use self::growing::{recurse, with_room};
#[cfg(not(feature = "stacker"))]
pub(crate) use self::roomy::{recurse, with_room};

#[cfg(feature = "stacker")]
mod growing {
    /// Runs one level of a recursion, on more stack where little is left.
    pub(crate) fn recurse<R>(work: impl FnOnce() -> R) -> R {
        stacker::maybe_grow(RED_ZONE, SEGMENT, work)
    }

    /// Runs a whole walk that also drops deep trees, which takes stack that nothing can grow on the way.
    pub(crate) fn with_room<R: Send>(work: impl FnOnce() -> R + Send) -> R {
        stacker::maybe_grow(ROOM, 2 * ROOM, work)
    }

    /// More stack is taken when less than this is left: several frames of the expander in a debug build.
    const RED_ZONE: usize = 128 * 1024;

    /// So much stack is taken at a time.
    const SEGMENT: usize = 1024 * 1024;

    /// Enough to drop the deepest tree that the limits allow.
    const ROOM: usize = 6 * 1024 * 1024;
}

#[cfg(not(feature = "stacker"))]
mod roomy {
    use std::{panic::resume_unwind, thread};

    /// Runs one level of a recursion: there is enough stack for all of them.
    pub(crate) fn recurse<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    /// Runs a whole walk where there is enough stack for it.
    pub(crate) fn with_room<R: Send>(work: impl FnOnce() -> R + Send) -> R {
        thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(ROOM).spawn_scoped(scope, work);
            match thread.expect("the system gives a thread").join() {
                Ok(result) => result,
                Err(panic) => resume_unwind(panic),
            }
        })
    }

    /// Several times what the deepest expansion takes in a debug build.
    const ROOM: usize = 256 * 1024 * 1024;
}
