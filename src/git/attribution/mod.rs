//! Who brought a secret in: the commits whose tree holds it while no parent's tree does, the
//! commits that took it out, the branches and tags that still have it, and whether it has left
//! this machine. Asked for secrets only, and for all of them at once.

pub mod commits;
pub mod refs;
pub mod sets;
mod story;
pub mod trees;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::reader::Reader;
use super::sweep::Sweep;
use super::text;
use crate::model::object::ObjectId;
use crate::model::origin::{Origin, PathBytes, Signature};
use crate::model::provenance::Provenance;
use crate::model::span::Position;
use commits::Graph;
use refs::Refs;
use sets::{EMPTY, Set, Sets};
use story::Stories;
use trees::Holders;

/// Where in the database a secret stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Blobs, each with the first place in it.
    pub blobs: BTreeMap<ObjectId, Position>,
    /// Commits whose message or header holds it.
    pub commits: BTreeSet<ObjectId>,
    /// Annotated tags whose message or header holds it.
    pub tags: BTreeSet<ObjectId>,
}

impl Wanted {
    /// Adds what another thread has seen of the same secret.
    pub fn merge(&mut self, other: Self) {
        for (blob, position) in other.blobs {
            let first = self.blobs.entry(blob).or_insert(position);
            *first = position.min(*first);
        }
        self.commits.extend(other.commits);
        self.tags.extend(other.tags);
    }
}

/// What was found out.
#[derive(Debug, Default)]
pub struct Traced {
    /// For each blob the commit and path where it first stood.
    pub places: BTreeMap<ObjectId, Origin>,
    /// Blobs that stand at excluded paths only.
    pub excluded: BTreeSet<ObjectId>,
    /// What is known of each secret, in the order in which they were asked for.
    pub provenances: Vec<Provenance>,
    /// What could not be found out, and why.
    pub failed: Vec<(Vec<u8>, String)>,
    /// False when something on the way was damaged, so that another day may tell more.
    pub whole: bool,
}

/// Says of a path whether it does not count.
pub type Excluded<'a> = &'a dyn Fn(&[u8]) -> bool;

/// Traces secrets through the history.
pub fn trace(
    sweep: &Sweep<'_>,
    refs: &Refs,
    wanted: &[Wanted],
    excluded: Option<Excluded<'_>>,
) -> Traced {
    let blobs: BTreeSet<ObjectId> =
        wanted.iter().flat_map(|secret| secret.blobs.keys().copied()).collect();
    let blobs: Vec<ObjectId> = blobs.into_iter().collect();
    let graph = Graph::read(sweep);
    let holders = Holders::find(sweep, &blobs);
    let mut trail = Trail {
        reached: graph.reached_from(refs.tips()),
        pushed: graph.reached_from(refs.remote_tips()),
        graph,
        sets: Sets::default(),
        of_commit: Vec::new(),
        before_exclusion: BTreeSet::new(),
        reader: Reader::new(sweep.database, sweep.budget),
        authors: HashMap::new(),
    };
    trail.fill(&holders, excluded);
    let whole = trail.graph.whole && holders.whole && refs.failed.is_empty();
    let mut traced = Traced { whole, ..Traced::default() };
    trail.places(&blobs, &mut traced);
    traced.provenances = Stories::new(wanted, &blobs, &mut trail).tell(refs);
    if holders.cut || trail.sets.cut {
        let why = "trees are nested too deeply or too often to find every commit of a secret";
        traced.failed.push((b"attribution".to_vec(), why.to_owned()));
    }
    traced
}

/// The way of blobs through the commits.
struct Trail<'a> {
    graph: Graph,
    /// For each commit whether a ref leads to it.
    reached: Vec<bool>,
    /// For each commit whether a remote has it.
    pushed: Vec<bool>,
    sets: Sets,
    /// What the tree of each commit holds.
    of_commit: Vec<Set>,
    /// The blobs, by number, that trees of commits hold at any path.
    before_exclusion: BTreeSet<u32>,
    reader: Reader<'a>,
    authors: HashMap<u32, Arc<Signature>>,
}

impl Trail<'_> {
    /// Finds out what the tree of each commit holds.
    fn fill(&mut self, holders: &Holders, excluded: Option<Excluded<'_>>) {
        let mut counted: HashMap<Set, Set> = HashMap::new();
        for commit in &self.graph.commits {
            let tree = holders.number(commit.tree);
            let all = tree.map_or(EMPTY, |tree| self.sets.of(holders, tree));
            let set = match (excluded, counted.get(&all)) {
                (_, Some(&set)) => set,
                (None, None) => all,
                (Some(excluded), None) => {
                    let members = self.sets.members(all).iter();
                    let blobs = members.map(|&member| self.sets.member_parts(member).0);
                    self.before_exclusion.extend(blobs);
                    let set = self.sets.filtered(all, |path| !excluded(path));
                    counted.insert(all, set);
                    set
                }
            };
            self.of_commit.push(set);
        }
    }

    /// What the parents of a commit hold.
    fn of_parents(&self, commit: usize) -> impl Iterator<Item = Set> {
        self.graph.commits[commit].parents.iter().map(|&parent| self.of_commit[parent as usize])
    }

    /// Gives every blob the first commit that has it where its parents had not, and the first
    /// path there.
    fn places(&mut self, blobs: &[ObjectId], traced: &mut Traced) {
        let mut first: BTreeMap<u32, (usize, PathBytes)> = BTreeMap::new();
        let mut orphaned: BTreeSet<u32> = BTreeSet::new();
        for commit in 0..self.of_commit.len() {
            let set = self.of_commit[commit];
            if set == EMPTY || self.of_parents(commit).any(|parent| parent == set) {
                continue;
            }
            let mut fresh: BTreeMap<u32, &[u8]> = BTreeMap::new();
            for &member in self.sets.members(set) {
                let (blob, path) = self.sets.member_parts(member);
                let least = fresh.entry(blob).or_insert(path);
                *least = path.min(least);
            }
            if !self.reached[commit] {
                orphaned.extend(fresh.keys());
                continue;
            }
            for (blob, path) in fresh {
                first.entry(blob).or_insert_with(|| (commit, path.into()));
            }
        }
        for (&blob, (commit, path)) in &first {
            let (id, author) = (blobs[blob as usize], self.author(*commit));
            let commit = self.graph.commits[*commit].id;
            let origin = Origin::Commit { author, commit, path: path.clone(), blob: id };
            traced.places.insert(id, origin);
        }
        let hidden = self.before_exclusion.iter();
        let hidden = hidden.filter(|blob| !first.contains_key(blob) && !orphaned.contains(blob));
        traced.excluded = hidden.map(|&blob| blobs[blob as usize]).collect();
    }

    /// The author of a commit.
    fn author(&mut self, commit: usize) -> Arc<Signature> {
        let number = u32::try_from(commit).unwrap_or(u32::MAX);
        if let Some(author) = self.authors.get(&number) {
            return Arc::clone(author);
        }
        let read = self.reader.read(self.graph.commits[commit].id);
        let author =
            read.ok().and_then(|(_, bytes)| text::signature(text::split(&bytes).header, "author"));
        let author = Arc::new(author.unwrap_or_default());
        self.authors.insert(number, Arc::clone(&author));
        author
    }
}
