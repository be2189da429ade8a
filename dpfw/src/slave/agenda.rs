//! [`Agenda`]: which links have something to do, so that those which have not cost a task nothing, however many there are.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Instant,
};

use foldhash::{HashMap, HashSet};
use mio::Token;

use crate::transport::Strangers;

/// What there is to do, by link. A link that has ended may still be named: whoever finds it there passes it over.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// Links with tasks that may be able to start, in whose turn it is.
    pub(super) turns: Line,
    /// Links with tasks whose masters are to read the answers to others first.
    pub(super) held: Line,
    /// Links whose sockets may hold more than was read.
    pub(super) unread: Line,
    /// Links that may have something to say.
    pub(super) unsaid: Line,
    /// When each link is to be looked at next.
    pub(super) alarms: Alarms,
    /// Links whose peers have not introduced themselves.
    pub(super) strangers: Strangers<Token>,
}

/// A queue in which each link stands once at most.
#[derive(Debug, Default)]
pub(super) struct Line {
    queue: VecDeque<Token>,
    standing: HashSet<Token>,
}

impl Line {
    pub(super) fn push(&mut self, token: Token) {
        if self.standing.insert(token) {
            self.queue.push_back(token);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Token> {
        let token = self.queue.pop_front()?;
        self.standing.remove(&token);
        Some(token)
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Token> {
        self.queue.iter()
    }
}

/// One time for each link, the earliest first.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    times: BTreeSet<(Instant, Token)>,
    of: HashMap<Token, Instant>,
}

impl Alarms {
    /// Sees to it that `token` is looked at by `at`. Where it would be earlier, that stays: a time that moves on with each
    /// byte heard costs nothing until it comes.
    pub(super) fn by(&mut self, token: Token, at: Instant) {
        match self.of.get(&token) {
            Some(set) if *set <= at => return,
            Some(set) => self.times.remove(&(*set, token)),
            None => false,
        };
        self.of.insert(token, at);
        self.times.insert((at, token));
    }

    pub(super) fn remove(&mut self, token: Token) {
        if let Some(at) = self.of.remove(&token) {
            self.times.remove(&(at, token));
        }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.times.first().map(|(at, _)| *at)
    }

    /// The first link whose time has come; it has none any more.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Token> {
        let (at, token) = *self.times.first()?;
        (at <= now).then(|| {
            self.remove(token);
            token
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_link_stands_in_a_line_once() {
        let mut line = Line::default();
        for n in [1, 2, 1, 3, 2] {
            line.push(Token(n));
        }
        assert_eq!(line.pop(), Some(Token(1)));
        line.push(Token(1));
        assert_eq!(std::iter::from_fn(|| line.pop()).collect::<Vec<_>>(), [2, 3, 1].map(Token));
        assert!(line.is_empty());
    }

    #[test]
    fn an_alarm_moves_to_earlier_times_only() {
        let now = Instant::now();
        let later = |seconds| now + Duration::from_secs(seconds);
        let mut alarms = Alarms::default();
        alarms.by(Token(1), later(5));
        alarms.by(Token(2), later(4));
        alarms.by(Token(1), later(2));
        alarms.by(Token(1), later(9));
        assert_eq!(alarms.next(), Some(later(2)));
        assert_eq!(alarms.take_due(later(1)), None);
        assert_eq!(alarms.take_due(later(3)), Some(Token(1)));
        alarms.by(Token(1), later(9));
        alarms.remove(Token(2));
        assert_eq!(alarms.take_due(later(8)), None);
        assert_eq!(alarms.take_due(later(9)), Some(Token(1)));
        assert_eq!(alarms.next(), None);
    }
}
