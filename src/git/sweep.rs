//! Goes once through an object database: every pack from its roots, loose objects, and what had
//! to be left for later. Owns the threads that do so.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::database::Database;
use super::hash;
use super::loose::Loose;
use super::pack::PackError;
use super::pack::budget::Budget;
use super::pack::file::Pack;
use super::pack::forest::{Forest, Root};
use super::pack::traverse::{How, Plan, Visitor, Walker};
use super::reader::Reader;
use crate::model::object::{Kind, ObjectId};

/// Loose objects that a thread takes at once.
const BATCH: usize = 64;
/// Larger loose objects are read as a stream.
const STREAMED: u64 = 16 << 20;

/// What there is to go through, and how.
#[derive(Clone, Copy)]
pub struct Sweep<'a> {
    /// The objects.
    pub database: &'a Database,
    /// In which order, and what of them is left out.
    pub turns: &'a Turns,
    /// Memory for unpacked objects.
    pub budget: &'a Budget,
    /// Which types are read.
    pub wanted: fn(Kind) -> bool,
    /// Whether to look at copied bytes again.
    pub how: How,
    /// How many threads to use.
    pub threads: usize,
}

/// The order of the packs: what one has is not read again in those after it. The first of them and
/// some loose objects need not be read at all.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    /// All packs of the database, by number.
    pub packs: Vec<usize>,
    /// How many of them, from the first on, are not read.
    pub known: usize,
    /// Loose objects that are not read, sorted.
    pub known_loose: Vec<ObjectId>,
    /// Nothing but these objects is shown, sorted, and nothing is read in vain for them.
    pub only: Option<Vec<ObjectId>>,
}

impl Turns {
    /// Everything is read, in the order of the database.
    pub fn all(database: &Database) -> Self {
        Self { packs: (0..database.packs().len()).collect(), ..Self::default() }
    }

    /// Whether an object is to be shown, wherever it is.
    fn shows(&self, id: &[u8]) -> bool {
        let find = |only: &Vec<ObjectId>| only.binary_search_by(|it| it.as_bytes().cmp(id)).is_ok();
        self.only.as_ref().is_none_or(find)
    }

    /// Whether something in a tree of deltas is to be shown.
    fn wants(&self, pack: &Pack, forest: &Forest, root: &Root) -> bool {
        let shown = |node| self.shows(pack.id(forest.place(node)));
        self.only.is_none() || forest.tree(root.node).any(shown)
    }
}

/// Where a visitor is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The pack whose turn this is, a place in [`Turns::packs`].
    Pack(usize),
    /// The loose objects.
    Loose,
    /// Another copy of what could not be read.
    Again,
}

/// Makes a visitor for a thread.
type Make<'a, V> = &'a (dyn Fn(Stage) -> V + Sync);
/// The same within a stage.
type MakeOne<'a, V> = &'a (dyn Fn() -> V + Sync);

/// The visitors of one stage, once they have seen everything.
pub struct Seen<V> {
    /// Which stage.
    pub stage: Stage,
    /// One a thread, or more.
    pub visitors: Vec<V>,
    /// True when they have seen every object that they were to see.
    pub whole: bool,
}

/// What the threads hand in.
struct Done<V> {
    visitors: Vec<V>,
    /// Objects of which one copy cannot be read.
    failed: Vec<(ObjectId, PackError)>,
}

impl<V> Default for Done<V> {
    fn default() -> Self {
        Self { visitors: Vec::new(), failed: Vec::new() }
    }
}

impl Sweep<'_> {
    /// Shows every wanted object to one of the visitors, and gives these back.
    pub fn run<V: Visitor>(&self, make: Make<'_, V>) -> Vec<Seen<V>> {
        let work = || {
            let (mut seen, mut failed) = (Vec::new(), Vec::new());
            let packs = (self.turns.known..self.turns.packs.len()).map(Stage::Pack);
            for stage in packs.chain([Stage::Loose]) {
                let done = Mutex::new(Done::default());
                let make = || make(stage);
                match stage {
                    Stage::Pack(turn) => self.pack(turn, &make, &done),
                    _ => self.loose(&make, &done),
                }
                let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
                let whole = done.failed.is_empty();
                seen.push(Seen { stage, visitors: done.visitors, whole });
                failed.append(&mut done.failed);
            }
            (seen, failed)
        };
        let (mut seen, failed) =
            match rayon::ThreadPoolBuilder::new().num_threads(self.threads).build() {
                Ok(pool) => pool.install(work),
                // No more threads to be had: rayon does what it can.
                Err(_) => work(),
            };
        if !failed.is_empty() {
            let mut visitor = make(Stage::Again);
            self.retry(failed, &mut visitor);
            seen.push(Seen { stage: Stage::Again, visitors: vec![visitor], whole: true });
        }
        seen
    }

    /// Does `work` on every thread, each with a visitor of its own; it gives back what failed.
    fn together<V: Visitor>(
        &self,
        make: MakeOne<'_, V>,
        done: &Mutex<Done<V>>,
        work: impl Fn(&mut V) -> Vec<(ObjectId, PackError)> + Sync,
    ) {
        rayon::broadcast(|_| {
            let mut visitor = make();
            let mut failed = work(&mut visitor);
            if let Ok(mut done) = done.lock() {
                done.visitors.push(visitor);
                done.failed.append(&mut failed);
            }
        });
    }

    fn pack<V: Visitor>(&self, turn: usize, make: MakeOne<'_, V>, done: &Mutex<Done<V>>) {
        let number = self.turns.packs[turn];
        let pack = &self.database.packs()[number];
        let forest = self.database.forest(number);
        let earlier = &self.turns.packs[..turn];
        let repeated = |id: &[u8]| !self.turns.shows(id) || self.database.is_in(earlier, id);
        let wanted = |root: &Root| {
            root.kind.is_some_and(self.wanted) && self.turns.wants(pack, forest, root)
        };
        let plan = Plan::new((pack, forest), self.budget, wanted, &repeated, self.how);
        let left = Mutex::new(Vec::new());
        self.together(make, done, |visitor| {
            let mut walker = Walker::new(&plan);
            walker.run(visitor);
            if let Ok(mut left) = left.lock() {
                left.append(&mut walker.deferred);
            }
            walker.failed
        });
        // What stands on an object of another pack is read one by one, too. Git completes the
        // packs that it keeps, so there is hardly ever any.
        let mut left = left.into_inner().unwrap_or_default();
        left.extend(forest.roots.iter().filter(|root| root.kind.is_none()).map(|root| root.node));
        let mut nodes: Vec<u32> = left.iter().flat_map(|&node| forest.tree(node)).collect();
        nodes.retain(|&node| !repeated(pack.id(forest.place(node))));
        self.one_by_one((number, forest), &nodes, make, done);
        let broken = forest.broken.iter().filter_map(|(place, error)| {
            let id = Some(pack.id(*place as usize)).filter(|id| !repeated(id))?;
            Some((ObjectId::from_bytes(id)?, error.clone()))
        });
        if let Ok(mut done) = done.lock() {
            done.failed.extend(broken);
        }
    }

    /// Reads entries each from its own root, one after the other: slow, and with little memory.
    fn one_by_one<V: Visitor>(
        &self,
        (number, forest): (usize, &Forest),
        nodes: &[u32],
        make: MakeOne<'_, V>,
        done: &Mutex<Done<V>>,
    ) {
        if nodes.is_empty() {
            return;
        }
        let pack = &self.database.packs()[number];
        let mut visitor = make();
        let mut failed = Vec::new();
        let mut reader = Reader::new(self.database, self.budget);
        for &node in nodes {
            let Some(id) = ObjectId::from_bytes(pack.id(forest.place(node))) else { continue };
            let read = self.single(&mut reader, (number, forest.offset(node)), id, &mut visitor);
            failed.extend(read.err().map(|error| (id, error)));
        }
        if let Ok(mut done) = done.lock() {
            done.visitors.push(visitor);
            done.failed.append(&mut failed);
        }
    }

    fn single<V: Visitor>(
        &self,
        reader: &mut Reader<'_>,
        (pack, offset): (usize, u64),
        id: ObjectId,
        visitor: &mut V,
    ) -> Result<(), PackError> {
        if !(self.wanted)(reader.kind(pack, offset)?) {
            return Ok(());
        }
        match reader.entry(pack, offset) {
            Ok((kind, bytes)) => {
                visitor.whole(id, kind, &bytes);
                Ok(())
            }
            Err(PackError::TooLarge) => {
                let (kind, size, mut bytes) = reader.stream(pack, offset)?;
                visitor.stream(id, kind, size, &mut bytes)
            }
            Err(error) => Err(error),
        }
    }

    fn loose<V: Visitor>(&self, make: MakeOne<'_, V>, done: &Mutex<Done<V>>) {
        let known = &self.turns.known_loose;
        let fresh = |(id, _): &(ObjectId, _)| {
            known.binary_search(id).is_err() && self.turns.shows(id.as_bytes())
        };
        let loose: Vec<_> = self.database.loose().filter(fresh).collect();
        if loose.is_empty() {
            return;
        }
        let next = AtomicUsize::new(0);
        self.together(make, done, |visitor| {
            let mut failed = Vec::new();
            while let Some(batch) = loose.chunks(BATCH).nth(next.fetch_add(1, Ordering::Relaxed)) {
                for (id, path) in batch {
                    let read = match Loose::open(path) {
                        Ok(object) => self.loose_object(*id, object, visitor),
                        Err(_) => Err(PackError::Inflate),
                    };
                    failed.extend(read.err().map(|error| (*id, error)));
                }
            }
            failed
        });
    }

    fn loose_object<V: Visitor>(
        &self,
        id: ObjectId,
        object: Loose,
        visitor: &mut V,
    ) -> Result<(), PackError> {
        let (kind, size) = (object.kind, object.size);
        if !(self.wanted)(kind) {
            visitor.loose(id, None);
            return Ok(());
        }
        if size >= STREAMED {
            visitor.stream(id, kind, size, &mut object.stream())?;
        } else {
            let bytes = object.bytes().map_err(|_| PackError::Inflate)?;
            if !hash::is_named(id, kind, &bytes) {
                return Err(PackError::Name);
            }
            visitor.whole(id, kind, &bytes);
        }
        visitor.loose(id, Some(size));
        Ok(())
    }

    /// An object may be whole in another place. What is not is a failure.
    fn retry<V: Visitor>(&self, mut failed: Vec<(ObjectId, PackError)>, visitor: &mut V) {
        failed.sort_by_key(|(id, _)| *id);
        failed.dedup_by_key(|(id, _)| *id);
        let mut reader = Reader::new(self.database, self.budget);
        for (id, error) in failed {
            let elsewhere = self.database.find_all(id).nth(1).is_some();
            match elsewhere.then(|| reader.read(id)) {
                Some(Ok((kind, bytes))) if (self.wanted)(kind) => visitor.whole(id, kind, &bytes),
                Some(Ok(_)) => {}
                _ => visitor.failed(id, &error),
            }
        }
    }
}
