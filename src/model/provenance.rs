//! How a secret came into a history, whether it was taken out again, and how far it has come.
//! Holds the facts, their order and their limits; who finds them out and who writes them down is
//! others' business.

use std::cmp::Ordering;
use std::sync::Arc;

use super::object::ObjectId;
use super::origin::{PathBytes, Signature};
use super::span::Position;

/// How far the commits that brought a secret in have come, as far as the refs here tell. Ordered
/// from near to far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exposure {
    /// No branch, tag or other ref leads to any of them.
    Unreachable,
    /// A ref leads to one of them, but no remote-tracking ref does.
    LocalOnly,
    /// A remote-tracking ref leads to one of them.
    Pushed,
}

impl Exposure {
    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::LocalOnly => "local only",
            Self::Pushed => "pushed",
        }
    }
}

/// A commit that brought a secret in, or took it out. Ordered by the author's time, then commit,
/// then path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// Author of the commit, and when.
    pub author: Arc<Signature>,
    /// The commit.
    pub commit: ObjectId,
    /// The path at which the secret stands in the commit's tree, or stood in its parent's; `None`
    /// when it stands in the commit's own message or header.
    pub path: Option<PathBytes>,
    /// Where it stands in that text, if that is known.
    pub position: Option<Position>,
}

impl Ord for Change {
    fn cmp(&self, other: &Self) -> Ordering {
        // The author comes last, where it only keeps the order in step with equality.
        let key = |it: &Self| (it.author.when, it.commit);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.path.cmp(&other.path))
            .then_with(|| self.position.cmp(&other.position))
            .then_with(|| self.author.cmp(&other.author))
    }
}

impl PartialOrd for Change {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How a secret came into a history and what became of it there. Each list holds at most
/// [`Provenance::MAX_LISTED`] entries, the first in order, and the count beside it is that of
/// all; [`listed`] makes both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The commits whose tree (or message, or header) holds the secret while no parent's tree
    /// holds it anywhere, the earliest first; one entry a commit.
    pub introduced: Vec<Change>,
    /// How many such commits there are.
    pub introduced_count: u64,
    /// The commits without the secret of which a parent had it, the earliest first; one entry a
    /// commit.
    pub removed: Vec<Change>,
    /// How many such commits there are.
    pub removed_count: u64,
    /// Whether the tree of HEAD holds it still.
    pub in_head: bool,
    /// Full names (`refs/heads/main`) of the refs whose tree holds it still, sorted.
    pub refs: Vec<Box<[u8]>>,
    /// How many such refs there are.
    pub refs_count: u64,
    /// How far the commits that brought it in have come.
    pub exposure: Exposure,
    /// In how many blobs of the history it stands.
    pub blobs: u64,
    /// At how many paths of the history it stands.
    pub paths: u64,
}

impl Provenance {
    /// More entries of a list than this are counted but not kept: a report is no wall of text.
    pub const MAX_LISTED: usize = 100;

    /// Puts together what two repositories know of one secret; the same whichever comes first.
    /// What both list is counted once. Blobs and paths are added: two clones of one repository
    /// count twice, as they are read twice.
    pub fn merge(self, other: Self) -> Self {
        let (introduced, introduced_count) = join(
            (self.introduced, self.introduced_count),
            (other.introduced, other.introduced_count),
        );
        let (removed, removed_count) =
            join((self.removed, self.removed_count), (other.removed, other.removed_count));
        let (refs, refs_count) = join((self.refs, self.refs_count), (other.refs, other.refs_count));
        Self {
            introduced,
            introduced_count,
            removed,
            removed_count,
            in_head: self.in_head || other.in_head,
            refs,
            refs_count,
            exposure: self.exposure.max(other.exposure),
            blobs: self.blobs.saturating_add(other.blobs),
            paths: self.paths.saturating_add(other.paths),
        }
    }

    /// Rewrites every text in it: paths, names of refs, names and addresses of authors.
    pub fn map_text(&mut self, map: &dyn Fn(&[u8]) -> Vec<u8>) {
        for change in self.introduced.iter_mut().chain(&mut self.removed) {
            change.author = Arc::new(change.author.map_text(map));
            change.path = change.path.as_deref().map(|path| map(path).into_boxed_slice());
        }
        for name in &mut self.refs {
            *name = map(name).into_boxed_slice();
        }
        self.introduced.sort_unstable();
        self.removed.sort_unstable();
        self.refs.sort_unstable();
    }
}

/// A list as [`Provenance`] keeps it: sorted, every entry once, at most
/// [`Provenance::MAX_LISTED`] of them; and how many there are in all.
pub fn listed<T: Ord>(all: impl IntoIterator<Item = T>) -> (Vec<T>, u64) {
    let mut list: Vec<T> = all.into_iter().collect();
    list.sort_unstable();
    list.dedup();
    let count = list.len() as u64;
    list.truncate(Provenance::MAX_LISTED);
    (list, count)
}

/// Two lists with their counts as one. Entries that both keep are counted once; those that
/// neither keeps cannot be compared.
fn join<T: Ord>(one: (Vec<T>, u64), other: (Vec<T>, u64)) -> (Vec<T>, u64) {
    let kept = (one.0.len() + other.0.len()) as u64;
    let count = one.1.saturating_add(other.1);
    let (list, distinct) = listed(one.0.into_iter().chain(other.0));
    (list, count.saturating_sub(kept - distinct))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Change, Exposure, Provenance, listed};
    use crate::model::object::ObjectId;
    use crate::model::origin::{Moment, Signature};
    use crate::model::span::Position;

    fn change(seconds: i64, id: u8, path: Option<&str>) -> Change {
        let name = format!("Author {seconds}").into_bytes().into();
        let when = Moment { seconds, offset_minutes: 60 };
        Change {
            author: Arc::new(Signature { when, name, email: Box::from(*b"a@example.com") }),
            commit: ObjectId::from_bytes(&[id; 20]).expect("an id"),
            path: path.map(|path| Box::from(path.as_bytes())),
            position: Some(Position::START),
        }
    }

    fn provenance(introduced: Vec<Change>, refs: &[&str]) -> Provenance {
        let (introduced, introduced_count) = listed(introduced);
        let (refs, refs_count) = listed(refs.iter().map(|name| Box::from(name.as_bytes())));
        Provenance {
            introduced,
            introduced_count,
            removed: Vec::new(),
            removed_count: 0,
            in_head: false,
            refs,
            refs_count,
            exposure: Exposure::LocalOnly,
            blobs: 2,
            paths: 1,
        }
    }

    #[test]
    fn the_words_are_those_of_the_documented_form() {
        let all = [Exposure::Pushed, Exposure::LocalOnly, Exposure::Unreachable];
        assert_eq!(all.map(Exposure::word), ["pushed", "local only", "unreachable"]);
        assert!(Exposure::Pushed > Exposure::LocalOnly);
        assert!(Exposure::LocalOnly > Exposure::Unreachable);
    }

    #[test]
    fn changes_are_ordered_by_time_then_commit_then_path() {
        let sorted = [
            change(1, 9, Some("z")),
            change(2, 1, Some("z")),
            change(2, 2, None),
            change(2, 2, Some("a")),
            change(2, 2, Some("b")),
        ];
        let mut mixed = sorted.to_vec();
        mixed.reverse();
        mixed.sort();
        assert_eq!(mixed, sorted);
        // What differs in the author alone is in order too, and not the same.
        let other = Change { author: change(1, 9, None).author, ..change(2, 2, None) };
        assert_ne!(other.cmp(&change(2, 2, None)), std::cmp::Ordering::Equal);
    }

    #[test]
    fn a_list_is_sorted_counted_and_cut() {
        assert_eq!(listed([3, 1, 3, 2]), (vec![1, 2, 3], 3));
        assert_eq!(listed(Vec::<u8>::new()), (vec![], 0));
        let (kept, count) = listed((0..250).rev());
        assert_eq!((kept.len(), kept[0], kept[99], count), (100, 0, 99, 250));
    }

    #[test]
    fn two_repositories_make_one_provenance_whichever_comes_first() {
        let mut a = provenance(vec![change(2, 2, None), change(1, 1, None)], &["refs/heads/b"]);
        a.removed = vec![change(5, 5, None)];
        a.removed_count = 1;
        let mut b = provenance(vec![change(3, 3, None), change(1, 1, None)], &["refs/heads/a"]);
        b.in_head = true;
        b.exposure = Exposure::Pushed;
        let merged = a.clone().merge(b.clone());
        assert_eq!(merged, b.merge(a));
        assert_eq!(merged.introduced, [change(1, 1, None), change(2, 2, None), change(3, 3, None)]);
        assert_eq!((merged.introduced_count, merged.removed_count), (3, 1));
        assert_eq!(merged.refs, [Box::from(*b"refs/heads/a"), Box::from(*b"refs/heads/b")]);
        assert_eq!((merged.refs_count, merged.blobs, merged.paths), (2, 4, 2));
        assert_eq!((merged.in_head, merged.exposure), (true, Exposure::Pushed));
    }

    #[test]
    fn what_is_not_kept_is_still_counted_after_a_merge() {
        let many = |from: i64, to: i64| {
            provenance((from..to).map(|at| change(at, 1, None)).collect(), &[])
        };
        let merged = many(0, 150).merge(many(90, 170));
        assert_eq!(merged.introduced.len(), Provenance::MAX_LISTED);
        // 150 and 80; the ten that both keep (90 to 99) are known to be the same.
        assert_eq!(merged.introduced_count, 220);
    }

    #[test]
    fn every_text_is_rewritten_and_order_is_kept() {
        let mut it = provenance(
            vec![change(1, 1, Some("a/secret")), change(1, 1, Some("b"))],
            &["refs/heads/secret", "refs/heads/z"],
        );
        it.removed = vec![change(2, 2, Some("secret"))];
        it.map_text(&|text| match text {
            b"a/secret" | b"secret" => b"x/****".to_vec(),
            b"refs/heads/secret" => b"refs/heads/zz****".to_vec(),
            text if text.starts_with(b"Author") => b"Nobody".to_vec(),
            b"a@example.com" => b"****".to_vec(),
            text => text.to_vec(),
        });
        let paths: Vec<_> = it.introduced.iter().map(|change| change.path.as_deref()).collect();
        assert_eq!(paths, [Some(&b"b"[..]), Some(b"x/****")]);
        assert_eq!(it.removed[0].path.as_deref(), Some(&b"x/****"[..]));
        assert_eq!(it.refs, [Box::from(*b"refs/heads/z"), Box::from(*b"refs/heads/zz****")]);
        for change in it.introduced.iter().chain(&it.removed) {
            assert_eq!(
                (&*change.author.name, &*change.author.email),
                (&b"Nobody"[..], &b"****"[..])
            );
        }
    }
}
