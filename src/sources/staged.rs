//! What is staged: the blobs of the index that differ from HEAD, and the names that are new.

use std::path::PathBuf;
use std::sync::Arc;

use super::exclude::Exclude;
use super::{Crew, Job, Source, Worker, texts};
use crate::git::GitError;
use crate::git::objects::Reader;
use crate::git::repository::Repository;
use crate::git::staged;
use crate::model::coverage::{Coverage, Part, Skip};
use crate::model::origin::Origin;

/// The staged change of one repository.
pub struct StagedChange {
    /// The repository.
    pub repository: Repository,
    /// The index that git tells a hook to use.
    pub index_file: Option<PathBuf>,
    /// What the operator excludes, relative to the top of the work tree.
    pub exclude: Exclude,
    /// How the repository is named in reports.
    pub label: Option<Arc<[u8]>>,
}

impl StagedChange {
    fn read(&self, job: &Job<'_>, worker: &mut dyn Worker) -> Result<Coverage, GitError> {
        let mut coverage = Coverage::default();
        let change = staged::staged(&self.repository, self.index_file.as_deref())?;
        for path in &change.submodules {
            coverage.skip(Skip::Submodule, path);
        }
        let reader = Reader::new(&self.repository)?;
        for (path, blob) in &change.blobs {
            if self.exclude.covers(path) {
                coverage.skip(Skip::Excluded, path);
                continue;
            }
            texts::name(path, worker);
            let origin = Origin::Index { path: path.clone(), blob: *blob };
            match texts::blob(&reader, *blob, &origin, worker) {
                Ok(bytes) => {
                    coverage.read(Part::Index, bytes);
                    job.progress.bytes(bytes);
                    job.progress.text();
                }
                Err(error) => coverage.fail(origin.path().unwrap_or_default(), error.to_string()),
            }
        }
        // What cannot be read here only makes a secret count as new, so it is not counted.
        worker.end_change(&mut |worker| {
            let folders = change.folders_before(&self.repository);
            let names = folders.iter().chain(&change.paths_before);
            let names = names.filter(|path| !self.exclude.covers(path));
            names.for_each(|path| texts::name(path, worker));
            for &blob in &change.before {
                let _ = texts::blob(&reader, blob, &Origin::Blob { blob }, worker);
            }
        });
        Ok(coverage)
    }
}

impl Source for StagedChange {
    fn drive(&self, job: &Job<'_>, crew: &dyn Crew) -> Coverage {
        self.read(job, crew.worker().as_mut()).unwrap_or_else(|error| {
            let mut coverage = Coverage::default();
            let name = self.label.as_deref().unwrap_or(b".");
            let why = match &self.index_file {
                Some(file) => {
                    let file = file.display();
                    format!("the index cannot be read that GIT_INDEX_FILE names: {file}: {error}")
                }
                None => format!("the index cannot be read: {error}"),
            };
            coverage.undone(name, why);
            coverage
        })
    }

    fn describe(&self) -> String {
        "staged files".to_owned()
    }

    fn repository(&self) -> Option<Arc<[u8]>> {
        self.label.clone()
    }
}
