//! A note on a merge request, in Markdown: what was found, where and with which commit it came in, and
//! what to do. Shows masks alone, whatever was asked for: everybody who sees the merge request reads it.
//! What comes from the repository goes through `super::markup` and so calls nobody and does nothing;
//! posting it is others' business.

use super::escape::terminal;
use super::markup::{code, row, words as text};
use super::problems::{excluded, problems};
use super::provenance::short;
use super::spot::{Spot, encoded, spots};
use super::{masked, words};
use crate::model::coverage::{Coverage, Part};
use crate::model::finding::{Finding, Outcome};
use crate::model::origin::Origin;
use crate::model::suppressed::Suppressed;
use crate::model::verdict::State;

/// The first line of every note, by which it is found again. It is not shown.
pub const MARKER: &str = "<!-- stanch:mr-note -->";

/// The first line of the notes of one job: jobs of a pipeline do not write over each other's.
pub fn marker(job: Option<&str>) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() { it } else { '.' };
    let job: String = job.unwrap_or_default().chars().take(100).map(plain).collect();
    if job.is_empty() { MARKER.to_owned() } else { MARKER.replace(" -->", &format!(" {job} -->")) }
}

/// Findings in the table; the rest is counted.
const ROWS: usize = 20;
/// Problems, and pieces of advice.
const ITEMS: usize = 5;
/// Characters of a name in a cell.
const CELL: usize = 160;
/// Characters of a line of text.
const LINE: usize = 600;
/// Characters of an address; a longer one is left out.
const ADDRESS: usize = 1000;

/// What there was to say before this note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Before {
    /// Nothing: no note was there, or it found nothing.
    #[default]
    Nothing,
    /// A note about tokens.
    Tokens,
}

/// What a note knows of its merge request.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The address of the files of the commit that was scanned, such as
    /// `https://gitlab.example.com/acme/shop/-/blob/<sha>`; without it nothing is linked.
    pub blob_base: Option<&'a str>,
    /// What an earlier note has said.
    pub before: Before,
    /// The name of the job.
    pub job: Option<&'a str>,
}

/// Writes the note.
pub fn markdown(outcome: &Outcome, about: &About<'_>) -> String {
    let mut out = format!("{}\n{}\n", marker(about.job), headline(outcome, about.before));
    if !outcome.findings.is_empty() {
        out += &format!("\n{}\n{}", table(outcome, about), to_do(&outcome.findings));
    }
    let mut lines: Vec<String> = Vec::new();
    let left = excluded(&outcome.coverage);
    if outcome.coverage.complete() && left.is_empty() {
        lines.push(format!("Everything was read: {}.", read(&outcome.coverage)));
    } else if outcome.coverage.complete() {
        let read = read(&outcome.coverage);
        lines.push(format!("Everything was read but what settings exclude: {read}."));
    } else {
        lines.push("**Not everything was read**, and what was not may hold tokens:".to_owned());
    }
    let unread = problems(&outcome.coverage);
    let shown = unread.iter().take(ITEMS).map(|it| text(&clipped(it, LINE)));
    lines.extend(shown.chain(more(unread.len(), ITEMS)).map(|it| format!("- {it}")));
    lines.extend(left.iter().map(|it| format!("- {}", text(&clipped(it, LINE)))));
    out += &format!("\n{}\n", lines.join("\n"));
    if let Some(part) = &outcome.part {
        out += &format!("\nThis is shard {} alone.\n", part.shard);
    }
    out + &left_out(&outcome.suppressed)
}

fn headline(outcome: &Outcome, before: Before) -> String {
    let found = outcome.findings.len() as u64;
    let complete = outcome.coverage.complete();
    // What another shard reads may hold them still.
    let before = if outcome.part.is_some() { Before::Nothing } else { before };
    match (found, complete, before) {
        (0, true, Before::Nothing) => "**stanch found no token.**".to_owned(),
        (0, true, Before::Tokens) => "**Resolved: stanch finds none of the tokens any more that it \
            found here before.** Those that were pushed are known to others all the same: each of them \
            must have been revoked."
            .to_owned(),
        (0, false, _) => "**stanch found no token in what it could read.**".to_owned(),
        _ => {
            let alive = outcome.findings.iter().filter(|it| it.verdict.state == State::Live);
            let alive = match alive.count() {
                0 => String::new(),
                count => format!(", {} live", words::number(count as u64)),
            };
            let unsure = if complete { "" } else { " in what it could read" };
            format!("**stanch found {}{unsure}{alive}.**", words::count(found, "leaked token"))
        }
    }
}

fn table(outcome: &Outcome, about: &About<'_>) -> String {
    // Without a question there is nothing to say of a life.
    let asked = outcome.asked.is_some();
    let mut titles = vec!["What", "Secret", "Where", "Came in with"];
    if asked {
        titles.insert(2, "Is it alive?");
    }
    let mut out = row(&titles.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    out += &row(&titles.iter().map(|_| "---".to_owned()).collect::<Vec<_>>());
    for finding in outcome.findings.iter().take(ROWS) {
        let mask = masked(finding);
        let mask = clipped(mask.lines().next().unwrap_or_default(), CELL);
        let title = text(&clipped(&finding.rule.title, CELL));
        let mut cells = vec![title, code(&mask), place(finding, about), came_in(finding)];
        if asked {
            cells.insert(2, finding.verdict.state.word().replace('_', " "));
        }
        out += &row(&cells);
    }
    let rest = more(outcome.findings.len(), ROWS);
    out + &rest.map(|it| format!("\n{it}.\n")).unwrap_or_default()
}

/// The first place, linked where that is known, and how many more there are.
fn place(finding: &Finding, about: &About<'_>) -> String {
    let (spots, _) = spots(finding);
    let Some(spot) = spots.first() else { return String::new() };
    let shown = code(&format!("{}:{}", clipped(&spot.path, CELL), spot.place.position.line));
    let shown = match address(spot, about) {
        Some(address) => format!("[{shown}]({address})"),
        None => shown,
    };
    let others = finding.occurrences.saturating_sub(1);
    match others {
        0 => shown,
        _ => format!("{shown} and {}", words::count(others, "more place")),
    }
}

/// The address of a line. What is not in the repository that is looked at has none.
fn address(spot: &Spot<'_>, about: &About<'_>) -> Option<String> {
    let base = about.blob_base?.trim_end_matches('/');
    let base = match &spot.place.origin {
        Origin::File { .. } | Origin::Index { .. } => base.to_owned(),
        // What is gone from the newest commit is still there in the one that is named.
        Origin::Commit { commit, .. } => format!("{}/{commit}", base.rsplit_once('/')?.0),
        _ => return None,
    };
    let origin_path = spot.place.origin.path()?;
    let leads_out = origin_path.starts_with(b"/") || spot.path.split('/').any(|it| it == "..");
    let is_lossy = std::str::from_utf8(origin_path).is_err();
    let is_here = spot.place.repository.is_none() && !leads_out && !is_lossy;
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~/:%+@".contains(&it);
    let is_web = base.starts_with("https://") || base.starts_with("http://");
    let address = format!("{base}/{}#L{}", encoded(spot.path.as_bytes()), spot.place.position.line);
    (is_here && is_web && base.bytes().all(plain) && address.len() <= ADDRESS).then_some(address)
}

fn came_in(finding: &Finding) -> String {
    let Some(provenance) = &finding.provenance else { return String::new() };
    let Some(first) = provenance.introduced.first() else { return String::new() };
    let others = provenance.introduced_count.saturating_sub(1);
    let commit = code(&short(first.commit));
    match others {
        0 => commit,
        _ => format!("{commit} and {}", words::count(others, "more commit")),
    }
}

/// What to do, in the order in which it helps.
fn to_do(findings: &[Finding]) -> String {
    let alive: Vec<&Finding> = findings.iter().filter(|it| !it.verdict.state.is_dead()).collect();
    if alive.is_empty() {
        return "Every one of them is dead already. Take them out of the files, so that nobody takes \
                them for real ones.\n"
            .to_owned();
    }
    let mut out =
        "**Revoke first.** Removing the line, the commit or the branch does not help: whoever \
                   could read it may have the token, and GitLab keeps what was pushed.\n\n"
            .to_owned();
    let mut advice: Vec<(&str, &str)> = Vec::new();
    for finding in alive {
        let pair = (finding.rule.kind.as_str(), finding.rule.remediation.as_str());
        if !advice.contains(&pair) {
            advice.push(pair);
        }
    }
    for (kind, what) in advice.iter().take(ITEMS) {
        let kind = text(&clipped(&kind.replace('_', " "), CELL));
        out += &format!("- {kind}: {}\n", text(&clipped(what, LINE)));
    }
    out += &more(advice.len(), ITEMS).map(|it| format!("- {it}\n")).unwrap_or_default();
    out + "\nThen put the new token into a CI/CD variable or a secret store, not into a file.\n"
}

fn read(coverage: &Coverage) -> String {
    let nouns = [(Part::Files, "file"), (Part::Index, "staged file"), (Part::Objects, "object")];
    let counted = nouns.iter().map(|(part, noun)| (coverage.tally(*part).count, noun));
    let mut parts: Vec<String> = counted
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| words::count(count, noun))
        .collect();
    if coverage.tally(Part::Stdin).count > 0 {
        parts.push("standard input".to_owned());
    }
    if parts.is_empty() { "there was nothing to read".to_owned() } else { parts.join(" and ") }
}

/// How much is known and so not reported.
fn left_out(suppressed: &Suppressed) -> String {
    let counts = [
        (suppressed.ignored, "accepted in the ignore file"),
        (suppressed.baseline, "known to the baseline"),
        (suppressed.inline, "marked on every line"),
        (suppressed.own, "the job's or the operator's own"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{} {why}", words::number(*count)))
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    let live = match suppressed.live {
        0 => String::new(),
        live => format!("; {} of them live", words::number(live)),
    };
    format!("\nNot in this note: {}{live}.\n", parts.join(", "))
}

/// How many are not listed.
fn more(all: usize, listed: usize) -> Option<String> {
    let more = all.saturating_sub(listed);
    (more > 0).then(|| format!("and {} more", words::number(more as u64)))
}

/// At most so many characters, once what cannot be shown is written out. The end is what tells paths
/// apart.
fn clipped(text: &str, most: usize) -> String {
    let safe = terminal(text);
    let count = safe.chars().count();
    match count.checked_sub(most) {
        Some(more @ 1..) => format!("…{}", safe.chars().skip(more + 1).collect::<String>()),
        _ => safe,
    }
}

#[cfg(test)]
mod tests;
