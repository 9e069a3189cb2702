//! What was read, what was left out and why, what failed. Part of every result: "nothing found"
//! is a claim about what was read, and this is its proof.

use std::collections::{BTreeMap, BTreeSet};

/// A number of texts and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// How many bytes, all together.
    pub bytes: u64,
}

impl Tally {
    /// Adds one text.
    pub fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }

    fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// What kind of thing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Files on disk.
    Files,
    /// Blobs in the index.
    Index,
    /// Objects of a repository.
    Objects,
    /// Standard input.
    Stdin,
}

impl Part {
    /// All parts, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Files, Self::Index, Self::Objects, Self::Stdin];

    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Index => "index",
            Self::Objects => "objects",
            Self::Stdin => "stdin",
        }
    }
}

/// Why something was left out on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// The operator excluded it by a glob.
    Excluded,
    /// The operator's settings exclude it.
    ExcludedBySettings,
    /// The settings of the repository itself exclude it.
    ExcludedByRepository,
    /// Larger than the operator's limit. Makes the result incomplete: no path was named.
    TooLarge,
    /// A pipe, socket or device: it stores no text.
    NotAFile,
    /// A repository inside the target, whose history was not asked for.
    NestedHistory,
    /// A submodule, whose content is another repository's.
    Submodule,
    /// A pointer to a file that Git LFS keeps elsewhere.
    LfsContent,
}

impl Skip {
    /// All reasons.
    pub const ALL: [Self; 8] = [
        Self::Excluded,
        Self::ExcludedBySettings,
        Self::ExcludedByRepository,
        Self::TooLarge,
        Self::NotAFile,
        Self::NestedHistory,
        Self::Submodule,
        Self::LfsContent,
    ];

    /// The words for it in reports.
    pub fn words(self) -> &'static str {
        match self {
            Self::Excluded => "excluded by --exclude",
            Self::ExcludedBySettings => "excluded by your settings",
            Self::ExcludedByRepository => "excluded by the repository's .stanch.toml",
            Self::TooLarge => "larger than --max-file-size",
            Self::NotAFile => "a pipe, socket or device",
            Self::NestedHistory => "history of a repository inside the target",
            Self::Submodule => "submodule",
            Self::LfsContent => "content that Git LFS keeps elsewhere",
        }
    }

    /// True when settings name it, which nobody had before their eyes when the scan was started.
    pub fn is_by_settings(self) -> bool {
        matches!(self, Self::ExcludedBySettings | Self::ExcludedByRepository)
    }

    /// True when something that may hold secrets was not read although nobody named it.
    pub fn leaves_a_gap(self) -> bool {
        matches!(self, Self::TooLarge)
    }
}

/// Names of things, counted in full but kept only up to a limit: the first in order, so that
/// what is listed does not depend on threads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub kept: BTreeSet<Vec<u8>>,
}

impl Names {
    const LIMIT: usize = 100;

    fn add(&mut self, name: &[u8]) {
        self.count += 1;
        self.kept.insert(name.to_vec());
        self.trim();
    }

    fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.kept.extend(other.kept);
        self.trim();
    }

    fn trim(&mut self) {
        while self.kept.len() > Self::LIMIT {
            self.kept.pop_last();
        }
    }
}

/// What was read, skipped and failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    read: BTreeMap<Part, Tally>,
    skipped: BTreeMap<Skip, Names>,
    failed: BTreeMap<String, Names>,
    gaps: BTreeSet<String>,
    undone: BTreeMap<Vec<u8>, String>,
}

impl Coverage {
    /// Something was read whole.
    pub fn read(&mut self, part: Part, bytes: u64) {
        self.read.entry(part).or_default().add(bytes);
    }

    /// Several things were read whole, of so many bytes all together.
    pub fn read_many(&mut self, part: Part, count: u64, bytes: u64) {
        self.read.entry(part).or_default().merge(Tally { count, bytes });
    }

    /// Something was left out on purpose.
    pub fn skip(&mut self, why: Skip, name: &[u8]) {
        self.skipped.entry(why).or_default().add(name);
    }

    /// Several things were left out on purpose.
    pub fn skip_many(&mut self, why: Skip, names: Names) {
        self.skipped.entry(why).or_default().merge(names);
    }

    /// Several things could not be read, all for the same reason.
    pub fn fail_many(&mut self, why: impl Into<String>, names: Names) {
        self.failed.entry(why.into()).or_default().merge(names);
    }

    /// Something could not be read: what, and why (lower case, no full stop, no secret).
    pub fn fail(&mut self, name: &[u8], why: impl Into<String>) {
        self.failed.entry(why.into()).or_default().add(name);
    }

    /// Something is known to be missing as a whole (a shallow clone's past): what, and the way
    /// to repair it.
    pub fn gap(&mut self, what: impl Into<String>) {
        self.gaps.insert(what.into());
    }

    /// A target on which no work could be done at all.
    pub fn undone(&mut self, target: &[u8], why: impl Into<String>) {
        self.undone.insert(target.to_vec(), why.into());
    }

    /// Adds what another thread or source has covered.
    pub fn merge(&mut self, other: Self) {
        for (part, tally) in other.read {
            self.read.entry(part).or_default().merge(tally);
        }
        for (why, names) in other.skipped {
            self.skipped.entry(why).or_default().merge(names);
        }
        for (why, names) in other.failed {
            self.failed.entry(why).or_default().merge(names);
        }
        self.gaps.extend(other.gaps);
        for (target, why) in other.undone {
            // Of two reasons always the same, whichever comes first.
            let known = self.undone.entry(target).or_insert_with(|| why.clone());
            if why < *known {
                *known = why;
            }
        }
    }

    /// How much of a part was read.
    pub fn tally(&self, part: Part) -> Tally {
        self.read.get(&part).copied().unwrap_or_default()
    }

    /// What was left out on purpose.
    pub fn skipped(&self) -> impl Iterator<Item = (Skip, &Names)> {
        self.skipped.iter().map(|(why, names)| (*why, names))
    }

    /// What could not be read, by reason.
    pub fn failed(&self) -> impl Iterator<Item = (&str, &Names)> {
        self.failed.iter().map(|(why, names)| (why.as_str(), names))
    }

    /// What is known to be missing as a whole.
    pub fn gaps(&self) -> impl Iterator<Item = &str> {
        self.gaps.iter().map(String::as_str)
    }

    /// Targets on which no work could be done.
    pub fn undone_targets(&self) -> impl Iterator<Item = (&[u8], &str)> {
        self.undone.iter().map(|(target, why)| (target.as_slice(), why.as_str()))
    }

    /// True when everything that was asked for was read.
    pub fn complete(&self) -> bool {
        self.failed.is_empty()
            && self.gaps.is_empty()
            && self.undone.is_empty()
            && !self.skipped.keys().any(|why| why.leaves_a_gap())
    }

    /// Rewrites every name and reason, for a report that must not hold a secret.
    pub fn map_text(&mut self, mut clean: impl FnMut(&[u8]) -> Vec<u8>) {
        let mut clean_names = |names: &mut Names| {
            names.kept = names.kept.iter().map(|name| clean(name)).collect();
        };
        self.skipped.values_mut().for_each(&mut clean_names);
        self.failed.values_mut().for_each(&mut clean_names);
        let mut reason = |why: &str| String::from_utf8_lossy(&clean(why.as_bytes())).into_owned();
        for (why, names) in std::mem::take(&mut self.failed) {
            self.failed.entry(reason(&why)).or_default().merge(names);
        }
        self.gaps = self.gaps.iter().map(|gap| reason(gap)).collect();
        let undone: Vec<(Vec<u8>, String)> = std::mem::take(&mut self.undone)
            .into_iter()
            .map(|(target, why)| (target, reason(&why)))
            .collect();
        self.undone = undone.into_iter().map(|(target, why)| (clean(&target), why)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::{Coverage, Part, Skip};

    #[test]
    fn only_a_gap_nobody_asked_for_makes_it_incomplete() {
        let mut coverage = Coverage::default();
        coverage.read(Part::Files, 10);
        coverage.skip(Skip::Excluded, b"vendor");
        coverage.skip(Skip::NotAFile, b"pipe");
        assert!(coverage.complete());
        coverage.skip(Skip::TooLarge, b"dump.sql");
        assert!(!coverage.complete());
    }

    #[test]
    fn merging_counts_everything_and_keeps_the_first_names() {
        let mut left = Coverage::default();
        let mut right = Coverage::default();
        for number in 0..300_u32 {
            let side = if number % 2 == 0 { &mut left } else { &mut right };
            side.fail(format!("{number:03}").as_bytes(), "permission denied");
        }
        let mut other_way = right.clone();
        other_way.merge(left.clone());
        left.merge(right);
        assert_eq!(left, other_way);
        let (why, names) = left.failed().next().expect("one reason");
        assert_eq!((why, names.count, names.kept.len()), ("permission denied", 300, 100));
        assert_eq!(names.kept.last().map(Vec::as_slice), Some(b"099".as_slice()));
    }
}
