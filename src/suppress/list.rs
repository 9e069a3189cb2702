//! The ignore file: what it may hold, how an entry is added to it and how entries are taken out, with
//! everything else in it left as it is. Documented in README.md.

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use toml::Spanned;

use super::{Complaint, is_fingerprint, line_at};
use crate::model::suppressed;

/// Its name, at the top of a repository.
pub const NAME: &str = ".stanch-ignore.toml";
/// What says which key the fingerprints have.
const KEY: &str = "key";
/// How an entry begins.
const HEADER: &str = "[[ignore]]";

/// What an ignore file says.
#[derive(Debug, Default)]
pub struct IgnoreList {
    /// What the key of the fingerprints makes of a constant; `None` when there is no key.
    pub key: Option<String>,
    /// Its entries, in their order.
    pub entries: Vec<Entry>,
}

/// A secret that is known and accepted.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line on which it begins.
    pub line: usize,
    /// Whose.
    pub fingerprint: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, as `2027-01-31`.
    pub expires: Option<String>,
    /// Who has accepted it.
    pub approved_by: Option<String>,
    /// Where alone it is accepted; `None` is everywhere.
    pub path: Option<Glob>,
    /// True when it holds even for a token of which an instance says that it lives.
    pub accept_live: bool,
}

/// A pattern for paths: `*` stays inside a folder, `**` does not.
#[derive(Clone, Debug)]
pub struct Glob {
    /// As it was written.
    pub text: String,
    matcher: GlobMatcher,
}

/// What an entry may hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    fingerprint: Spanned<String>,
    reason: Spanned<String>,
    expires: Option<Spanned<String>>,
    approved_by: Option<String>,
    path: Option<Spanned<String>>,
    #[serde(default)]
    accept_live: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    key: Option<String>,
    #[serde(default)]
    ignore: Vec<Spanned<Raw>>,
}

impl IgnoreList {
    /// Reads the file, or says what is wrong with it first.
    pub fn parse(text: &str) -> Result<Self, Complaint> {
        let document: Document = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            Complaint::at(text, offset, error.message())
        })?;
        let entries = document.ignore.into_iter().map(|raw| Entry::new(text, raw));
        Ok(Self { key: document.key, entries: entries.collect::<Result<_, _>>()? })
    }

    /// The first entry that says the same of the same secret.
    pub fn find(&self, fingerprint: &str, path: Option<&str>) -> Option<&Entry> {
        let path_of = |entry: &Entry| entry.path.as_ref().map(|glob| glob.text.clone());
        let mut entries = self.entries.iter();
        entries.find(|it| it.fingerprint == fingerprint && path_of(it).as_deref() == path)
    }
}

impl Entry {
    fn new(text: &str, raw: Spanned<Raw>) -> Result<Self, Complaint> {
        let line = line_at(text, raw.span().start);
        let raw = raw.into_inner();
        let complain =
            |at: &Spanned<String>, what: String| Complaint::at(text, at.span().start, what);
        let fingerprint = raw.fingerprint.get_ref();
        if !is_fingerprint(fingerprint) {
            let what = "a fingerprint has 32 hexadecimal digits in lower case, as reports show it";
            return Err(complain(&raw.fingerprint, what.to_owned()));
        }
        if raw.reason.get_ref().trim().is_empty() {
            return Err(complain(&raw.reason, "say why it is accepted".to_owned()));
        }
        if let Some(expires) = raw.expires.as_ref().filter(|it| !is_day(it.get_ref())) {
            return Err(complain(expires, "write a day such as 2027-01-31".to_owned()));
        }
        let path = match &raw.path {
            Some(path) => Some(Glob::new(path.get_ref()).map_err(|why| complain(path, why))?),
            None => None,
        };
        Ok(Self {
            line,
            fingerprint: fingerprint.clone(),
            reason: raw.reason.into_inner(),
            expires: raw.expires.map(Spanned::into_inner),
            approved_by: raw.approved_by,
            path,
            accept_live: raw.accept_live,
        })
    }

    /// True when its last day is over.
    pub fn is_expired(&self, today: &str) -> bool {
        self.expires.as_deref().is_some_and(|day| day < today)
    }

    /// What a report says of it.
    pub fn shown(&self) -> suppressed::Entry {
        suppressed::Entry {
            line: self.line,
            fingerprint: self.fingerprint.clone(),
            reason: self.reason.clone(),
            expires: self.expires.clone(),
        }
    }

    /// As it stands in a file.
    pub fn written(&self) -> String {
        let mut text = format!("{HEADER}\nfingerprint = {}\n", quoted(&self.fingerprint));
        text += &format!("reason = {}\n", quoted(&self.reason));
        let path = self.path.as_ref().map(|glob| &glob.text);
        let others = [
            ("expires", self.expires.as_ref()),
            ("approved_by", self.approved_by.as_ref()),
            ("path", path),
        ];
        for (key, value) in others {
            text += &value.map(|it| format!("{key} = {}\n", quoted(it))).unwrap_or_default();
        }
        text + if self.accept_live { "accept_live = true\n" } else { "" }
    }
}

impl Glob {
    /// Reads a pattern.
    pub fn new(text: &str) -> Result<Self, String> {
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        let glob =
            glob.map_err(|error| format!("this is no pattern for paths: {}", error.kind()))?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }

    /// True when it holds for a path.
    pub fn matches(&self, path: &[u8]) -> bool {
        use std::os::unix::ffi::OsStrExt as _;
        self.matcher.is_match(std::ffi::OsStr::from_bytes(path))
    }
}

/// True for a day of the calendar, written as `2027-01-31`.
pub fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    if lengths != [4, 2, 2] || !parts.iter().all(is_number) {
        return false;
    }
    let number = |at: usize| parts[at].parse::<u32>().unwrap_or_default();
    let (year, month, day) = (number(0), number(1), number(2));
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// The text with an entry more at its end.
pub fn add(text: &str, entry: &Entry) -> String {
    let gap = match text {
        "" => "",
        _ if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    format!("{text}{gap}{}", entry.written())
}

/// The text of a file without entries, saying under which key its entries will be made.
pub fn keyed(text: &str, key: &str) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}{KEY} = {}\n", quoted(key))
}

/// The text without these entries, which are named by their number. Comments right above an entry go
/// with it. `None` when that cannot be done line by line without touching something else.
pub fn remove(text: &str, gone: &[usize]) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let header = |line: &str| line.trim_start().starts_with(HEADER);
    let starts: Vec<usize> = (0..lines.len()).filter(|&at| header(lines[at])).collect();
    // What stands right above a header without a gap belongs to it.
    let top = |at: usize| {
        let above = lines[..at].iter().rev();
        at - above.take_while(|line| line.trim_start().starts_with('#')).count()
    };
    let mut kept = String::new();
    let first = starts.first().map_or(lines.len(), |&at| top(at));
    lines[..first].iter().for_each(|line| kept += line);
    for (number, &start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).map_or(lines.len(), |&next| top(next));
        if !gone.contains(&number) {
            lines[top(start)..end].iter().for_each(|line| kept += line);
        }
    }
    let kept =
        if kept.trim().is_empty() { String::new() } else { kept.trim_end().to_owned() + "\n" };
    // An entry can be written in other ways, and a text in quotes can look like a header: what is left
    // must be what was meant.
    let said = |entry: &Entry| entry.written();
    let before = IgnoreList::parse(text).ok()?;
    let after = IgnoreList::parse(&kept).ok()?;
    let rest = before.entries.iter().enumerate().filter(|(number, _)| !gone.contains(number));
    let is_right = before.key == after.key
        && rest.map(|(_, entry)| said(entry)).eq(after.entries.iter().map(said));
    is_right.then_some(kept)
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            _ if character.is_control() => out += &format!("\\u{:04X}", u32::from(character)),
            _ => out.push(character),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::{Glob, IgnoreList, add, is_day, remove};

    fn entry(digit: &str, more: &str) -> String {
        format!("[[ignore]]\nfingerprint = \"{}\"\nreason = \"why\"\n{more}", digit.repeat(32))
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let wrong = [
            ("x = 1", 1, "unknown field `x`"),
            ("key = 1", 1, "invalid type"),
            ("\n[[ignore]]\nreason = \"a\"\n", 2, "missing field `fingerprint`"),
            (&entry("a", "note = 1\n"), 4, "unknown field `note`"),
            (&entry("A", ""), 2, "32 hexadecimal digits"),
            (&entry("a", "expires = \"2027-02-29\"\n"), 4, "2027-01-31"),
            (&entry("a", "path = \"a[\"\n"), 4, "no pattern"),
            (&entry("a", "").replace("why", " "), 3, "say why"),
            (&entry("a", "accept_live = 1\n"), 4, "invalid type"),
        ];
        for (text, line, what) in wrong {
            let complaint = IgnoreList::parse(text).expect_err(text);
            assert_eq!(complaint.line, line, "{text} {complaint:?}");
            assert!(complaint.what.contains(what), "{text} {complaint:?}");
        }
    }

    #[test]
    fn entries_come_and_go_and_the_rest_stays() {
        let (a, b, c) = (entry("a", ""), entry("b", "# inside\n"), entry("c", ""));
        let text = format!("# top\n\n# of a\n{a}\n# of b\n{b}\n\n{c}");
        assert_eq!(remove(&text, &[1]), Some(format!("# top\n\n# of a\n{a}\n{c}")));
        assert_eq!(remove(&text, &[0, 1, 2]), Some("# top\n".to_owned()));
        assert_eq!(remove(&text, &[]), Some(text.clone()));
        let inline = "ignore = [{ fingerprint = \"F\", reason = \"x\" }]\n";
        assert_eq!(remove(&inline.replace('F', &"a".repeat(32)), &[0]), None);
        let tricky = entry("a", "approved_by = \"\"\"\n[[ignore]]\n\"\"\"\n");
        assert_eq!(remove(&format!("{tricky}{b}"), &[0]), None);
        let list = IgnoreList::parse(&text).expect("good");
        let lines: Vec<usize> = list.entries.iter().map(|entry| entry.line).collect();
        assert_eq!(lines, [4, 9, 15]);
        let mut odd = list.entries[0].clone();
        odd.reason = "a \"b\" \\ \n ü".to_owned();
        odd.path = Some(Glob::new("a/**").expect("good"));
        odd.accept_live = true;
        let more = add(&text, &odd);
        let back = IgnoreList::parse(&more).expect("good").entries.pop().expect("it");
        assert_eq!(back.written(), odd.written());
        assert_eq!(back.reason, odd.reason);
    }

    #[test]
    fn a_key_stands_before_the_entries_and_stays() {
        let keyed = super::keyed("# top", &"f".repeat(32));
        let text = format!("{keyed}\n{}", entry("a", ""));
        let list = IgnoreList::parse(&text).expect("good");
        assert_eq!((list.key.as_deref(), list.entries.len()), (Some(&*"f".repeat(32)), 1));
        assert_eq!(remove(&text, &[0]), Some(keyed));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for day in ["2027-01-31", "2028-02-29", "2000-02-29"] {
            assert!(is_day(day), "{day}");
        }
        for day in
            ["2027-02-29", "2027-1-1", "2027-13-01", "2027-00-10", "1900-02-29", "x", "+027-01-01"]
        {
            assert!(!is_day(day), "{day}");
        }
    }

    #[test]
    fn a_star_stays_inside_a_folder() {
        let glob = |text: &str| Glob::new(text).expect("good");
        assert!(
            glob("tests/**").matches(b"tests/a/b") && !glob("tests/**").matches(b"src/tests/a")
        );
        assert!(glob("*.md").matches(b"a.md") && !glob("*.md").matches(b"docs/a.md"));
        assert!(glob("**/*.md").matches(b"a.md") && glob("a/\u{fc}").matches("a/ü".as_bytes()));
    }
}
