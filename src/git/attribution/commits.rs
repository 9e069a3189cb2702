//! All commits of a repository, and which are parents of which.

use std::collections::HashMap;
use std::io::Read;

use crate::git::pack::PackError;
use crate::git::pack::traverse::Visitor;
use crate::git::sweep::Sweep;
use crate::git::text;
use crate::model::chunk::Hit;
use crate::model::object::{Kind, ObjectId};
use crate::model::seams::Seams;

/// A commit.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Its name.
    pub id: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents, as far as they are here.
    pub parents: Vec<u32>,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
}

/// All commits, parents before their children.
#[derive(Debug, Default)]
pub struct Graph {
    /// The commits.
    pub commits: Vec<Commit>,
    /// False when a copy of a commit, or what it stands on, could not be read.
    pub whole: bool,
    numbers: HashMap<ObjectId, u32>,
}

/// What is known of a commit before its parents are numbers.
struct Raw {
    id: ObjectId,
    tree: ObjectId,
    parents: Vec<ObjectId>,
    time: i64,
}

#[derive(Default)]
struct Collect {
    commits: Vec<Raw>,
}

impl Visitor for Collect {
    fn seams(&self) -> Seams {
        Seams::default()
    }

    fn search(&mut self, _: &[u8], _: &mut Vec<Hit>) {}

    fn must_see(&self, _: Kind, _: [u8; 2]) -> bool {
        true
    }

    fn object(&mut self, id: ObjectId, _: Kind, bytes: &[u8], _: &[Hit]) {
        let header = text::split(bytes).header;
        let Some(tree) = text::ids(header, "tree").next() else { return };
        let parents = text::ids(header, "parent").collect();
        let time = text::signature(header, "committer").map_or(0, |it| it.when.seconds);
        self.commits.push(Raw { id, tree, parents, time });
    }

    fn stream(&mut self, _: ObjectId, _: Kind, _: u64, _: &mut dyn Read) -> Result<(), PackError> {
        Err(PackError::TooLarge)
    }

    fn read(&mut self, _: u64) {}

    // The scan of the texts has said so already.
    fn failed(&mut self, _: ObjectId, _: &PackError) {}
}

impl Graph {
    /// Reads all commits.
    pub fn read(sweep: &Sweep<'_>) -> Self {
        let sweep = Sweep { wanted: |kind| kind == Kind::Commit, ..*sweep };
        let seen = sweep.run(&|_| Collect::default());
        let whole = seen.iter().all(|it| it.whole);
        let collected = seen.into_iter().flat_map(|it| it.visitors);
        let mut raw: Vec<Raw> = collected.flat_map(|it| it.commits).collect();
        // Whatever thread has read them.
        raw.sort_unstable_by_key(|commit| (commit.time, commit.id));
        raw.dedup_by_key(|commit| commit.id);
        Self { whole, ..Self::sorted(&raw) }
    }

    /// Puts parents before children; otherwise the older commit comes first.
    fn sorted(raw: &[Raw]) -> Self {
        let places: HashMap<ObjectId, usize> =
            raw.iter().enumerate().map(|(place, commit)| (commit.id, place)).collect();
        let mut graph = Self::default();
        let mut numbers: Vec<Option<u32>> = vec![None; raw.len()];
        for place in 0..raw.len() {
            let mut stack = vec![(place, 0)];
            while let Some((place, next)) = stack.pop() {
                if numbers[place].is_some() {
                    continue;
                }
                match raw[place].parents.get(next) {
                    Some(parent) => {
                        stack.push((place, next + 1));
                        // A parent that is not here is another's business.
                        stack.extend(places.get(parent).map(|&parent| (parent, 0)));
                    }
                    None => numbers[place] = Some(graph.push(&raw[place])),
                }
            }
        }
        graph
    }

    fn push(&mut self, raw: &Raw) -> u32 {
        let number = u32::try_from(self.commits.len()).unwrap_or(u32::MAX);
        let parents = raw.parents.iter().filter_map(|parent| self.number(*parent)).collect();
        self.commits.push(Commit { id: raw.id, tree: raw.tree, parents, time: raw.time });
        self.numbers.insert(raw.id, number);
        number
    }

    /// The number of a commit.
    pub fn number(&self, id: ObjectId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    /// For every commit whether it is one of `tips` or comes before one.
    pub fn reached_from(&self, tips: impl Iterator<Item = ObjectId>) -> Vec<bool> {
        let mut reached = vec![false; self.commits.len()];
        for tip in tips.filter_map(|tip| self.number(tip)) {
            reached[tip as usize] = true;
        }
        for number in (0..self.commits.len()).rev() {
            if reached[number] {
                for &parent in &self.commits[number].parents {
                    reached[parent as usize] = true;
                }
            }
        }
        reached
    }

    /// For every commit which of `marks` it is, or comes after: at most 64 at once, one bit each.
    pub fn descend_from(&self, marks: &[u32]) -> Vec<u64> {
        let mut masks = vec![0_u64; self.commits.len()];
        for (bit, &mark) in marks.iter().take(64).enumerate() {
            masks[mark as usize] |= 1 << bit;
        }
        for (number, commit) in self.commits.iter().enumerate() {
            for &parent in &commit.parents {
                masks[number] |= masks[parent as usize];
            }
        }
        masks
    }
}

#[cfg(test)]
mod tests {
    use super::{Graph, Raw};
    use crate::model::object::ObjectId;

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes(&[number; 20]).expect("20 bytes")
    }

    fn raw(number: u8, time: i64, parents: &[u8]) -> Raw {
        let parents = parents.iter().map(|&parent| id(parent)).collect();
        Raw { id: id(number), tree: id(0), parents, time }
    }

    #[test]
    fn parents_come_first_even_when_clocks_lie() {
        // 1 <- 2 <- 4 and 1 <- 3 <- 4; 4 says that it is the oldest; 9 is not here.
        let all = [raw(4, 0, &[2, 3]), raw(3, 5, &[1]), raw(2, 6, &[1]), raw(1, 7, &[9])];
        let graph = Graph::sorted(&all);
        let order: Vec<u8> = graph.commits.iter().map(|commit| commit.id.as_bytes()[0]).collect();
        assert_eq!(order, [1, 2, 3, 4]);
        let reached = graph.reached_from([id(2)].into_iter());
        assert_eq!(reached, [true, true, false, false]);
        let third = graph.number(id(3)).expect("known");
        assert_eq!(graph.descend_from(&[0, third]), [1, 1, 3, 3]);
    }
}
