//! [`Usage`]: what the running task takes of the machine, as the watcher sees it.

use std::time::Duration;

use super::{limits::Grant, sessions::Stop};
use crate::resources::{ThreadTimes, resident_bytes};

/// What a task has taken since the watcher first saw it.
#[derive(Debug)]
pub(super) struct Usage {
    grant: Grant,
    cpu_before: Duration,
    memory_before: u64,
}

/// How often the watcher looks.
pub(super) const LOOK: Duration = Duration::from_millis(4);

impl Usage {
    /// Begins to look at what `thread` does; `None` where there is nothing to look for, or the system does not tell.
    pub(super) fn begin(thread: &ThreadTimes, grant: Grant) -> Option<Self> {
        if grant.cpu_time.is_none() && grant.memory_bytes.is_none() {
            return None;
        }
        Some(Self { grant, cpu_before: thread.cpu()?, memory_before: resident_bytes()? })
    }

    /// The limit that the task has passed.
    pub(super) fn passed(&self, thread: &ThreadTimes) -> Option<Stop> {
        if let Some(limit) = self.grant.cpu_time
            && thread.cpu()?.saturating_sub(self.cpu_before) > limit
        {
            let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            return Some(Stop::Limit { which: "ms of CPU time", limit });
        }
        if let Some(limit) = self.grant.memory_bytes
            && resident_bytes()?.saturating_sub(self.memory_before) > limit
        {
            return Some(Stop::Limit { which: "bytes of memory", limit });
        }
        None
    }
}
