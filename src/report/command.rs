//! The command that shows the commit which brought a secret in, ready to be copied; and which of a
//! finding's places that commit accounts for.

use std::collections::BTreeSet;

use super::provenance::short;
use super::shell;
use crate::model::finding::{Finding, Place};
use crate::model::origin::Origin;
use crate::model::provenance::Change;
use crate::model::secret::HIDDEN;

/// The place that the paragraph has told of already.
pub(super) fn told(finding: &Finding) -> Option<&Place> {
    let first = finding.provenance.as_ref()?.introduced.first()?;
    finding.places.iter().find(|place| {
        place.origin.commit() == Some(first.commit)
            && place.origin.path() == first.path.as_deref()
            && first.position.is_none_or(|position| position == place.position)
    })
}

/// The command that shows the commit that brought it in, to be copied. `None` when no commit is
/// known, or when it may be in one of several repositories.
pub(super) fn command(finding: &Finding) -> Option<String> {
    let change = finding.provenance.as_ref()?.introduced.first()?;
    let git = match repository(finding, change)? {
        Some(label) => format!("git -C {} show", shell::word(label)),
        None => "git show".to_owned(),
    };
    let id = short(change.commit);
    Some(match change.path.as_deref() {
        None => format!("{git} -s --format=raw {id}"),
        // Where a secret was taken out of the path, git would not know what is left of it.
        Some(path) if memchr::memmem::find(path, HIDDEN.as_bytes()).is_some() => {
            format!("{git} {id}")
        }
        Some(path) => format!("{git} {id} -- {}", pathspec(path)),
    })
}

/// The repository that holds the commit, as it was named; the inner `None` is the one we stand in.
fn repository<'a>(finding: &'a Finding, change: &Change) -> Option<Option<&'a [u8]>> {
    let in_git = |place: &&Place| {
        !matches!(place.origin, Origin::File { .. } | Origin::FileName { .. } | Origin::Stdin)
    };
    let has_it = |place: &&Place| place.origin.commit() == Some(change.commit);
    let place = told(finding).or_else(|| finding.places.iter().find(has_it));
    if let Some(place) = place {
        return Some(place.repository.as_deref());
    }
    let labels = finding.places.iter().filter(in_git).map(|place| place.repository.as_deref());
    let labels: BTreeSet<Option<&[u8]>> = labels.collect();
    match labels.len() {
        0 => Some(None),
        1 => labels.into_iter().next(),
        _ => None,
    }
}

/// A path as git takes it, counted from the top of the repository wherever in it one stands.
fn pathspec(path: &[u8]) -> String {
    let word = shell::word(path);
    // Behind a short `:/` git reads most other characters as more of its magic.
    let harmless = path.first().is_some_and(|it| it.is_ascii_alphanumeric() || *it == b'.');
    if harmless && word.as_bytes() == path {
        return format!(":/{word}");
    }
    shell::word(&[b":(top,literal)", path].concat())
}

#[cfg(test)]
mod tests {
    use super::{command, pathspec, told};
    use crate::model::finding::Finding;
    use crate::report::sample;

    /// A finding whose one place in history has this repository and path.
    fn at(repository: Option<&[u8]>, path: &[u8]) -> Finding {
        let mut finding = sample::finding();
        let provenance = finding.provenance.as_mut().expect("its provenance");
        provenance.introduced[0].path = Some(Box::from(path));
        finding.places = [sample::history(repository, path)].into();
        finding
    }

    #[test]
    fn the_command_can_be_copied() {
        let says = |repository, path| command(&at(repository, path)).expect("a command");
        assert_eq!(
            says(None, b"config/deploy.env"),
            "git show 111111111111 -- :/config/deploy.env"
        );
        assert_eq!(
            says(Some(b"../my repo"), b".env"),
            "git -C '../my repo' show 111111111111 -- :/.env"
        );
        assert_eq!(
            says(None, b"it's \x1b"),
            r"git show 111111111111 -- $':(top,literal)it\'s \033'"
        );
        // A secret was taken out of the path.
        assert_eq!(says(None, b"a/****/b"), "git show 111111111111");
        let mut in_message = sample::finding();
        in_message.provenance.as_mut().expect("it").introduced[0].path = None;
        let raw = "git show -s --format=raw 111111111111";
        assert_eq!(command(&in_message).as_deref(), Some(raw));
    }

    #[test]
    fn paths_are_counted_from_the_top_and_never_a_pattern() {
        assert_eq!(pathspec(b"a/b-c_d.e"), ":/a/b-c_d.e");
        assert_eq!(pathspec(b"-a"), "':(top,literal)-a'");
        assert_eq!(pathspec(b"_a"), "':(top,literal)_a'");
        assert_eq!(pathspec(b"a*"), "':(top,literal)a*'");
        assert_eq!(pathspec(b"[a]"), "':(top,literal)[a]'");
    }

    #[test]
    fn the_command_names_the_repository_only_when_it_is_known() {
        let mut finding = at(Some(b"one"), b"config/deploy.env");
        finding.places.insert(sample::history(Some(b"two"), b"config/deploy.env"));
        let same = "git -C one show 111111111111 -- :/config/deploy.env";
        assert_eq!(command(&finding).as_deref(), Some(same));
        assert_eq!(told(&finding).and_then(|it| it.repository.as_deref()), Some(&b"one"[..]));
        // Neither place is of that commit.
        let provenance = finding.provenance.as_mut().expect("its provenance");
        provenance.introduced[0].commit = sample::id(7);
        assert_eq!(command(&finding), None);
        assert_eq!(told(&finding), None);
        finding.places.pop_last();
        let only = "git -C one show 070707070707 -- :/config/deploy.env";
        assert_eq!(command(&finding).as_deref(), Some(only));
    }
}
