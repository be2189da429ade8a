//! [`Line`]: who waits for a slave, in order of arrival.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::oneshot;

use super::{guard::Reservation, pending::Pending, slave_link::SlaveLink};

/// Who waits. Tasks that need the same procedures have one queue, so that a task which no idle slave can run is not
/// looked at again and again by those who wait behind it.
#[derive(Debug, Default)]
pub(super) struct Line {
    queues: Vec<Queue>,
    length: usize,
    turns: u64,
    /// How many have been given up by whoever wanted them, at most.
    given_up: usize,
}

#[derive(Debug)]
struct Queue {
    /// The procedures that a slave must have beyond the language.
    needs: Vec<String>,
    /// By turn.
    waiting: VecDeque<(u64, Waiting)>,
}

/// Somebody who waits for a slave.
#[derive(Debug)]
pub(super) enum Waiting {
    Task(Arc<Pending>),
    Guard(oneshot::Sender<Reservation>),
}

/// A queue in the line; good until the line is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

/// Below this, entries that were given up are not worth a sweep.
const GIVEN_UP_MIN: usize = 64;

impl Waiting {
    fn is_given_up(&self) -> bool {
        match self {
            Self::Task(pending) => pending.is_settled(),
            Self::Guard(sender) => sender.is_closed(),
        }
    }

    /// The procedures that its slave must have beyond the language.
    fn needs(&self) -> impl Iterator<Item = &str> {
        let task = match self {
            Self::Task(pending) => Some(pending.task.template().externs()),
            Self::Guard(_) => None,
        };
        task.into_iter().flatten()
    }

    /// Whether a busy slave may be sent it.
    pub(super) fn may_go_ahead(&self) -> bool {
        match self {
            Self::Task(pending) => pending.may_go_ahead(),
            Self::Guard(_) => false,
        }
    }

    /// Whether every slave has what it needs.
    pub(super) fn is_served_by_all(&self) -> bool {
        self.needs().next().is_none()
    }

    /// Whether `slave` has what it needs.
    pub(super) fn is_served_by(&self, slave: &SlaveLink) -> bool {
        match self {
            Self::Task(pending) => slave.missing(pending.task.template()).is_none(),
            Self::Guard(_) => true,
        }
    }
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Looks whether what is counted is right, for the simulation.
    #[cfg(test)]
    pub(super) fn audit(&self) -> Result<(), String> {
        let length = self.queues.iter().map(|queue| queue.waiting.len()).sum::<usize>();
        if length != self.length {
            return Err(format!("{length} wait, and not {}", self.length));
        }
        let waiting = self.queues.iter().flat_map(|queue| &queue.waiting);
        let given_up = waiting.filter(|(_, waiting)| waiting.is_given_up()).count();
        if given_up > self.given_up {
            return Err(format!("{given_up} have given up, and only {} are known to have", self.given_up));
        }
        Ok(())
    }

    /// The first in each queue who has not given up, for the simulation.
    #[cfg(test)]
    pub(super) fn fronts(&self) -> impl Iterator<Item = &Waiting> {
        self.queues.iter().filter_map(|queue| {
            let mut waiting = queue.waiting.iter().map(|(_, waiting)| waiting);
            waiting.find(|waiting| !waiting.is_given_up())
        })
    }

    /// Adds somebody: a task that had its turn before has it again, before those who came later.
    pub(super) fn add(&mut self, waiting: Waiting) {
        self.turns += 1;
        let turn = match &waiting {
            Waiting::Task(pending) => pending.turn(self.turns),
            Waiting::Guard(_) => self.turns,
        };
        let index = self.queues.iter().position(|queue| waiting.needs().eq(queue.needs.iter().map(String::as_str)));
        let index = index.unwrap_or_else(|| {
            let needs = waiting.needs().map(str::to_owned).collect();
            self.queues.push(Queue { needs, waiting: VecDeque::new() });
            self.queues.len() - 1
        });
        let queue = &mut self.queues[index];
        let position = match queue.waiting.back() {
            Some((last, _)) if *last > turn => queue.waiting.partition_point(|(other, _)| *other < turn),
            _ => queue.waiting.len(),
        };
        queue.waiting.insert(position, (turn, waiting));
        self.length += 1;
    }

    /// Where the first waits, leaving out some queues.
    pub(super) fn first(&mut self, without: &[Place]) -> Option<Place> {
        loop {
            let queues = self.queues.iter().enumerate().filter(|(index, _)| !without.contains(&Place(*index)));
            let fronts = queues.filter_map(|(index, queue)| Some((index, queue.waiting.front()?)));
            let (index, (_, first)) = fronts.min_by_key(|(_, (turn, _))| *turn)?;
            if first.is_given_up() {
                self.given_up = self.given_up.saturating_sub(1);
                self.take(Place(index));
                continue;
            }
            return Some(Place(index));
        }
    }

    /// The first of a queue.
    pub(super) fn at(&self, Place(index): Place) -> Option<&Waiting> {
        Some(&self.queues.get(index)?.waiting.front()?.1)
    }

    /// Whether `slave` has what the first of one of these queues needs.
    pub(super) fn serves(&self, places: &[Place], slave: &SlaveLink) -> bool {
        places.iter().filter_map(|place| self.at(*place)).any(|first| first.is_served_by(slave))
    }

    /// Takes the first of a queue out.
    pub(super) fn take(&mut self, Place(index): Place) -> Option<Waiting> {
        let (_, waiting) = self.queues.get_mut(index)?.waiting.pop_front()?;
        self.length -= 1;
        Some(waiting)
    }

    /// Forgets the queues in which nobody waits.
    pub(super) fn tidy(&mut self) {
        self.queues.retain(|queue| !queue.waiting.is_empty() || queue.needs.is_empty());
    }

    /// Takes those out of whose needs `pick` says something, each with what it says.
    pub(super) fn take_where<T: Clone>(&mut self, pick: impl Fn(&[String]) -> Option<T>) -> Vec<(Waiting, T)> {
        let mut taken = Vec::new();
        for queue in &mut self.queues {
            if let Some(why) = pick(&queue.needs) {
                self.length -= queue.waiting.len();
                taken.extend(queue.waiting.drain(..).map(|(_, waiting)| (waiting, why.clone())));
            }
        }
        taken
    }

    /// Notes that somebody who waits may have given up.
    pub(super) fn note_given_up(&mut self) {
        self.given_up += 1;
        if self.given_up > GIVEN_UP_MIN && self.given_up > self.length / 2 {
            for queue in &mut self.queues {
                queue.waiting.retain(|(_, waiting)| !waiting.is_given_up());
            }
            self.length = self.queues.iter().map(|queue| queue.waiting.len()).sum();
            self.given_up = 0;
        }
    }
}
