//! Medians, percentiles and ratios of what was measured in turns.

use std::time::Duration;

/// What one side gave, round by round.
#[derive(Debug, Default)]
pub(crate) struct Side {
    rounds: Vec<Vec<f64>>,
}

impl Side {
    pub(crate) fn add(&mut self, round: Vec<f64>) {
        self.rounds.push(round);
    }

    pub(crate) fn len(&self) -> usize {
        self.rounds.iter().map(Vec::len).sum()
    }

    pub(crate) fn median(&self) -> f64 {
        median(self.rounds.concat())
    }

    pub(crate) fn p99(&self) -> f64 {
        at_percent(self.rounds.concat(), 99)
    }

    /// This side by the other: the median of the rounds' ratios, since what slows a round down slows both sides.
    pub(crate) fn ratio_to(&self, other: &Self) -> f64 {
        let pairs = self.rounds.iter().zip(&other.rounds);
        median(pairs.map(|(ours, theirs)| median(ours.clone()) / median(theirs.clone())).collect())
    }
}

/// The value in the middle, or between the two that are; NaN if there are none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.get(values.len().saturating_sub(1) / 2..=values.len() / 2);
    middle.map_or(f64::NAN, |middle| middle.iter().sum::<f64>() / middle.len() as f64)
}

/// The value that `percent` of `values` are below; NaN if there are none.
fn at_percent(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() * percent / 100).copied().unwrap_or(f64::NAN)
}

pub(crate) fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
