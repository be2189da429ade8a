//! [`Strangers`]: those who dialled in and have not introduced themselves.

use std::collections::VecDeque;

/// So many there are at most: with more, the oldest is given up. An honest one takes milliseconds, and all of them together
/// take half of the files that a process may usually open.
pub(crate) const STRANGERS_MAX: usize = 512;

/// Strangers, and some who were and are none any more, from the oldest.
#[derive(Debug)]
pub(crate) struct Strangers<T>(VecDeque<T>);

impl<T> Default for Strangers<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Strangers<T> {
    /// Notes another one; gives the oldest of those who are strangers still if there are too many.
    pub(crate) fn admit(&mut self, newcomer: T, is_stranger: impl Fn(&T) -> bool) -> Option<T> {
        self.0.push_back(newcomer);
        if self.0.len() > STRANGERS_MAX {
            self.0.retain(is_stranger);
        }
        if self.0.len() > STRANGERS_MAX { self.0.pop_front() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_stranger_makes_room_and_nobody_else() {
        let mut strangers = Strangers::default();
        assert!((0..STRANGERS_MAX).all(|number| strangers.admit(number, |_| true).is_none()));
        // The first has introduced itself.
        assert_eq!(strangers.admit(STRANGERS_MAX, |number| *number != 0), None);
        assert_eq!(strangers.admit(STRANGERS_MAX + 1, |_| true), Some(1));
    }
}
