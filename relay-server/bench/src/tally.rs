//! What became of messages: each is to come once, in order. Anything else fails the run.

use std::collections::BTreeSet;
use std::iter::Sum;
use std::ops::Add;

use serde::Serialize;

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Messages that were to come.
    pub expected: u64,
    /// Those that did not.
    pub lost: u64,
    /// Those that came again.
    pub doubled: u64,
    /// Those that came behind a later one.
    pub misordered: u64,
}

impl Tally {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        (self.lost, self.doubled, self.misordered) == (0, 0, 0)
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            expected: self.expected + other.expected,
            lost: self.lost + other.lost,
            doubled: self.doubled + other.doubled,
            misordered: self.misordered + other.misordered,
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// Numbers that are to come one after the other.
#[derive(Debug, Clone, Default)]
pub struct Sequence {
    /// The highest that came.
    pub last: u64,
    missing: BTreeSet<u64>,
    doubled: u64,
    misordered: u64,
}

impl Sequence {
    /// The numbers behind `last`.
    pub fn after(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// A number came.
    pub fn see(&mut self, number: u64) {
        if number > self.last {
            self.missing.extend(self.last + 1..number);
            self.last = number;
        } else if self.missing.remove(&number) {
            self.misordered += 1;
        } else {
            self.doubled += 1;
        }
    }

    /// What is wrong with them, where `count` were to come, the last of them `end`.
    pub fn tally(&self, count: u64, end: u64) -> Tally {
        let unseen = end.saturating_sub(self.last);
        let lost = self.missing.len() as u64 + unseen;
        Tally { expected: count, lost, doubled: self.doubled, misordered: self.misordered }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(numbers: &[u64], end: u64) -> (u64, u64, u64) {
        let mut sequence = Sequence::after(10);
        numbers.iter().for_each(|number| sequence.see(*number));
        let Tally { lost, doubled, misordered, .. } = sequence.tally(end - 10, end);
        (lost, doubled, misordered)
    }

    #[test]
    fn what_is_lost_doubled_or_out_of_order_is_counted() {
        assert_eq!(tally(&[11, 12, 13], 13), (0, 0, 0));
        assert_eq!(tally(&[11, 13], 13), (1, 0, 0));
        assert_eq!(tally(&[11, 12], 14), (2, 0, 0));
        assert_eq!(tally(&[11, 12, 12, 13], 13), (0, 1, 0));
        assert_eq!(tally(&[12, 11, 13], 13), (0, 0, 1));
        assert_eq!(tally(&[13, 11, 11], 13), (1, 1, 1));
    }
}
