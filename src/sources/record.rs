//! What one thread writes down of the objects that it reads, so that a later run need not read them
//! again.

use super::cache::loose::LooseObject;
use super::cache::pack::{PackEntry, Telling};
use crate::model::coverage::Tally;
use crate::model::object::ObjectId;

/// What was written down.
#[derive(Debug, Default)]
pub struct Record {
    /// Of packed objects. What is quiet is not counted here: it is the rest.
    pub packed: PackEntry,
    /// How many objects tell something, and their bytes.
    pub told: Tally,
    /// Of loose objects, those in which nothing was seen. How large their files are is not known here.
    pub loose: Vec<LooseObject>,
    /// True when something was read without a look at what it refers to: none of it is kept then.
    pub doubt: bool,
}

impl Record {
    /// Something was seen in an object.
    pub fn telling(&mut self, telling: Telling, size: u64) {
        self.packed.telling.push(telling);
        self.told.add(size);
    }

    /// A loose object was read: what was written down since the last one is its.
    pub fn loose(&mut self, id: ObjectId, size: Option<u64>) {
        let of_this = std::mem::take(&mut self.packed);
        let doubt = std::mem::take(&mut self.doubt);
        if of_this.telling.is_empty() && of_this.pointers.is_empty() && !doubt {
            self.loose.push(LooseObject { id, file: 0, size, links: of_this.outside });
        }
    }

    /// Adds what another thread has written down of the same pack.
    pub fn merge(&mut self, other: Self) {
        self.doubt |= other.doubt;
        self.packed.telling.extend(other.packed.telling);
        self.packed.pointers.extend(other.packed.pointers);
        self.packed.outside.extend(other.packed.outside);
        self.told.count += other.told.count;
        self.told.bytes += other.told.bytes;
        self.loose.extend(other.loose);
    }

    /// What is kept of a pack of which so much was read, in an order that no thread changes.
    pub fn of_pack(mut self, read: Tally) -> PackEntry {
        self.packed.quiet = Tally {
            count: read.count.saturating_sub(self.told.count),
            bytes: read.bytes.saturating_sub(self.told.bytes),
        };
        self.packed.telling.sort_unstable();
        self.packed.pointers.sort_unstable();
        self.packed.outside.sort_unstable();
        self.packed
    }
}
