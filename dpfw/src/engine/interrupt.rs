//! [`Interrupter`], which stops an evaluation from another thread, and only the one that was meant.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use steel::steel_vm::ThreadStateController;

/// Interrupts the evaluations of one engine.
///
/// What runs and whether it is interrupted change under one lock, so an interrupt that comes late never reaches the
/// next task.
#[derive(Clone)]
pub(crate) struct Interrupter(Arc<Mutex<State>>);

struct State {
    controller: ThreadStateController,
    running: Option<u64>,
    interrupted: bool,
    /// Nothing is stopped for the moment, only noted.
    deferred: bool,
}

impl Interrupter {
    pub(super) fn new(controller: ThreadStateController) -> Self {
        Self(Arc::new(Mutex::new(State { controller, running: None, interrupted: false, deferred: false })))
    }

    /// Says that the task `serial` runs now.
    pub(crate) fn begin(&self, serial: u64) {
        let mut state = self.lock();
        state.controller.resume();
        state.running = Some(serial);
        state.interrupted = false;
    }

    /// Says that no task runs any more.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.controller.resume();
        state.running = None;
        state.interrupted = false;
    }

    /// Stops the evaluation if it is that of the task `serial`, and returns whether it was.
    pub(crate) fn interrupt(&self, serial: u64) -> bool {
        let mut state = self.lock();
        let hit = state.running == Some(serial);
        if hit {
            state.interrupt();
        }
        hit
    }

    /// Runs `work` to its end: an interrupt that comes meanwhile takes effect afterwards.
    pub(super) fn deferred<R>(&self, work: impl FnOnce() -> R) -> R {
        {
            let mut state = self.lock();
            state.deferred = true;
            state.controller.resume();
        }
        let result = work();
        let mut state = self.lock();
        state.deferred = false;
        if state.interrupted {
            state.controller.interrupt();
        }
        result
    }

    /// Whether the running task is interrupted.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.lock().interrupted
    }

    /// Stops whatever runs: a port reported that the task is cancelled.
    pub(super) fn interrupt_current(&self) {
        self.lock().interrupt();
    }

    /// Aims at another engine's evaluations from now on.
    pub(super) fn aim(&self, controller: ThreadStateController) {
        let mut state = self.lock();
        if state.interrupted && !state.deferred {
            controller.interrupt();
        }
        state.controller = controller;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is complete before the lock is let go of: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn interrupt(&mut self) {
        self.interrupted = true;
        if !self.deferred {
            self.controller.interrupt();
        }
    }
}

impl fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupter").field("running", &self.lock().running).finish_non_exhaustive()
    }
}
