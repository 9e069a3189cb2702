//! The report for people: each secret in a few lines, what to do once for each kind, and a closing
//! line that says what was read.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};

use super::escape::{terminal, terminal_bytes};
use super::problems::{listed, problems};
use super::{Context, shown, when, words};
use crate::model::coverage::{Coverage, Part};
use crate::model::finding::{Finding, Outcome, Place, Severity};
use crate::model::origin::Origin;

/// Places of a secret that are listed; the rest is counted.
const PLACES: usize = 4;
/// Text is wrapped at this column.
const WIDTH: usize = 92;
/// Everything below the first line of a finding is indented so far.
const INDENT: &str = "          ";

/// Writes a result for people.
pub fn render(outcome: &Outcome, context: &Context) -> String {
    let paint = Paint { colour: context.colour };
    let mut out = String::new();
    for finding in &outcome.findings {
        out += &one(finding, context, &paint);
        out.push('\n');
    }
    out += &advice(&outcome.findings, &paint);
    out += &closing(outcome, &paint);
    out
}

struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    fn dim(&self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    fn colour(&self, colour: AnsiColor, text: &str) -> String {
        self.with(Style::new().bold().fg_color(Some(colour.into())), text)
    }
}

fn one(finding: &Finding, context: &Context, paint: &Paint) -> String {
    let colour = match finding.rule.severity {
        Severity::Critical | Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low | Severity::Info => AnsiColor::Blue,
    };
    let severity = format!("{:<9} ", finding.rule.severity.word().to_uppercase());
    let secret = shown(finding, context);
    let secret = terminal(secret.lines().next().unwrap_or_default());
    let mut out = format!(
        "{}{}  {}\n",
        paint.colour(colour, &severity),
        paint.bold(&terminal(&finding.rule.title)),
        paint.colour(AnsiColor::Yellow, &secret),
    );
    let mut line = |text: &str| out += &format!("{INDENT}{text}\n");
    for (number, place) in finding.places.iter().take(PLACES).enumerate() {
        line(&place_line(place, paint));
        if let (0, Some(excerpt)) = (number, &finding.excerpt) {
            let secret = terminal(excerpt.secret.lines().next().unwrap_or_default());
            let shown = paint.colour(AnsiColor::Yellow, &secret);
            let (before, after) = (terminal(&excerpt.before), terminal(&excerpt.after));
            let bar = paint.dim(&format!("{:>5} │", place.position.line));
            line(&format!("{bar} {before}{shown}{after}"));
        }
    }
    let more = finding.occurrences.saturating_sub(PLACES as u64);
    if more > 0 {
        line(
            &paint.dim(&format!(
                "and {} (--format jsonl lists them)",
                words::count(more, "more place")
            )),
        );
    }
    let mut about = vec![words::evidence(finding)];
    about.extend(words::facts(&finding.facts));
    line(&terminal(&about.join(" · ")));
    if let Some(before) = &finding.facts.preceded_by {
        let prefix =
            terminal(&format!("{before}{}", String::from_utf8_lossy(&finding.facts.prefix)));
        line(&format!("if {prefix} is your instance's own prefix: --prefix {prefix}"));
    }
    line(&paint.dim(&format!("fingerprint {}", finding.fingerprint)));
    out
}

/// Where and since when: `path:line:column`, and for history the day, commit and author.
fn place_line(place: &Place, paint: &Paint) -> String {
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
        Origin::Blob { .. } | Origin::Unreachable { .. } => {
            format!("object {id}{position}, which no ref leads to (git show {id})")
        }
        Origin::Stdin => format!("standard input{position}"),
    };
    let mut out = what + &path.unwrap_or_default();
    if let Some(signature) = origin.signature() {
        let day = when::day(signature.when).unwrap_or_default();
        let (name, email) = (terminal_bytes(&signature.name), terminal_bytes(&signature.email));
        out += &paint.dim(&format!("  since {day}, {name} <{email}>"));
    }
    if let Some(repository) = &place.repository {
        out += &paint.dim(&format!("  in {}", terminal_bytes(repository)));
    }
    out
}

/// What to do, once for each kind of secret.
fn advice(findings: &[Finding], paint: &Paint) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut advice: Vec<(&str, &str)> = Vec::new();
    for finding in findings {
        let pair = (finding.rule.kind.as_str(), finding.rule.remediation.as_str());
        if !advice.contains(&pair) {
            advice.push(pair);
        }
    }
    let mut out = paint.bold("What to do") + "\n";
    for (kind, text) in advice {
        let kind = terminal(&kind.replace('_', " "));
        out += &wrapped(&format!("{kind}: {}", terminal(text)), "  ", "    ");
    }
    out.push('\n');
    out
}

fn wrapped(text: &str, first: &str, rest: &str) -> String {
    let mut out = first.to_owned();
    let mut column = first.chars().count();
    for (number, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if number > 0 && column + 1 + length > WIDTH {
            out += "\n";
            out += rest;
            column = rest.len();
        } else if number > 0 {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += length;
    }
    out + "\n"
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
    let problems = problems(coverage);
    if !problems.is_empty() {
        let headline = "INCOMPLETE: not everything could be read.";
        out += &format!("{}\n", paint.colour(AnsiColor::Yellow, headline));
        problems.iter().for_each(|problem| out += &format!("  {problem}\n"));
    }
    for (why, names) in coverage.skipped().filter(|(why, _)| !why.leaves_a_gap()) {
        out += &paint.dim(&format!("Left out: {}\n", listed(why.words(), names)));
    }
    let left_out = outcome.left_out;
    let notes = [
        (left_out.weak, "weak match", "--evidence weak shows them"),
        (left_out.below, "match", "below the evidence asked for"),
        (left_out.known, "secret", "already in HEAD, not brought in by this change"),
    ];
    for (count, noun, note) in notes {
        if count > 0 {
            out += &paint.dim(&format!("Left out: {} ({note})\n", words::count(count, noun)));
        }
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
