//! The texts inside commits and annotated tags. Pure: bytes in, parts out. Both are headers, an
//! empty line and a message (git's `Documentation/gitformat-commit`, git-hash-object(1)).

use crate::model::object::ObjectId;
use crate::model::origin::{Moment, Signature};

/// A commit or tag, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The header lines.
    pub header: &'a [u8],
    /// The message.
    pub message: &'a [u8],
}

/// Splits a commit or tag at its first empty line.
pub fn split(object: &[u8]) -> Parts<'_> {
    match memchr::memmem::find(object, b"\n\n") {
        Some(at) => Parts { header: &object[..=at], message: &object[at + 2..] },
        None => Parts { header: object, message: &[] },
    }
}

/// The object ids in the header lines `name` (`tree`, `parent`, `object`).
pub fn ids<'a>(header: &'a [u8], name: &'static str) -> impl Iterator<Item = ObjectId> + 'a {
    header
        .split(|&byte| byte == b'\n')
        .filter_map(move |line| line.strip_prefix(name.as_bytes())?.strip_prefix(b" "))
        .filter_map(ObjectId::from_hex)
}

/// Reads the signature in the header line `name` (`author`, `committer`, `tagger`):
/// `author NAME <ADDRESS> SECONDS ZONE`. Whatever is missing is left empty.
pub fn signature(header: &[u8], name: &str) -> Option<Signature> {
    let line = header
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b" "))?;
    let (who, when) = match memchr::memrchr(b'>', line) {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, &[][..]),
    };
    let (person, email) = match memchr::memchr(b'<', who) {
        Some(at) => (&who[..at], &who[at + 1..]),
        None => (who, &[][..]),
    };
    Some(Signature {
        when: moment(when),
        name: person.trim_ascii().into(),
        email: email.trim_ascii().into(),
    })
}

fn moment(text: &[u8]) -> Moment {
    let text = String::from_utf8_lossy(text);
    let mut words = text.split_ascii_whitespace();
    let seconds = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let zone: i32 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let offset_minutes = (zone / 100 * 60 + zone % 100).clamp(-24 * 60, 24 * 60);
    Moment { seconds, offset_minutes }
}

#[cfg(test)]
mod tests {
    use super::{Moment, ids, signature, split};

    #[test]
    fn a_commit_is_taken_apart() {
        let commit =
            b"tree abc\nauthor A U Thor <a@example.com> 1700000000 -0530\n\nSubject\n\nBody\n";
        let parts = split(commit);
        assert_eq!(parts.message, b"Subject\n\nBody\n");
        let author = signature(parts.header, "author").expect("an author");
        assert_eq!((&*author.name, &*author.email), (&b"A U Thor"[..], &b"a@example.com"[..]));
        assert_eq!(author.when, Moment { seconds: 1_700_000_000, offset_minutes: -330 });
        assert_eq!(signature(parts.header, "tagger"), None);
    }

    #[test]
    fn ids_are_read_from_the_header() {
        let hex = "0123456789abcdef0123456789abcdef01234567";
        let header = format!("tree {hex}\nparent {hex}\nparent {hex}\nparent 12\nparents {hex}\n");
        let parents: Vec<String> =
            ids(header.as_bytes(), "parent").map(|id| id.to_string()).collect();
        assert_eq!(parents, [hex, hex]);
        assert_eq!(ids(header.as_bytes(), "tree").count(), 1);
    }

    #[test]
    fn what_is_malformed_is_read_as_far_as_it_goes() {
        let author = signature(b"author <>", "author").expect("a line");
        assert_eq!((author.name.len(), author.email.len(), author.when.seconds), (0, 0, 0));
        let author = signature(b"author name 12 +9999999999", "author").expect("a line");
        assert_eq!(&*author.name, b"name 12 +9999999999");
        assert_eq!(split(b"no empty line").message, b"");
    }
}
