//! The report for people: each secret in a few lines, what to do once for each kind, and a closing
//! line that says what was read.

use std::collections::BTreeMap;

use anstyle::AnsiColor;

use super::escape::{terminal, terminal_bytes};
use super::layout::Paint;
use super::problems::{listed, problems};
use super::{Context, command, provenance, revocation, shown, suppressed, verdict, when, words};
use crate::model::coverage::{Coverage, Part};
use crate::model::finding::{Finding, Outcome, Place, Severity};
use crate::model::origin::{Origin, Signature};

/// Places of a secret that are listed; the rest is counted.
const PLACES: usize = 4;
/// Everything below the first line of a finding is indented so far.
pub(super) const INDENT: &str = "          ";

/// Writes a result for people.
pub fn render(outcome: &Outcome, context: &Context) -> String {
    let paint = Paint { colour: context.colour, columns: context.columns };
    let mut out = String::new();
    for finding in &outcome.findings {
        out += &one(finding, context, &paint);
        out.push('\n');
    }
    out += &advice(&outcome.findings, &paint);
    out += &closing(outcome, &paint);
    out
}

/// The first line of a finding: how bad it is, what it is, and the secret as it may be shown.
pub(super) fn heading(finding: &Finding, secret: &str, paint: &Paint) -> String {
    let colour = match finding.severity() {
        Severity::Critical | Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low | Severity::Info => AnsiColor::Blue,
    };
    let severity = format!("{:<9} ", finding.severity().word().to_uppercase());
    let secret = terminal(secret.lines().next().unwrap_or_default());
    format!(
        "{}{}  {}\n",
        paint.colour(colour, &severity),
        paint.bold(&terminal(&finding.rule.title)),
        paint.colour(AnsiColor::Yellow, &secret),
    )
}

fn one(finding: &Finding, context: &Context, paint: &Paint) -> String {
    let mut out = heading(finding, &shown(finding, context), paint);
    if let Some(provenance) = &finding.provenance {
        out += &provenance::paragraph(provenance, INDENT, paint);
    }
    out += &verdict::paragraph(&finding.verdict, INDENT, paint);
    if let Some(receipt) = &finding.receipt {
        out += &revocation::receipt(receipt, INDENT, paint);
    }
    let command = command::command(finding);
    let mut line = |text: &str| out += &format!("{INDENT}{text}\n");
    command.iter().for_each(|command| line(command));
    places(finding, paint).iter().for_each(|place| line(place));
    let mut about = vec![words::evidence(finding)];
    about.extend(words::facts(&finding.facts));
    line(&terminal(&about.join(" · ")));
    if let Some(before) = &finding.facts.preceded_by {
        let prefix =
            terminal(&format!("{before}{}", String::from_utf8_lossy(&finding.facts.prefix)));
        line(&format!("if {prefix} is your instance's own prefix: --prefix {prefix}"));
    }
    line(&paint.dim(&format!("fingerprint {}", terminal(&finding.fingerprint))));
    out
}

/// The first places, a line each, and the text at the very first. What the paragraph above them
/// has told is not said again.
fn places(finding: &Finding, paint: &Paint) -> Vec<String> {
    let mut lines = Vec::new();
    let told = command::told(finding);
    let introduced = finding.provenance.iter().flat_map(|it| &it.introduced);
    let author = introduced.map(|change| &*change.author).next();
    // The first place goes with its text: it is looked at even when its line is left out.
    let mut listed = 0;
    for (number, place) in finding.places.iter().enumerate() {
        if told == Some(place) {
            if number > 0 {
                continue;
            }
        } else if listed < PLACES {
            lines.push(place_line(place, author, paint));
            listed += 1;
        } else {
            break;
        }
        if let (0, Some(excerpt)) = (number, &finding.excerpt) {
            let secret = terminal(excerpt.secret.lines().next().unwrap_or_default());
            let shown = paint.colour(AnsiColor::Yellow, &secret);
            let (before, after) = (terminal(&excerpt.before), terminal(&excerpt.after));
            let bar = paint.dim(&format!("{:>5} │", place.position.line));
            lines.push(format!("{bar} {before}{shown}{after}"));
        }
    }
    let said = listed as u64 + u64::from(told.is_some());
    let more = finding.occurrences.saturating_sub(said);
    if more > 0 {
        let more = words::count(more, "more place");
        lines.push(paint.dim(&format!("and {more} (--format jsonl lists them)")));
    }
    lines
}

/// Where and since when: `path:line:column`, and for history the commit, the day and, unless it is
/// the one that was named already, the author.
pub(super) fn place_line(place: &Place, named: Option<&Signature>, paint: &Paint) -> String {
    let mut out = standing(place, paint);
    if let Some(signature) = place.origin.signature() {
        let day = when::day(signature.when).unwrap_or_default();
        let (name, email) = (terminal_bytes(&signature.name), terminal_bytes(&signature.email));
        let known =
            named.is_some_and(|it| it.name == signature.name && it.email == signature.email);
        let who = if known { String::new() } else { format!(", {name} <{email}>") };
        out += &paint.dim(&format!("  since {day}{who}"));
    }
    if let Some(repository) = &place.repository {
        out += &paint.dim(&format!("  in {}", terminal_bytes(repository)));
    }
    out
}

/// Where a secret stands, and no more.
pub(super) fn standing(place: &Place, paint: &Paint) -> String {
    let origin = &place.origin;
    let position = format!(":{}:{}", place.position.line, place.position.column);
    let path = origin.path().map(|path| paint.bold(&terminal_bytes(path)) + &position);
    let id = origin.commit().or(origin.object()).map(|id| id.to_string());
    let id = id.map(|id| id[..id.len().min(12)].to_owned()).unwrap_or_default();
    let what = match origin {
        Origin::File { .. } => String::new(),
        Origin::FileName { .. } => "in the name of ".to_owned(),
        Origin::Index { .. } => "staged ".to_owned(),
        Origin::Commit { .. } => format!("commit {id} "),
        Origin::CommitMessage { .. } => format!("message of commit {id}{position}"),
        Origin::CommitHeader { .. } => format!("author, committer or header of commit {id}"),
        Origin::TagMessage { .. } => format!("message of tag {id}{position}"),
        Origin::TagHeader { .. } => format!("name or tagger of tag {id}"),
        Origin::RefName { name } => format!("the name of {}", terminal_bytes(name)),
        Origin::Blob { .. } | Origin::Unreachable { .. } => {
            format!("object {id}{position}, which no ref leads to (git show {id})")
        }
        Origin::Stdin => format!("standard input{position}"),
    };
    what + &path.unwrap_or_default()
}

/// What to do, once for each kind of secret.
fn advice(findings: &[Finding], paint: &Paint) -> String {
    let mut advice: Vec<(&str, &str)> = Vec::new();
    let killed = |it: &Finding| it.receipt.as_ref().is_some_and(|it| it.ending.is_dead());
    let dead = |it: &&Finding| it.verdict.state.is_dead() || killed(it);
    for finding in findings.iter().filter(|it| !dead(it)) {
        let pair = (finding.rule.kind.as_str(), finding.rule.remediation.as_str());
        if !advice.contains(&pair) {
            advice.push(pair);
        }
    }
    if advice.is_empty() {
        return String::new();
    }
    let mut out = paint.bold("What to do") + "\n";
    for (kind, text) in advice {
        let kind = terminal(&kind.replace('_', " "));
        let text = format!("{kind}: {}", terminal(text));
        out += &paint.flow(text.split(' '), "  ", "    ");
    }
    out.push('\n');
    out
}

fn closing(outcome: &Outcome, paint: &Paint) -> String {
    let coverage = &outcome.coverage;
    let found = outcome.findings.len() as u64;
    let read = read_words(coverage, outcome.elapsed.as_secs_f64());
    let mut out = match (found, coverage.complete()) {
        (0, true) => {
            let clean = paint.colour(AnsiColor::Green, "No secret found.");
            match read.as_str() {
                NOTHING => format!("{clean} {NOTHING}.\n"),
                _ => format!("{clean} {read}, all of it.\n"),
            }
        }
        (0, false) if read == NOTHING && coverage.undone_targets().next().is_some() => {
            format!("{}\n", paint.colour(AnsiColor::Yellow, "Nothing was scanned."))
        }
        (0, false) => {
            let unsure = paint.colour(AnsiColor::Yellow, "No secret found in what was read.");
            format!("{unsure} {read}.\n")
        }
        _ => {
            let found =
                paint.colour(AnsiColor::Red, &format!("{} found.", words::count(found, "secret")));
            format!("{found} {read}.\n")
        }
    };
    if let Some(asked) = outcome.asked {
        out += &verdict::tally(asked, &outcome.findings);
    }
    out + &gaps(outcome, paint)
}

/// What was not read, and what was left out of the report.
pub(super) fn gaps(outcome: &Outcome, paint: &Paint) -> String {
    let mut out = String::new();
    let coverage = &outcome.coverage;
    let problems = problems(coverage);
    if !problems.is_empty() {
        let headline = "INCOMPLETE: not everything could be read.";
        out += &format!("{}\n", paint.colour(AnsiColor::Yellow, headline));
        problems.iter().for_each(|problem| out += &format!("  {problem}\n"));
    }
    for (why, names) in coverage.skipped().filter(|(why, _)| !why.leaves_a_gap()) {
        out += &paint.dim(&format!("Left out: {}\n", listed(why.words(), names)));
    }
    if let Some(part) = &outcome.part {
        let shard = part.shard;
        out += &format!(
            "Shard {shard}: the other targets are read elsewhere (stanch merge makes one report of all \
             shards)\n"
        );
    }
    let left_out = outcome.left_out;
    let notes = [
        (left_out.weak, "weak match", "--evidence weak shows them"),
        (left_out.below, "match", "below the evidence asked for"),
        (left_out.known, "secret", "there before, not brought in by this change"),
    ];
    for (count, noun, note) in notes {
        if count > 0 {
            out += &paint.dim(&format!("Left out: {} ({note})\n", words::count(count, noun)));
        }
    }
    for line in suppressed::of(outcome) {
        out += &paint.dim(&format!("{line}\n"));
    }
    out
}

/// What there is to say when a target holds no text at all.
const NOTHING: &str = "There was nothing to read";

fn read_words(coverage: &Coverage, seconds: f64) -> String {
    let nouns = BTreeMap::from([
        (Part::Files, "file"),
        (Part::Index, "staged file"),
        (Part::Objects, "object"),
    ]);
    let mut parts = Vec::new();
    for part in Part::ALL {
        let tally = coverage.tally(part);
        if tally.count == 0 {
            continue;
        }
        let what = match nouns.get(&part) {
            Some(noun) => words::count(tally.count, noun),
            None => "standard input".to_owned(),
        };
        parts.push(format!("{what} ({})", words::size(tally.bytes)));
    }
    match parts.len() {
        0 => NOTHING.to_owned(),
        _ => format!("{} read in {seconds:.1} s", parts.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::model::finding::{Finding, Place};
    use crate::model::origin::Origin;
    use crate::model::revocation::Ending;
    use crate::model::span::Position;
    use crate::report::sample;

    /// What is written of one finding.
    fn text(finding: Finding) -> String {
        let text = render(&sample::outcome(vec![finding]), &sample::context());
        text.split("What to do").next().unwrap_or_default().to_owned()
    }

    const PARAGRAPH: &str = "\
HIGH      Sample token  op****
          came in with 111111111111 on 2025-03-02 by Ann Example <ann@example.com> at
          config/deploy.env:2:14 (and 2 more commits); taken out in 222222222222 on
          2025-05-21, but still in HEAD, in main, next and 3 more branches and tags; pushed;
          4 blobs, 2 paths
          git show 111111111111 -- :/config/deploy.env
";

    const END: &str = "          prefix, length and alphabet are right
          fingerprint 0123456789abcdef0123456789abcdef

";

    #[test]
    fn provenance_is_a_paragraph_above_the_places() {
        let place = "          config/deploy.env:2:14
              2 │ export TOKEN=op****
";
        assert_eq!(text(sample::finding()), [PARAGRAPH, place, END].concat());
    }

    #[test]
    fn a_receipt_is_told_and_a_dead_token_needs_no_advice() {
        let mut finding = sample::live(1);
        finding.receipt = Some(sample::receipt(&finding, Ending::Revoked));
        let told = render(&sample::outcome(vec![finding.clone()]), &sample::context());
        let line = "          LIVE at https://gitlab.example.com
          REVOKED by DELETE /api/v4/admin/token with the operator's credential
          config/deploy.env:2:14
";
        assert!(told.contains(line) && !told.contains("What to do"), "{told}");
        finding.receipt = Some(sample::receipt(&finding, Ending::StillLive));
        let told = render(&sample::outcome(vec![finding]), &sample::context());
        assert!(told.contains("What to do"), "{told}");
    }

    #[test]
    fn the_text_is_shown_even_where_the_paragraph_has_told_the_place() {
        let mut finding = sample::finding();
        finding.places.pop_first();
        finding.occurrences = 1;
        let place = "              2 │ export TOKEN=op****\n";
        assert_eq!(text(finding), [PARAGRAPH, place, END].concat());
    }

    #[test]
    fn other_places_are_few_and_name_other_authors_alone() {
        let mut finding = sample::finding();
        for line in 3..9 {
            let position = Position { line, column: 1 };
            let other: Place = sample::history(None, b"old.env");
            finding.places.insert(Place { position, ..other });
        }
        let Origin::Commit { author, commit, blob, .. } = sample::history(None, b"x").origin else {
            panic!("it is in a commit")
        };
        let mut bob = (*author).clone();
        (bob.name, bob.email) = (Box::from(*b"Bob"), Box::from(*b"bob@example.com"));
        bob.when.seconds -= 86_400;
        let origin = Origin::Commit { author: bob.into(), commit, path: Box::from(*b"b"), blob };
        finding.places.insert(Place { repository: None, origin, position: Position::START });
        finding.occurrences = 9;
        let places = "          config/deploy.env:2:14
              2 │ export TOKEN=op****
          commit 111111111111 b:1:1  since 2025-03-01, Bob <bob@example.com>
          commit 111111111111 old.env:3:1  since 2025-03-02
          commit 111111111111 old.env:4:1  since 2025-03-02
          and 4 more places (--format jsonl lists them)
";
        assert_eq!(text(finding), [PARAGRAPH, places, END].concat());
    }

    #[test]
    fn without_provenance_the_places_say_who_brought_it_in() {
        let mut finding = sample::finding();
        finding.provenance = None;
        let expected = "\
HIGH      Sample token  op****
          config/deploy.env:2:14
              2 │ export TOKEN=op****
          commit 111111111111 config/deploy.env:2:14  since 2025-03-02, Ann Example <ann@example.com>
";
        assert_eq!(text(finding), [expected, END].concat());
    }
}
