//! The whole history: every object of the object database once, read by as many threads as asked
//! for. Blobs, messages of commits and annotated tags, and the headers in which names and
//! addresses stand.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::exclude::Exclude;
use super::utf16::decoded;
use super::{Crew, Job, Located, Source, Worker, texts, threads};
use crate::git::GitError;
use crate::git::attribution::{Attribution, attribute};
use crate::git::listing::{Listing, list};
use crate::git::objects::{Kind, Reader};
use crate::git::repository::Repository;
use crate::model::coverage::{Coverage, Part};
use crate::model::object::ObjectId;
use crate::model::origin::Origin;

/// How many objects a thread takes at once.
const BATCH: usize = 256;

/// The history of one repository.
pub struct History {
    git_dir: PathBuf,
    exclude: Exclude,
    label: Option<Arc<[u8]>>,
}

impl History {
    /// The history of the repository with this git folder. `label` is how reports name it.
    pub fn new(git_dir: &Path, exclude: Exclude, label: Option<Arc<[u8]>>) -> Self {
        Self { git_dir: git_dir.to_path_buf(), exclude, label }
    }

    fn name(&self) -> &[u8] {
        self.label.as_deref().unwrap_or(b".")
    }

    fn undone(&self, error: &GitError) -> Coverage {
        let mut coverage = Coverage::default();
        coverage.undone(self.name(), format!("the history cannot be read: {error}"));
        coverage
    }

    /// Reads batches of objects until there are none left.
    fn thread(
        &self,
        shared: &Shared<'_>,
        job: &Job<'_>,
        worker: &mut dyn Worker,
    ) -> Result<Coverage, GitError> {
        let mut coverage = Coverage::default();
        let repository = Repository::open(&self.git_dir)?;
        let reader = Reader::new(&repository)?;
        loop {
            let batch = shared.next.fetch_add(1, Ordering::Relaxed);
            let Some(ids) = shared.ids.chunks(BATCH).nth(batch) else {
                return Ok(coverage);
            };
            for &id in ids {
                match reader.read(id, |kind, bytes| object(id, kind, bytes, worker)) {
                    Ok(bytes) => {
                        coverage.read(Part::Objects, bytes);
                        job.progress.bytes(bytes);
                    }
                    Err(error) => coverage.fail(id.to_string().as_bytes(), error.to_string()),
                }
                job.progress.text();
            }
        }
    }
}

/// What the threads share.
struct Shared<'a> {
    ids: &'a [ObjectId],
    next: AtomicUsize,
}

impl Source for History {
    fn drive(&self, job: &Job<'_>, crew: &dyn Crew) -> Coverage {
        let opened = Repository::open(&self.git_dir).map(|it| (list(&it), it.gaps()));
        let (Listing { ids, unreadable }, gaps) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.undone(&error),
        };
        let mut coverage = Coverage::default();
        gaps.into_iter().for_each(|gap| coverage.gap(gap));
        unreadable.into_iter().for_each(|(pack, why)| coverage.fail(&pack, why));
        job.progress.expect(ids.len() as u64);
        let shared = Shared { ids: &ids, next: AtomicUsize::new(0) };
        let total = Mutex::new(coverage);
        let work = || {
            let mut worker = crew.worker();
            let read = self.thread(&shared, job, worker.as_mut());
            if let Ok(mut total) = total.lock() {
                total.merge(read.unwrap_or_else(|error| self.undone(&error)));
            }
        };
        threads::on_each(job.threads, work);
        total.into_inner().unwrap_or_default()
    }

    fn describe(&self) -> String {
        format!("history of {}", String::from_utf8_lossy(self.name()))
    }

    fn locate(&self, blobs: &BTreeSet<ObjectId>, coverage: &mut Coverage) -> Located {
        let search =
            |wanted: &BTreeSet<ObjectId>, exclude: bool| -> Result<Attribution, GitError> {
                let repository = Repository::open(&self.git_dir)?;
                let covers = |path: &[u8]| self.exclude.covers(path);
                attribute(&repository, wanted, if exclude { Some(&covers) } else { None })
            };
        let attribution = search(blobs, !self.exclude.is_empty()).unwrap_or_else(|error| {
            let failed = vec![("history".to_owned(), error)];
            Attribution { failed, ..Attribution::default() }
        });
        for (what, error) in &attribution.failed {
            coverage.fail(what.as_bytes(), error.to_string());
        }
        Located { places: attribution.found, excluded: attribution.excluded }
    }

    fn repository(&self) -> Option<Arc<[u8]>> {
        self.label.clone()
    }
}

/// Hands the texts of an object on; gives back its size.
fn object(id: ObjectId, kind: Kind, bytes: &[u8], worker: &mut dyn Worker) -> u64 {
    match kind {
        Kind::Tree => {}
        Kind::Blob => worker.text(&Origin::Blob { blob: id }, &decoded(bytes)),
        Kind::Commit => {
            texts::commit(id, bytes, worker);
        }
        Kind::Tag => texts::tag(id, bytes, worker),
    }
    bytes.len() as u64
}
