//! What happened in a simulation, line by line.

use std::{
    collections::VecDeque,
    fmt::{self, Write},
    hash::{DefaultHasher, Hasher},
};

/// Lines that are kept for whoever looks into a failure.
const TAIL_LINES: usize = 400;

/// The lines of a simulation: all of them as a hash, the last ones as they are.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// To write lines takes as long as a good part of what they tell of.
    is_kept: bool,
    hasher: DefaultHasher,
    tail: VecDeque<String>,
    length: u64,
}

impl Trace {
    pub(super) fn new(is_kept: bool) -> Self {
        Self { is_kept, ..Self::default() }
    }

    /// Adds a line.
    pub(super) fn note(&mut self, now_us: u64, what: fmt::Arguments<'_>) {
        self.length += 1;
        if !self.is_kept {
            return;
        }
        let mut line = if self.tail.len() == TAIL_LINES { self.tail.pop_front() } else { None }.unwrap_or_default();
        line.clear();
        write!(line, "{:>9}.{:03} {what}", now_us / 1000, now_us % 1000).expect("strings take everything");
        self.hasher.write(line.as_bytes());
        self.tail.push_back(line);
    }

    /// How many lines there were, and a hash of them.
    pub(super) fn digest(&self) -> (u64, u64) {
        (self.length, self.hasher.finish())
    }

    /// The last lines.
    pub(super) fn tail(&self) -> String {
        self.tail.iter().fold(String::new(), |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        })
    }
}
