//! [`Printed`]: what the tasks of one slave print, as it comes to the log.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use super::{SlaveId, pending::Pending};
use crate::clock;

/// What a slave may print at once, as it is counted.
const BURST_MAX: usize = 8 * 1024 * 1024;
/// What it may print in a second in the long run.
const BYTES_PER_SECOND: usize = 1024 * 1024;
/// What a line counts for besides its bytes: about what a log says around it.
const LINE_BYTES: usize = 100;

/// What a slave's tasks print. A slave cuts what each of its tasks prints; one that does not, since it lies, fills no
/// disk with it.
#[derive(Debug)]
pub(super) struct Printed(Mutex<Allowance>);

#[derive(Debug)]
struct Allowance {
    left: usize,
    counted: Instant,
    /// Something was dropped since all was well.
    is_passed: bool,
}

impl Default for Printed {
    fn default() -> Self {
        Self(Mutex::new(Allowance { left: BURST_MAX, counted: clock::now(), is_passed: false }))
    }
}

impl Printed {
    /// Logs what a task has printed, as far as its slave may.
    pub(super) fn log(&self, slave: SlaveId, pending: &Pending, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let place = pending.task.place();
        let label = pending.task.options().label.as_deref();
        let now = clock::now();
        for line in text.lines() {
            match self.take(LINE_BYTES + line.len(), now) {
                Taken::Allowed => tracing::info!(target: "dpfw::task", %slave, %place, label, "{line}"),
                Taken::FirstDropped => {
                    tracing::warn!(%slave, "its tasks print more than a megabyte a second: what is more is dropped");
                    return;
                }
                Taken::Dropped => return,
            }
        }
    }

    fn take(&self, bytes: usize, now: Instant) -> Taken {
        let mut allowance = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        allowance.refill(now);
        match allowance.left.checked_sub(bytes) {
            Some(left) => {
                allowance.left = left;
                Taken::Allowed
            }
            None if std::mem::replace(&mut allowance.is_passed, true) => Taken::Dropped,
            None => Taken::FirstDropped,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Allowed,
    FirstDropped,
    Dropped,
}

impl Allowance {
    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.counted);
        let millis = usize::try_from(passed.as_millis()).unwrap_or(usize::MAX);
        let more = millis.saturating_mul(BYTES_PER_SECOND / 1000);
        if more > 0 {
            self.left = self.left.saturating_add(more).min(BURST_MAX);
            self.counted = now;
        }
        // One complaint until it has been quiet for long.
        self.is_passed &= self.left < BURST_MAX;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_prints_without_end_is_cut_to_a_rate_and_named_once() {
        let printed = Printed::default();
        let start = clock::now();
        let second = |number: u64| {
            let now = start + Duration::from_secs(number);
            let taken: Vec<_> = (0..20_000).map(|_| printed.take(1024, now)).collect();
            let count = |wanted| taken.iter().filter(|taken| **taken == wanted).count();
            (count(Taken::Allowed), count(Taken::FirstDropped))
        };
        assert_eq!(second(0), (BURST_MAX / 1024, 1));
        let (allowed, named) = second(1);
        assert!((900..=1024).contains(&allowed), "{allowed}");
        assert_eq!(named, 0);
        assert_eq!(second(100), (BURST_MAX / 1024, 1));
    }
}
