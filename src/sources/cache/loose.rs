//! What is kept of the loose objects of a repository in which nothing was seen. Pure. Each stands for
//! itself: it does not matter which others are there.

use super::codec::{Reader, Writer};
use crate::model::object::ObjectId;

/// A loose object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LooseObject {
    /// Which object.
    pub id: ObjectId,
    /// Bytes of its file.
    pub file: u64,
    /// Bytes of its content; `None` when its type is not read.
    pub size: Option<u64>,
    /// What it refers to, if it is a commit and that matters.
    pub links: Vec<ObjectId>,
}

/// The loose objects of a repository, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LooseEntry {
    /// The objects.
    pub objects: Vec<LooseObject>,
}

impl LooseEntry {
    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.list(self.objects.iter(), |writer, it| {
            writer.id(it.id);
            writer.number(it.file);
            writer.maybe(it.size);
            writer.list(it.links.iter().copied(), Writer::id);
        });
        writer.bytes
    }

    /// From bytes.
    pub fn decode(content: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(content);
        let objects = reader.list(|reader| {
            let (id, file, size) = (reader.id()?, reader.number()?, reader.maybe()?);
            Some(LooseObject { id, file, size, links: reader.list(Reader::id)? })
        })?;
        reader.end()?;
        objects.is_sorted_by(|a, b| a.id < b.id).then_some(Self { objects })
    }

    /// What is kept of an object.
    pub fn get(&self, id: ObjectId) -> Option<&LooseObject> {
        let place = self.objects.binary_search_by_key(&id, |it| it.id).ok()?;
        self.objects.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::{LooseEntry, LooseObject};
    use crate::model::object::ObjectId;

    #[test]
    fn what_is_written_is_read_and_found() {
        let id = |byte: u8| ObjectId::from_bytes(&[byte; 20]).expect("20 bytes");
        let object =
            |byte: u8, size| LooseObject { id: id(byte), file: 5, size, links: vec![id(7)] };
        let mut entry = LooseEntry { objects: vec![object(1, None), object(2, Some(3))] };
        let bytes = entry.encode();
        assert_eq!(LooseEntry::decode(&bytes).as_ref(), Some(&entry));
        assert_eq!(entry.get(id(2)), Some(&object(2, Some(3))));
        assert_eq!(entry.get(id(3)), None);
        for cut in 0..bytes.len() {
            assert_eq!(LooseEntry::decode(&bytes[..cut]), None, "{cut}");
        }
        entry.objects.reverse();
        assert_eq!(LooseEntry::decode(&entry.encode()), None, "not sorted");
    }
}
