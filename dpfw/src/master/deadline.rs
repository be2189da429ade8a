//! Deadlines that tasks inherit from the task in whose local procedure they are made.

use std::{future::Future, time::Instant};

tokio::task_local! {
    static DEADLINE: Option<Instant>;
}

/// Runs `future` so that tasks which it makes end by `deadline`.
pub(super) async fn inherit<F: Future>(deadline: Option<Instant>, future: F) -> F::Output {
    DEADLINE.scope(deadline, future).await
}

/// The deadline of the task whose local procedure calls this.
pub(super) fn inherited() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok().flatten()
}
