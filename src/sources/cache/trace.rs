//! What is kept of the way of secrets through a history. Pure. It holds names of authors, paths and
//! refs, which are texts of the repository: if a secret stands in one of them, nothing is kept.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::codec::{Digest, Reader, Writer};
use crate::git::attribution::refs::Refs;
use crate::git::attribution::{Traced, Wanted};
use crate::model::origin::{Moment, Origin, Signature};
use crate::model::provenance::{Change, Exposure, Provenance};
use crate::model::span::Position;

/// Says of a text that no secret stands in it.
pub type IsClean<'a> = &'a dyn Fn(&[u8]) -> bool;

/// Adds what is asked, and what the refs say, to the digest of a question.
pub fn question(digest: &mut Digest, wanted: &[Wanted], refs: &Refs) {
    digest.number(wanted.len() as u64);
    for it in wanted {
        digest.number(it.blobs.len() as u64);
        for (blob, position) in &it.blobs {
            digest.part(blob.as_bytes()).number(position.line).number(position.column);
        }
        digest.ids(it.commits.iter().copied()).ids(it.tags.iter().copied());
    }
    digest.number(refs.all.len() as u64);
    for it in &refs.all {
        digest.part(&it.name).ids(it.commit.into_iter()).ids(it.tags.iter().copied());
        digest.number(u64::from(it.remote));
    }
    digest.ids(refs.head.into_iter()).ids(refs.held.iter().copied());
}

/// The answer as bytes; `None` for one that must not be kept.
pub fn encode(traced: &Traced, is_clean: IsClean<'_>) -> Option<Vec<u8>> {
    if !traced.whole || !traced.failed.is_empty() {
        return None;
    }
    let mut pen = Pen { writer: Writer::default(), is_clean, looked: BTreeMap::new(), clean: true };
    pen.writer.number(traced.places.len() as u64);
    for (id, origin) in &traced.places {
        let Origin::Commit { author, commit, path, blob } = origin else { return None };
        pen.writer.id(*id);
        pen.signature(author);
        pen.writer.id(*commit);
        pen.text(path);
        pen.writer.id(*blob);
    }
    pen.writer.list(traced.excluded.iter().copied(), Writer::id);
    pen.writer.number(traced.provenances.len() as u64);
    traced.provenances.iter().for_each(|it| pen.provenance(it));
    pen.clean.then_some(pen.writer.bytes)
}

/// Writes texts, and looks at each of them once.
struct Pen<'a> {
    writer: Writer,
    is_clean: IsClean<'a>,
    looked: BTreeMap<Box<[u8]>, ()>,
    clean: bool,
}

impl Pen<'_> {
    fn text(&mut self, text: &[u8]) {
        if let Entry::Vacant(vacant) = self.looked.entry(text.into()) {
            self.clean &= (self.is_clean)(text);
            vacant.insert(());
        }
        self.writer.text(text);
    }

    fn signature(&mut self, signature: &Signature) {
        self.writer.number(signature.when.seconds.cast_unsigned());
        self.writer.number(u64::from(signature.when.offset_minutes.cast_unsigned()));
        self.text(&signature.name);
        self.text(&signature.email);
    }

    fn change(&mut self, change: &Change) {
        self.signature(&change.author);
        self.writer.id(change.commit);
        self.writer.flag(change.path.is_some());
        self.text(change.path.as_deref().unwrap_or_default());
        self.writer.maybe(change.position.map(|it| it.line));
        self.writer.maybe(change.position.map(|it| it.column));
    }

    fn provenance(&mut self, it: &Provenance) {
        for (changes, count) in
            [(&it.introduced, it.introduced_count), (&it.removed, it.removed_count)]
        {
            self.writer.number(changes.len() as u64);
            changes.iter().for_each(|change| self.change(change));
            self.writer.number(count);
        }
        self.writer.flag(it.in_head);
        self.writer.number(it.refs.len() as u64);
        it.refs.iter().for_each(|name| self.text(name));
        self.writer.number(it.refs_count);
        self.writer.text(it.exposure.word().as_bytes());
        self.writer.number(it.blobs);
        self.writer.number(it.paths);
    }
}

/// The answer from bytes.
pub fn decode(content: &[u8]) -> Option<Traced> {
    let mut reader = Reader::new(content);
    let places = reader.list(|reader| {
        let id = reader.id()?;
        let author = Arc::new(signature(reader)?);
        let (commit, path, blob) = (reader.id()?, reader.text()?.into(), reader.id()?);
        Some((id, Origin::Commit { author, commit, path, blob }))
    })?;
    // What excludes is never kept: an entry that says otherwise is none of ours.
    let excluded = reader.list(Reader::id)?;
    excluded.is_empty().then_some(())?;
    let provenances = reader.list(provenance)?;
    reader.end()?;
    Some(Traced {
        places: places.into_iter().collect(),
        excluded: excluded.into_iter().collect(),
        provenances,
        failed: Vec::new(),
        whole: true,
    })
}

fn signature(reader: &mut Reader<'_>) -> Option<Signature> {
    let seconds = reader.number()?.cast_signed();
    let offset_minutes = u32::try_from(reader.number()?).ok()?.cast_signed();
    let when = Moment { seconds, offset_minutes };
    Some(Signature { when, name: reader.text()?.into(), email: reader.text()?.into() })
}

fn change(reader: &mut Reader<'_>) -> Option<Change> {
    let (author, commit) = (Arc::new(signature(reader)?), reader.id()?);
    let (there, path) = (reader.flag()?, reader.text()?);
    let path = there.then(|| path.into());
    let (line, column) = (reader.maybe()?, reader.maybe()?);
    let position = line.zip(column).map(|(line, column)| Position { line, column });
    Some(Change { author, commit, path, position })
}

fn provenance(reader: &mut Reader<'_>) -> Option<Provenance> {
    let (introduced, introduced_count) = (reader.list(change)?, reader.number()?);
    let (removed, removed_count) = (reader.list(change)?, reader.number()?);
    let in_head = reader.flag()?;
    let refs = reader.list(|reader| Some(reader.text()?.into()))?;
    let refs_count = reader.number()?;
    let word = reader.text()?;
    let all = [Exposure::Unreachable, Exposure::LocalOnly, Exposure::Pushed];
    let exposure = all.into_iter().find(|it| it.word().as_bytes() == word)?;
    let (blobs, paths) = (reader.number()?, reader.number()?);
    Some(Provenance {
        introduced,
        introduced_count,
        removed,
        removed_count,
        in_head,
        refs,
        refs_count,
        exposure,
        blobs,
        paths,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use super::{decode, encode};
    use crate::git::attribution::Traced;
    use crate::model::object::ObjectId;
    use crate::model::origin::{Moment, Origin, Signature};
    use crate::model::provenance::{Change, Exposure, Provenance};
    use crate::model::span::Position;

    fn id(byte: u8) -> ObjectId {
        ObjectId::from_bytes(&[byte; 20]).expect("20 bytes")
    }

    fn traced() -> Traced {
        let when = Moment { seconds: -5, offset_minutes: -90 };
        let author = Arc::new(Signature { when, name: (*b"Ann").into(), email: (*b"a@b").into() });
        let change = |path: Option<&[u8]>, position| Change {
            author: Arc::clone(&author),
            commit: id(1),
            path: path.map(Into::into),
            position,
        };
        let position = Some(Position { line: 3, column: 4 });
        let provenance = Provenance {
            introduced: vec![change(None, None), change(Some(b"a/b"), position)],
            introduced_count: 200,
            removed: vec![change(Some(b""), None)],
            removed_count: 1,
            in_head: true,
            refs: vec![(*b"refs/heads/main").into()],
            refs_count: 7,
            exposure: Exposure::LocalOnly,
            blobs: 5,
            paths: 6,
        };
        let origin = Origin::Commit {
            author: Arc::clone(&author),
            commit: id(2),
            path: (*b"x/y").into(),
            blob: id(3),
        };
        Traced {
            places: BTreeMap::from([(id(3), origin)]),
            excluded: BTreeSet::new(),
            provenances: vec![provenance],
            failed: Vec::new(),
            whole: true,
        }
    }

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let whole = traced();
        let bytes = encode(&whole, &|_| true).expect("clean");
        let back = decode(&bytes).expect("an answer");
        assert_eq!((back.places, back.excluded), (whole.places, whole.excluded));
        assert_eq!((back.provenances, back.whole), (whole.provenances, true));
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_none(), "{cut}");
        }
        let excluding = Traced { excluded: BTreeSet::from([id(4)]), ..traced() };
        let bytes = encode(&excluding, &|_| true).expect("clean");
        assert!(decode(&bytes).is_none(), "nothing is kept of what excludes");
    }

    #[test]
    fn what_is_not_clean_or_not_whole_is_not_kept() {
        for text in [&b"Ann"[..], b"a@b", b"a/b", b"x/y", b"refs/heads/main"] {
            assert!(encode(&traced(), &|it| it != text).is_none(), "{text:?}");
        }
        assert!(encode(&Traced { whole: false, ..traced() }, &|_| true).is_none());
        let failed = vec![(Vec::new(), String::new())];
        assert!(encode(&Traced { failed, ..traced() }, &|_| true).is_none());
    }
}
