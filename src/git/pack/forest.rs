//! Which entries of a pack are deltas of which: a forest whose roots are whole objects, or deltas
//! of something that this pack does not have.

use rayon::prelude::{IntoParallelRefIterator as _, ParallelIterator as _, ParallelSliceMut as _};

use super::PackError;
use super::entry::Form;
use super::file::Pack;
use crate::model::object::Kind;

/// No entry.
pub const NONE: u32 = u32::MAX;

/// An entry at the bottom of a delta tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    /// The entry.
    pub node: u32,
    /// Type of it and of everything above; `None` for a delta of what this pack does not have.
    pub kind: Option<Kind>,
    /// Packed bytes of it and of everything above.
    pub weight: u64,
}

/// The entries of a pack in the order of their offsets, and how they depend on each other.
#[derive(Debug, Default)]
pub struct Forest {
    offsets: Vec<u64>,
    places: Vec<u32>,
    first_child: Vec<u32>,
    next_sibling: Vec<u32>,
    /// Where the last entry ends.
    end: u64,
    /// The bottoms of all trees.
    pub roots: Vec<Root>,
    /// Places of objects that no tree holds, and why.
    pub broken: Vec<(u32, PackError)>,
}

/// What an entry stands on.
enum Link {
    Whole(Kind),
    Base(u32),
    /// A base with a name, found in this pack: such links could form a ring.
    Named(u32),
    Elsewhere,
    Broken(PackError),
}

impl Forest {
    /// Reads the heads of all entries.
    pub fn new(pack: &Pack) -> Self {
        let mut forest = Self { end: pack.body().len() as u64, ..Self::default() };
        forest.sort(pack);
        let links: Vec<Link> =
            forest.offsets.par_iter().map(|&offset| forest.link(pack, offset)).collect();
        let mut weights: Vec<u64> = (0..links.len()).map(|node| forest.packed(node)).collect();
        forest.first_child = vec![NONE; links.len()];
        forest.next_sibling = vec![NONE; links.len()];
        let mut ring_possible = false;
        // From the last to the first: children end up in order, and since a base mostly comes
        // before its deltas, weights add up on the way.
        for (node, link) in (0..links.len()).zip(&links).rev() {
            match *link {
                Link::Base(base) | Link::Named(base) => {
                    ring_possible |= matches!(link, Link::Named(_));
                    weights[base as usize] += weights[node];
                    forest.next_sibling[node] = forest.first_child[base as usize];
                    forest.first_child[base as usize] = number(node);
                }
                Link::Whole(kind) => forest.root(node, Some(kind), weights[node]),
                Link::Elsewhere => forest.root(node, None, weights[node]),
                Link::Broken(ref error) => forest.break_tree(node, error),
            }
        }
        if ring_possible {
            forest.break_rings();
        }
        forest
    }

    fn root(&mut self, node: usize, kind: Option<Kind>, weight: u64) {
        self.roots.push(Root { node: number(node), kind, weight });
    }

    /// Puts the objects in the order of their offsets.
    fn sort(&mut self, pack: &Pack) {
        let mut order: Vec<(u64, u32)> = Vec::with_capacity(pack.count());
        for place in 0..pack.count().min(NONE as usize) {
            match pack.offset(place).filter(|&offset| offset < self.end) {
                Some(offset) => order.push((offset, number(place))),
                None => self.broken.push((number(place), PackError::Cut)),
            }
        }
        order.par_sort_unstable();
        self.offsets = order.iter().map(|&(offset, _)| offset).collect();
        self.places = order.iter().map(|&(_, place)| place).collect();
    }

    fn link(&self, pack: &Pack, offset: u64) -> Link {
        let at = |offset: u64| self.offsets.binary_search(&offset).ok().map(number);
        match pack.head(offset).map(|head| head.form) {
            Ok(Form::Whole(kind)) => Link::Whole(kind),
            Ok(Form::OffsetDelta(base)) => at(base).map_or(Link::Elsewhere, Link::Base),
            Ok(Form::NameDelta(id)) => {
                let base = pack.find(id.as_bytes()).and_then(|place| pack.offset(place));
                base.and_then(at).map_or(Link::Elsewhere, Link::Named)
            }
            Err(error) => Link::Broken(error),
        }
    }

    /// Packed bytes of an entry, head included.
    pub fn packed(&self, node: usize) -> u64 {
        self.offsets.get(node + 1).unwrap_or(&self.end) - self.offsets[node]
    }

    /// Where an entry begins.
    pub fn offset(&self, node: u32) -> u64 {
        self.offsets[node as usize]
    }

    /// Where it ends at the latest.
    pub fn end(&self, node: u32) -> usize {
        let end = self.offsets.get(node as usize + 1).copied().unwrap_or(self.end);
        usize::try_from(end).unwrap_or(usize::MAX)
    }

    /// The place of its object in the index.
    pub fn place(&self, node: u32) -> usize {
        self.places[node as usize] as usize
    }

    /// Its first delta, or [`NONE`].
    pub fn first_child(&self, node: u32) -> u32 {
        self.first_child[node as usize]
    }

    /// The next delta of the same base, or [`NONE`].
    pub fn next_sibling(&self, node: u32) -> u32 {
        self.next_sibling[node as usize]
    }

    /// An entry and everything that stands on it.
    pub fn tree(&self, node: u32) -> impl Iterator<Item = u32> {
        let mut left = vec![node];
        std::iter::from_fn(move || {
            let node = left.pop()?;
            let mut child = self.first_child(node);
            while child != NONE {
                left.push(child);
                child = self.next_sibling(child);
            }
            Some(node)
        })
    }

    fn break_tree(&mut self, node: usize, error: &PackError) {
        self.broken.push((self.places[node], error.clone()));
        let above: Vec<u32> = self.tree(number(node)).skip(1).collect();
        for node in above {
            self.broken.push((self.places[node as usize], PackError::Base));
        }
    }

    /// What no root leads to stands on itself.
    fn break_rings(&mut self) {
        let mut reached = vec![false; self.offsets.len()];
        for root in &self.roots {
            self.tree(root.node).for_each(|node| reached[node as usize] = true);
        }
        for &(place, _) in &self.broken {
            // Few are broken, and few packs have named bases.
            if let Some(node) = self.places.iter().position(|&other| other == place) {
                reached[node] = true;
            }
        }
        let rings = reached.iter().zip(&self.places).filter(|(reached, _)| !**reached);
        self.broken.extend(rings.map(|(_, &place)| (place, PackError::Base)));
    }
}

fn number(node: usize) -> u32 {
    u32::try_from(node).unwrap_or(NONE)
}
