//! Runs local procedures.

use std::{
    any::Any,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use futures::FutureExt;

use super::{
    InputPort, OutputPort, Result, deadline,
    pending::{LocalEnd, LocalError},
};

/// A local procedure that has its ports; it stores its value itself.
pub(super) type LocalFuture = Pin<Box<dyn Future<Output = Result<()>> + Send>>;
/// A local procedure that waits for its ports.
pub(super) type LocalStart = Box<dyn FnOnce(InputPort, OutputPort) -> LocalFuture + Send>;

/// Where a local procedure leaves its value.
pub(super) type Slot<T> = Arc<Mutex<Option<T>>>;

/// Wraps `local` so that its value goes into a slot.
pub(super) fn prepare<T, F, Fut>(local: F) -> (LocalStart, Slot<T>)
where
    F: FnOnce(InputPort, OutputPort) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    let slot = Slot::default();
    let filled = Arc::clone(&slot);
    let start: LocalStart = Box::new(move |input, output| {
        let future = local(input, output);
        Box::pin(async move {
            let value = future.await?;
            *filled.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        })
    });
    (start, slot)
}

/// Runs a local procedure to its end and reports it. Tasks that it makes inherit its deadline.
pub(super) async fn run(start: LocalStart, end: LocalEnd, until: Option<Instant>) {
    let (input, output) = end.ports();
    let running = deadline::inherit(until, async move { start(input, output).await });
    let error = match AssertUnwindSafe(running).catch_unwind().await {
        Ok(result) => result.err(),
        Err(panic) => Some(panicked(&*panic)),
    };
    end.report(error);
}

fn panicked(panic: &(dyn Any + Send)) -> LocalError {
    let words = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words");
    format!("the local procedure panicked: {words}").into()
}
