//! [`Usage`]: what the running task takes of the machine, as the watcher sees it.

use std::time::Duration;

use super::{Limits, sessions::Stop};

/// What a task has taken since the watcher first saw it.
#[derive(Debug)]
pub(super) struct Usage {
    cpu_before: Duration,
    memory_before: u64,
}

/// How often the watcher looks.
pub(super) const LOOK: Duration = Duration::from_millis(4);

impl Usage {
    /// Begins to look at what `thread` does; `None` where there is nothing to look for, or the system does not tell.
    pub(super) fn begin(thread: Thread, limits: &Limits) -> Option<Self> {
        if limits.cpu_time.is_none() && limits.memory_bytes.is_none() {
            return None;
        }
        Some(Self { cpu_before: thread.cpu_time()?, memory_before: resident_bytes()? })
    }

    /// The limit that the task has passed.
    pub(super) fn passed(&self, thread: Thread, limits: &Limits) -> Option<Stop> {
        if let Some(limit) = limits.cpu_time
            && thread.cpu_time()?.saturating_sub(self.cpu_before) > limit
        {
            let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            return Some(Stop::Limit { which: "CPU time in ms", limit });
        }
        if let Some(limit) = limits.memory_bytes
            && resident_bytes()?.saturating_sub(self.memory_before) > limit
        {
            return Some(Stop::Limit { which: "bytes of memory", limit });
        }
        None
    }
}

/// A thread of this process, for the system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thread(u32);

impl Thread {
    /// The thread that calls.
    pub(super) fn current() -> Self {
        #[cfg(target_os = "linux")]
        return Self(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs());
        #[cfg(not(target_os = "linux"))]
        Self(0)
    }

    /// How long it has computed.
    fn cpu_time(self) -> Option<Duration> {
        // Nanoseconds on a processor come first.
        let text = std::fs::read_to_string(format!("/proc/self/task/{}/schedstat", self.0)).ok()?;
        Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
    }
}

/// The resident memory of this process.
fn resident_bytes() -> Option<u64> {
    crate::engine::resident_bytes()
}
