//! Sets of (blob, path), each kept once however many trees have it: a secret that stands in a
//! hundred thousand commits makes one set, not a hundred thousand.

use std::collections::HashMap;

use super::trees::Holders;

/// A number that stands for a set.
pub type Set = u32;

/// The set without members.
pub const EMPTY: Set = 0;

/// More blobs at more paths are not told apart. A few trees that hold each other many times over
/// could name more paths than there is memory.
const MOST_MEMBERS: usize = 1 << 20;
/// Nor are larger sets kept, all together.
const MOST_KEPT: usize = 1 << 25;

/// All sets, and what each tree holds.
#[derive(Debug)]
pub struct Sets {
    members: Vec<(u32, Box<[u8]>)>,
    member_numbers: HashMap<(u32, Box<[u8]>), u32>,
    sets: Vec<Box<[u32]>>,
    set_numbers: HashMap<Box<[u32]>, Set>,
    below: HashMap<(Set, Box<[u8]>), Set>,
    of_tree: HashMap<u32, Set>,
    kept: usize,
    /// True when there was more than could be kept.
    pub cut: bool,
}

impl Default for Sets {
    fn default() -> Self {
        Self {
            members: Vec::new(),
            member_numbers: HashMap::new(),
            sets: vec![Box::default()],
            set_numbers: HashMap::from([(Box::default(), EMPTY)]),
            below: HashMap::new(),
            of_tree: HashMap::new(),
            kept: 0,
            cut: false,
        }
    }
}

impl Sets {
    /// What a tree holds, with the paths below it.
    pub fn of(&mut self, holders: &Holders, tree: u32) -> Set {
        let mut stack = vec![(tree, 0)];
        while let Some((tree, next)) = stack.pop() {
            if self.of_tree.contains_key(&tree) {
                continue;
            }
            let entries = &holders.entries[tree as usize];
            match entries.get(next) {
                Some(&(child, _)) => {
                    stack.push((tree, next + 1));
                    if !holders.entries[child as usize].is_empty() {
                        stack.push((child, 0));
                    }
                }
                None => {
                    let set = self.union(holders, entries);
                    self.of_tree.insert(tree, set);
                }
            }
        }
        self.of_tree[&tree]
    }

    fn union(&mut self, holders: &Holders, entries: &[(u32, Box<[u8]>)]) -> Set {
        let mut members = Vec::new();
        for (child, name) in entries {
            if holders.entries[*child as usize].is_empty() {
                members.extend(self.member(*child, name.clone()));
            } else {
                let below = self.of_tree.get(child).copied().unwrap_or(EMPTY);
                let set = self.in_folder(below, name);
                members.extend(&self.sets[set as usize]);
            }
        }
        self.set(members)
    }

    fn member(&mut self, blob: u32, path: Box<[u8]>) -> Option<u32> {
        let key = (blob, path);
        if let Some(&number) = self.member_numbers.get(&key) {
            return Some(number);
        }
        if self.members.len() >= MOST_MEMBERS {
            self.cut = true;
            return None;
        }
        let next = u32::try_from(self.members.len()).ok()?;
        self.members.push(key.clone());
        self.member_numbers.insert(key, next);
        Some(next)
    }

    fn set(&mut self, mut members: Vec<u32>) -> Set {
        members.sort_unstable();
        members.dedup();
        let members = members.into_boxed_slice();
        if let Some(&number) = self.set_numbers.get(&members) {
            return number;
        }
        self.kept += members.len();
        if self.kept > MOST_KEPT {
            self.cut = true;
            return EMPTY;
        }
        let number = u32::try_from(self.sets.len()).unwrap_or(EMPTY);
        self.sets.push(members.clone());
        self.set_numbers.insert(members, number);
        number
    }

    /// The same blobs, with a folder before their paths.
    fn in_folder(&mut self, set: Set, folder: &[u8]) -> Set {
        let key = (set, Box::from(folder));
        if let Some(&known) = self.below.get(&key) {
            return known;
        }
        let inside = self.sets[set as usize].clone();
        let members = inside.iter().map(|&member| {
            let (blob, path) = &self.members[member as usize];
            (*blob, [folder, b"/", path].concat().into_boxed_slice())
        });
        let members: Vec<_> = members.collect();
        let members =
            members.into_iter().filter_map(|(blob, path)| self.member(blob, path)).collect();
        let number = self.set(members);
        self.below.insert(key, number);
        number
    }

    /// The members of a set, as numbers, in order.
    pub fn members(&self, set: Set) -> &[u32] {
        &self.sets[set as usize]
    }

    /// The blob and the path of a member.
    pub fn member_parts(&self, member: u32) -> (u32, &[u8]) {
        let (blob, path) = &self.members[member as usize];
        (*blob, path)
    }

    /// The members of a set for which `keep` says yes, as a set.
    pub fn filtered(&mut self, set: Set, keep: impl Fn(&[u8]) -> bool) -> Set {
        let members = self.sets[set as usize].iter().copied();
        let kept = members.filter(|&it| keep(&self.members[it as usize].1)).collect();
        self.set(kept)
    }
}
