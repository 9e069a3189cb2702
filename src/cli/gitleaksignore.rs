//! Reads `.gitleaksignore`, whose lines name places: `file:rule:line`, or `commit:file:rule:line`. What
//! is accepted here goes by value, so each place is looked at, on disk or in the commit, for the token
//! that stands on that line.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use anyhow::ensure;

use super::gitleaks::{Taken, take};
use super::settings;
use crate::engine::Engine;
use crate::git::repository::Repository;
use crate::model::finding::Evidence;
use crate::model::object::ObjectId;
use crate::scan::Options;

/// A list is not larger.
const LARGEST: u64 = 16 << 20;
/// No token is looked for in larger files.
const LARGEST_TEXT: u64 = 64 << 20;

/// A line of the list.
#[derive(Debug, PartialEq, Eq)]
struct Place<'a> {
    /// Its own line.
    number: usize,
    commit: Option<ObjectId>,
    path: &'a [u8],
    rule: &'a [u8],
    line: usize,
}

/// What became of a list.
#[derive(Debug, Default)]
pub struct Read {
    /// What stands at its places.
    pub taken: Taken,
    /// Its lines at whose places no token stands.
    pub empty: Vec<usize>,
    /// How many such lines are about other secrets, by the name of their rule.
    pub others: u64,
    /// Its lines that are none.
    pub odd: Vec<usize>,
}

/// Reads a list for the repository with this top.
pub fn read(
    file: &Path,
    top: &Path,
    (engine, options): (&Engine, &Options),
) -> anyhow::Result<Read> {
    let text = settings::read_at_most(file, LARGEST, "list")?;
    let repository = Repository::at(top)?;
    let mut read = Read::default();
    for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let (number, line) = (number + 1, line.trim_ascii());
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        read.taken.findings += 1;
        let Some(place) = place(number, line) else {
            read.odd.push(number);
            continue;
        };
        let found = match text_at(&place, top, repository.as_ref()) {
            Some(text) => tokens(&place, &text, (engine, options), &mut read.taken),
            None => 0,
        };
        match (found, place.rule.starts_with(b"gitlab-")) {
            (0, true) => read.empty.push(place.number),
            (0, false) => read.others += 1,
            _ => {}
        }
    }
    ensure!(
        read.taken.findings == 0 || read.odd.len() as u64 != read.taken.findings,
        "list {} holds no line such as file:rule:line; is this a .gitleaksignore?",
        file.display()
    );
    Ok(read)
}

/// Reads a line. A path may hold colons.
fn place(number: usize, text: &[u8]) -> Option<Place<'_>> {
    let mut parts = text.rsplitn(3, |&byte| byte == b':');
    let (line, rule, path) = (parts.next()?, parts.next()?, parts.next()?);
    let line = std::str::from_utf8(line).ok()?.parse().ok()?;
    let colon = memchr::memchr(b':', path);
    let commit = colon.and_then(|at| ObjectId::from_hex(&path[..at]));
    let path = match (commit, colon) {
        (Some(_), Some(at)) => &path[at + 1..],
        _ => path,
    };
    let is_whole = !path.is_empty() && !rule.is_empty();
    is_whole.then_some(Place { number, commit, path, rule, line })
}

/// The text that a place is in. A list that somebody else wrote must lead nowhere else.
fn text_at(place: &Place<'_>, top: &Path, repository: Option<&Repository>) -> Option<Vec<u8>> {
    if let Some(commit) = place.commit {
        return repository?.text_at(commit, place.path);
    }
    let path = Path::new(OsStr::from_bytes(place.path));
    let mut parts = path.components();
    if !parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return None;
    }
    let real = top.join(path).canonicalize().ok()?;
    let is_plain = real.starts_with(top) && real.metadata().is_ok_and(|it| it.is_file());
    is_plain.then(|| settings::read_at_most(&real, LARGEST_TEXT, "text").ok()).flatten()
}

/// Takes the tokens that stand on the line; how many there are.
fn tokens(
    place: &Place<'_>,
    text: &[u8],
    (engine, options): (&Engine, &Options),
    taken: &mut Taken,
) -> usize {
    let mut found = 0;
    for hit in engine.scan(text) {
        let lines = |end: usize| 1 + memchr::memchr_iter(b'\n', &text[..end]).count();
        let first = lines(hit.secret.start);
        let last = lines(hit.secret.end);
        if hit.evidence > Evidence::Weak && (first..=last).contains(&place.line) {
            let (fingerprint, help) =
                take(&hit, text, (engine, options), (place.path, place.line as u64));
            taken.known.insert(fingerprint, help);
            found += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Place, place};
    use crate::model::object::ObjectId;

    #[test]
    fn lines_are_those_of_gitleaks() {
        let commit = "ab".repeat(20);
        let text = format!("{commit}:a/b:c.env:gitlab-pat:12");
        let expected = Place {
            number: 1,
            commit: ObjectId::from_hex(commit.as_bytes()),
            path: b"a/b:c.env",
            rule: b"gitlab-pat",
            line: 12,
        };
        assert_eq!(place(1, text.as_bytes()), Some(expected));
        let expected = Place { number: 2, commit: None, path: b"x", rule: b"r", line: 3 };
        assert_eq!(place(2, b"x:r:3"), Some(expected));
        for odd in ["", "x", "x:3", "x:r:y", ":r:3", "x::3"] {
            assert_eq!(place(1, odd.as_bytes()), None, "{odd}");
        }
    }
}
