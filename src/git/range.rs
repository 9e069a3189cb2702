//! Which commits a range names. Resolves what was typed and walks from there, no further than it
//! must: the cost is that of the range, not of the repository. What the commits bring in is
//! `super::change`'s.

use std::collections::{BinaryHeap, HashMap};

use git2::{ErrorCode, Object, ObjectType, Odb, Oid};

use super::change::links;
use super::repository::Repository;
use super::{GitError, object_id, text};
use crate::model::object::ObjectId;

/// Where a range begins, as it was typed.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// Everything that HEAD leads to.
    Head,
    /// `A..B`, `A...B` or one commit, see gitrevisions(7).
    Range(&'a str),
    /// Everything that this branch or tag leads to.
    Branch(&'a str),
}

/// Why a range names nothing. The names are quoted as they were typed.
#[derive(Debug, thiserror::Error)]
pub enum RangeError {
    /// It is not of a form that is known.
    #[error("{0:?} is no range; write A..B, A...B or one commit")]
    Form(String),
    /// A side is no commit.
    #[error("no commit is called {0:?} here (git fetch brings what only the server has)")]
    NoCommit(String),
    /// A side fits several objects.
    #[error("{0:?} is the beginning of several ids; write more digits")]
    Ambiguous(String),
    /// No branch of that name.
    #[error("no branch or tag is called {0:?} here (git branch --all lists them)")]
    NoBranch(String),
    /// HEAD is a branch that does not exist (yet).
    #[error("HEAD leads to no commit; name a branch with --branch")]
    NoHead,
    /// The repository cannot be read.
    #[error("the repository cannot be read: {0}")]
    Git(#[from] GitError),
}

/// Commits that were asked for.
#[derive(Clone, Debug)]
pub struct Range {
    pub(super) tips: Vec<(Oid, Colour)>,
    since: Option<i64>,
    /// The tips and nothing that they lead to.
    alone: bool,
    pub(super) tags: Vec<Oid>,
    /// Blobs that a ref leads to without a commit.
    pub(super) blobs: Vec<Oid>,
    /// Names that are given with the commits.
    pub(super) names: Vec<Box<[u8]>>,
}

/// From which sides a commit can be reached; bits. What both sides reach is not in a range.
pub(super) type Colour = u8;
const LEFT: Colour = 1;
pub(super) const RIGHT: Colour = 2;
pub(super) const BOTH: Colour = LEFT | RIGHT;

/// Commits that are looked at when all that is left seems to be out of the range: clocks are wrong
/// now and then, and a child is older than its parent. Git itself takes 5.
const SLOP: usize = 64;

impl Range {
    /// Finds out what `start` means. Commits whose committer date is before `since` (seconds since
    /// 1970) do not count.
    ///
    /// A missing side is HEAD. An id of zeros is what git tells a hook when a branch is new or
    /// gone: on the left it keeps nothing out, on the right there is nothing to read.
    pub fn resolve(
        repository: &Repository,
        start: Start<'_>,
        since: Option<i64>,
    ) -> Result<Self, RangeError> {
        let mut range = Self::nothing(since);
        match start {
            Start::Head => {
                let head = repository.head().ok_or(RangeError::NoHead)?;
                range.tips.push((super::oid(head)?, RIGHT));
            }
            Start::Branch(name) => range.tip(&branch(repository, name)?, RIGHT, name)?,
            Start::Range(spec) => range.sides(repository, spec)?,
        }
        Ok(range)
    }

    /// No commits yet.
    pub(super) fn nothing(since: Option<i64>) -> Self {
        let (tips, tags, blobs, names) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { tips, since, alone: false, tags, blobs, names }
    }

    fn sides(&mut self, repository: &Repository, spec: &str) -> Result<(), RangeError> {
        let (left, right, colour) = match (spec.split_once("..."), spec.split_once("..")) {
            (Some((left, right)), _) => (left, right, LEFT),
            (None, Some((left, right))) => (left, right, BOTH),
            (None, None) if spec.is_empty() => return Err(RangeError::Form(spec.to_owned())),
            (None, None) => {
                self.alone = true;
                return self.tip(&revision(repository, spec)?, RIGHT, spec);
            }
        };
        // Dots alone, or three sides: nobody has meant that.
        if left.is_empty() && right.is_empty() || right.contains("..") || right.starts_with('.') {
            return Err(RangeError::Form(spec.to_owned()));
        }
        for (name, colour) in [(left, colour), (right, RIGHT)] {
            let name = if name.is_empty() { "HEAD" } else { name };
            if !is_zero(name) {
                self.tip(&revision(repository, name)?, colour, name)?;
            }
        }
        Ok(())
    }

    /// Adds a tip, and the annotated tags that stand between it and its name.
    fn tip(&mut self, object: &Object<'_>, colour: Colour, name: &str) -> Result<(), RangeError> {
        let no_commit = |_| RangeError::NoCommit(name.to_owned());
        let mut object = object.clone();
        while let Some(tag) = object.as_tag() {
            let when = tag.tagger().map(|tagger| tagger.when().seconds());
            let counts = self.since.is_none_or(|since| when.is_some_and(|when| when >= since));
            if colour != BOTH && counts {
                self.tags.push(tag.id());
            }
            let target = tag.target().map_err(no_commit)?;
            object = target;
        }
        let commit = object.peel(ObjectType::Commit).map_err(no_commit)?;
        self.tips.push((commit.id(), colour));
        Ok(())
    }

    /// The annotated tags by which the range was named: they are pushed with its commits.
    pub fn tags(&self) -> impl Iterator<Item = ObjectId> {
        self.tags.iter().copied().map(object_id)
    }

    /// The blobs that a pushed ref leads to without a commit.
    pub fn blobs(&self) -> impl Iterator<Item = ObjectId> {
        self.blobs.iter().copied().map(object_id)
    }

    /// The names of the refs that are pushed.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|name| &**name)
    }

    /// The commits, newest first. A commit that cannot be read ends the way that leads through it;
    /// whoever reads its children finds it missing.
    pub fn commits(&self, repository: &Repository) -> Result<Vec<ObjectId>, GitError> {
        let mut walk = Walk {
            odb: repository.inner.odb()?,
            since: self.since.unwrap_or(i64::MIN),
            nodes: HashMap::new(),
            queue: BinaryHeap::new(),
            pending: 0,
        };
        for &(tip, colour) in &self.tips {
            walk.reach(tip, colour);
        }
        let commits = if self.alone { walk.nodes.keys().copied().collect() } else { walk.run() };
        let counts = |id: &Oid| walk.nodes.get(id).is_some_and(|node| walk.wants(node));
        Ok(commits.into_iter().filter(counts).map(object_id).collect())
    }
}

/// True for the id of zeros that stands for "no commit", in SHA-1 or SHA-256.
fn is_zero(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|digit| digit == b'0')
}

fn revision<'r>(repository: &'r Repository, name: &str) -> Result<Object<'r>, RangeError> {
    repository.inner.revparse_single(name).map_err(|error| match error.code() {
        ErrorCode::NotFound => RangeError::NoCommit(name.to_owned()),
        ErrorCode::Ambiguous => RangeError::Ambiguous(name.to_owned()),
        ErrorCode::InvalidSpec => RangeError::Form(name.to_owned()),
        _ => RangeError::Git(error.into()),
    })
}

/// The object that a local branch, a remote-tracking branch, a tag or a whole ref name leads to.
fn branch<'r>(repository: &'r Repository, name: &str) -> Result<Object<'r>, RangeError> {
    let no_branch = || RangeError::NoBranch(name.to_owned());
    for folder in ["refs/heads/", "refs/remotes/", "refs/tags/", ""] {
        let full = format!("{folder}{name}");
        if !full.starts_with("refs/") || !git2::Reference::is_valid_name(&full) {
            continue;
        }
        if let Ok(reference) = repository.inner.find_reference(&full) {
            let target =
                reference.resolve().ok().and_then(|it| it.target()).ok_or_else(no_branch)?;
            return Ok(repository.inner.find_object(target, None).map_err(GitError::from)?);
        }
    }
    Err(no_branch())
}

/// A walk from the tips to what they lead to, newest first, that hands colours on.
struct Walk<'r> {
    odb: Odb<'r>,
    since: i64,
    nodes: HashMap<Oid, Node>,
    /// Commits whose colour their parents do not have yet, by date.
    queue: BinaryHeap<(i64, Oid)>,
    /// How many of the queue could still change the result.
    pending: usize,
}

struct Node {
    when: i64,
    colour: Colour,
    queued: bool,
    /// Its parents have had a colour of it already.
    done: bool,
    /// Taken when they are visited: most commits are visited once.
    parents: Vec<Oid>,
}

impl Walk<'_> {
    fn run(&mut self) -> Vec<Oid> {
        let (mut found, mut oldest, mut slop) = (Vec::new(), i64::MAX, SLOP);
        while let Some((when, id)) = self.queue.pop() {
            slop = if self.pending > 0 || when >= oldest { SLOP } else { slop - 1 };
            if slop == 0 {
                break;
            }
            let Some((colour, parents)) = self.visit(id, &mut found) else { continue };
            if self.nodes.get(&id).is_some_and(|node| self.wants(node)) {
                oldest = when;
            }
            for parent in parents {
                self.reach(parent, colour);
            }
        }
        found
    }

    /// Takes a commit out of the queue; gives back its colour and its parents.
    fn visit(&mut self, id: Oid, found: &mut Vec<Oid>) -> Option<(Colour, Vec<Oid>)> {
        let again = self.nodes.get(&id)?.done.then(|| self.read(id)).flatten();
        let since = self.since;
        let node = self.nodes.get_mut(&id)?;
        self.pending -= usize::from(node.pending(since));
        node.queued = false;
        if !node.done {
            found.push(id);
        }
        node.done = true;
        let parents = again.map_or_else(|| std::mem::take(&mut node.parents), |(_, it)| it);
        Some((node.colour, parents))
    }

    /// Hands a colour on to a commit.
    fn reach(&mut self, id: Oid, colour: Colour) {
        if !self.nodes.contains_key(&id) {
            let Some((when, parents)) = self.read(id) else { return };
            let node = Node { when, colour: 0, queued: false, done: false, parents };
            self.nodes.insert(id, node);
        }
        let since = self.since;
        let Some(node) = self.nodes.get_mut(&id).filter(|node| node.colour | colour != node.colour)
        else {
            return;
        };
        let before = usize::from(node.queued && node.pending(since));
        node.colour |= colour;
        self.pending = self.pending + usize::from(node.pending(since)) - before;
        if !node.queued {
            node.queued = true;
            self.queue.push((node.when, id));
        }
    }

    /// Committer date and parents.
    fn read(&self, id: Oid) -> Option<(i64, Vec<Oid>)> {
        let object = self.odb.read(id).ok().filter(|it| it.kind() == ObjectType::Commit)?;
        let header = text::split(object.data()).header;
        let when = text::signature(header, "committer").map_or(0, |it| it.when.seconds);
        Some((when, links(header)?.1))
    }

    fn wants(&self, node: &Node) -> bool {
        node.colour != BOTH && node.when >= self.since
    }
}

impl Node {
    /// True when what comes of it can change the result: it is in the range, or it was and its
    /// parents do not know yet that they are not.
    fn pending(&self, since: i64) -> bool {
        self.done || self.colour != BOTH && self.when >= since
    }
}
