//! The note, word by word, and what must never stand in it.

use super::{About, Before, MARKER, markdown};
use crate::model::coverage::Part;
use crate::model::finding::{Finding, Outcome, Place};
use crate::model::origin::Origin;
use crate::model::secret::Secret;
use crate::model::shard::Part as ShardPart;
use crate::model::span::Position;
use crate::model::verdict::{Asked, State, Verdict};
use crate::report::sample;

const BASE: &str = "https://gitlab.example.com/acme/shop/-/blob/0123abcd";

fn about(before: Before) -> About<'static> {
    About { blob_base: Some(BASE), before, job: None }
}

fn complete(findings: Vec<Finding>) -> Outcome {
    let mut outcome = sample::outcome(findings);
    outcome.coverage.read_many(Part::Files, 12, 1);
    outcome.coverage.read_many(Part::Objects, 30, 1);
    outcome
}

#[test]
fn a_finding_is_a_row_with_its_place_and_its_commit() {
    let mut outcome = complete(vec![sample::finding()]);
    outcome.suppressed.baseline = 3;
    let expected = format!(
        "{MARKER}\n**stanch found 1 leaked token.**\n\n\
         | What | Secret | Where | Came in with |\n| --- | --- | --- | --- |\n\
         | Sample token | `op****` | [`config/deploy.env:2`]({BASE}/config/deploy.env#L2) and \
         1 more place | `111111111111` and 2 more commits |\n\n\
         **Revoke first.** Removing the line, the commit or the branch does not help: whoever could \
         read it may have the token, and GitLab keeps what was pushed.\n\n\
         - sample token: Revoke it.\n\n\
         Then put the new token into a CI/CD variable or a secret store, not into a file.\n\n\
         Everything was read: 12 files and 30 objects.\n\n\
         Not in this note: 3 known to the baseline.\n"
    );
    assert_eq!(markdown(&outcome, &about(Before::Nothing)), expected);
}

#[test]
fn what_lives_is_told_only_when_somebody_asked() {
    let mut outcome = complete(vec![sample::live(1)]);
    outcome.asked = Some(Asked::default());
    let note = markdown(&outcome, &About::default());
    assert!(note.contains("found 1 leaked token, 1 live.**"), "{note}");
    assert!(note.contains("| `op****` | live | `config/deploy.env:2` |  |\n"), "{note}");
    outcome.findings[0].verdict = Verdict { state: State::Revoked, ..Verdict::default() };
    let note = markdown(&outcome, &About::default());
    assert!(note.contains("dead already") && !note.contains("Revoke first"), "{note}");
}

#[test]
fn a_clean_note_claims_no_more_than_was_read() {
    let clean = complete(Vec::new());
    let first = markdown(&clean, &about(Before::Nothing));
    assert_eq!(
        first,
        format!(
            "{MARKER}\n**stanch found no token.**\n\nEverything was read: 12 files and 30 objects.\n"
        )
    );
    let resolved = markdown(&clean, &about(Before::Tokens));
    assert!(resolved.contains("**Resolved: "), "{resolved}");
    let mut incomplete = complete(Vec::new());
    incomplete.coverage.gap("a shallow clone @all");
    for before in [Before::Nothing, Before::Tokens] {
        let note = markdown(&incomplete, &about(before));
        assert!(note.contains("no token in what it could read") && !note.contains("Resolved"));
        assert!(note.contains("may hold tokens:\n- a shallow clone `@all`\n"), "{note}");
    }
}

#[test]
fn a_place_in_history_is_linked_at_its_commit_and_others_not_at_all() {
    let linked = |place: Place| {
        let mut finding = sample::finding();
        finding.places = [place].into();
        markdown(&complete(vec![finding]), &about(Before::Nothing)).contains("](")
    };
    let mut finding = sample::finding();
    finding.places.pop_first();
    let note = markdown(&complete(vec![finding]), &about(Before::Nothing));
    let commit = BASE.replace("0123abcd", &"11".repeat(20));
    assert!(note.contains(&format!("]({commit}/config/deploy.env#L2)")), "{note}");
    let at = |origin| Place { repository: None, origin, position: Position::START };
    let file = |path: &str| at(Origin::File { path: path.as_bytes().into() });
    assert!(linked(file("a b/(c)|d.env")));
    assert!(!linked(at(Origin::Stdin)));
    assert!(!linked(file("/builds/x")));
    assert!(!linked(file("../x")));
    assert!(!linked(sample::history(Some(b"other"), b"x")));
    let bad = About { blob_base: Some("javascript:alert(1)/x"), ..About::default() };
    assert!(!markdown(&complete(vec![sample::finding()]), &bad).contains("]("));
}

/// Everything that others have written, in the way that does the most harm.
#[test]
fn hostile_names_mean_nothing() {
    let evil =
        "@all\n/close\n<img src=x onerror=alert(1)> ![x](http://e.example) [y](z) | `~foo #1";
    let mut finding = sample::finding();
    let mut card = (*finding.rule).clone();
    (card.title, card.kind) = (evil.to_owned(), evil.to_owned());
    card.remediation = evil.to_owned();
    finding.rule = card.into();
    finding.secret = Secret::new(evil.as_bytes().repeat(3));
    finding.facts.prefix = evil.as_bytes().to_vec();
    let origin = Origin::File { path: evil.as_bytes().into() };
    finding.places = [Place { repository: None, origin, position: Position::START }].into();
    let mut outcome = complete(vec![finding]);
    outcome.coverage.fail(evil.as_bytes(), evil);
    outcome.coverage.undone(evil.as_bytes(), evil);
    let note = markdown(&outcome, &about(Before::Nothing));
    assert!(note.lines().all(|line| !line.trim_start().starts_with('/')), "{note}");
    // Outside of code spans nothing is left that means anything.
    for line in note.lines().skip(1) {
        let outside = outside_of_code(line);
        // An address is no text: it ends where it is told to.
        let outside = match outside.split_once("](") {
            Some((before, after)) => before.to_owned() + after.split_once(')').expect("its end").1,
            None => outside,
        };
        for mark in ["@", "<", "![", "[y]", "~foo", "#1 ", "http://e"] {
            assert!(!outside.contains(mark), "{mark}: {line}\n{outside}");
        }
    }
    let table: Vec<&str> = note.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(table.len(), 3);
    let bars = table[2].replace("\\|", "").matches('|').count();
    assert_eq!(bars, 5, "{}", table[2]);
}

/// What is left of a line when its code spans are taken out, as CommonMark reads them: a row of
/// backticks ends with the next row of the same length.
fn outside_of_code(line: &str) -> String {
    let mut rest = line;
    let mut out = String::new();
    while let Some(at) = rest.find('`') {
        out += &rest[..at];
        let length = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let mark = "`".repeat(length);
        let inside = &rest[at + length..];
        let mut ends = inside.match_indices(&mark).filter(|(end, _)| {
            let before = inside[..*end].ends_with('`');
            let after = inside[end + length..].starts_with('`');
            !before && !after
        });
        match ends.next() {
            Some((end, _)) => rest = &inside[end + length..],
            None => return out + rest,
        }
    }
    out + rest
}

#[test]
fn a_note_never_grows_beyond_what_gitlab_takes() {
    let long = "\u{e0041}".repeat(5000);
    let findings = (0..200_u8).map(|number| {
        let mut finding = sample::live(number);
        let mut card = (*finding.rule).clone();
        card.title = long.clone();
        card.kind = format!("{number}{long}");
        card.remediation = long.clone();
        finding.rule = card.into();
        let path = format!("{number}/{long}").into_bytes().into();
        finding.places =
            [Place { repository: None, origin: Origin::File { path }, position: Position::START }]
                .into();
        finding
    });
    let mut outcome = complete(findings.collect());
    (0..200).for_each(|number| outcome.coverage.gap(format!("{number}{long}")));
    let note = markdown(&outcome, &about(Before::Nothing));
    assert!(note.len() < 60_000, "{}", note.len());
    assert!(note.contains("\nand 180 more.\n") && note.contains("- and 195 more\n"), "{note}");
}

#[test]
fn each_job_has_a_mark_of_its_own_that_ends_no_comment() {
    let note = |job| markdown(&complete(Vec::new()), &About { job, ..About::default() });
    assert!(
        note(Some("stanch: a --> @all"))
            .starts_with("<!-- stanch:mr-note stanch..a......all -->\n")
    );
    assert!(note(None).starts_with(MARKER));
}

#[test]
fn what_settings_exclude_is_said() {
    let mut outcome = complete(Vec::new());
    outcome.coverage.skip(crate::model::coverage::Skip::ExcludedByRepository, b"gen/x");
    let note = markdown(&outcome, &About::default());
    assert!(note.contains("Everything was read but what settings exclude: 12 files"), "{note}");
    assert!(note.contains("stanch.toml") && note.contains("gen/x"), "{note}");
}

#[test]
fn a_shard_speaks_for_itself_alone() {
    let mut outcome = complete(Vec::new());
    outcome.part = Some(ShardPart {
        shard: crate::model::shard::Shard::parse("1/2").expect("a shard"),
        evidence: crate::model::finding::Evidence::Context,
        unreported: Vec::new(),
        known: Vec::new(),
        targets: String::new(),
    });
    let note = markdown(&outcome, &about(Before::Tokens));
    assert!(note.contains("This is shard 1/2 alone.") && !note.contains("Resolved"), "{note}");
}
