//! A Code Quality report, the subset of Code Climate's form that GitLab reads
//! (`doc/ci/testing/code_quality.md`, "Code Quality report format"). GitLab takes one entry for each
//! fingerprint and compares them between two branches: ours are made of what is found and of the path,
//! so that a line that moves is nothing new.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::json::pretty;
use super::problems::{excluded, problems};
use super::spot::{Spot, spots, standing};
use super::{Context, shown, words};
use crate::model::finding::{Finding, Outcome, Severity};
use crate::model::verdict::State;

/// The check that an incomplete scan has not passed.
const INCOMPLETE: &str = "stanch-incomplete";
/// The name under which it says what settings exclude.
const LEFT_OUT: &str = "stanch-left-out";
/// Problems that its entry lists.
const PROBLEMS: usize = 10;

/// Writes a result for GitLab's Code Quality widget.
pub fn render(outcome: &Outcome, context: &Context) -> String {
    let mut entries: Vec<Value> = Vec::new();
    for finding in &outcome.findings {
        let (spots, more) = spots(finding);
        let last = spots.len().saturating_sub(1);
        for (number, spot) in spots.iter().enumerate() {
            let more = if number == last { more } else { 0 };
            entries.push(entry(finding, spot, more, context));
        }
    }
    entries.extend(incomplete(outcome));
    entries.extend(left_out(outcome));
    pretty(&entries)
}

fn entry(finding: &Finding, spot: &Spot<'_>, more: u64, context: &Context) -> Value {
    let mut text = format!("{} {}", finding.rule.title, shown(finding, context));
    match finding.verdict.state {
        State::NotAsked => {}
        state => text += &format!(" ({})", state.word().replace('_', " ")),
    }
    text += &format!(": {}. {}", words::evidence(finding), standing(spot, finding));
    if more > 0 {
        text += &format!("; {} not listed here", words::count(more, "more place"));
    }
    text += &format!(". {}", finding.rule.remediation);
    json!({
        "description": text,
        "check_name": finding.rule.id,
        "fingerprint": fingerprint(&[&finding.fingerprint, &spot.key]),
        "severity": severity(finding.severity()),
        "location": location(&spot.path, spot.place.position.line),
    })
}

/// An incomplete scan must not look clean. One entry says all of it, so that it is the same entry as
/// long as anything is missing.
fn incomplete(outcome: &Outcome) -> Option<Value> {
    if outcome.coverage.complete() {
        return None;
    }
    let problems = problems(&outcome.coverage);
    let mut text =
        "INCOMPLETE: not everything could be read, and what was not may hold tokens: ".to_owned();
    text += &problems.iter().take(PROBLEMS).cloned().collect::<Vec<_>>().join("; ");
    if let Some(more @ 1..) = problems.len().checked_sub(PROBLEMS) {
        text += &format!("; and {}", words::count(more as u64, "more problem"));
    }
    Some(json!({
        "description": text,
        "check_name": INCOMPLETE,
        "fingerprint": fingerprint(&[INCOMPLETE]),
        "severity": "major",
        // GitLab wants a path; this one is the repository itself.
        "location": location(".", 1),
    }))
}

/// What settings exclude: whoever looks at the widget alone must not take it for read.
fn left_out(outcome: &Outcome) -> Option<Value> {
    let excluded = excluded(&outcome.coverage);
    (!excluded.is_empty()).then(|| {
        json!({
            "description": excluded.join("; "),
            "check_name": LEFT_OUT,
            "fingerprint": fingerprint(&[LEFT_OUT]),
            "severity": "info",
            "location": location(".", 1),
        })
    })
}

fn location(path: &str, line: u64) -> Value {
    json!({ "path": path, "lines": { "begin": line } })
}

/// Step by step from the worst: a live token of a critical kind blocks.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "minor",
        Severity::Medium => "major",
        Severity::High => "critical",
        Severity::Critical => "blocker",
    }
}

/// 32 hexadecimal digits of SHA-256 over these parts.
fn fingerprint(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\0").as_bytes());
    digest.iter().take(16).fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::render;
    use crate::model::finding::{Finding, Place};
    use crate::model::origin::Origin;
    use crate::model::span::Position;
    use crate::report::sample;

    fn entries(findings: Vec<Finding>) -> Vec<Value> {
        let text = render(&sample::outcome(findings), &sample::context());
        assert!(text.starts_with('['), "GitLab takes no byte order mark: {text}");
        serde_json::from_str(&text).expect("a list")
    }

    #[test]
    fn an_entry_has_the_form_that_gitlab_documents() {
        let entries = entries(vec![sample::finding()]);
        // printf '0123456789abcdef0123456789abcdef\0config/deploy.env' | sha256sum | cut -c1-32
        let expected = json!([{
            "description": "Sample token op****: prefix, length and alphabet are right. In the file, \
                line 2, and 1 more place of the same path; the history has it, too. Revoke it.",
            "check_name": "sample_rule",
            "fingerprint": FINGERPRINT,
            "severity": "critical",
            "location": { "path": "config/deploy.env", "lines": { "begin": 2 } },
        }]);
        assert_eq!(json!(entries), expected);
    }

    const FINGERPRINT: &str = "48aeb236889e6329001589c941600d56";

    #[test]
    fn a_line_that_moves_is_nothing_new_and_another_path_is() {
        let moved = |line, path: &str| {
            let mut finding = sample::finding();
            let origin = Origin::File { path: path.as_bytes().into() };
            let position = Position { line, column: 1 };
            finding.places = [Place { repository: None, origin, position }].into();
            entries(vec![finding])[0]["fingerprint"].clone()
        };
        assert_eq!(moved(1, "a"), moved(99, "./a"));
        assert_ne!(moved(1, "a"), moved(1, "b"));
    }

    #[test]
    fn what_has_no_path_is_shown_at_a_stand_in() {
        let mut finding = sample::finding();
        let stdin = Place { repository: None, origin: Origin::Stdin, position: Position::START };
        finding.places = [stdin].into();
        finding.occurrences = 3;
        let entries = entries(vec![finding]);
        assert_eq!(entries[0]["location"]["path"], "stdin");
        let text = entries[0]["description"].as_str().expect("a text");
        assert!(text.contains("that is no file"), "{text}");
        assert!(text.contains("2 more places not listed here"), "{text}");
    }

    #[test]
    fn an_incomplete_scan_is_an_entry_of_its_own() {
        assert!(entries(Vec::new()).is_empty());
        let incomplete = |number: usize| {
            let mut outcome = sample::outcome(Vec::new());
            (0..number).for_each(|it| outcome.coverage.gap(format!("gap {it:02}")));
            let text = render(&outcome, &sample::context());
            let mut entries: Vec<Value> = serde_json::from_str(&text).expect("a list");
            assert_eq!(entries.len(), 1);
            entries.remove(0)
        };
        let entry = incomplete(12);
        assert_eq!(
            (&entry["check_name"], &entry["severity"], &entry["location"]["path"]),
            (&"stanch-incomplete".into(), &"major".into(), &".".into())
        );
        let text = entry["description"].as_str().expect("a text");
        assert!(text.contains("gap 00; gap 01") && text.ends_with("and 2 more problems"), "{text}");
        assert_eq!(entry["fingerprint"], incomplete(1)["fingerprint"]);
    }
}
