//! Reads some objects of a pack once more, by name: few of many, so each by itself and not from the
//! roots.

use super::database::Database;
use super::pack::PackError;
use super::pack::budget::Budget;
use super::pack::traverse::Visitor;
use super::reader::Reader;
use crate::model::object::ObjectId;

/// Fewer objects are not worth a thread of their own.
const FEW: usize = 32;

/// Where the objects are, and who reads them.
#[derive(Clone, Copy)]
pub struct Revisit<'a> {
    /// The objects.
    pub database: &'a Database,
    /// Memory for unpacked objects.
    pub budget: &'a Budget,
    /// How many threads to use.
    pub threads: usize,
    /// Which pack has the objects.
    pub pack: usize,
}

impl Revisit<'_> {
    /// Shows objects to visitors, each whole or, where that is said, as a stream. The visitors are
    /// given back in any case; an error when something could not be read.
    pub fn run<V: Visitor>(
        &self,
        objects: &[(ObjectId, bool)],
        make: &(dyn Fn() -> V + Sync),
    ) -> Result<Vec<V>, Vec<V>> {
        let pack = &self.database.packs()[self.pack];
        let place = |id: &ObjectId| pack.offset(pack.find(id.as_bytes())?);
        let found = objects.iter().map(|(id, streamed)| Some((place(id)?, *id, *streamed)));
        let Some(mut entries) = found.collect::<Option<Vec<_>>>() else { return Err(Vec::new()) };
        // What lies side by side stands on the same bases.
        entries.sort_unstable();
        let share = entries.len().div_ceil(self.threads.max(1)).max(FEW);
        let (mut visitors, mut whole) = (Vec::new(), true);
        std::thread::scope(|scope| {
            let parts = entries.chunks(share);
            let threads: Vec<_> = parts.map(|part| scope.spawn(|| self.part(part, make))).collect();
            for thread in threads {
                match thread.join() {
                    Ok((visitor, done)) => {
                        visitors.push(visitor);
                        whole &= done.is_ok();
                    }
                    Err(_) => whole = false,
                }
            }
        });
        if whole { Ok(visitors) } else { Err(visitors) }
    }

    fn part<V: Visitor>(
        &self,
        entries: &[(u64, ObjectId, bool)],
        make: &(dyn Fn() -> V + Sync),
    ) -> (V, Result<(), PackError>) {
        let mut visitor = make();
        let mut reader = Reader::new(self.database, self.budget);
        let done = entries.iter().try_for_each(|&(offset, id, streamed)| {
            if streamed {
                let (kind, size, mut bytes) = reader.stream(self.pack, offset)?;
                return visitor.stream(id, kind, size, &mut bytes);
            }
            let (kind, bytes) = reader.entry(self.pack, offset)?;
            visitor.whole(id, kind, &bytes);
            Ok(())
        });
        (visitor, done)
    }
}
