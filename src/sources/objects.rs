//! How an object of a repository becomes texts: blobs, messages of commits and annotated tags, and
//! the headers in which names and addresses stand.

use std::io::Read;
use std::sync::Arc;

use super::pieces::PieceReader;
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
}

impl<'a> Reading<'a> {
    /// Hands texts to this worker. With a database it is looked whether what commits refer to is
    /// there.
    pub fn new(
        worker: Box<dyn Worker + Send + 'a>,
        job: Job<'a>,
        linked: Option<&'a Database>,
    ) -> Self {
        Self { worker, job, linked, pieces: None, coverage: Coverage::default(), untold: (0, 0) }
    }

    /// Ends the reading: what was read.
    pub fn end(mut self) -> Coverage {
        self.tell();
        self.coverage
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
        if let (Kind::Commit, Some(database)) = (kind, self.linked) {
            for missing in links::missing_from_commit(database, bytes) {
                let why = "object is missing, though a commit refers to it";
                self.coverage.fail(missing.to_string().as_bytes(), why);
            }
            if hits.is_empty() {
                return;
            }
        }
        if kind == Kind::Blob && bytes.starts_with(LFS) && bytes.len() < LONGEST_POINTER {
            self.coverage.skip(Skip::LfsContent, id.to_string().as_bytes());
        }
        if kind == Kind::Blob && Order::of(bytes).is_none() {
            self.worker.searched(&Origin::Blob { blob: id }, bytes, hits);
        } else {
            hand_on(id, kind, bytes, self.worker.as_mut());
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
        let pieces = self.pieces.get_or_insert_with(|| PieceReader::new(self.job));
        // One byte more than there should be tells when there are too many.
        let bytes = bytes.take(size.saturating_add(1));
        match pieces.read(bytes, None, &origin, self.worker.as_mut()) {
            Ok(read) if read == size => {
                // The display has been told of the bytes.
                self.coverage.read(Part::Objects, size);
                self.job.progress.text();
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
