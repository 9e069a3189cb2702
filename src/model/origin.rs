//! Where a text came from. Origins are ordered, so that output is stable: files first, then the
//! index, then history from the oldest commit on.

use std::sync::Arc;

use super::object::ObjectId;

/// A path as the operating system or git has it: bytes, separated by `/`, not always UTF-8.
pub type PathBytes = Box<[u8]>;

/// A moment as git stores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Offset of the author's clock from UTC, in minutes.
    pub offset_minutes: i32,
}

/// Author of a commit or tagger of a tag; bytes, since git demands no encoding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    /// When, first, so that origins sort by time.
    pub when: Moment,
    /// Name, without the address.
    pub name: Box<[u8]>,
    /// Address, without the angle brackets.
    pub email: Box<[u8]>,
}

impl Signature {
    /// The same moment with name and address rewritten.
    pub fn map_text(&self, map: &dyn Fn(&[u8]) -> Vec<u8>) -> Self {
        let text = |bytes: &[u8]| map(bytes).into_boxed_slice();
        Self { when: self.when, name: text(&self.name), email: text(&self.email) }
    }
}

/// Where a text came from. The variants stand in the order in which places are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A file on disk (or the text of a symbolic link).
    File {
        /// Path as the target was typed, joined with the path below it.
        path: PathBytes,
    },
    /// The name of a file on disk.
    FileName {
        /// The path whose own text is meant.
        path: PathBytes,
    },
    /// A blob that the index holds.
    Index {
        /// Path in the repository.
        path: PathBytes,
        /// The staged blob.
        blob: ObjectId,
    },
    /// A blob that a commit's tree holds.
    Commit {
        /// Author and time of the commit.
        author: Arc<Signature>,
        /// The commit.
        commit: ObjectId,
        /// Path in the commit's tree.
        path: PathBytes,
        /// The blob.
        blob: ObjectId,
    },
    /// The message of a commit.
    CommitMessage {
        /// Author and time of the commit.
        author: Arc<Signature>,
        /// The commit.
        commit: ObjectId,
    },
    /// The headers of a commit: author, committer and whatever else was written there.
    CommitHeader {
        /// Author and time of the commit.
        author: Arc<Signature>,
        /// The commit.
        commit: ObjectId,
    },
    /// The message of an annotated tag.
    TagMessage {
        /// Tagger and time, if the tag says so.
        tagger: Option<Arc<Signature>>,
        /// The tag object.
        tag: ObjectId,
    },
    /// The headers of an annotated tag: its name and tagger.
    TagHeader {
        /// Tagger and time, if the tag says so.
        tagger: Option<Arc<Signature>>,
        /// The tag object.
        tag: ObjectId,
    },
    /// The name of a ref.
    RefName {
        /// The full name.
        name: Box<[u8]>,
    },
    /// A blob whose commit and path are still to be found. Never in a finished finding.
    Blob {
        /// The blob.
        blob: ObjectId,
    },
    /// A blob that no ref leads to.
    Unreachable {
        /// The blob.
        object: ObjectId,
    },
    /// Standard input.
    Stdin,
}

impl Origin {
    /// The path it belongs to, if there is one.
    pub fn path(&self) -> Option<&[u8]> {
        match self {
            Self::File { path }
            | Self::FileName { path }
            | Self::Index { path, .. }
            | Self::Commit { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The commit it belongs to, if there is one.
    pub fn commit(&self) -> Option<ObjectId> {
        match self {
            Self::Commit { commit, .. }
            | Self::CommitMessage { commit, .. }
            | Self::CommitHeader { commit, .. } => Some(*commit),
            _ => None,
        }
    }

    /// The git object whose text it is, if there is one.
    pub fn object(&self) -> Option<ObjectId> {
        match self {
            Self::Index { blob, .. } | Self::Commit { blob, .. } | Self::Blob { blob } => {
                Some(*blob)
            }
            Self::Unreachable { object } => Some(*object),
            Self::TagMessage { tag, .. } | Self::TagHeader { tag, .. } => Some(*tag),
            _ => None,
        }
    }

    /// Who wrote it and when, if that is known.
    pub fn signature(&self) -> Option<&Signature> {
        match self {
            Self::Commit { author, .. }
            | Self::CommitMessage { author, .. }
            | Self::CommitHeader { author, .. } => Some(author),
            Self::TagMessage { tagger, .. } | Self::TagHeader { tagger, .. } => tagger.as_deref(),
            _ => None,
        }
    }

    /// The same with every text in it rewritten.
    pub fn map_text(self, map: &dyn Fn(&[u8]) -> Vec<u8>) -> Self {
        let text = |bytes: &[u8]| map(bytes).into_boxed_slice();
        let signature = |old: &Signature| Arc::new(old.map_text(map));
        match self {
            Self::File { path } => Self::File { path: text(&path) },
            Self::FileName { path } => Self::FileName { path: text(&path) },
            Self::Index { path, blob } => Self::Index { path: text(&path), blob },
            Self::Commit { author, commit, path, blob } => {
                Self::Commit { author: signature(&author), commit, path: text(&path), blob }
            }
            Self::CommitMessage { author, commit } => {
                Self::CommitMessage { author: signature(&author), commit }
            }
            Self::CommitHeader { author, commit } => {
                Self::CommitHeader { author: signature(&author), commit }
            }
            Self::TagMessage { tagger, tag } => {
                Self::TagMessage { tagger: tagger.as_deref().map(signature), tag }
            }
            Self::TagHeader { tagger, tag } => {
                Self::TagHeader { tagger: tagger.as_deref().map(signature), tag }
            }
            Self::RefName { name } => Self::RefName { name: text(&name) },
            Self::Blob { .. } | Self::Unreachable { .. } | Self::Stdin => self,
        }
    }

    /// The word for it in machine-readable reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::FileName { .. } => "file_name",
            Self::Index { .. } => "index",
            Self::Commit { .. } => "history",
            Self::CommitMessage { .. } => "commit_message",
            Self::CommitHeader { .. } => "commit_header",
            Self::TagMessage { .. } => "tag_message",
            Self::TagHeader { .. } => "tag_header",
            Self::RefName { .. } => "ref_name",
            Self::Blob { .. } | Self::Unreachable { .. } => "unreachable",
            Self::Stdin => "stdin",
        }
    }
}
