//! The whole history: every blob, commit and annotated tag of the object database once, whether
//! a ref leads to it or not.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::cache::Cache;
use super::cache::codec::Name;
use super::cache::trace::{self as kept, IsClean};
use super::exclude::Exclude;
use super::recall::{all_objects, place};
use super::round::Round;
use super::{Crew, Job, Source, Traced, Wanted, Worker};
use crate::git::GitError;
use crate::git::attribution::refs::Refs;
use crate::git::attribution::{Excluded, trace};
use crate::git::database::Database;
use crate::git::links;
use crate::git::pack::budget::Budget;
use crate::git::pack::traverse::How;
use crate::git::reader::Reader;
use crate::git::repository::Repository;
use crate::git::sweep::{Sweep, Turns};
use crate::model::coverage::{Coverage, Skip};
use crate::model::origin::Origin;

/// How to read a history.
#[derive(Clone, Debug)]
pub struct Options {
    /// Paths that do not count.
    pub exclude: Exclude,
    /// Object folders beside the repository's own: the quarantine of a push.
    pub folders: Vec<PathBuf>,
    /// Bytes that unpacked objects may take, all threads together.
    pub memory: u64,
    /// Whether to look at copied bytes again.
    pub how: How,
}

/// Entries of the cache that say how secrets came in.
const TRACE: &str = "trace";

/// The history of one repository.
pub struct History {
    git_dir: PathBuf,
    options: Options,
    label: Option<Arc<[u8]>>,
    /// Opened once, for reading and for tracing.
    database: OnceLock<Database>,
    /// Set when all that was read is in the cache.
    is_kept: OnceLock<()>,
}

impl History {
    /// The history of the repository with this git folder. `label` is how reports name it.
    pub fn new(git_dir: &Path, options: Options, label: Option<Arc<[u8]>>) -> Self {
        let (database, is_kept) = (OnceLock::new(), OnceLock::new());
        Self { git_dir: git_dir.to_path_buf(), options, label, database, is_kept }
    }

    fn name(&self) -> &[u8] {
        self.label.as_deref().unwrap_or(b".")
    }

    fn database(&self, repository: &Repository) -> &Database {
        self.database.get_or_init(|| repository.database(&self.options.folders))
    }

    /// Reads the names of refs, and says what refs and HEAD lead to that is not here. Since HEAD's
    /// tree is looked at anyway, the names in it are read where no files on disk have them.
    fn names(
        &self,
        (refs, below): (Refs, links::Below),
        (whole, bare): (bool, bool),
        worker: &mut dyn Worker,
    ) -> Coverage {
        let mut coverage = Coverage::default();
        for it in &refs.all {
            worker.text(&Origin::RefName { name: it.name.clone() }, &it.name);
        }
        for (name, error) in refs.failed {
            coverage.fail(&name, error.to_string());
        }
        if whole {
            for id in below.missing {
                let why = "object is missing, though HEAD refers to it";
                coverage.fail(id.to_string().as_bytes(), why);
            }
        }
        if bare {
            for path in below.files.into_iter().filter(|path| !self.options.exclude.covers(path)) {
                let text = path.clone();
                worker.text(&Origin::FileName { path }, &text);
            }
            below.submodules.iter().for_each(|path| coverage.skip(Skip::Submodule, path));
        }
        coverage
    }

    /// The name of what is kept of tracing secrets through this repository.
    fn trace_name(&self, cache: &Cache) -> Name {
        let mut digest = cache.digest();
        digest.part(TRACE.as_bytes()).part(place(&self.git_dir).as_os_str().as_bytes());
        digest.name()
    }

    /// All on which the answer depends; `None` when some of it is in doubt.
    fn question(
        &self,
        cache: &Cache,
        database: &Database,
        wanted: &[Wanted],
        refs: &Refs,
    ) -> Option<Name> {
        self.is_kept.get()?;
        // What is excluded is named anew each time, which takes the whole way.
        self.options.exclude.is_empty().then_some(())?;
        let mut digest = cache.digest();
        all_objects(&mut digest, database)?;
        kept::question(&mut digest, wanted, refs);
        refs.failed.is_empty().then(|| digest.name())
    }

    fn undone(&self, error: &GitError) -> Coverage {
        let mut coverage = Coverage::default();
        coverage.undone(self.name(), format!("the history cannot be read: {error}"));
        coverage
    }
}

impl Source for History {
    fn drive(&self, job: &Job<'_>, crew: &dyn Crew) -> Coverage {
        let repository = match Repository::open(&self.git_dir) {
            Ok(repository) => repository,
            Err(error) => return self.undone(&error),
        };
        let mut coverage = Coverage::default();
        let gaps = repository.gaps();
        // Where it is known that objects are missing, nobody need look which.
        let whole = gaps.is_empty();
        gaps.into_iter().for_each(|gap| coverage.gap(gap));
        let database = self.database(&repository);
        for (what, why) in &database.unreadable {
            coverage.fail(what, why.clone());
        }
        let budget = Budget::new(self.options.memory);
        let mut reader = Reader::new(database, &budget);
        let refs = Refs::read(&repository, &mut reader);
        let below = refs.head.map(|head| links::below(&mut reader, head)).unwrap_or_default();
        let forms = (whole, repository.work_tree().is_none());
        coverage.merge(self.names((refs, below), forms, crew.worker().as_mut()));
        job.progress.expect(database.objects());
        let linked = whole.then_some(database);
        let (budget, how) = (&budget, self.options.how);
        let round = Round { database, linked, budget, how, job: *job, crew };
        let (read, is_kept) = round.read(&self.git_dir);
        coverage.merge(read);
        if is_kept {
            // Nobody else sets it.
            let _ = self.is_kept.set(());
        }
        coverage
    }

    fn describe(&self) -> String {
        format!("history of {}", String::from_utf8_lossy(self.name()))
    }

    fn trace(
        &self,
        wanted: &[Wanted],
        job: &Job<'_>,
        coverage: &mut Coverage,
        clean: IsClean<'_>,
    ) -> Traced {
        let repository = match Repository::open(&self.git_dir) {
            Ok(repository) => repository,
            Err(error) => {
                coverage.merge(self.undone(&error));
                return Traced::default();
            }
        };
        let database = self.database(&repository);
        let budget = Budget::new(self.options.memory);
        let refs = Refs::read(&repository, &mut Reader::new(database, &budget));
        let kept = job.cache.and_then(|cache| {
            Some((cache, self.trace_name(cache), self.question(cache, database, wanted, &refs)?))
        });
        if let Some((cache, name, question)) = kept
            && let Some(content) = cache.get(TRACE, &name)
            && let Some(traced) = content.strip_prefix(&question).and_then(kept::decode)
        {
            return traced;
        }
        let turns = Turns::all(database);
        let (how, threads) = (self.options.how, job.threads);
        let sweep = Sweep {
            database,
            turns: &turns,
            budget: &budget,
            // Each pass says what it wants.
            wanted: |_| true,
            how,
            threads,
        };
        let exclude = &self.options.exclude;
        // Only paths at which a secret stands are asked about: these are what is left out.
        let left_out: RefCell<BTreeSet<(Skip, Vec<u8>)>> = RefCell::default();
        let covers = |path: &[u8]| {
            let why = exclude.why(path, false);
            left_out.borrow_mut().extend(why.map(|why| (why, path.to_vec())));
            why.is_some()
        };
        let excluded: Option<Excluded<'_>> = if exclude.is_empty() { None } else { Some(&covers) };
        let mut traced = trace(&sweep, &refs, wanted, excluded);
        for (why, path) in left_out.into_inner() {
            coverage.skip(why, &[&path, &b" (in the history)"[..]].concat());
        }
        if let Some((cache, name, question)) = kept
            && let Some(answer) = kept::encode(&traced, clean)
        {
            cache.put(TRACE, &name, &[&question[..], &answer].concat());
        }
        for (what, why) in std::mem::take(&mut traced.failed) {
            coverage.fail(&what, why);
        }
        traced
    }

    fn repository(&self) -> Option<Arc<[u8]>> {
        self.label.clone()
    }
}
