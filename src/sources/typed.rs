//! A text that was typed in or read already.

use zeroize::Zeroizing;

use super::{Crew, Job, Source};
use crate::model::coverage::{Coverage, Part};
use crate::model::origin::Origin;

/// A text in memory, wiped when it is dropped.
pub struct Typed(pub Zeroizing<Vec<u8>>);

impl Source for Typed {
    fn drive(&self, job: &Job<'_>, crew: &dyn Crew) -> Coverage {
        let mut coverage = Coverage::default();
        crew.worker().text(&Origin::Stdin, &self.0);
        coverage.read(Part::Stdin, self.0.len() as u64);
        job.progress.text();
        coverage
    }

    fn describe(&self) -> String {
        "what was typed".to_owned()
    }
}
