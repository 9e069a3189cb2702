//! Goes through a pack once: every entry is unpacked exactly once, bases before their deltas, each
//! tree of deltas on one thread. What a delta copies is not looked at again (`carry`), and a
//! delta on which nothing stands is not even built unless there is something in it.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::read::ZlibDecoder;

use super::PackError;
use super::budget::Budget;
use super::carry::{Carrier, Recipe};
use super::delta::Script;
use super::file::Pack;
use super::forest::{Forest, NONE, Root};
use super::inflate::{Buffer, Inflater, credible};
use crate::model::chunk::Hit;
use crate::model::object::{Kind, ObjectId};
use crate::model::seams::Seams;

/// Whole objects on which nothing stands are read as a stream from this size on.
const STREAMED: u64 = 16 << 20;
/// A thread keeps at most this much memory for later use.
const SPARE: usize = 16 << 20;
/// Roots that a thread takes at once.
const BATCH: usize = 32;

/// What becomes of the objects. Each thread has its own.
pub trait Visitor: Send {
    /// Where keywords can lie across the seams of deltas.
    fn seams(&self) -> Seams;
    /// Appends every keyword of a text, in order.
    fn search(&mut self, text: &[u8], hits: &mut Vec<Hit>);
    /// True when an object that begins like this must be seen, whatever keywords it has.
    fn must_see(&self, kind: Kind, beginning: [u8; 2]) -> bool;
    /// An object that has keywords, or must be seen.
    fn object(&mut self, id: ObjectId, kind: Kind, bytes: &[u8], hits: &[Hit]);
    /// A large object on which no delta stands. An error is that of the stream.
    fn stream(
        &mut self,
        id: ObjectId,
        kind: Kind,
        size: u64,
        bytes: &mut dyn Read,
    ) -> Result<(), PackError>;
    /// Each object that was read, after everything else that is said of it.
    fn read(&mut self, size: u64);
    /// An object that cannot be read, from wherever.
    fn failed(&mut self, id: ObjectId, why: &PackError);
    /// A loose object with which nothing was wrong, after everything else that is said of it: its
    /// size, or `None` when its type is not wanted.
    fn loose(&mut self, _id: ObjectId, _size: Option<u64>) {}

    /// An object that was read by itself.
    fn whole(&mut self, id: ObjectId, kind: Kind, bytes: &[u8]) {
        let mut hits = Vec::new();
        self.search(bytes, &mut hits);
        if !hits.is_empty() || self.must_see(kind, beginning(bytes)) {
            self.object(id, kind, bytes, &hits);
        }
        self.read(bytes.len() as u64);
    }
}

/// The first two bytes of an object; zero where there are none.
fn beginning(bytes: &[u8]) -> [u8; 2] {
    [0, 1].map(|at| bytes.get(at).copied().unwrap_or(0))
}

/// A pack and what is wanted of it. Shared by all threads.
pub struct Plan<'a> {
    pack: &'a Pack,
    forest: &'a Forest,
    budget: &'a Budget,
    /// Roots in the order in which they are taken: the heaviest trees first, one by one, then
    /// the others in the order of the pack.
    roots: Vec<(u32, Kind)>,
    /// How many of them are taken one by one.
    heavy: usize,
    next: AtomicUsize,
    /// Says of a name whether another pack has given that object already.
    repeated: &'a (dyn Fn(&[u8]) -> bool + Sync),
    how: How,
}

/// Whether deltas are searched only where they are new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// What is copied was searched in the base.
    Carried,
    /// Every object is built and searched from end to end.
    Full,
}

impl<'a> Plan<'a> {
    /// A plan to go through all trees of which `wanted` says yes.
    pub fn new(
        (pack, forest): (&'a Pack, &'a Forest),
        budget: &'a Budget,
        wanted: impl Fn(&Root) -> bool,
        repeated: &'a (dyn Fn(&[u8]) -> bool + Sync),
        how: How,
    ) -> Self {
        let mut roots: Vec<&Root> = forest.roots.iter().filter(|root| wanted(root)).collect();
        let total: u64 = roots.iter().map(|root| root.weight).sum();
        // A tree that is this heavy must not be the last one to begin.
        let limit = (total / 1000).max(1);
        roots.sort_by_key(|root| match root.weight {
            weight if weight > limit => (std::cmp::Reverse(weight), root.node),
            _ => (std::cmp::Reverse(0), root.node),
        });
        let heavy = roots.partition_point(|root| root.weight > limit);
        let roots = roots.iter().filter_map(|root| Some((root.node, root.kind?))).collect();
        Self { pack, forest, budget, roots, heavy, next: AtomicUsize::new(0), repeated, how }
    }

    /// The next roots for a thread.
    fn take(&self) -> &[(u32, Kind)] {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let range = match turn.checked_sub(self.heavy) {
            None => turn..turn + 1,
            Some(batch) => {
                let start = self.heavy + batch * BATCH;
                start.min(self.roots.len())..(start + BATCH).min(self.roots.len())
            }
        };
        &self.roots[range]
    }
}

/// An entry whose deltas are being read.
struct Frame {
    bytes: Buffer,
    hits: Vec<Hit>,
    /// The next delta.
    next: u32,
}

/// One thread's way through a pack.
pub struct Walker<'a> {
    plan: &'a Plan<'a>,
    inflater: Inflater,
    carrier: Carrier,
    delta: Buffer,
    script: Script,
    spare: Vec<Buffer>,
    spare_room: usize,
    spare_hits: Vec<Vec<Hit>>,
    /// Trees for which there was no memory. They are left for somebody who reads objects one by
    /// one.
    pub deferred: Vec<u32>,
    /// Entries that cannot be read.
    pub failed: Vec<(ObjectId, PackError)>,
}

impl<'a> Walker<'a> {
    /// A way that has not begun.
    pub fn new(plan: &'a Plan<'a>) -> Self {
        Self {
            plan,
            inflater: Inflater::default(),
            carrier: Carrier::default(),
            delta: Buffer::default(),
            script: Script::default(),
            spare: Vec::new(),
            spare_room: 0,
            spare_hits: Vec::new(),
            deferred: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Takes trees until there are none left.
    pub fn run(&mut self, visitor: &mut dyn Visitor) {
        self.carrier = Carrier::new(visitor.seams());
        loop {
            let roots = self.plan.take();
            if roots.is_empty() {
                return;
            }
            for &(node, kind) in roots {
                match self.root(node, kind, visitor) {
                    Ok(Some(frame)) => self.deltas(frame, kind, visitor),
                    Ok(None) => {}
                    Err(error) => self.give_up(node, &error),
                }
            }
        }
    }

    /// Reads a whole object. Gives it back when deltas stand on it.
    fn root(
        &mut self,
        node: u32,
        kind: Kind,
        visitor: &mut dyn Visitor,
    ) -> Result<Option<Frame>, PackError> {
        let Plan { pack, forest, .. } = *self.plan;
        let head = pack.head(forest.offset(node))?;
        let packed = pack.body().get(head.data..forest.end(node)).ok_or(PackError::Cut)?;
        let size = credible(head.size, packed.len())?;
        let first_child = forest.first_child(node);
        if first_child == NONE && head.size >= STREAMED {
            return match self.new_id(node) {
                Some(id) => visitor.stream(id, kind, head.size, &mut ZlibDecoder::new(packed)),
                None => Ok(()),
            }
            .map(|()| None);
        }
        let mut bytes = self.buffer(size)?;
        let inflated = self.inflater.inflate(packed, size, &mut bytes);
        let mut hits = self.spare_hits.pop().unwrap_or_default();
        if inflated.is_ok() {
            visitor.search(&bytes, &mut hits);
            self.show(node, kind, (&bytes, &hits), visitor);
        }
        if inflated.is_err() || first_child == NONE {
            self.drop_frame(Frame { bytes, hits, next: NONE });
            return inflated.map(|()| None);
        }
        Ok(Some(Frame { bytes, hits, next: first_child }))
    }

    /// Reads everything that stands on a base, depth first. A base is dropped as soon as its
    /// last delta is built.
    fn deltas(&mut self, base: Frame, kind: Kind, visitor: &mut dyn Visitor) {
        let mut stack = vec![base];
        while let Some(mut frame) = stack.pop() {
            let node = frame.next;
            frame.next = self.plan.forest.next_sibling(node);
            let above = self.child(node, kind, &frame, visitor);
            if frame.next == NONE {
                self.drop_frame(frame);
            } else {
                stack.push(frame);
            }
            match above {
                Ok(above) => stack.extend(above),
                Err(error) => self.give_up(node, &error),
            }
        }
    }

    /// Reads a delta. Gives its object back when deltas stand on it.
    fn child(
        &mut self,
        node: u32,
        kind: Kind,
        base: &Frame,
        visitor: &mut dyn Visitor,
    ) -> Result<Option<Frame>, PackError> {
        let Plan { pack, forest, .. } = *self.plan;
        let head = pack.head(forest.offset(node))?;
        let packed = pack.body().get(head.data..forest.end(node)).ok_or(PackError::Cut)?;
        let size = credible(head.size, packed.len())?;
        if !self.plan.budget.allows(size) {
            return Err(PackError::TooLarge);
        }
        let (mut delta, mut script) =
            (std::mem::take(&mut self.delta), std::mem::take(&mut self.script));
        let result = self
            .inflater
            .inflate(packed, size, &mut delta)
            .and_then(|()| script.read(&delta, base.bytes.len()))
            .and_then(|()| {
                let (base, hits) = (&base.bytes, &base.hits);
                let recipe = Recipe { script: &script, delta: &delta, base, hits };
                self.apply(node, kind, recipe, visitor)
            });
        (self.delta, self.script) = (delta, script);
        result
    }

    fn apply(
        &mut self,
        node: u32,
        kind: Kind,
        recipe: Recipe<'_>,
        visitor: &mut dyn Visitor,
    ) -> Result<Option<Frame>, PackError> {
        let mut hits = self.spare_hits.pop().unwrap_or_default();
        let full = self.plan.how == How::Full;
        if !full {
            let mut search = |text: &[u8], hits: &mut Vec<Hit>| visitor.search(text, hits);
            self.carrier.hits(recipe, &mut search, &mut hits);
        }
        let Recipe { script, delta, base, .. } = recipe;
        let next = self.plan.forest.first_child(node);
        let seen =
            full || !hits.is_empty() || visitor.must_see(kind, script.beginning(delta, base));
        let size = script.result_size();
        if next == NONE && !seen {
            self.spare_hits.push(hits);
            if self.new_id(node).is_some() {
                visitor.read(size as u64);
            }
            return Ok(None);
        }
        let mut bytes = self.buffer(size)?;
        script.apply(delta, base, bytes.reset(size));
        if full {
            visitor.search(&bytes, &mut hits);
        }
        self.show(node, kind, (&bytes, &hits), visitor);
        let frame = Frame { bytes, hits, next };
        if next == NONE {
            self.drop_frame(frame);
            return Ok(None);
        }
        Ok(Some(frame))
    }

    /// The name of an entry's object, unless another pack has given that object already.
    fn new_id(&self, node: u32) -> Option<ObjectId> {
        let id = self.plan.pack.id(self.plan.forest.place(node));
        if (self.plan.repeated)(id) { None } else { ObjectId::from_bytes(id) }
    }

    /// Hands an object on, if there is something in it that nobody has seen.
    fn show(
        &self,
        node: u32,
        kind: Kind,
        (bytes, hits): (&[u8], &[Hit]),
        visitor: &mut dyn Visitor,
    ) {
        let Some(id) = self.new_id(node) else { return };
        if !hits.is_empty() || visitor.must_see(kind, beginning(bytes)) {
            visitor.object(id, kind, bytes, hits);
        }
        visitor.read(bytes.len() as u64);
    }

    /// Leaves a tree to others: until there is memory for it, or for ever.
    fn give_up(&mut self, node: u32, why: &PackError) {
        if *why == PackError::TooLarge {
            self.deferred.push(node);
            return;
        }
        let mut why = why;
        for node in self.plan.forest.tree(node) {
            self.failed.extend(self.new_id(node).map(|id| (id, why.clone())));
            why = &PackError::Base;
        }
    }

    /// A buffer of this size, if there is memory for it.
    fn buffer(&mut self, size: usize) -> Result<Buffer, PackError> {
        if !self.plan.budget.take(size) {
            return Err(PackError::TooLarge);
        }
        let mut buffer = self.spare.pop().unwrap_or_default();
        self.spare_room -= buffer.room();
        buffer.reset(size);
        Ok(buffer)
    }

    fn drop_frame(&mut self, frame: Frame) {
        let Frame { bytes, mut hits, .. } = frame;
        self.plan.budget.give(bytes.len());
        if self.spare_room + bytes.room() <= SPARE {
            self.spare_room += bytes.room();
            self.spare.push(bytes);
        }
        hits.clear();
        self.spare_hits.push(hits);
    }
}
