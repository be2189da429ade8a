//! How slaves are made.

use super::{Limits, Slave};
use crate::{
    engine::{AsyncNativeFn, NativeFn, UserNatives},
    link::LinkConfig,
    security::Security,
};

/// Makes a [`Slave`]; begin with [`Slave::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder makes nothing until `build`"]
pub struct SlaveBuilder {
    pub(super) natives: UserNatives,
    pub(super) limits: Limits,
    pub(super) link: LinkConfig,
    pub(super) security: Option<Security>,
    #[cfg(unix)]
    pub(super) supervised: Option<usize>,
    #[cfg(unix)]
    pub(super) start_max: Option<std::time::Duration>,
    #[cfg(unix)]
    pub(super) open: bool,
    #[cfg(unix)]
    pub(super) child_memory: Option<u64>,
}

impl SlaveBuilder {
    /// Lets tasks call `function` by `name`.
    ///
    /// Its arguments are deserialised from Scheme's values and its result is serialised, by the table of
    /// [`to_value`](crate::to_value); an `Err` is raised in the task. While it runs the task cannot be interrupted:
    /// keep it short, or look at the time. Programs that use it declare it: `remote!{ extern (prime? 1) (lambda …) }`.
    ///
    /// # Panics
    ///
    /// If no task could name it: if `name` is no symbol, a keyword, a procedure of the language or a reserved name (`%…`,
    /// `_` with a number after it).
    pub fn register_fn<Arguments, F: NativeFn<Arguments>>(mut self, name: &str, function: F) -> Self {
        self.natives.register(name, function);
        self
    }

    /// Lets tasks call the asynchronous `function` by `name`: the task waits for it, and can be cancelled meanwhile.
    ///
    /// The future is driven on the evaluator's thread, with the tokio runtime in which this is called.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, and as [`register_fn`](Self::register_fn) does.
    pub fn register_async_fn<Arguments, F: AsyncNativeFn<Arguments>>(mut self, name: &str, function: F) -> Self {
        self.natives.register_async(name, function, tokio::runtime::Handle::current());
        self
    }

    /// Sets what tasks are granted.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the limits and times of links.
    pub fn link(mut self, link: LinkConfig) -> Self {
        self.link = link;
        self
    }

    /// Sets how masters must prove themselves, in place of the [default](crate::set_default_security).
    pub fn security(mut self, security: Security) -> Self {
        self.security = Some(security);
        self
    }

    /// Evaluates in child processes instead of this one: `slaves` of them, at least one and at most 1,024, each a slave
    /// of its own, which is replaced when it dies. Tasks then cannot harm this process, and run on as many cores.
    ///
    /// The children are this program, started again: its `main` must begin with [`child_main`](crate::child_main), which
    /// says what else follows. They start when the slave is first served or connected, and end with this process however
    /// it ends. One [`Master::connect`](crate::Master::connect) links a master to all of them; masters that are dialled
    /// get one link from each. A master that comes is given to the child with the fewest links. How a child died is
    /// said by `tracing`, as a warning; one that dies again and again is replaced less and less often.
    ///
    /// Several supervised slaves of one program are told apart by the order in which they are built, which must hence be
    /// the same each time.
    #[cfg(unix)]
    pub fn supervised(mut self, slaves: usize) -> Self {
        self.supervised = Some(slaves);
        self
    }

    /// Sets how long a [supervised](Self::supervised) slave's process may take from its start to `serve` or `connect`
    /// before it is killed and another is tried. Default: 30 s.
    #[cfg(unix)]
    pub fn start_timeout(mut self, limit: std::time::Duration) -> Self {
        self.start_max = Some(limit);
        self
    }

    /// Bounds the memory of each child process of a [supervised](Self::supervised) slave: from the moment in which it serves
    /// it may grow by so many bytes, and is ended by its next allocation beyond that, and replaced. The system counts what
    /// is reserved and not only what is used; on Linux only. [`Limits::memory_bytes`](super::Limits::memory_bytes) ends the
    /// task and keeps the process: it should be less than half of this, since what grows by doubling is there twice for a
    /// moment, and this what holds whatever happens. What tasks leave behind may take half.
    #[cfg(unix)]
    pub fn child_memory(mut self, bytes: u64) -> Self {
        self.child_memory = Some(bytes);
        self
    }

    /// Builds no walls around the child processes of a [supervised](Self::supervised) slave.
    ///
    /// Without this, on Linux, a child can open no file, make no socket and start no process from the moment in which it
    /// serves: the system refuses it (seccomp) to tasks, to natives, and to whoever might take the process over. What it
    /// opened before, in `main`, it keeps. Choose this for natives that must open files or connections later.
    #[cfg(unix)]
    pub fn without_walls(mut self) -> Self {
        self.open = true;
        self
    }

    /// Makes the slave. Its evaluator starts when it is first served or connected.
    pub fn build(self) -> Slave {
        Slave::from_builder(self)
    }
}
