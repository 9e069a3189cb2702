//! Where a finding is shown by formats that know files alone: one spot for each path, and a stand-in
//! for what has none, so that nothing is left out for want of a path.

use super::{when, words};
use crate::model::finding::{Finding, Place};
use crate::model::origin::Origin;

/// More spots of one finding than this are counted, not listed: a token on every page of a dump
/// would bury all others.
const MOST: usize = 50;

/// All places of a finding at one path.
#[derive(Debug)]
pub(super) struct Spot<'a> {
    /// The path from the top of the repository, or what stands for one.
    pub path: String,
    /// What tells the spot from others of the same finding, in this run and the next: no line and no
    /// commit stands in it.
    pub key: String,
    /// The first place there.
    pub place: &'a Place,
    /// How many places there are at this path, as far as they are listed.
    pub places: u64,
}

impl Spot<'_> {
    /// True when the path is that of a file in a work tree or an index.
    pub(super) fn is_in_a_file(&self) -> bool {
        let origin = &self.place.origin;
        matches!(origin, Origin::File { .. } | Origin::FileName { .. } | Origin::Index { .. })
    }
}

/// The spots of a finding in the order of its places, and how many places are at none of them.
pub(super) fn spots(finding: &Finding) -> (Vec<Spot<'_>>, u64) {
    let mut spots: Vec<Spot<'_>> = Vec::new();
    let mut told = 0;
    for place in &finding.places {
        let key = key(place);
        if let Some(spot) = spots.iter_mut().find(|spot| spot.key == key) {
            spot.places += 1;
        } else if spots.len() < MOST {
            let path = path(place);
            spots.push(Spot { path, key, place, places: 1 });
        } else {
            continue;
        }
        told += 1;
    }
    (spots, finding.occurrences.saturating_sub(told))
}

/// Where a place is, in words: `history, commit 3f2a… by Ann on 2025-03-02T10:00:00+01:00`.
pub(super) fn described(place: &Place) -> String {
    let mut text = place.origin.word().replace('_', " ");
    if let Some(commit) = place.origin.commit() {
        text += &format!(", commit {commit}");
    }
    if let Some(signature) = place.origin.signature() {
        text += &format!(" by {}", String::from_utf8_lossy(&signature.name));
        if let Some(date) = when::rfc3339(signature.when) {
            text += &format!(" on {date}");
        }
    }
    text
}

/// What stands for a path where a place has none: a word and the id of the object.
pub(super) fn stand_in(origin: &Origin) -> String {
    match origin.commit().or(origin.object()) {
        Some(id) => format!("{}/{id}", origin.word()),
        None => origin.word().to_owned(),
    }
}

/// A path as a part of a URI (RFC 3986): percent-encoded.
pub(super) fn encoded(path: &[u8]) -> String {
    let mut uri = String::new();
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}

/// Where a spot is and how often the secret stands there, in words.
pub(super) fn standing(spot: &Spot<'_>, finding: &Finding) -> String {
    let line = spot.place.position.line;
    let mut text = match spot.place.origin.path() {
        Some(_) if spot.is_in_a_file() => format!("In the {}, line {line}", described(spot.place)),
        Some(_) => format!("Line {line} in {}", described(spot.place)),
        None => format!(
            "In {}, line {line}; that is no file, and the path only stands for it",
            described(spot.place)
        ),
    };
    if spot.places > 1 {
        text += &format!(", and {} of the same path", words::count(spot.places - 1, "more place"));
    }
    if spot.is_in_a_file() && finding.provenance.is_some() {
        text += "; the history has it, too";
    }
    text
}

fn key(place: &Place) -> String {
    match place.origin.path() {
        Some(_) => path(place),
        None => place.origin.word().to_owned(),
    }
}

/// The path of a place below the folder from which paths are counted, or what stands for it.
fn path(place: &Place) -> String {
    let Some(path) = place.origin.path() else { return stand_in(&place.origin) };
    let mut whole = place.repository.as_deref().map(<[u8]>::to_vec).unwrap_or_default();
    whole.push(b'/');
    whole.extend_from_slice(path);
    let whole = String::from_utf8_lossy(&whole);
    // A relative path is wanted, and each path in one form alone.
    let parts: Vec<&str> = whole.split('/').filter(|it| !matches!(*it, "" | ".")).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::spots;
    use crate::model::finding::Place;
    use crate::model::origin::Origin;
    use crate::model::span::Position;
    use crate::report::sample;

    fn file(path: &str) -> Place {
        let origin = Origin::File { path: path.as_bytes().into() };
        Place { repository: None, origin, position: Position::START }
    }

    #[test]
    fn a_path_is_one_spot_however_often_and_wherever_it_is_read() {
        let mut finding = sample::finding();
        let place = sample::history(Some(b"./lib/"), b"a.env");
        let message = Origin::CommitMessage {
            author: sample::finding().provenance.expect("it").introduced[0].author.clone(),
            commit: sample::id(7),
        };
        let message = Place { repository: None, origin: message, position: Position::START };
        let stdin = Place { origin: Origin::Stdin, ..file("") };
        finding.places = [file("./lib/a.env"), file("/b"), place, message, stdin].into();
        finding.occurrences = 7;
        let (spots, more) = spots(&finding);
        let found: Vec<(&str, u64)> =
            spots.iter().map(|spot| (spot.path.as_str(), spot.places)).collect();
        let message = format!("commit_message/{}", "07".repeat(20));
        assert_eq!(found, [("lib/a.env", 2), ("b", 1), (message.as_str(), 1), ("stdin", 1)]);
        assert_eq!(more, 2);
        assert_eq!(spots[2].key, "commit_message");
    }

    #[test]
    fn a_finding_everywhere_is_not_listed_everywhere() {
        let mut finding = sample::finding();
        finding.places = (0..80).map(|number| file(&format!("f{number:02}"))).collect();
        finding.occurrences = 80;
        let (spots, more) = spots(&finding);
        assert_eq!((spots.len(), more), (50, 30));
    }
}
