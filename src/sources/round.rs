//! One reading of all objects of a history: from end to end, or with a cache only as far as no earlier
//! run has done it.

use std::path::Path;

use super::cache::pack::Telling;
use super::objects::Reading;
use super::recall::Recall;
use super::{Crew, Job};
use crate::git::database::Database;
use crate::git::pack::budget::Budget;
use crate::git::pack::traverse::How;
use crate::git::revisit::Revisit;
use crate::git::sweep::{Stage, Sweep, Turns};
use crate::model::coverage::Coverage;
use crate::model::object::Kind;

/// So many objects are read again each from its own root; for more it takes less time to go through
/// the trees in which they are.
const ONE_BY_ONE: usize = 256;

/// What is read, and by whom.
pub(super) struct Round<'a> {
    /// The objects.
    pub(super) database: &'a Database,
    /// Where to look whether what commits refer to is there, if anybody does.
    pub(super) linked: Option<&'a Database>,
    /// Memory for unpacked objects.
    pub(super) budget: &'a Budget,
    /// Whether to look at copied bytes again.
    pub(super) how: How,
    /// How the source is to work.
    pub(super) job: Job<'a>,
    /// Makes the workers.
    pub(super) crew: &'a dyn Crew,
}

impl<'a> Round<'a> {
    /// Reads everything. What was covered, and whether all of it is in a cache now.
    pub(super) fn read(&self, git_dir: &Path) -> (Coverage, bool) {
        let Some(cache) = self.job.cache else {
            let seen = self.sweep(&Turns::all(self.database)).run(&|_| self.reading());
            let mut coverage = Coverage::default();
            let readings = seen.into_iter().flat_map(|it| it.visitors);
            readings.for_each(|it| coverage.merge(it.end()));
            return (coverage, false);
        };
        let mut recall = Recall::new(cache, self.database, self.linked, git_dir);
        recall.look_up(self);
        let make = |stage: Stage| self.reading().recording(recall.standing(stage));
        let seen = self.sweep(&recall.turns).run(&make);
        recall.end(seen)
    }

    /// Reads objects of a pack once more. The readings are given back in any case; an error when one
    /// of the objects cannot be read.
    pub(super) fn again(
        &self,
        pack: usize,
        objects: &[Telling],
    ) -> Result<Vec<Reading<'a>>, Vec<Reading<'a>>> {
        let Self { database, budget, job, .. } = *self;
        if objects.len() <= ONE_BY_ONE {
            let revisit = Revisit { database, budget, threads: job.threads, pack };
            let objects: Vec<_> = objects.iter().map(|it| (it.id, it.streamed)).collect();
            return revisit.run(&objects, &|| self.reading());
        }
        // What was a stream is one again, since it is gone through in the same way.
        let only = objects.iter().map(|it| it.id).collect();
        let turns = Turns { packs: vec![pack], only: Some(only), ..Turns::default() };
        let seen = self.sweep(&turns).run(&|_| self.reading());
        let whole = seen.iter().all(|it| it.whole);
        let readings = seen.into_iter().flat_map(|it| it.visitors).collect();
        if whole { Ok(readings) } else { Err(readings) }
    }

    fn reading(&self) -> Reading<'a> {
        Reading::new(self.crew.worker(), self.job, self.linked)
    }

    fn sweep<'b>(&'b self, turns: &'b Turns) -> Sweep<'b> {
        let Self { database, budget, how, job, .. } = *self;
        Sweep { database, turns, budget, wanted: has_text, how, threads: job.threads }
    }
}

/// Types whose text is read. Trees hold none but names.
fn has_text(kind: Kind) -> bool {
    kind != Kind::Tree
}
