//! What a slave grants its tasks.

use std::time::Duration;

/// The limits of a slave. A task's own options can tighten them, never loosen.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a task may run, whatever its deadline. Default: no limit.
    pub wall_time: Option<Duration>,
    /// How many bytes of what a task prints on its current output port are passed on to its master; the rest is
    /// dropped. Default: 64 KiB.
    pub printed_bytes: usize,
    /// How many templates are kept compiled. Default: 4,096.
    pub templates: usize,
    /// How many bytes their texts may have together. Default: 64 MiB.
    pub template_bytes: usize,
    /// The evaluator's native stack in bytes; memory is taken as it is used. Default: 256 MiB.
    pub stack_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_time: None,
            printed_bytes: 64 * 1024,
            templates: 4096,
            template_bytes: 64 * 1024 * 1024,
            stack_bytes: 256 * 1024 * 1024,
        }
    }
}
