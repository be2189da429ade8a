//! [`Session`], what natives need to know of the evaluation that calls them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use steel::SteelVal;

use super::{convert::MakeVector, fault::Fault, interrupt::Interrupter, task_ports::TaskPorts, user_fn::UserNatives};
use crate::resources::resident_bytes;

/// Work to be done where vectors can be made.
pub(super) type HeapWork = Box<dyn FnOnce(&mut MakeVector<'_>) -> SteelVal>;

/// One engine's side of the natives. Values of an engine never leave its thread, so natives find it there.
pub(super) struct Session {
    pub(super) interrupter: Interrupter,
    pub(super) natives: UserNatives,
    /// Set while a task runs.
    ports: RefCell<Option<Rc<TaskPorts>>>,
    /// The boxes with the current ports, if a template asked for them.
    pub(super) output: RefCell<Option<SteelVal>>,
    pub(super) input: RefCell<Option<SteelVal>>,
    /// The box with what is bound to parameters for the time being, if a template asked for it.
    pub(super) bindings: RefCell<Option<SteelVal>>,
    pub(super) heap_work: RefCell<Option<HeapWork>>,
    sizes: Sizes,
    /// What the process took when the running task first made something large, if it has.
    memory_before: Cell<Option<u64>>,
    /// Set when a port reported that the task is cancelled.
    cancelled: Cell<bool>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Session>>> = const { RefCell::new(None) };
    static WORK: Cell<usize> = const { Cell::new(0) };
}

/// Bytes that are looked at in one unit of work.
pub(super) const BYTES_PER_UNIT: usize = 64;

/// Units of work between two looks at whether the task was cancelled.
const WORK_PER_LOOK: usize = 1 << 18;

/// What is so large is looked at before it is made.
const LARGE_BYTES: usize = 4 * 1024 * 1024;

/// Bounds of what programs make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Bytes of a string, a vector or a bytevector that is made at once.
    pub(crate) bytes_max: usize,
    /// Entries of a hash table.
    pub(crate) table_entries: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { bytes_max: usize::MAX, table_entries: 1_000_000 }
    }
}

/// Makes a session current until it is dropped.
pub(super) struct Entered(Option<Rc<Session>>);

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| *current.borrow_mut() = self.0.take());
    }
}

impl Session {
    pub(super) fn new(interrupter: Interrupter, natives: UserNatives, sizes: Sizes) -> Rc<Self> {
        Rc::new(Self {
            interrupter,
            natives,
            ports: RefCell::new(None),
            output: RefCell::new(None),
            input: RefCell::new(None),
            bindings: RefCell::new(None),
            heap_work: RefCell::new(None),
            sizes,
            memory_before: Cell::new(None),
            cancelled: Cell::new(false),
        })
    }

    /// A task with these ports begins.
    pub(super) fn begin(&self, ports: &Rc<TaskPorts>) {
        self.ports.replace(Some(Rc::clone(ports)));
        self.cancelled.set(false);
        self.memory_before.set(None);
    }

    /// The task has ended.
    pub(super) fn end(&self) {
        self.ports.take();
        self.heap_work.take();
    }

    /// The engine underneath is another one now.
    pub(super) fn renew(&self) {
        self.output.take();
        self.input.take();
        self.bindings.take();
    }

    /// Whether the running task is cancelled, from outside or as a port reported.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.get() || self.interrupter.is_interrupted()
    }

    /// Makes this the session that natives find.
    pub(super) fn enter(self: &Rc<Self>) -> Entered {
        Entered(CURRENT.with(|current| current.borrow_mut().replace(Rc::clone(self))))
    }

    /// Bounds of what the program makes.
    pub(super) fn sizes() -> Sizes {
        CURRENT.with(|current| current.borrow().as_ref().map(|session| session.sizes)).unwrap_or_default()
    }

    /// For natives that make something of so many bytes at once: looks whether the task may take as much besides what it
    /// has. Whoever looks at the memory from time to time would come too late.
    ///
    /// # Errors
    /// [`Fault::Limit`] if it may not.
    pub(super) fn take_memory(bytes: usize) -> Result<(), Fault> {
        if bytes < LARGE_BYTES {
            return Ok(());
        }
        let Ok(session) = Self::current() else { return Ok(()) };
        let limit = session.sizes.bytes_max;
        // Where the system does not tell, nobody knows.
        let Some(now) = resident_bytes().filter(|_| limit < usize::MAX) else { return Ok(()) };
        let before = session.memory_before.get().unwrap_or(now);
        session.memory_before.set(Some(before));
        let taken = now.saturating_sub(before).saturating_add(bytes as u64);
        if taken > limit as u64 { Err(Fault::limit("bytes of memory", limit)) } else { Ok(()) }
    }

    /// The session of the evaluation that calls.
    pub(super) fn current() -> Result<Rc<Self>, Fault> {
        CURRENT.with(|current| current.borrow().clone()).ok_or_else(|| Fault::misuse("no task is running"))
    }

    /// For natives that may take long: notes that so much work was done, each unit some ten nanoseconds, and after some
    /// milliseconds of it looks whether the task was cancelled meanwhile.
    ///
    /// # Errors
    /// [`Fault::Interrupted`] if it was.
    #[inline]
    pub(super) fn work(units: usize) -> Result<(), Fault> {
        let done = WORK.get().saturating_add(units);
        if done < WORK_PER_LOOK {
            WORK.set(done);
            return Ok(());
        }
        WORK.set(0);
        match Self::current().is_ok_and(|session| session.is_cancelled()) {
            true => Err(Fault::Interrupted),
            false => Ok(()),
        }
    }

    /// The ports of the running task.
    pub(super) fn task_ports() -> Result<Rc<TaskPorts>, Fault> {
        let session = Self::current()?;
        let ports = session.ports.borrow().clone();
        ports.ok_or_else(|| Fault::Port("the task of the port is over".to_owned()))
    }

    /// A port reported that the task is cancelled: whatever the program does about it, it is over.
    pub(super) fn cancel(&self) -> Fault {
        self.cancelled.set(true);
        self.interrupter.interrupt_current();
        Fault::Interrupted
    }
}
