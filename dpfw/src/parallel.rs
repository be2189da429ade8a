//! The future of `parallel!`: all of several promises, or the first error.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::TaskError;

/// Waits for all promises of a tuple; the first error drops the others, which cancels their tasks.
#[derive(Debug)]
#[must_use = "dropping it cancels the tasks"]
pub struct Parallel<S>(Option<S>);

/// Makes the future of a tuple of promises.
pub fn parallel<P: Promises>(promises: P) -> Parallel<P::Slots> {
    Parallel(Some(promises.into_slots()))
}

/// A tuple of promises.
pub trait Promises {
    /// The same tuple, with room for the results.
    type Slots: Slots;

    /// Makes room for the results.
    fn into_slots(self) -> Self::Slots;
}

/// A tuple of promises, each kept or not.
pub trait Slots {
    /// The tuple of results.
    type Output;

    /// Polls what is pending. After an error or the results it must not be polled again.
    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Result<Self::Output, TaskError>>;
}

/// One promise and, once it is kept, its result.
#[derive(Debug)]
pub enum Slot<F, T> {
    /// Not kept yet.
    Pending(F),
    /// Kept.
    Done(T),
    /// Given away with the results of all.
    Taken,
}

// Promises are `Unpin`, and the results are moved, never pinned.
impl<S> Unpin for Parallel<S> {}

impl<S: Slots> Future for Parallel<S> {
    type Output = Result<S::Output, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let slots = self.0.as_mut().expect("polled after its end");
        let result = slots.poll_all(cx);
        if result.is_ready() {
            self.0 = None;
        }
        result
    }
}

impl<F: Future<Output = Result<T, TaskError>> + Unpin, T> Slot<F, T> {
    /// Whether the promise is kept.
    fn poll(&mut self, cx: &mut Context<'_>) -> Result<bool, TaskError> {
        if let Self::Pending(promise) = self {
            match Pin::new(promise).poll(cx) {
                Poll::Ready(result) => *self = Self::Done(result?),
                Poll::Pending => return Ok(false),
            }
        }
        Ok(true)
    }

    fn take(&mut self) -> T {
        match std::mem::replace(self, Self::Taken) {
            Self::Done(result) => result,
            Self::Pending(_) | Self::Taken => unreachable!("results are taken once, when all are there"),
        }
    }
}

macro_rules! tuples {
    ($(($($future:ident $result:ident $index:tt),+);)+) => {$(
        impl<$($future, $result),+> Promises for ($($future,)+)
        where
            $($future: Future<Output = Result<$result, TaskError>> + Unpin,)+
        {
            type Slots = ($(Slot<$future, $result>,)+);

            fn into_slots(self) -> Self::Slots {
                ($(Slot::Pending(self.$index),)+)
            }
        }

        impl<$($future, $result),+> Slots for ($(Slot<$future, $result>,)+)
        where
            $($future: Future<Output = Result<$result, TaskError>> + Unpin,)+
        {
            type Output = ($($result,)+);

            fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Result<Self::Output, TaskError>> {
                let mut is_done = true;
                $(is_done &= self.$index.poll(cx).map_err(|error| error.with_index($index))?;)+
                if is_done { Poll::Ready(Ok(($(self.$index.take(),)+))) } else { Poll::Pending }
            }
        }
    )+};
}

tuples! {
    (F0 T0 0);
    (F0 T0 0, F1 T1 1);
    (F0 T0 0, F1 T1 1, F2 T2 2);
    (F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3);
    (F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3, F4 T4 4);
    (F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3, F4 T4 4, F5 T5 5);
    (F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3, F4 T4 4, F5 T5 5, F6 T6 6);
    (F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3, F4 T4 4, F5 T5 5, F6 T6 6, F7 T7 7);
    (F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3, F4 T4 4, F5 T5 5, F6 T6 6, F7 T7 7, F8 T8 8);
    (F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3, F4 T4 4, F5 T5 5, F6 T6 6, F7 T7 7, F8 T8 8, F9 T9 9);
    (F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3, F4 T4 4, F5 T5 5, F6 T6 6, F7 T7 7, F8 T8 8, F9 T9 9, F10 T10 10);
    (F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3, F4 T4 4, F5 T5 5, F6 T6 6, F7 T7 7, F8 T8 8, F9 T9 9, F10 T10 10, F11 T11 11);
}
