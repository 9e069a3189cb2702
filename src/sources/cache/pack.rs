//! What is kept of a pack that was read whole. Pure.
//!
//! What a pack has that packs before it have, too, is not read in it, so what is kept of it holds
//! only behind these packs. That is what [`Chain`] is for: the name of an entry is a digest of its
//! pack and of all packs before it, in order.

use super::codec::{Digest, Name, Reader, Writer};
use crate::model::coverage::Tally;
use crate::model::object::ObjectId;

/// Packs one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain(pub Name);

impl Chain {
    /// The chain with one pack more. Its name is that of the pack's entry.
    pub fn with(self, identity: &[u8]) -> Self {
        Self(Digest::default().part(&self.0).part(identity).name())
    }
}

/// An object in which something was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Telling {
    /// Which object.
    pub id: ObjectId,
    /// Whether it was read as a stream, and so must be again.
    pub streamed: bool,
}

/// What is kept of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackEntry {
    /// The objects in which nothing was seen, and their bytes.
    pub quiet: Tally,
    /// The others, sorted. They are read again in every run.
    pub telling: Vec<Telling>,
    /// Pointers of Git LFS among the quiet ones.
    pub pointers: Vec<ObjectId>,
    /// What quiet commits refer to and neither this pack nor one before it has; as often as they do.
    pub outside: Vec<ObjectId>,
}

impl PackEntry {
    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.number(self.quiet.count);
        writer.number(self.quiet.bytes);
        writer.list(self.telling.iter(), |writer, it| {
            writer.id(it.id);
            writer.flag(it.streamed);
        });
        writer.list(self.pointers.iter().copied(), Writer::id);
        writer.list(self.outside.iter().copied(), Writer::id);
        writer.bytes
    }

    /// From bytes.
    pub fn decode(content: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(content);
        let entry = Self {
            quiet: Tally { count: reader.number()?, bytes: reader.number()? },
            telling: reader
                .list(|reader| Some(Telling { id: reader.id()?, streamed: reader.flag()? }))?,
            pointers: reader.list(Reader::id)?,
            outside: reader.list(Reader::id)?,
        };
        reader.end().map(|()| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::{Chain, PackEntry, Telling};
    use crate::model::coverage::Tally;
    use crate::model::object::ObjectId;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let id = |byte: u8| ObjectId::from_bytes(&[byte; 20]).expect("20 bytes");
        let long = ObjectId::from_bytes(&[9; 32]).expect("32 bytes");
        let entry = PackEntry {
            quiet: Tally { count: 3, bytes: 1 << 40 },
            telling: vec![
                Telling { id: id(1), streamed: false },
                Telling { id: long, streamed: true },
            ],
            pointers: vec![id(3)],
            outside: vec![id(4), id(4)],
        };
        let bytes = entry.encode();
        assert_eq!(PackEntry::decode(&bytes).as_ref(), Some(&entry));
        for cut in 0..bytes.len() {
            assert_eq!(PackEntry::decode(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(PackEntry::decode(&[&bytes[..], &[0]].concat()), None);
    }

    #[test]
    fn the_order_of_a_chain_counts() {
        let start = Chain([0; 32]);
        assert_ne!(start.with(b"a").with(b"b"), start.with(b"b").with(b"a"));
        assert_ne!(start.with(b"a").with(b"b"), start.with(b"ab"));
    }
}
