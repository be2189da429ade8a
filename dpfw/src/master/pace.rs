//! [`Pace`]: how fast a slave answers, and hence how many tasks it may have at once.

use std::time::{Duration, Instant};

use crate::clock;

/// A slave has work for so long before it, so that neither side waits for the other; twice the time of a message there
/// and back, where that is more.
const AHEAD_MIN: Duration = Duration::from_millis(1);
/// A slave has at most so many tasks at once.
const TASKS_MAX: u32 = 256;
/// Answers come in batches: shorter times than this say nothing of one task.
const MEASURED_MIN: Duration = Duration::from_micros(100);

/// How fast a slave answers.
#[derive(Debug)]
pub(super) struct Pace {
    /// The shortest time in which a task was there and back.
    round_trip: Option<Duration>,
    /// Set while the task runs that was sent to the idle slave.
    alone_since: Option<Instant>,
    since: Instant,
    answers: u32,
    /// How long a task takes, lately.
    each: Option<Duration>,
    /// The slave has not answered for a while: it gets no more tasks until it does.
    stalled: bool,
    /// It has answered since the last look.
    answered: bool,
    tasks_max: u32,
}

impl Pace {
    /// The pace of a slave that accepts so many tasks at once.
    pub(super) fn new(tasks_max: u32) -> Self {
        Self {
            round_trip: None,
            alone_since: None,
            since: clock::now(),
            answers: 0,
            each: None,
            stalled: false,
            answered: false,
            tasks_max: tasks_max.clamp(1, TASKS_MAX),
        }
    }

    /// The slave was idle and has a task.
    pub(super) fn begin(&mut self, now: Instant) {
        self.alone_since = Some(now);
        self.since = now;
        self.answers = 0;
        self.answered = true;
    }

    /// A task has ended.
    pub(super) fn answer(&mut self, now: Instant) {
        self.stalled = false;
        self.answered = true;
        if let Some(since) = self.alone_since.take() {
            let took = now.duration_since(since);
            self.round_trip = Some(self.round_trip.map_or(took, |shortest| shortest.min(took)));
        }
        self.answers += 1;
        let elapsed = now.duration_since(self.since);
        if elapsed < MEASURED_MIN && self.each.is_some() {
            return;
        }
        let each = elapsed / self.answers;
        // Half of it is news: a pace that changes is followed within some answers.
        self.each = Some(self.each.map_or(each, |before| (before + each) / 2));
        self.since = now;
        self.answers = 0;
    }

    /// How many tasks the slave may have at once: one, until it is known how long they take.
    pub(super) fn tasks_max(&self) -> usize {
        let (Some(each), false) = (self.each, self.stalled) else { return 1 };
        let ahead = AHEAD_MIN.max(self.round_trip.unwrap_or_default() * 2);
        let tasks = ahead.as_nanos() / each.as_nanos().max(1);
        usize::try_from(tasks.saturating_add(1).min(u128::from(self.tasks_max))).unwrap_or(1)
    }

    /// Looks whether the slave has answered since the last look; if not it is stalled from now on.
    pub(super) fn is_stalled(&mut self) -> bool {
        self.stalled |= !self.answered;
        self.answered = false;
        self.stalled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pace after so many answers, one every `each`.
    fn steady(each: Duration, answers: u32) -> Pace {
        let mut pace = Pace::new(u32::MAX);
        let mut now = clock::now();
        pace.begin(now);
        for _ in 0..answers {
            now += each;
            pace.answer(now);
        }
        pace
    }

    #[test]
    fn short_tasks_are_sent_ahead_and_long_ones_are_not() {
        assert_eq!(Pace::new(100).tasks_max(), 1);
        assert_eq!(steady(Duration::from_micros(3), 1000).tasks_max(), 256);
        assert_eq!(steady(Duration::from_micros(100), 100).tasks_max(), 11);
        // The round trip is not known better than by the task itself.
        assert_eq!(steady(Duration::from_millis(10), 10).tasks_max(), 3);
    }

    #[test]
    fn a_slave_says_how_many_it_accepts() {
        let mut pace = Pace::new(4);
        let now = clock::now();
        pace.begin(now);
        pace.answer(now + Duration::from_micros(1));
        assert_eq!(pace.tasks_max(), 4);
    }

    #[test]
    fn a_slave_that_does_not_answer_gets_no_more() {
        let mut pace = steady(Duration::from_micros(3), 1000);
        assert!(!pace.is_stalled());
        assert!(pace.is_stalled());
        assert_eq!(pace.tasks_max(), 1);
        pace.answer(clock::now() + Duration::from_secs(1));
        assert!(!pace.is_stalled());
    }
}
