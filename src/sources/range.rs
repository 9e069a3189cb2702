//! A range of commits: what each of them brings in, compared with all its parents, so that a push
//! costs what was pushed. Names of new files and folders, messages and headers of the commits, too, and
//! the annotated tags by which the range was named.
//!
//! A secret that stands in what the same commit removed or changed was moved, and is not new. A copy
//! of a file that the commit leaves alone is: to know that, the whole tree would have to be read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::exclude::Exclude;
use super::{Crew, Job, Source, Worker, texts, threads};
use crate::git::GitError;
use crate::git::change::{Commit, Comparer};
use crate::git::objects::Reader;
use crate::git::range::Range;
use crate::git::repository::Repository;
use crate::model::coverage::{Coverage, Part, Skip};
use crate::model::object::ObjectId;
use crate::model::origin::Origin;

/// A thread takes at most so many commits at once: neighbours share trees.
const BATCH: usize = 16;

/// The commits of a range.
pub struct CommitRange {
    git_dir: PathBuf,
    range: Range,
    exclude: Exclude,
    label: Option<Arc<[u8]>>,
    objects: Vec<PathBuf>,
}

impl CommitRange {
    /// The commits of `range` in the repository with this git folder. `label` is how reports name
    /// it.
    pub fn new(git_dir: &Path, range: Range, exclude: Exclude, label: Option<Arc<[u8]>>) -> Self {
        Self { git_dir: git_dir.to_path_buf(), range, exclude, label, objects: Vec::new() }
    }

    /// Reads objects of these folders, too: see [`Repository::borrow_objects`].
    pub fn borrowing(mut self, objects: Vec<PathBuf>) -> Self {
        self.objects = objects;
        self
    }

    fn open(&self) -> Result<Repository, GitError> {
        let repository = Repository::open(&self.git_dir)?;
        repository.borrow_objects(&self.objects)?;
        Ok(repository)
    }

    fn undone(&self, error: &GitError) -> Coverage {
        let mut coverage = Coverage::default();
        let name = self.label.as_deref().unwrap_or(b".");
        coverage.undone(name, format!("the commits cannot be read: {error}"));
        coverage
    }

    /// Reads batches of commits until there are none left.
    fn thread(
        &self,
        batches: &Batches<'_>,
        job: &Job<'_>,
        worker: &mut dyn Worker,
    ) -> Result<Coverage, GitError> {
        let repository = self.open()?;
        let covers = |path: &[u8]| self.exclude.covers(path);
        let excluded = (!self.exclude.is_empty()).then_some(&covers as &dyn Fn(&[u8]) -> bool);
        let mut reading = Reading {
            reader: Reader::new(&repository)?,
            comparer: Comparer::new(&repository, excluded)?,
            shallow: repository.shallow(),
            partial: repository.partial(),
            coverage: Coverage::default(),
            job,
        };
        while let Some(commits) = batches.next() {
            for &id in commits {
                match reading.comparer.commit(id) {
                    Ok(commit) => reading.commit(&commit, worker),
                    Err(error) => reading.failed(id, &error),
                }
                job.progress.text();
            }
        }
        Ok(reading.coverage)
    }

    /// What is no commit: annotated tags, blobs that a ref leads to, names of refs.
    fn tags(&self, repository: &Repository, worker: &mut dyn Worker) -> Result<Coverage, GitError> {
        let mut coverage = Coverage::default();
        let reader = Reader::new(repository)?;
        for id in self.range.tags() {
            let bytes = reader.read(id, |_, bytes| {
                texts::tag(id, bytes, worker);
                bytes.len() as u64
            })?;
            coverage.read(Part::Objects, bytes);
        }
        for blob in self.range.blobs() {
            let origin = Origin::Unreachable { object: blob };
            coverage.read(Part::Objects, texts::blob(&reader, blob, &origin, worker)?);
        }
        for name in self.range.names() {
            worker.text(&Origin::RefName { name: name.into() }, name);
        }
        Ok(coverage)
    }
}

/// Commits, shared out.
struct Batches<'a> {
    ids: &'a [ObjectId],
    size: usize,
    next: AtomicUsize,
}

impl<'a> Batches<'a> {
    /// Small enough that every thread gets some.
    fn new(ids: &'a [ObjectId], threads: usize) -> Self {
        let size = (ids.len() / threads.max(1) / 4).clamp(1, BATCH);
        Self { ids, size, next: AtomicUsize::new(0) }
    }

    fn next(&self) -> Option<&'a [ObjectId]> {
        self.ids.chunks(self.size).nth(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// One thread's reading.
struct Reading<'a> {
    /// What a shallow or partial clone lacks.
    shallow: Option<&'static str>,
    partial: Option<&'static str>,
    reader: Reader<'a>,
    comparer: Comparer<'a>,
    coverage: Coverage,
    job: &'a Job<'a>,
}

impl Reading<'_> {
    fn commit(&mut self, commit: &Commit, worker: &mut dyn Worker) {
        self.count(commit.bytes.len() as u64);
        for (parent, error) in &commit.absent {
            match (error, self.shallow) {
                // The commits where a shallow clone ends count as if they were the first.
                (GitError::Missing, Some(gap)) => self.coverage.gap(gap),
                _ => self.failed(*parent, error),
            }
        }
        let author = texts::commit(commit.id, &commit.bytes, worker);
        // A message was never anywhere else.
        worker.end_change(&mut |_| ());
        let new = self.comparer.brought_in(commit);
        new.submodules.iter().for_each(|path| self.coverage.skip(Skip::Submodule, path));
        new.excluded.iter().for_each(|path| self.coverage.skip(Skip::Excluded, path));
        new.failed.iter().for_each(|(tree, error)| self.failed(*tree, error));
        for (blob, paths) in new.blobs {
            paths.iter().for_each(|path| texts::name(path, worker));
            let at = |path| {
                let (author, commit) = (Arc::clone(&author), commit.id);
                Origin::Commit { author, commit, path, blob }
            };
            let origins: Vec<Origin> = paths.into_iter().map(at).collect();
            match texts::blob_at(&self.reader, blob, &origins, worker) {
                Ok(bytes) => self.count(bytes),
                Err(error) => self.failed(blob, &error),
            }
        }
        // What cannot be read here only makes a secret count as new, so it is not counted.
        let (comparer, reader) = (&mut self.comparer, &self.reader);
        worker.end_change(&mut |worker| {
            new.folders.iter().for_each(|folder| texts::name(folder, worker));
            for (blob, paths) in comparer.before(commit).blobs {
                paths.iter().for_each(|path| texts::name(path, worker));
                let _ = texts::blob(reader, blob, &Origin::Blob { blob }, worker);
            }
        });
    }

    fn count(&mut self, bytes: u64) {
        self.coverage.read(Part::Objects, bytes);
        self.job.progress.bytes(bytes);
    }

    fn failed(&mut self, id: ObjectId, error: &GitError) {
        if let (GitError::Missing, Some(gap)) = (error, self.partial) {
            self.coverage.gap(gap);
        }
        self.coverage.fail(id.to_string().as_bytes(), error.to_string());
    }
}

impl Source for CommitRange {
    fn drive(&self, job: &Job<'_>, crew: &dyn Crew) -> Coverage {
        let opened = self.open().and_then(|repository| {
            let commits = self.range.commits(&repository)?;
            let coverage = self.tags(&repository, crew.worker().as_mut())?;
            Ok((commits, coverage))
        });
        let (commits, coverage) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.undone(&error),
        };
        job.progress.expect(commits.len() as u64);
        let threads = job.threads.min(commits.len());
        let batches = Batches::new(&commits, threads);
        let total = Mutex::new(coverage);
        threads::on_each(threads, || {
            let mut worker = crew.worker();
            let read = self.thread(&batches, job, worker.as_mut());
            if let Ok(mut total) = total.lock() {
                total.merge(read.unwrap_or_else(|error| self.undone(&error)));
            }
        });
        total.into_inner().unwrap_or_default()
    }

    fn describe(&self) -> String {
        let name = self.label.as_deref().unwrap_or(b".");
        format!("commits of {}", String::from_utf8_lossy(name))
    }

    fn repository(&self) -> Option<Arc<[u8]>> {
        self.label.clone()
    }
}
