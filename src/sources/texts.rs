//! The texts inside single objects, handed out with where they stand: the same for every source
//! that reads them.

use std::sync::Arc;

use super::Worker;
use super::utf16::decoded;
use crate::git::objects::Reader;
use crate::git::{GitError, text};
use crate::model::object::ObjectId;
use crate::model::origin::{Origin, Signature};

/// Hands out a blob; gives back its size.
pub(super) fn blob(
    reader: &Reader<'_>,
    blob: ObjectId,
    origin: &Origin,
    worker: &mut dyn Worker,
) -> Result<u64, GitError> {
    blob_at(reader, blob, std::slice::from_ref(origin), worker)
}

/// Hands out a blob once for each place where it stands; gives back its size. It is searched once.
pub(super) fn blob_at(
    reader: &Reader<'_>,
    blob: ObjectId,
    origins: &[Origin],
    worker: &mut dyn Worker,
) -> Result<u64, GitError> {
    reader.read(blob, |_, bytes| {
        let text = decoded(bytes);
        let mut hits = Vec::new();
        worker.keywords(&text, &mut hits);
        origins.iter().for_each(|origin| worker.searched(origin, &text, &hits));
        bytes.len() as u64
    })
}

/// Hands out the name of a file in a repository.
pub(super) fn name(path: &[u8], worker: &mut dyn Worker) {
    worker.text(&Origin::FileName { path: path.into() }, path);
}

/// Hands out the headers and the message of a commit; gives back its author.
pub(super) fn commit(commit: ObjectId, bytes: &[u8], worker: &mut dyn Worker) -> Arc<Signature> {
    let parts = text::split(bytes);
    let author = Arc::new(text::signature(parts.header, "author").unwrap_or_default());
    let header = Origin::CommitHeader { author: Arc::clone(&author), commit };
    worker.text(&header, parts.header);
    let message = Origin::CommitMessage { author: Arc::clone(&author), commit };
    worker.text(&message, parts.message);
    author
}

/// Hands out the headers and the message of an annotated tag.
pub(super) fn tag(tag: ObjectId, bytes: &[u8], worker: &mut dyn Worker) {
    let parts = text::split(bytes);
    let tagger = text::signature(parts.header, "tagger").map(Arc::new);
    worker.text(&Origin::TagHeader { tagger: tagger.clone(), tag }, parts.header);
    worker.text(&Origin::TagMessage { tagger, tag }, parts.message);
}
