//! The story of each secret: where it came in and went out, who still has it, how far it has come.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::refs::{Ref, Refs};
use super::sets::{EMPTY, Set};
use super::{Trail, Wanted};
use crate::model::object::ObjectId;
use crate::model::origin::PathBytes;
use crate::model::provenance::{Change, Exposure, Provenance, listed};
use crate::model::span::Position;

/// Secrets, as places among those that were asked for, in order.
type Secrets = Box<[u32]>;

/// What has happened to one secret, as numbers of commits and refs.
#[derive(Clone, Debug, Default)]
struct Story {
    introduced: Vec<u32>,
    removed: Vec<u32>,
    in_head: bool,
    refs: BTreeSet<u32>,
    exposed: Option<Exposure>,
    paths: u64,
}

/// The stories of all secrets.
pub(super) struct Stories<'a, 'b> {
    wanted: &'a [Wanted],
    blobs: &'a [ObjectId],
    trail: &'a mut Trail<'b>,
    /// For each blob the secrets in it.
    in_blob: Vec<Vec<u32>>,
    in_set: HashMap<Set, Secrets>,
    all: Vec<Story>,
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl<'a, 'b> Stories<'a, 'b> {
    /// Stories that nobody has told yet. `blobs` are all wanted ones, sorted.
    pub(super) fn new(
        wanted: &'a [Wanted],
        blobs: &'a [ObjectId],
        trail: &'a mut Trail<'b>,
    ) -> Self {
        let mut in_blob = vec![Vec::new(); blobs.len()];
        for (secret, it) in wanted.iter().enumerate() {
            for blob in it.blobs.keys() {
                if let Ok(place) = blobs.binary_search(blob) {
                    in_blob[place].push(number(secret));
                }
            }
        }
        let all = vec![Story::default(); wanted.len()];
        Self { wanted, blobs, trail, in_blob, in_set: HashMap::new(), all }
    }

    /// Tells them.
    pub(super) fn tell(mut self, refs: &Refs) -> Vec<Provenance> {
        self.changes();
        self.count_paths();
        self.still_there(refs);
        self.messages(refs);
        self.tags(refs);
        (0..self.wanted.len()).map(|secret| self.finish(secret, refs)).collect()
    }

    fn secrets(&mut self, set: Set) -> Secrets {
        if let Some(known) = self.in_set.get(&set) {
            return known.clone();
        }
        let members = self.trail.sets.members(set).iter();
        let blobs: BTreeSet<u32> =
            members.map(|&member| self.trail.sets.member_parts(member).0).collect();
        let secrets: BTreeSet<u32> =
            blobs.iter().flat_map(|&blob| self.in_blob[blob as usize].iter().copied()).collect();
        let secrets: Secrets = secrets.into_iter().collect();
        self.in_set.insert(set, secrets.clone());
        secrets
    }

    /// Compares every commit with all its parents. Most have the same set as these.
    fn changes(&mut self) {
        for commit in 0..self.trail.of_commit.len() {
            let set = self.trail.of_commit[commit];
            let parents: BTreeSet<Set> = self.trail.of_parents(commit).collect();
            if parents.iter().all(|&parent| parent == set) && (set == EMPTY || !parents.is_empty())
            {
                continue;
            }
            let here = self.secrets(set);
            let mut before: BTreeSet<u32> = BTreeSet::new();
            for parent in parents {
                before.extend(self.secrets(parent));
            }
            for &secret in here.iter().filter(|secret| !before.contains(secret)) {
                self.all[secret as usize].introduced.push(number(commit));
            }
            for secret in before.into_iter().filter(|secret| here.binary_search(secret).is_err()) {
                self.all[secret as usize].removed.push(number(commit));
            }
        }
        for story in &mut self.all {
            let reach = story.introduced.iter().map(|&commit| exposure(self.trail, commit));
            story.exposed = reach.max();
        }
    }

    fn count_paths(&mut self) {
        let sets: BTreeSet<Set> = self.trail.of_commit.iter().copied().collect();
        let sets = sets.iter().flat_map(|&set| self.trail.sets.members(set));
        let members: BTreeSet<u32> = sets.copied().collect();
        let mut paths: Vec<BTreeSet<&[u8]>> = vec![BTreeSet::new(); self.all.len()];
        for member in members {
            let (blob, path) = self.trail.sets.member_parts(member);
            for &secret in &self.in_blob[blob as usize] {
                paths[secret as usize].insert(path);
            }
        }
        for (story, paths) in self.all.iter_mut().zip(paths) {
            story.paths = paths.len() as u64;
        }
    }

    /// Whose tree has it now.
    fn still_there(&mut self, refs: &Refs) {
        for (place, it) in refs.all.iter().enumerate() {
            for secret in self.at_tip(it.commit) {
                self.all[secret as usize].refs.insert(number(place));
            }
        }
        for secret in self.at_tip(refs.head) {
            self.all[secret as usize].in_head = true;
        }
    }

    fn at_tip(&mut self, commit: Option<ObjectId>) -> Secrets {
        let commit = commit.and_then(|commit| self.trail.graph.number(commit));
        commit
            .map_or_else(Box::default, |commit| self.secrets(self.trail.of_commit[commit as usize]))
    }

    /// A secret in a message stands wherever the commit is part of the history.
    fn messages(&mut self, refs: &Refs) {
        let mut marks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (secret, wanted) in self.wanted.iter().enumerate() {
            for commit in wanted.commits.iter().filter_map(|it| self.trail.graph.number(*it)) {
                marks.entry(commit).or_default().push(secret);
            }
        }
        let marks: Vec<(u32, Vec<usize>)> = marks.into_iter().collect();
        for marks in marks.chunks(64) {
            let commits: Vec<u32> = marks.iter().map(|(commit, _)| *commit).collect();
            let masks = self.trail.graph.descend_from(&commits);
            let mask = |commit: Option<ObjectId>| {
                let number = commit.and_then(|commit| self.trail.graph.number(commit));
                number.map_or(0, |number| masks[number as usize])
            };
            for (bit, (commit, secrets)) in marks.iter().enumerate() {
                let has = |tip: Option<ObjectId>| mask(tip) & 1 << bit != 0;
                let tips = refs.all.iter().enumerate().filter(|(_, it)| has(it.commit));
                let tips: Vec<u32> = tips.map(|(place, _)| number(place)).collect();
                let far = exposure(self.trail, *commit);
                for &secret in secrets {
                    let story = &mut self.all[secret];
                    story.refs.extend(&tips);
                    story.in_head |= has(refs.head);
                    story.exposed = story.exposed.max(Some(far));
                }
            }
        }
    }

    fn tags(&mut self, refs: &Refs) {
        for (secret, wanted) in self.wanted.iter().enumerate().filter(|(_, it)| !it.tags.is_empty())
        {
            let leads = |it: &Ref| it.tags.iter().any(|tag| wanted.tags.contains(tag));
            for (place, it) in refs.all.iter().enumerate().filter(|(_, it)| leads(it)) {
                let commit = it.commit.and_then(|commit| self.trail.graph.number(commit));
                // What the tag points to was pushed: so the tag may have been.
                let pushed = commit.is_some_and(|commit| self.trail.pushed[commit as usize]);
                let far = if it.remote || pushed { Exposure::Pushed } else { Exposure::LocalOnly };
                let story = &mut self.all[secret];
                story.refs.insert(number(place));
                story.exposed = story.exposed.max(Some(far));
            }
        }
    }

    fn finish(&mut self, secret: usize, refs: &Refs) -> Provenance {
        let story = std::mem::take(&mut self.all[secret]);
        let wanted = &self.wanted[secret];
        let introduced_count = story.introduced.len() + wanted.commits.len();
        let graph = &self.trail.graph;
        let messages = wanted.commits.iter().filter_map(|commit| graph.number(*commit));
        let messages: Vec<u32> = messages.take(Provenance::MAX_LISTED).collect();
        let mut introduced: Vec<Change> =
            messages.into_iter().map(|commit| self.change(commit, None)).collect();
        for &commit in story.introduced.iter().take(Provenance::MAX_LISTED) {
            let place = self.place(secret, [commit]);
            introduced.push(self.change(commit, place));
        }
        let mut removed = Vec::new();
        for &commit in story.removed.iter().take(Provenance::MAX_LISTED) {
            let parents = self.trail.graph.commits[commit as usize].parents.clone();
            let place = self.place(secret, parents).map(|(path, _)| (path, None));
            removed.push(self.change(commit, place));
        }
        let names = story.refs.iter().map(|&it| refs.all[it as usize].name.clone());
        let (listed_refs, refs_count) = listed(names);
        Provenance {
            introduced: listed(introduced).0,
            introduced_count: introduced_count as u64,
            removed: listed(removed).0,
            removed_count: story.removed.len() as u64,
            in_head: story.in_head,
            refs: listed_refs,
            refs_count,
            exposure: story.exposed.unwrap_or(Exposure::Unreachable),
            blobs: wanted.blobs.len() as u64,
            paths: story.paths,
        }
    }

    /// The first path at which the tree of one of these commits holds a secret, and where in the
    /// file.
    fn place(
        &self,
        secret: usize,
        commits: impl IntoIterator<Item = u32>,
    ) -> Option<(PathBytes, Option<Position>)> {
        let sets = commits.into_iter().map(|commit| self.trail.of_commit[commit as usize]);
        let members = sets.flat_map(|set| self.trail.sets.members(set));
        let places = members.filter_map(|&member| {
            let (blob, path) = self.trail.sets.member_parts(member);
            let id = self.blobs[blob as usize];
            Some((path, *self.wanted[secret].blobs.get(&id)?))
        });
        places.min().map(|(path, position)| (path.into(), Some(position)))
    }

    fn change(&mut self, commit: u32, place: Option<(PathBytes, Option<Position>)>) -> Change {
        let (path, position) = place.map_or((None, None), |(path, at)| (Some(path), at));
        let author = self.trail.author(commit as usize);
        Change { author, commit: self.trail.graph.commits[commit as usize].id, path, position }
    }
}

/// How far a commit has come.
fn exposure(trail: &Trail<'_>, commit: u32) -> Exposure {
    match (trail.pushed[commit as usize], trail.reached[commit as usize]) {
        (true, _) => Exposure::Pushed,
        (false, true) => Exposure::LocalOnly,
        (false, false) => Exposure::Unreachable,
    }
}
