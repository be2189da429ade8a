//! The clock of masters.

use std::time::Instant;

/// The time, as tokio's timers count it: a test that stops tokio's clock stops this one too.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
