//! What is not reported since it is known, in words that every format can carry.

use std::collections::BTreeSet;

use super::escape::terminal;
use super::words::count;
use crate::model::finding::Outcome;
use crate::model::suppressed::{By, Entry, Silenced, Suppressed};

/// So many are listed; the rest is counted.
const LISTED: usize = 10;

/// The lines of a result. One shard cannot know that there is nothing for an entry any more.
pub fn of(outcome: &Outcome) -> Vec<String> {
    match outcome.part {
        Some(_) => lines(&Suppressed { unused: Vec::new(), ..outcome.suppressed.clone() }),
        None => lines(&outcome.suppressed),
    }
}

/// Everything there is to say of it, a line each, without control characters. What belongs to the
/// line above it is indented.
pub fn lines(suppressed: &Suppressed) -> Vec<String> {
    let file = terminal(suppressed.file.as_deref().unwrap_or_default());
    let mut lines = Vec::new();
    let by = |by: By| suppressed.which.iter().filter(move |it| it.by == by).collect();
    let ignored: Vec<&Silenced> = by(By::Ignored);
    let files: BTreeSet<String> = ignored
        .iter()
        .map(|it| it.file.as_deref().map_or_else(|| file.clone(), terminal))
        .collect();
    let files: Vec<String> = files.into_iter().collect();
    let parts: [(u64, String, Vec<&Silenced>); 4] = [
        (suppressed.own, "credentials of the job's or the operator's own".to_owned(), by(By::Own)),
        (suppressed.ignored, format!("accepted in {}", files.join(" and ")), ignored),
        (suppressed.baseline, "known to the baseline".to_owned(), Vec::new()),
        (suppressed.inline, "a mark stands on every line".to_owned(), by(By::Inline)),
    ];
    for (number, why, which) in parts {
        if number > 0 {
            lines.push(format!("Left out: {} ({why})", count(number, "secret")));
            lines.extend(which.iter().take(LISTED).map(|it| format!("  {}", silenced(it))));
            if which.len() > LISTED {
                let more = count((which.len() - LISTED) as u64, "more secret");
                lines.push(format!("  and {more} (--format jsonl lists them)"));
            }
        }
    }
    if suppressed.live > 0 {
        lines.push(format!("Of what is left out {} lives", count(suppressed.live, "secret")));
    }
    for fingerprint in &suppressed.overruled {
        let fingerprint = terminal(fingerprint);
        lines.push(format!(
            "Reported in spite of an entry or a mark, since it lives: {fingerprint}"
        ));
    }
    for entry in &suppressed.expired {
        let day = terminal(entry.expires.as_deref().unwrap_or_default());
        lines.push(format!("Expired on {day}: {} (stanch ignore prune)", place(&file, entry)));
    }
    for entry in &suppressed.unused {
        let advice = "(stanch ignore prune --unused)";
        lines.push(format!("Nothing to ignore any more: {} {advice}", place(&file, entry)));
    }
    lines
}

fn silenced(it: &Silenced) -> String {
    let mut line =
        format!("{} {}", terminal(&it.kind.replace('_', " ")), terminal(&it.fingerprint));
    if let Some(reason) = &it.reason {
        line += &format!(": {}", terminal(reason));
    }
    if let Some(who) = &it.approved_by {
        line += &format!(" (approved by {})", terminal(who));
    }
    line
}

fn place(file: &str, entry: &Entry) -> String {
    let other = entry.file.as_deref().map(terminal);
    let file = other.as_deref().unwrap_or(file);
    format!("{file}:{} {}: {}", entry.line, terminal(&entry.fingerprint), terminal(&entry.reason))
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::model::suppressed::{By, Entry, Silenced, Suppressed};

    #[test]
    fn everything_is_said_and_nothing_obeyed() {
        assert!(lines(&Suppressed::default()).is_empty());
        let entry = Entry {
            line: 3,
            fingerprint: "ab".repeat(16),
            reason: "gone\u{7}".to_owned(),
            expires: Some("2026-01-31".to_owned()),
            file: Some("mine.toml".to_owned()),
        };
        let silenced = Silenced {
            fingerprint: "cd".repeat(16),
            kind: "deploy_token".to_owned(),
            by: By::Ignored,
            reason: Some("test data".to_owned()),
            approved_by: Some("ann".to_owned()),
            file: None,
        };
        let suppressed = Suppressed {
            file: Some("list.toml".to_owned()),
            ignored: 1,
            baseline: 2,
            live: 1,
            which: vec![silenced],
            expired: vec![entry],
            ..Suppressed::default()
        };
        let expected = format!(
            "Left out: 1 secret (accepted in list.toml)\n  deploy token {}: test data (approved by \
             ann)\nLeft out: 2 secrets (known to the baseline)\nOf what is left out 1 secret lives\n\
             Expired on 2026-01-31: mine.toml:3 {}: gone\\u{{7}} (stanch ignore prune)",
            "cd".repeat(16),
            "ab".repeat(16),
        );
        assert_eq!(lines(&suppressed).join("\n"), expected);
    }
}
