//! The journal: a line before every changing request, one after it, and one at the end for each token.
//! Each line holds the hash of the one before, so that nothing can be changed or taken away in the
//! middle without a trace. Pure: `cli` writes lines to the disk and reads them from there. No secret
//! ever stands in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The version of the form.
pub const SCHEMA: u32 = 1;
/// What stands for the hash of a line before the first.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a line is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A request is about to be sent.
    #[default]
    Intent,
    /// What became of it.
    Answer,
    /// How it ended for a token.
    Receipt,
    /// A step of an earlier run without an end is taken up again.
    Resumed,
    /// The line before was not written to its end.
    Torn,
}

/// What a line says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is about.
    pub event: Event,
    /// The plan's id.
    #[serde(default)]
    pub plan: String,
    /// The token's fingerprint.
    #[serde(default)]
    pub fingerprint: String,
    /// The word for its kind.
    #[serde(default)]
    pub kind: String,
    /// The address of its instance.
    #[serde(default)]
    pub instance: String,
    /// `revoke` or `rotate`.
    #[serde(default)]
    pub action: String,
    /// The route whose answer proved that the token lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_by: Option<String>,
    /// The method of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whose credential it is made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The operator's user name at the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Takes entries. When `note` returns, the entry survives whatever comes.
pub trait Ledger {
    /// Writes an entry.
    fn note(&mut self, entry: &Entry) -> Result<(), String>;
}

/// An entry with what chains it.
#[derive(Serialize, Deserialize)]
struct Line {
    schema: u32,
    prev: String,
    time: String,
    #[serde(flatten)]
    entry: Entry,
}

/// True for a line that is an entry.
pub fn can_be_read(line: &[u8]) -> bool {
    serde_json::from_slice::<Line>(line).is_ok()
}

/// True for what may be the beginning of an entry.
fn is_beginning(line: &[u8]) -> bool {
    const FIRST: &[u8] = b"{\"schema\":";
    let shared = line.len().min(FIRST.len());
    line[..shared] == FIRST[..shared]
}

/// The hash of a line, without its end.
pub fn hash(line: &[u8]) -> String {
    Sha256::digest(line).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A line with its end.
pub fn line(prev: &str, time: &str, entry: &Entry) -> String {
    let (prev, time) = (prev.to_owned(), time.to_owned());
    let line = Line { schema: SCHEMA, prev, time, entry: entry.clone() };
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

/// Something that is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// A journal that was read.
#[derive(Debug, Default)]
pub struct Journal {
    /// The entries with their times.
    pub entries: Vec<(String, Entry)>,
    /// The hash of the last line.
    pub head: String,
    /// True when the end was not written whole.
    pub is_torn: bool,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

impl Journal {
    /// Reads a journal.
    pub fn read(text: &[u8]) -> Self {
        let mut journal = Self { head: BEGINNING.to_owned(), ..Self::default() };
        let mut lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
        // What follows the last line's end is nothing, or a line without one.
        let rest = lines.pop().unwrap_or_default();
        journal.is_torn = !rest.is_empty();
        lines.extend(Some(rest).filter(|rest| !rest.is_empty()));
        let count = lines.len();
        let mut unread = None;
        for (number, raw) in (1..).zip(lines) {
            let is_last = number == count;
            match serde_json::from_slice::<Line>(raw) {
                Ok(line) => {
                    let fault = |what| Fault { line: number, what };
                    let wrong = (line.prev != journal.head).then_some(
                        "it does not follow the line before: something was changed or taken away",
                    );
                    journal.faults.extend(wrong.map(fault));
                    if let Some(before) = unread.take().filter(|_| line.entry.event != Event::Torn)
                    {
                        let what = "it cannot be read";
                        journal.faults.push(Fault { line: before, what });
                    }
                    let known = line.schema == SCHEMA;
                    journal.faults.extend((!known).then(|| fault("a later version wrote it")));
                    journal.entries.push((line.time, line.entry));
                }
                // What a crash leaves is the beginning of a line of ours.
                Err(_) if !is_beginning(raw) => {
                    let what = "it is no line of a journal";
                    journal.faults.push(Fault { line: number, what });
                }
                Err(_) if is_last && journal.is_torn => {}
                Err(_) => unread = unread.or(Some(number)),
            }
            journal.head = hash(raw);
        }
        // What cannot be read at the very end was being written when a run was cut off.
        journal.is_torn |= unread.is_some();
        journal.faults.sort_by_key(|fault| fault.line);
        journal
    }

    /// The last intent of every token that has no end: no receipt, or none that can be believed, since
    /// a request before it may have been carried out.
    pub fn open(&self) -> Vec<&Entry> {
        let mut open: BTreeMap<(&str, &str), Open<'_>> = BTreeMap::new();
        for (_, entry) in &self.entries {
            let key = (entry.fingerprint.as_str(), entry.instance.as_str());
            let known = open.get_mut(&key);
            match (entry.event, known) {
                (Event::Intent, known) => {
                    // A request whose answer was never noted may have been carried out.
                    let is_doubtful = known.is_some_and(|it| it.is_doubtful || it.is_pending);
                    open.insert(key, Open { intent: entry, is_pending: true, is_doubtful });
                }
                (Event::Answer, Some(known)) => {
                    known.is_pending = false;
                    known.is_doubtful |= may_be_done(entry);
                }
                (Event::Receipt, Some(known)) => {
                    let is_certain = !known.is_pending && !known.is_doubtful;
                    if is_end(entry) || is_certain && !says(entry, "unknown") {
                        open.remove(&key);
                    }
                }
                _ => {}
            }
        }
        open.into_values().map(|it| it.intent).collect()
    }

    /// The intent of a rotation that may have been carried out. A second one would end the family.
    pub fn rotation(&self, fingerprint: &str, instance: &str) -> Option<&Entry> {
        let is_its = |it: &&Entry| {
            let is_rotation = it.action == "rotate";
            it.fingerprint == fingerprint && it.instance == instance && is_rotation
        };
        let mut last = None;
        let mut found = None;
        for entry in self.entries.iter().map(|(_, entry)| entry).filter(is_its) {
            match entry.event {
                Event::Intent => last = Some(entry),
                Event::Answer if may_be_done(entry) => found = found.or(last.take()),
                Event::Answer => last = None,
                _ => {}
            }
        }
        found.or(last)
    }

    /// True when an earlier run has proven that this token is dead at this instance. A journal that
    /// was changed proves nothing.
    pub fn has_ended(&self, fingerprint: &str, instance: &str) -> bool {
        let is_its = |it: &Entry| it.fingerprint == fingerprint && it.instance == instance;
        let mut entries = self.entries.iter().map(|(_, entry)| entry);
        self.faults.is_empty()
            && entries.any(|it| it.event == Event::Receipt && is_its(it) && is_end(it))
    }
}

/// A step that may be open.
struct Open<'a> {
    intent: &'a Entry,
    /// Its answer was not noted.
    is_pending: bool,
    /// Some request may have been carried out.
    is_doubtful: bool,
}

fn says(entry: &Entry, outcome: &str) -> bool {
    entry.outcome.as_deref() == Some(outcome)
}

/// True for an answer after which the request may have been carried out.
fn may_be_done(answer: &Entry) -> bool {
    says(answer, "done") || says(answer, "unknown")
}

/// True for a receipt that says that the token is dead.
fn is_end(receipt: &Entry) -> bool {
    ["revoked", "rotated", "already_dead"].iter().any(|word| says(receipt, word))
}

#[cfg(test)]
mod tests {
    use super::{BEGINNING, Entry, Event, Journal, hash, line};

    fn entry(event: Event, fingerprint: &str, outcome: Option<&str>) -> Entry {
        let (fingerprint, outcome) = (fingerprint.to_owned(), outcome.map(str::to_owned));
        Entry { event, fingerprint, outcome, ..Entry::default() }
    }

    fn text(entries: &[Entry]) -> String {
        let mut text = String::new();
        let mut head = BEGINNING.to_owned();
        for entry in entries {
            let line = line(&head, "2026-11-21T12:00:00Z", entry);
            head = hash(line.trim_end().as_bytes());
            text += &line;
        }
        text
    }

    #[test]
    fn a_whole_journal_has_no_faults() {
        let text = text(&[
            entry(Event::Intent, "a", None),
            entry(Event::Intent, "b", None),
            entry(Event::Receipt, "a", Some("revoked")),
            entry(Event::Receipt, "b", Some("unknown")),
            entry(Event::Intent, "c", None),
        ]);
        let journal = Journal::read(text.as_bytes());
        assert_eq!(journal.faults, []);
        assert_eq!(journal.entries.len(), 5);
        let open: Vec<&str> = journal.open().iter().map(|it| it.fingerprint.as_str()).collect();
        assert_eq!(open, ["b", "c"]);
        assert_eq!(Journal::read(b"").head, BEGINNING);
    }

    /// A plain revocation that is refused says nothing of the rotation that was cut off before it.
    #[test]
    fn what_comes_later_does_not_end_what_was_cut_off() {
        let of = |event, action: &str, outcome| Entry {
            action: action.to_owned(),
            ..entry(event, "a", outcome)
        };
        let cut = of(Event::Intent, "rotate", None);
        let later = [
            of(Event::Intent, "revoke", None),
            of(Event::Answer, "revoke", Some("not_this_way")),
            of(Event::Receipt, "revoke", Some("refused")),
        ];
        let all: Vec<Entry> = std::iter::once(cut).chain(later.clone()).collect();
        let journal = Journal::read(text(&all).as_bytes());
        assert_eq!((journal.open().len(), journal.rotation("a", "").is_some()), (1, true));
        let journal = Journal::read(text(&later).as_bytes());
        assert_eq!((journal.open().len(), journal.rotation("a", "").is_some()), (0, false));
    }

    #[test]
    fn an_end_counts_where_it_was_proven_and_in_a_whole_journal() {
        let whole =
            text(&[entry(Event::Intent, "a", None), entry(Event::Receipt, "a", Some("revoked"))]);
        let journal = Journal::read(whole.as_bytes());
        assert!(journal.has_ended("a", "") && !journal.has_ended("a", "https://other.example"));
        let changed = whole.replacen("\"a\"", "\"b\"", 1);
        assert!(!Journal::read(changed.as_bytes()).has_ended("a", ""));
    }

    #[test]
    fn a_change_shows() {
        let whole = text(&[
            entry(Event::Intent, "a", None),
            entry(Event::Answer, "a", None),
            entry(Event::Receipt, "a", Some("revoked")),
        ]);
        let changed = whole.replacen("\"a\"", "\"b\"", 1);
        assert_eq!(Journal::read(changed.as_bytes()).faults[0].line, 2);
        let lines: Vec<&str> = whole.lines().collect();
        let missing = format!("{}\n{}\n", lines[0], lines[2]);
        assert_eq!(Journal::read(missing.as_bytes()).faults[0].line, 2);
        let garbage = format!("{}\nhello\n{}\n", lines[0], lines[1]);
        assert_eq!(Journal::read(garbage.as_bytes()).faults[0].line, 2);
    }

    #[test]
    fn a_torn_line_is_kept_and_noted() {
        let whole = text(&[entry(Event::Intent, "a", None), entry(Event::Answer, "a", None)]);
        let torn = &whole[..whole.len() - 20];
        let journal = Journal::read(torn.as_bytes());
        assert!(journal.is_torn);
        assert_eq!((journal.entries.len(), journal.faults.len()), (1, 0));
        let note = line(&journal.head, "t", &entry(Event::Torn, "", None));
        let journal = Journal::read(format!("{torn}\n{note}").as_bytes());
        assert_eq!((journal.is_torn, journal.entries.len()), (false, 2));
        assert_eq!(journal.faults, []);
        // The note itself may be cut off.
        let torn = format!("{torn}\n{}", &note[..30]);
        let journal = Journal::read(torn.as_bytes());
        assert_eq!((journal.is_torn, journal.entries.len(), journal.faults.len()), (true, 1, 0));
        let note = line(&journal.head, "t", &entry(Event::Torn, "", None));
        let journal = Journal::read(format!("{torn}\n{note}").as_bytes());
        assert_eq!((journal.is_torn, journal.faults.len()), (false, 0));
    }
}
