//! A part of a run whose targets are divided among several machines, and what it must tell the others
//! so that all parts together say what one run would have said.

use std::fmt;

use super::finding::{Evidence, Finding};
use super::suppressed::By;

/// The `number`th of so many parts, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// More parts there never are: GitLab has 200 at most.
    pub const MOST: u32 = 10_000;

    /// The `number`th of `of` parts; `None` when there is no such part.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        ((1..=of).contains(&number) && of <= Self::MOST).then_some(Self { number, of })
    }

    /// Reads `1/2`.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, of) = text.split_once('/')?;
        // A sign is no part of a number here.
        let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
        let read = |text: &str| text.parse().ok().filter(|_| digits(text));
        Self::new(read(number)?, read(of)?)
    }

    /// Which part it is.
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// True when the target at this place, from 0, belongs to the part. Every place belongs to one.
    pub fn owns(self, place: usize) -> bool {
        place % self.of as usize == self.number as usize - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// What a result of one shard says beside the result.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which shard.
    pub shard: Shard,
    /// The weakest evidence that is reported.
    pub evidence: Evidence,
    /// Secrets that are not reported: what another shard has found of them may change that.
    pub unreported: Vec<Unreported>,
    /// Fingerprints of secrets that were there before a change. Sorted.
    pub known: Vec<String>,
    /// What tells the list of targets that was divided from others.
    pub targets: String,
}

/// A secret that is not reported.
#[derive(Clone, Debug)]
pub struct Unreported {
    /// All that is known of it.
    pub finding: Finding,
    /// What has silenced it; `None` when its evidence is too weak.
    pub by: Option<By>,
}

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn every_target_belongs_to_one_shard() {
        for of in 1..9 {
            for place in 0..40 {
                let shards = (1..=of).filter_map(|number| Shard::new(number, of));
                assert_eq!(shards.filter(|shard| shard.owns(place)).count(), 1);
            }
        }
    }

    #[test]
    fn only_parts_that_there_are_can_be_typed() {
        for (text, expected) in [("1/1", true), ("2/3", true), ("3/3", true), ("007/10", true)] {
            assert_eq!(Shard::parse(text).is_some(), expected, "{text}");
        }
        for text in [
            "0/3", "4/3", "1/0", "1/10001", "0/0", "a/b", "1", "/", "1/", "+1/2", "-1/2", "1/2/3",
            " 1/2",
        ] {
            assert_eq!(Shard::parse(text), None, "{text}");
        }
        assert_eq!(Shard::parse("2/3").map(|it| it.to_string()).as_deref(), Some("2/3"));
    }
}
