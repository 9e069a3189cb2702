//! What somebody sees whose commit or push is stopped: at most a screen. Where each token stands,
//! what to do, and how to let it pass on purpose.

use super::escape::terminal;
use super::human::standing;
use super::layout::Paint;
use super::problems::{listed, problems};
use super::{masked, words};
use crate::model::coverage::Skip;
use crate::model::finding::{Finding, Outcome};

/// Secrets that are listed; the rest is counted. With two lines each and what is said around them
/// that fills a screen of 24 lines.
const LISTED: usize = 6;
/// Lines about what could not be read.
const PROBLEMS: usize = 8;

/// What was stopped, in words.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// What it is: `commit` or `push`.
    pub what: &'static str,
    /// What to do, in a sentence or two.
    pub todo: &'static str,
    /// How to say that something is no secret, where that can be said; `FINGERPRINT` in it is whose.
    pub ignore: Option<&'static str>,
    /// How to let it pass on purpose.
    pub anyway: &'static str,
    /// The command that shows everything.
    pub all: &'static str,
}

/// The lines to print. Empty when nothing was found and everything was read.
pub fn lines(outcome: &Outcome, gate: &Gate) -> Vec<String> {
    let found = outcome.findings.len() as u64;
    let complete = outcome.coverage.complete();
    let mut lines = Vec::new();
    if found > 0 {
        let count = words::count(found, "GitLab token");
        lines.push(format!("{count} found: the {} is blocked.", gate.what));
        lines.extend(outcome.findings.iter().take(LISTED).flat_map(one));
        if let Some(more) = outcome.findings.len().checked_sub(LISTED).filter(|more| *more > 0) {
            lines.push(format!("  … and {} ({})", words::count(more as u64, "other"), gate.all));
        }
        if !complete {
            lines.push("Not everything could be read, either.".to_owned());
        }
        lines.push(gate.todo.to_owned());
        lines.extend(gate.ignore.map(|hint| ignore(outcome, hint)));
    } else if !complete {
        lines.push(format!("not everything could be read: the {} is blocked.", gate.what));
        lines.extend(unread(outcome));
    } else {
        return lines;
    }
    lines.push(gate.anyway.to_owned());
    lines
}

/// What the repository's own settings exclude, which whoever commits must not take for looked at. One
/// line; `None` when they exclude nothing of this.
pub fn left_out(outcome: &Outcome) -> Option<String> {
    let mut skipped = outcome.coverage.skipped();
    let (why, names) = skipped.find(|(why, _)| *why == Skip::ExcludedByRepository)?;
    Some(format!("not looked at: {}", listed(why.words(), names)))
}

/// How to accept a secret. Where an entry has expired, another cannot be added beside it.
fn ignore(outcome: &Outcome, hint: &str) -> String {
    let suppressed = &outcome.suppressed;
    let is_blocked = |print: &str| outcome.findings.iter().any(|it| it.fingerprint == print);
    let mut over = suppressed.expired.iter().filter(|entry| is_blocked(&entry.fingerprint));
    if let Some(entry) = over.next() {
        let file = terminal(suppressed.file.as_deref().unwrap_or_default());
        let day = entry.expires.as_deref().unwrap_or_default();
        let others = match over.count() as u64 {
            0 => String::new(),
            more => format!(", and {} more", words::count(more, "entry")),
        };
        return format!(
            "It was accepted until {day} ({file}:{}{others}): change that entry, or see to the secret.",
            entry.line
        );
    }
    match &outcome.findings[..] {
        [only] => hint.replace("FINGERPRINT", &only.fingerprint),
        _ => hint.to_owned(),
    }
}

/// A secret: where it stands first, what it is, its mask and its name.
fn one(finding: &Finding) -> [String; 2] {
    let paint = Paint { colour: false, columns: usize::MAX };
    // Who wrote it and when is known to whoever is being stopped.
    let place = finding.first_place().map(|place| standing(place, &paint)).unwrap_or_default();
    let secret = masked(finding);
    let secret = terminal(secret.lines().next().unwrap_or_default());
    let others = match finding.occurrences {
        0 | 1 => String::new(),
        count => format!(" (and {})", words::count(count - 1, "other place")),
    };
    [
        format!("  {place}{others}  {}  {secret}", terminal(&finding.rule.title)),
        format!("      fingerprint {}", finding.fingerprint),
    ]
}

fn unread(outcome: &Outcome) -> Vec<String> {
    let all = problems(&outcome.coverage);
    let mut lines: Vec<String> = all.iter().take(PROBLEMS).map(|it| format!("  {it}")).collect();
    lines.extend((all.len() > PROBLEMS).then(|| "  …".to_owned()));
    lines
}
