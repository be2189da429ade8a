//! Virtual time: a tokio runtime whose clock stands still while anything can be done.
//!
//! tokio moves its stopped clock to the next timer when there is nothing else to do, in steps of a millisecond. Slaves
//! and networks are faster: the simulation hears of that moment first, and moves the clock by microseconds.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};

/// Microseconds in the smallest step of tokio's timers.
const TICK_US: u64 = 1000;

/// Where the simulation waits for its runtime to have nothing to do.
#[derive(Debug, Default)]
pub(super) struct Idle(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Unasked,
    Awaited(Waker),
    Reached,
}

impl Idle {
    /// The runtime is about to sleep.
    fn reach(&self) {
        let mut state = self.0.lock().unwrap();
        if let State::Awaited(waker) = std::mem::replace(&mut *state, State::Unasked) {
            *state = State::Reached;
            waker.wake();
        }
    }

    /// Waits until nothing can be done without letting time pass.
    pub(super) async fn wait(&self) {
        poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            if matches!(*state, State::Reached) {
                *state = State::Unasked;
                return Poll::Ready(());
            }
            *state = State::Awaited(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// A runtime with a clock that stands still, and where to wait for it to be idle.
pub(super) fn runtime() -> (Runtime, Arc<Idle>) {
    let idle = Arc::new(Idle::default());
    let hook = Arc::clone(&idle);
    let mut runtime = Builder::new_current_thread();
    runtime.enable_time().start_paused(true).on_thread_park(move || hook.reach());
    (runtime.build().unwrap(), idle)
}

/// Microseconds since `epoch`.
pub(super) fn since(epoch: Instant) -> u64 {
    u64::try_from(epoch.elapsed().as_micros()).unwrap()
}

/// Lets time pass up to `next_us`, or to an earlier tick at which a timer may be due. Whatever can be done now must be
/// done; `woken` ends the wait early.
pub(super) async fn pass(epoch: Instant, next_us: u64, woken: impl Future<Output = ()>) {
    let now_us = since(epoch);
    let tick_us = now_us - now_us % TICK_US;
    if next_us < tick_us + TICK_US {
        tokio::time::advance(Duration::from_micros(next_us.saturating_sub(now_us))).await;
    } else if now_us > tick_us {
        tokio::time::advance(Duration::from_micros(tick_us + TICK_US - now_us)).await;
    } else {
        // tokio goes from timer to timer by itself.
        let until = epoch + Duration::from_micros(next_us - next_us % TICK_US);
        tokio::select! {
            biased;
            () = woken => {}
            () = tokio::time::sleep_until(until) => {}
        }
    }
}
