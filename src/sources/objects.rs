//! How an object of a repository becomes texts: blobs, messages of commits and annotated tags, and
//! the headers in which names and addresses stand.

use std::io::Read;
use std::sync::Arc;

use super::cache::pack::Telling;
use super::pieces::PieceReader;
use super::record::Record;
use super::utf16::{Order, decoded};
use super::{Job, Worker, texts};
use crate::git::database::Database;
use crate::git::links;
use crate::git::pack::PackError;
use crate::git::pack::traverse::Visitor;
use crate::model::chunk::Hit;
use crate::model::coverage::{Coverage, Part, Skip};
use crate::model::object::{Kind, ObjectId};
use crate::model::origin::{Origin, Signature};
use crate::model::seams::Seams;

/// How the pointers of Git LFS begin, and how long they are at most (its `docs/spec.md`).
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
const LONGEST_POINTER: usize = 1024;
/// So many objects are counted before the display is told.
const TELL: u64 = 256;

/// One thread's reading of objects.
pub struct Reading<'a> {
    worker: Box<dyn Worker + Send + 'a>,
    job: Job<'a>,
    /// Where to look whether what commits refer to is there.
    linked: Option<&'a Database>,
    pieces: Option<PieceReader<'a>>,
    coverage: Coverage,
    untold: (u64, u64),
    /// What a later run needs to know, if it may come to that, and the packs with which it holds.
    record: Option<(Record, &'a [usize])>,
}

impl<'a> Reading<'a> {
    /// Hands texts to this worker. With a database it is looked whether what commits refer to is
    /// there.
    pub fn new(
        worker: Box<dyn Worker + Send + 'a>,
        job: Job<'a>,
        linked: Option<&'a Database>,
    ) -> Self {
        let coverage = Coverage::default();
        Self { worker, job, linked, pieces: None, coverage, untold: (0, 0), record: None }
    }

    /// Writes down what a later run needs to know as long as it has these packs.
    pub fn recording(mut self, packs: &'a [usize]) -> Self {
        self.record = Some((Record::default(), packs));
        self
    }

    /// Ends the reading: what was read.
    pub fn end(self) -> Coverage {
        self.end_recording().0
    }

    /// Ends the reading: what was read, and what was written down.
    pub fn end_recording(mut self) -> (Coverage, Record) {
        self.tell();
        (self.coverage, self.record.map(|(record, _)| record).unwrap_or_default())
    }

    /// How many objects were read.
    pub fn count(&self) -> u64 {
        self.coverage.tally(Part::Objects).count + self.untold.0
    }

    /// Ends the reading as if it had never been.
    pub fn forget(mut self) {
        self.worker.forget();
    }

    /// Looks whether what a commit refers to is there. Gives back what a later run must look for
    /// itself.
    fn links(&mut self, commit: &[u8]) -> Vec<ObjectId> {
        let Some(database) = self.linked else { return Vec::new() };
        let mut outside = Vec::new();
        for id in links::of_commit(commit) {
            let held = self.record.as_ref().map(|(_, packs)| *packs);
            if held.is_some_and(|packs| !database.is_in(packs, id.as_bytes())) {
                outside.push(id);
            }
            if !database.has(id) {
                let why = "object is missing, though a commit refers to it";
                self.coverage.fail(id.to_string().as_bytes(), why);
            }
        }
        outside
    }

    fn tell(&mut self) {
        let (objects, bytes) = std::mem::take(&mut self.untold);
        self.coverage.read_many(Part::Objects, objects, bytes);
        self.job.progress.bytes(bytes);
        self.job.progress.texts(objects);
    }
}

impl Visitor for Reading<'_> {
    fn seams(&self) -> Seams {
        self.worker.seams()
    }

    fn search(&mut self, text: &[u8], hits: &mut Vec<Hit>) {
        self.worker.keywords(text, hits);
    }

    fn must_see(&self, kind: Kind, beginning: [u8; 2]) -> bool {
        match kind {
            Kind::Blob => Order::of(&beginning).is_some() || LFS.starts_with(&beginning),
            Kind::Commit => self.linked.is_some(),
            Kind::Tree | Kind::Tag => false,
        }
    }

    fn object(&mut self, id: ObjectId, kind: Kind, bytes: &[u8], hits: &[Hit]) {
        let outside = if kind == Kind::Commit { self.links(bytes) } else { Vec::new() };
        let before = self.worker.seen();
        let pointer = kind == Kind::Blob && bytes.starts_with(LFS) && bytes.len() < LONGEST_POINTER;
        if pointer {
            self.coverage.skip(Skip::LfsContent, id.to_string().as_bytes());
        }
        match kind {
            // It was to be seen for what it refers to.
            Kind::Commit if hits.is_empty() => {}
            Kind::Blob if Order::of(bytes).is_none() => {
                self.worker.searched(&Origin::Blob { blob: id }, bytes, hits);
            }
            _ => hand_on(id, kind, bytes, self.worker.as_mut()),
        }
        if let Some((record, _)) = &mut self.record {
            if self.worker.seen() == before {
                record.packed.outside.extend(outside);
                record.packed.pointers.extend(pointer.then_some(id));
            } else {
                record.telling(Telling { id, streamed: false }, bytes.len() as u64);
            }
        }
    }

    fn stream(
        &mut self,
        id: ObjectId,
        kind: Kind,
        size: u64,
        bytes: &mut dyn Read,
    ) -> Result<(), PackError> {
        let origin = match kind {
            Kind::Blob => Origin::Blob { blob: id },
            Kind::Tag => Origin::TagMessage { tagger: None, tag: id },
            Kind::Commit | Kind::Tree => {
                Origin::CommitMessage { author: Arc::new(Signature::default()), commit: id }
            }
        };
        let before = self.worker.seen();
        let pieces = self.pieces.get_or_insert_with(|| PieceReader::new(self.job));
        // One byte more than there should be tells when there are too many.
        let bytes = bytes.take(size.saturating_add(1));
        match pieces.read(bytes, None, &origin, self.worker.as_mut()) {
            Ok(read) if read == size => {
                // The display has been told of the bytes.
                self.coverage.read(Part::Objects, size);
                self.job.progress.text();
                if let Some((record, _)) = &mut self.record {
                    if self.worker.seen() != before {
                        record.telling(Telling { id, streamed: true }, size);
                    }
                    // With more memory it would have been read as a whole.
                    let is_small = size < LONGEST_POINTER as u64;
                    record.doubt |= kind != Kind::Blob || is_small;
                }
                Ok(())
            }
            _ => Err(PackError::Inflate),
        }
    }

    fn read(&mut self, size: u64) {
        self.untold.0 += 1;
        self.untold.1 += size;
        if self.untold.0 >= TELL {
            self.tell();
        }
    }

    fn failed(&mut self, id: ObjectId, why: &PackError) {
        self.coverage.fail(id.to_string().as_bytes(), why.to_string());
    }

    fn loose(&mut self, id: ObjectId, size: Option<u64>) {
        if let Some((record, _)) = &mut self.record {
            record.loose(id, size);
        }
    }
}

/// Hands the texts of an object on.
fn hand_on(id: ObjectId, kind: Kind, bytes: &[u8], worker: &mut dyn Worker) {
    match kind {
        Kind::Tree => {}
        Kind::Blob => worker.text(&Origin::Blob { blob: id }, &decoded(bytes)),
        Kind::Commit => drop(texts::commit(id, bytes, worker)),
        Kind::Tag => texts::tag(id, bytes, worker),
    }
}
