//! Things that produce texts, and own the threads that read them. A source hands chunks to one
//! worker a thread and says what it has covered. It knows nothing of rules and findings.

pub mod exclude;
pub mod files;
pub mod history;
pub mod objects;
pub mod pieces;
pub mod progress;
pub mod range;
pub mod staged;
pub mod stdin;
mod texts;
mod threads;
pub mod typed;
pub mod utf16;

use std::sync::Arc;

use crate::model::chunk::{Chunk, Hit, Reach};
use crate::model::coverage::Coverage;
use crate::model::origin::Origin;
use crate::model::seams::Seams;
use progress::Progress;

pub use crate::git::attribution::{Traced, Wanted};

/// Takes texts in. Each thread has its own worker.
pub trait Worker {
    /// The next chunk of a text. The chunks of one text come in order, on one thread.
    fn chunk(&mut self, origin: &Origin, chunk: &Chunk<'_>);

    /// A text that fits into memory.
    fn text(&mut self, origin: &Origin, text: &[u8]) {
        self.chunk(origin, &Chunk::whole(text));
    }

    /// Where keywords can lie across the seams of deltas.
    fn seams(&self) -> Seams;

    /// Appends every keyword of a text, in order.
    fn keywords(&self, text: &[u8], hits: &mut Vec<Hit>);

    /// A text whose keywords are known already.
    fn searched(&mut self, origin: &Origin, text: &[u8], hits: &[Hit]);

    /// Ends a change: everything since the last call of this. `before` hands out what stood there
    /// before the change, and is asked only when something was found: a secret that stands there,
    /// too, was moved or left in place, and is not brought in, unless where it stands matters: by a mark
    /// or an entry for some paths alone it is accepted there and not elsewhere.
    fn end_change(&mut self, _before: &mut dyn FnMut(&mut dyn Worker)) {}
}

/// Makes the workers.
pub trait Crew: Sync {
    /// A worker for one thread. What it has found is handed in when it is dropped.
    fn worker(&self) -> Box<dyn Worker + Send + '_>;
}

/// What a source needs to know to do its work.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// How many threads to use.
    pub threads: usize,
    /// How far around a keyword the text matters.
    pub reach: Reach,
    /// Where to say how far it is.
    pub progress: &'a Progress,
}

/// Something that produces texts.
pub trait Source {
    /// Reads everything and hands it to the workers.
    fn drive(&self, job: &Job<'_>, crew: &dyn Crew) -> Coverage;

    /// What it reads, for a display of progress.
    fn describe(&self) -> String;

    /// Finds out how secrets came in that stand in what was handed out as [`Origin::Blob`], in
    /// commits or in tags. What cannot be read on the way is added to the coverage.
    fn trace(&self, _wanted: &[Wanted], _job: &Job<'_>, _coverage: &mut Coverage) -> Traced {
        Traced::default()
    }

    /// The repository that the texts are from, as the target was typed, where it must be named.
    fn repository(&self) -> Option<Arc<[u8]>> {
        None
    }
}
