//! [`Map`]: the results of many tasks, as a stream.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{
    Stream, StreamExt,
    stream::{FuturesOrdered, FuturesUnordered},
};
use serde::de::DeserializeOwned;

use super::{Master, Promise, TaskError};
use crate::Task;

/// A stream of the results of tasks, one for each item of an iterator; made by [`Master::map`].
///
/// Items are taken as results are read, so that a slow reader slows the slaves down and ten million items need no more
/// memory than those in flight. Dropping the stream cancels the tasks in flight.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Map<T, I, F> {
    master: Master,
    items: I,
    make: F,
    running: Running<T>,
    running_max: usize,
    exhausted: bool,
}

enum Running<T> {
    Ordered(FuturesOrdered<Promise<T>>),
    Unordered(FuturesUnordered<Promise<T>>),
}

/// Tasks in flight unless [`Map::buffered`] or [`Map::unordered`] says otherwise.
const RUNNING_MAX: usize = 256;

impl<T, I, F> Map<T, I, F> {
    pub(super) fn new(master: Master, items: I, make: F) -> Self {
        let running = Running::Ordered(FuturesOrdered::new());
        Self { master, items, make, running, running_max: RUNNING_MAX, exhausted: false }
    }

    /// Gives results in the order of the items, with at most `tasks` in flight (at least one; 256 by default).
    pub fn buffered(mut self, tasks: usize) -> Self {
        self.running = Running::Ordered(FuturesOrdered::new());
        self.running_max = tasks.max(1);
        self
    }

    /// Gives results as they come, with at most `tasks` in flight (at least one).
    pub fn unordered(mut self, tasks: usize) -> Self {
        self.running = Running::Unordered(FuturesUnordered::new());
        self.running_max = tasks.max(1);
        self
    }
}

impl<T> Running<T> {
    fn len(&self) -> usize {
        match self {
            Self::Ordered(running) => running.len(),
            Self::Unordered(running) => running.len(),
        }
    }

    fn push(&mut self, promise: Promise<T>) {
        match self {
            Self::Ordered(running) => running.push_back(promise),
            Self::Unordered(running) => running.push(promise),
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, TaskError>>> {
        match self {
            Self::Ordered(running) => running.poll_next_unpin(cx),
            Self::Unordered(running) => running.poll_next_unpin(cx),
        }
    }
}

// The iterator and the closure are called, never pinned.
impl<T, I, F> Unpin for Map<T, I, F> {}

impl<T, I, F> Stream for Map<T, I, F>
where
    T: DeserializeOwned,
    I: Iterator,
    F: FnMut(I::Item) -> Task,
{
    type Item = Result<T, TaskError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.exhausted && this.running.len() < this.running_max {
            match this.items.next() {
                Some(item) => this.running.push(this.master.run((this.make)(item))),
                None => this.exhausted = true,
            }
        }
        this.running.poll_next(cx)
    }
}

impl<T, I, F> fmt::Debug for Map<T, I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("running", &self.running.len()).finish_non_exhaustive()
    }
}
