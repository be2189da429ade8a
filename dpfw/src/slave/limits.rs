//! What a slave grants its tasks.

use std::time::Duration;

use dpfw_syntax::AdmitLimits;

use crate::wire::TaskLimits;

/// The limits of a slave. What passes one fails with `LimitExceeded`, which names it; the slave, its table and other tasks
/// go on. A task's own options can tighten those on what it takes, never loosen them: see
/// [`Task::memory_bytes`](crate::Task::memory_bytes) and its like.
///
/// Besides, and for all slaves alike, calls within calls end at 10,000,000, unless memory ends before; numbers at a
/// million bits; values at [`Value::DEPTH_MAX`](crate::Value::DEPTH_MAX) levels and
/// [`Value::NODES_MAX`](crate::Value::NODES_MAX) parts. The limits of links are in [`LinkConfig`](crate::LinkConfig).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a task may run, whatever its deadline. Default: no limit.
    pub wall_time: Option<Duration>,
    /// How long a task may compute, not counting what it waits. Noticed some milliseconds late; on Linux only. Default:
    /// no limit.
    pub cpu_time: Option<Duration>,
    /// By how many bytes the memory of the slave's process may grow while a task computes. Noticed some milliseconds
    /// late, in which a task can take some tens of megabytes more; on Linux only. Slaves of one process see each
    /// other's growth. What all tasks leave behind, the table above all, may take twice as much and 256 MiB, and half of
    /// [`child_memory`](crate::SlaveBuilder::child_memory): a supervised child that has grown by more is replaced between two
    /// tasks, any other says so by `tracing`. Default: 1 GiB.
    pub memory_bytes: Option<u64>,
    /// How many bytes a task may write on its port. Default: no limit; a task that writes faster than its master reads
    /// waits.
    pub output_bytes: Option<u64>,
    /// How many bytes the value of a task may have, encoded. Default: 256 MiB. A master may accept less. Values that
    /// masters have not read yet may take half of [`memory_bytes`](Self::memory_bytes) together, or as much as one.
    pub result_bytes: usize,
    /// How many entries the slave's table may have, and any other hash table. Default: 1,000,000.
    pub table_entries: usize,
    /// How many bytes of what a task prints on its current output port are passed on to its master; the rest is
    /// dropped. Default: 64 KiB.
    pub printed_bytes: usize,
    /// How deep the parentheses of a template may nest: its text for slaves, in which each definition and each form of
    /// more than one step is a level. Default: 2,000.
    pub template_depth: u32,
    /// How many words and lists a template may have, in its text for slaves. Default: 4,000,000.
    pub template_nodes: u32,
    /// How much there may be to compile of one template, as it is estimated: 200 for each word or list, the square of the
    /// number of variables around each procedure that procedures refer to, and some more. Default: 200,000,000, which
    /// take two or three seconds.
    pub template_effort: u64,
    /// How many templates are kept compiled. Default: 4,096.
    pub templates: usize,
    /// How many bytes their texts may have together. Default: 64 MiB.
    pub template_bytes: usize,
    /// The evaluator's native stack in bytes; memory is taken as it is used. Default: 256 MiB.
    pub stack_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let admit = AdmitLimits::default();
        Self {
            wall_time: None,
            cpu_time: None,
            memory_bytes: Some(1024 * 1024 * 1024),
            output_bytes: None,
            result_bytes: 256 * 1024 * 1024,
            table_entries: 1_000_000,
            printed_bytes: 64 * 1024,
            template_depth: admit.depth_max,
            template_nodes: admit.nodes_max,
            template_effort: admit.effort_max,
            templates: 4096,
            template_bytes: 64 * 1024 * 1024,
            stack_bytes: 256 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// How many bytes tasks may leave behind, in a process that may take `child_memory`. In that the next task needs room.
    pub(super) fn left_bytes(&self, child_memory: Option<u64>) -> Option<u64> {
        /// What tasks leave behind may take twice as much as one of them, and this.
        const LEFT_MIN: u64 = 256 * 1024 * 1024;
        let by_task = self.memory_bytes.map(|bytes| bytes.saturating_mul(2).saturating_add(LEFT_MIN));
        tighter(by_task, child_memory.map(|bytes| bytes / 2))
    }

    /// How many bytes of answers may wait for masters to read them, besides the last one.
    pub(super) fn answers_bytes(&self) -> usize {
        self.memory_bytes.map_or(usize::MAX, |bytes| usize::try_from(bytes / 2).unwrap_or(usize::MAX))
    }
}

/// What one task may take: what the slave grants, and less where its own options say so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grant {
    pub(super) cpu_time: Option<Duration>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) output_bytes: Option<u64>,
    pub(super) result_bytes: usize,
}

impl Grant {
    pub(super) fn new(limits: &Limits, own: &TaskLimits) -> Self {
        let result_bytes = own.result_bytes.map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        Self {
            cpu_time: tighter(limits.cpu_time, own.cpu_ms.map(Duration::from_millis)),
            memory_bytes: tighter(limits.memory_bytes, own.memory_bytes),
            output_bytes: tighter(limits.output_bytes, own.output_bytes),
            result_bytes: limits.result_bytes.min(result_bytes),
        }
    }
}

fn tighter<T: Ord>(first: Option<T>, second: Option<T>) -> Option<T> {
    first.into_iter().chain(second).min()
}
