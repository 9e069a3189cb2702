//! What of a history need not be read, since an earlier run has read it; and what this run has read,
//! for later ones.
//!
//! Packs are known in a chain: what is kept of one holds only behind the packs that were before it
//! when it was read, so these must be known, too, in the same order. New packs come after them and
//! leave out what they have. Objects in which something was seen are read again in every run, so
//! that their findings come about as ever; a pack of which one cannot be read is read from end to
//! end, and so are those behind it.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::Job;
use super::cache::Cache;
use super::cache::codec::{Digest, Name};
use super::cache::loose::{LooseEntry, LooseObject};
use super::cache::pack::{Chain, PackEntry};
use super::objects::Reading;
use super::record::Record;
use super::round::Round;
use crate::git::database::Database;
use crate::git::pack::file::Pack;
use crate::git::sweep::{Seen, Stage, Turns};
use crate::model::coverage::{Coverage, Part, Skip};
use crate::model::object::ObjectId;

/// Kinds of entries.
const PACK: &str = "pack";
const LOOSE: &str = "loose";

/// What is known of a history.
pub(super) struct Recall<'a> {
    cache: &'a Cache,
    database: &'a Database,
    /// Where to look whether what commits refer to is there, if anybody does.
    linked: Option<&'a Database>,
    chain: Chain,
    /// The names of what is kept of loose objects, and what was kept.
    loose: (Name, LooseEntry),
    /// What is read in which order.
    pub(super) turns: Turns,
    /// What is known to be covered.
    coverage: Coverage,
}

impl<'a> Recall<'a> {
    /// Looks up what is known of the repository with this git folder.
    pub(super) fn new(
        cache: &'a Cache,
        database: &'a Database,
        linked: Option<&'a Database>,
        git_dir: &Path,
    ) -> Self {
        let digest = |kind: &str| {
            let mut digest = cache.digest();
            digest.part(kind.as_bytes()).number(database.hash_len() as u64);
            digest.number(u64::from(linked.is_some()));
            digest
        };
        // What was read in one repository says nothing of another: a pack is only known by its ends.
        let place = place(git_dir);
        let place = place.as_os_str().as_bytes();
        let name = digest(LOOSE).part(place).name();
        let turns = Turns::all(database);
        let chain = Chain(digest(PACK).part(place).name());
        let loose = (name, LooseEntry::default());
        Self { cache, database, linked, chain, loose, turns, coverage: Coverage::default() }
    }

    /// Finds the packs and the loose objects that need not be read.
    pub(super) fn look_up(&mut self, round: &Round<'_>) {
        let all = std::mem::take(&mut self.turns.packs);
        let (with, without): (Vec<usize>, Vec<usize>) =
            all.into_iter().partition(|&pack| self.identity(pack).is_some());
        let mut left = with;
        while let Some((place, chain, entry)) = self.next(&left) {
            let Some(coverage) = self.recalled(left[place], &entry, round) else {
                self.cache.doubt(PACK, &chain.0, "the pack is damaged");
                break;
            };
            round.job.progress.texts(entry.quiet.count);
            self.coverage.merge(coverage);
            self.chain = chain;
            self.turns.packs.push(left.remove(place));
        }
        self.turns.known = self.turns.packs.len();
        self.turns.packs.extend(left);
        // Nothing is kept of these, nor of what comes behind them.
        self.turns.packs.extend(without);
        self.look_up_loose(&round.job);
    }

    fn identity(&self, pack: usize) -> Option<Vec<u8>> {
        self.database.packs()[pack].identity()
    }

    /// The pack that comes next in the chain: its place, and what is kept of it.
    fn next(&self, left: &[usize]) -> Option<(usize, Chain, PackEntry)> {
        left.iter().enumerate().find_map(|(place, &pack)| {
            let chain = self.chain.with(&self.identity(pack)?);
            if !self.cache.has(PACK, &chain.0) {
                return None;
            }
            let entry = PackEntry::decode(&self.cache.get(PACK, &chain.0)?)?;
            Some((place, chain, entry))
        })
    }

    /// What is covered by what is kept of a pack; `None` when it does not hold.
    fn recalled(&self, pack: usize, entry: &PackEntry, round: &Round<'_>) -> Option<Coverage> {
        let telling = entry.telling.len() as u64;
        let readings = match round.again(pack, &entry.telling) {
            // Every one of them was seen, or the entry is none of this pack's.
            Ok(readings) if readings.iter().map(Reading::count).sum::<u64>() == telling => readings,
            Ok(readings) | Err(readings) => {
                readings.into_iter().for_each(Reading::forget);
                return None;
            }
        };
        let mut coverage = Coverage::default();
        readings.into_iter().for_each(|it| coverage.merge(it.end()));
        coverage.read_many(Part::Objects, entry.quiet.count, entry.quiet.bytes);
        for pointer in &entry.pointers {
            coverage.skip(Skip::LfsContent, pointer.to_string().as_bytes());
        }
        self.check_links(&entry.outside, &mut coverage);
        Some(coverage)
    }

    fn check_links(&self, links: &[ObjectId], coverage: &mut Coverage) {
        let Some(database) = self.linked else { return };
        for id in links.iter().filter(|id| !database.has(**id)) {
            let why = "object is missing, though a commit refers to it";
            coverage.fail(id.to_string().as_bytes(), why);
        }
    }

    fn look_up_loose(&mut self, job: &Job<'_>) {
        let name = &self.loose.0;
        let Some(content) = self.cache.get(LOOSE, name) else { return };
        let Some(kept) = LooseEntry::decode(&content) else { return };
        let mut coverage = Coverage::default();
        for (id, path) in self.database.loose() {
            let Some(object) = kept.get(id).filter(|it| Some(it.file) == size_of(&path)) else {
                continue;
            };
            if let Some(size) = object.size {
                coverage.read(Part::Objects, size);
                job.progress.text();
            }
            self.check_links(&object.links, &mut coverage);
            self.turns.known_loose.push(id);
        }
        self.coverage.merge(coverage);
        self.loose.1 = kept;
    }

    /// The packs with which what is written down at a stage holds.
    pub(super) fn standing(&self, stage: Stage) -> &[usize] {
        match stage {
            Stage::Pack(turn) => &self.turns.packs[..=turn],
            Stage::Loose | Stage::Again => &[],
        }
    }

    /// Keeps what was read, and gives back all that is covered now, and whether all of it is kept.
    pub(super) fn end(&self, seen: Vec<Seen<Reading<'_>>>) -> (Coverage, bool) {
        let mut total = self.coverage.clone();
        let (mut chain, mut loose, mut all_loose) = (Some(self.chain), Vec::new(), true);
        for Seen { stage, visitors, whole } in seen {
            let (mut coverage, mut record) = (Coverage::default(), Record::default());
            for visitor in visitors {
                let (covered, recorded) = visitor.end_recording();
                coverage.merge(covered);
                record.merge(recorded);
            }
            match stage {
                Stage::Pack(turn) => {
                    let whole = whole && !record.doubt;
                    let entry = || record.of_pack(coverage.tally(Part::Objects));
                    let pack = self.turns.packs[turn];
                    chain = chain.filter(|_| whole).and_then(|it| self.keep(it, pack, entry));
                }
                Stage::Loose => {
                    all_loose = whole;
                    loose = record.loose;
                }
                Stage::Again => {}
            }
            total.merge(coverage);
        }
        self.keep_loose(loose);
        (total, chain.is_some() && all_loose)
    }

    /// Keeps a pack, and gives back the chain behind it.
    fn keep(&self, chain: Chain, pack: usize, entry: impl FnOnce() -> PackEntry) -> Option<Chain> {
        let chain = chain.with(&self.identity(pack)?);
        // What stands on an object of another pack, or on a loose one, could not be read without it.
        let alone = self.database.forest(pack).roots.iter().all(|root| root.kind.is_some());
        alone.then(|| {
            self.cache.put(PACK, &chain.0, &entry().encode());
            chain
        })
    }

    fn keep_loose(&self, fresh: Vec<LooseObject>) {
        let (name, old) = &self.loose;
        let fresh: BTreeMap<ObjectId, LooseObject> =
            fresh.into_iter().map(|it| (it.id, it)).collect();
        let known = &self.turns.known_loose;
        let objects = self.database.loose().filter_map(|(id, path)| match fresh.get(&id) {
            Some(object) => Some(LooseObject { file: size_of(&path)?, ..object.clone() }),
            None => old.get(id).filter(|_| known.binary_search(&id).is_ok()).cloned(),
        });
        let new = LooseEntry { objects: objects.collect() };
        if new != *old {
            self.cache.put(LOOSE, name, &new.encode());
        }
    }
}

/// Adds all objects of the database to a digest; `None` when some pack cannot be told from others.
pub(super) fn all_objects(digest: &mut Digest, database: &Database) -> Option<()> {
    let packs: Option<Vec<_>> = database.packs().iter().map(Pack::identity).collect();
    let mut packs = packs?;
    packs.sort();
    digest.number(packs.len() as u64);
    for pack in packs {
        digest.part(&pack);
    }
    digest.ids(database.loose().map(|(id, _)| id));
    database.unreadable.is_empty().then_some(())
}

/// What tells a repository from others on this machine.
pub(super) fn place(git_dir: &Path) -> PathBuf {
    git_dir.canonicalize().unwrap_or_else(|_| git_dir.to_path_buf())
}

/// How many bytes a file has.
fn size_of(path: &Path) -> Option<u64> {
    path.metadata().ok().filter(std::fs::Metadata::is_file).map(|it| it.len())
}
