//! Which trees hold a blob, which trees hold those, and so on up to the trees of commits.
//!
//! One pass over all trees of the repository finds the trees that hold something wanted; what was
//! found is wanted in the next pass. A name in a tree is twenty (or thirty-two) bytes that mean
//! the same wherever they are copied to, so deltas are searched as those of texts are: only where
//! they are new. The number of passes is the depth of the deepest folder and one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;

use crate::git::pack::PackError;
use crate::git::pack::traverse::Visitor;
use crate::git::sweep::Sweep;
use crate::model::chunk::Hit;
use crate::model::object::{Kind, ObjectId};
use crate::model::seams::Seams;

/// Folders are not as deep as this; whoever makes such trees wants to keep us busy.
const DEEPEST: usize = 256;
/// A name in a tree is not longer.
const LONGEST_NAME: usize = 4096;
/// Names are told apart by so many of their bits before they are compared: the fewer the names, the
/// fewer bits, since a table that the nearest cache holds is read many times faster.
const FILTER_BITS: std::ops::RangeInclusive<u32> = 15..=22;

/// The trees that lead to wanted blobs. Blobs and trees are numbered: the blobs first.
#[derive(Debug, Default)]
pub struct Holders {
    numbers: HashMap<ObjectId, u32>,
    /// For each blob (without any) and tree what it holds: number and name.
    pub entries: Vec<Vec<(u32, Box<[u8]>)>>,
    /// True when folders were deeper than anybody needs, and some were not looked at.
    pub cut: bool,
    /// False when a copy of a tree, or what it stands on, could not be read.
    pub whole: bool,
}

impl Holders {
    /// Finds the trees that lead to `blobs`, which are sorted and distinct.
    pub fn find(sweep: &Sweep<'_>, blobs: &[ObjectId]) -> Self {
        let sweep = Sweep { wanted: |kind| kind == Kind::Tree, ..*sweep };
        let mut holders = Self { whole: true, ..Self::default() };
        let mut wanted: Vec<ObjectId> = blobs.to_vec();
        for _ in 0..DEEPEST {
            wanted.iter().for_each(|&id| holders.add(id));
            let needles = Needles::new(&wanted);
            let make = |_| Collect { needles: &needles, found: Vec::new() };
            let seen = sweep.run(&make);
            holders.whole &= seen.iter().all(|it| it.whole);
            let found = seen.into_iter().flat_map(|it| it.visitors).flat_map(|it| it.found);
            // In the order of names, whatever thread has found them.
            let found: BTreeMap<ObjectId, Entries> = found.collect();
            wanted = found.keys().filter(|id| holders.number(**id).is_none()).copied().collect();
            wanted.iter().for_each(|&id| holders.add(id));
            for (tree, entries) in found {
                let Some(tree) = holders.number(tree) else { continue };
                let numbered = entries.into_iter().filter_map(|(needle, name)| {
                    Some((holders.number(needles.ids[needle as usize])?, name))
                });
                let numbered: Vec<_> = numbered.collect();
                holders.entries[tree as usize].extend(numbered);
            }
            if wanted.is_empty() {
                return holders;
            }
        }
        holders.cut = true;
        holders
    }

    fn add(&mut self, id: ObjectId) {
        let next = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        if let std::collections::hash_map::Entry::Vacant(vacant) = self.numbers.entry(id) {
            vacant.insert(next);
            self.entries.push(Vec::new());
        }
    }

    /// The number of a blob or tree, if it is or leads to a wanted blob.
    pub fn number(&self, id: ObjectId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }
}

/// Names to search for.
struct Needles {
    ids: Vec<ObjectId>,
    numbers: HashMap<ObjectId, u32>,
    filter: Vec<u64>,
    /// How far the first four bytes of a name are shifted to give its bit in the filter.
    shift: u32,
    len: usize,
}

impl Needles {
    fn new(ids: &[ObjectId]) -> Self {
        // One bit in sixty-four is set at most, as long as the table is large enough.
        let bits = (ids.len() * 64).next_power_of_two().ilog2();
        let bits = bits.clamp(*FILTER_BITS.start(), *FILTER_BITS.end());
        let len = ids.first().map_or(20, |id| id.as_bytes().len());
        let mut needles = Self {
            ids: ids.to_vec(),
            numbers: (0..).zip(ids).map(|(n, id)| (*id, n)).collect(),
            filter: vec![0; 1 << (bits - 6)],
            shift: 32 - bits,
            len,
        };
        for id in ids {
            let bit = needles.bit(id.as_bytes());
            needles.filter[bit >> 6] |= 1 << (bit & 63);
        }
        needles
    }

    /// The bit of a name that begins like this.
    #[inline]
    fn bit(&self, beginning: &[u8]) -> usize {
        let first = beginning.first_chunk().copied().unwrap_or_default();
        (u32::from_be_bytes(first) >> self.shift) as usize
    }

    fn search(&self, text: &[u8], hits: &mut Vec<Hit>) {
        let places = (text.len() + 1).saturating_sub(self.len);
        for (start, beginning) in text.windows(4).take(places).enumerate() {
            let bit = self.bit(beginning);
            if self.filter[bit >> 6] & 1 << (bit & 63) == 0 {
                continue;
            }
            let id = ObjectId::from_bytes(&text[start..start + self.len]);
            if let Some(&keyword) = id.and_then(|id| self.numbers.get(&id)) {
                let len = u32::try_from(self.len).unwrap_or(u32::MAX);
                hits.push(Hit { start, keyword, len });
            }
        }
    }
}

/// Which needles a tree holds under which names.
type Entries = BTreeSet<(u32, Box<[u8]>)>;

/// A tree and its entries.
type Found = (ObjectId, Entries);

struct Collect<'a> {
    needles: &'a Needles,
    found: Vec<Found>,
}

impl Visitor for Collect<'_> {
    fn seams(&self) -> Seams {
        let mut seams = Seams::default();
        self.needles.ids.iter().for_each(|id| seams.add(id.as_bytes()));
        seams
    }

    fn search(&mut self, text: &[u8], hits: &mut Vec<Hit>) {
        self.needles.search(text, hits);
    }

    fn must_see(&self, _: Kind, _: [u8; 2]) -> bool {
        false
    }

    fn object(&mut self, id: ObjectId, _: Kind, bytes: &[u8], hits: &[Hit]) {
        let entries = hits.iter().filter_map(|hit| {
            let name = name_before(bytes, hit.start, self.needles.len)?;
            Some((hit.keyword, Box::from(name)))
        });
        let entries: BTreeSet<_> = entries.collect();
        if !entries.is_empty() {
            self.found.push((id, entries));
        }
    }

    fn stream(&mut self, _: ObjectId, _: Kind, _: u64, _: &mut dyn Read) -> Result<(), PackError> {
        Err(PackError::TooLarge)
    }

    fn read(&mut self, _: u64) {}

    // What cannot be read leads to nothing; the walk of what refs lead to says so.
    fn failed(&mut self, _: ObjectId, _: &PackError) {}
}

/// The name of the tree entry whose object id begins at `at`. An entry is a mode, a space, a
/// name, a zero byte and an id (git's `tree-walk.c`); it begins where the tree begins or where
/// the id of the entry before it ends, which follows a zero byte.
fn name_before(tree: &[u8], at: usize, hash_len: usize) -> Option<&[u8]> {
    let end = at.checked_sub(1).filter(|&end| tree[end] == 0)?;
    let from = end.saturating_sub(LONGEST_NAME);
    (from..end).rev().filter(|&space| tree[space] == b' ').find_map(|space| {
        let is_start = |start: &usize| {
            let mode = &tree[*start..space];
            let begins =
                *start == 0 || start.checked_sub(hash_len + 1).is_some_and(|zero| tree[zero] == 0);
            begins && mode.iter().all(|digit| (b'0'..=b'7').contains(digit))
        };
        let starts = [5, 6].into_iter().filter_map(|digits| space.checked_sub(digits));
        starts.into_iter().find(is_start)?;
        Some(&tree[space + 1..end])
    })
}

#[cfg(test)]
mod tests {
    use super::{Needles, name_before};
    use crate::model::object::ObjectId;

    fn tree(entries: &[(&str, &str, u8)]) -> Vec<u8> {
        let entry = |(mode, name, id): &(&str, &str, u8)| {
            [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[*id; 20]].concat()
        };
        entries.iter().flat_map(entry).collect()
    }

    #[test]
    fn names_are_read_backwards_from_the_id() {
        let names = ["a", "100644 b", "with a space", "x 40000 y", "ü"];
        let entries: Vec<_> = (1..).zip(names).map(|(id, name)| ("100644", name, id)).collect();
        let tree = tree(&entries);
        let ids: Vec<ObjectId> = (1..=5).filter_map(|id| ObjectId::from_bytes(&[id; 20])).collect();
        let mut hits = Vec::new();
        Needles::new(&ids).search(&tree, &mut hits);
        let found: Vec<_> =
            hits.iter().filter_map(|hit| name_before(&tree, hit.start, 20)).collect();
        assert_eq!(found, names.map(str::as_bytes));
    }

    #[test]
    fn what_is_no_entry_has_no_name() {
        assert_eq!(name_before(b"100644 a", 8, 20), None);
        assert_eq!(name_before(b"100644 a\0", 9, 20), Some(&b"a"[..]));
        assert_eq!(name_before(b"no mode\0", 8, 20), None);
        assert_eq!(name_before(b"\0", 0, 20), None);
    }
}
