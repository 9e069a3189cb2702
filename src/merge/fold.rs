//! Several results as one: what `scan` would have said if it had read everything itself. A secret is
//! one finding wherever it was found; what is known of it is put together as `scan` puts sources
//! together. Shards also tell of secrets that they do not report, so that one that is too weak in one
//! and strong in another has all its places.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::read::Report;
use super::{Rules, Wrong, shards};
use crate::model::finding::{Evidence, Finding, LeftOut, Outcome};
use crate::model::shard::Part;
use crate::model::suppressed::{By, Silenced, Suppressed};
use crate::model::verdict::{Asked, State, Verdict};

/// A secret, in as many reports as tell of it.
struct Folded {
    finding: Finding,
    /// True when a report has it among its findings.
    is_reported: bool,
    /// What has silenced it elsewhere: the last in the order in which that is looked for.
    by: Option<By>,
}

/// Puts reports together. The order in which they come makes no difference.
pub fn fold(reports: Vec<Report>, rules: &Rules) -> Result<Outcome, Wrong> {
    let missing = shards::check(&reports)?;
    let mut outcome = Outcome::default();
    let mut all: BTreeMap<(String, String), Folded> = BTreeMap::new();
    let (mut known, mut evidence) = (BTreeSet::new(), Evidence::Weak);
    let (mut unused, mut files) = (None, BTreeSet::new());
    for Report { outcome: report, .. } in reports {
        let mut add = |finding: Finding, is_reported, by| {
            let key = (finding.rule.kind.clone(), finding.fingerprint.clone());
            let folded = Folded { finding, is_reported, by };
            match all.entry(key) {
                Entry::Occupied(mut old) => old.get_mut().merge(folded, rules),
                Entry::Vacant(vacant) => {
                    vacant.insert(folded);
                }
            }
        };
        report.findings.into_iter().for_each(|finding| add(finding, true, None));
        outcome.coverage.merge(report.coverage);
        outcome.elapsed = outcome.elapsed.saturating_add(report.elapsed);
        outcome.asked = asked(outcome.asked, report.asked);
        outcome.key_mark = report.key_mark;
        let mut suppressed = report.suppressed;
        match report.part {
            Some(part) => {
                let Part { unreported, .. } = part;
                unreported.into_iter().for_each(|it| add(it.finding, false, it.by));
                known.extend(part.known);
                evidence = part.evidence;
                // No shard sees everything: there is nothing for an entry only if all say so.
                let mine = std::mem::take(&mut suppressed.unused);
                unused = Some(match unused.take() {
                    None => mine,
                    Some(all) => Vec::into_iter(all).filter(|it| mine.contains(it)).collect(),
                });
                // What is listed is counted again, when it is known what becomes of it.
                (suppressed.ignored, suppressed.baseline, suppressed.inline) = (0, 0, 0);
                (suppressed.own, suppressed.live) = (0, 0);
            }
            None => add_left_out(&mut outcome.left_out, report.left_out),
        }
        files.extend(suppressed.file.take());
        add_suppressed(&mut outcome.suppressed, suppressed);
    }
    let files: Vec<String> = files.into_iter().collect();
    outcome.suppressed.file = (!files.is_empty()).then(|| files.join(", "));
    match missing {
        // What is missing may be what an entry is for.
        Some(gap) => outcome.coverage.gap(gap),
        None => outcome.suppressed.unused.extend(unused.unwrap_or_default()),
    }
    known.retain(|it| !all.keys().any(|(_, fingerprint)| fingerprint == it));
    outcome.left_out.known += known.len() as u64;
    sort_out(&mut outcome, all.into_values(), evidence);
    Ok(outcome)
}

/// What is reported of the secrets, what is too weak, and what is silenced.
fn sort_out(outcome: &mut Outcome, all: impl Iterator<Item = Folded>, least: Evidence) {
    let mut silenced = BTreeSet::new();
    let suppressed = &mut outcome.suppressed;
    for Folded { finding, is_reported, by } in all {
        if !is_reported && finding.evidence < least {
            let left_out = &mut outcome.left_out;
            let count = match finding.evidence {
                Evidence::Weak => &mut left_out.weak,
                _ => &mut left_out.below,
            };
            *count += 1;
            outcome.weaker.push(finding.fingerprint);
            continue;
        }
        let count = match by {
            // A mark holds when it stands everywhere.
            Some(By::Inline) if finding.marked => &mut suppressed.inline,
            Some(By::Own) => &mut suppressed.own,
            Some(By::Ignored) => &mut suppressed.ignored,
            Some(By::Baseline) => &mut suppressed.baseline,
            Some(By::Inline) | None => {
                outcome.findings.push(finding);
                continue;
            }
        };
        if is_reported {
            outcome.findings.push(finding);
            continue;
        }
        *count += 1;
        // One's own lives, of course.
        let lives = finding.verdict.state == State::Live && by != Some(By::Own);
        suppressed.live += u64::from(lives);
        silenced.insert((finding.fingerprint, by));
    }
    outcome.weaker.sort();
    let reported: BTreeSet<&str> =
        outcome.findings.iter().map(|it| it.fingerprint.as_str()).collect();
    // Of several sayings about one secret that holds which has silenced it in the end.
    suppressed.which.retain(|it| {
        let of = |by| silenced.contains(&(it.fingerprint.clone(), Some(by)));
        let is_listed = By::ALL.into_iter().any(of);
        !reported.contains(it.fingerprint.as_str()) && (!is_listed || of(it.by))
    });
    Finding::sort(&mut outcome.findings);
}

impl Folded {
    fn merge(&mut self, other: Self, rules: &Rules) {
        self.is_reported |= other.is_reported;
        // A mark at one place and an entry at another: the entry may be for that path alone, and then
        // neither accepts every place.
        let pair = [self.by, other.by];
        self.is_reported |= pair.contains(&Some(By::Inline)) && pair.contains(&Some(By::Ignored));
        self.by = self.by.max(other.by);
        join(&mut self.finding, other.finding, rules);
    }
}

/// Puts what two reports know of one secret together.
fn join(one: &mut Finding, mut other: Finding, rules: &Rules) {
    // What stands at excluded places alone is nothing once it is found elsewhere.
    if one.places.is_empty() {
        std::mem::swap(one, &mut other);
    }
    if other.places.is_empty() {
        return;
    }
    if order(&other, rules) < order(one, rules) {
        std::mem::swap(&mut one.rule, &mut other.rule);
        std::mem::swap(&mut one.doubt, &mut other.doubt);
        one.evidence = other.evidence;
    }
    // What stands around a secret tells something at the first place where it does so at all.
    let first = |it: &Finding| (it.hinted_at.is_none(), it.hinted_at.clone());
    if first(&other) < first(one) {
        std::mem::swap(&mut one.facts, &mut other.facts);
        std::mem::swap(&mut one.hinted_at, &mut other.hinted_at);
    }
    if one.mask.is_some() && other.mask.is_none() {
        std::mem::swap(&mut one.secret, &mut other.secret);
        one.mask = None;
    }
    let counted = one.occurrences.saturating_add(other.occurrences);
    one.places.append(&mut other.places);
    while one.places.len() > Finding::MAX_PLACES {
        one.places.pop_last();
    }
    // A place that two reports share is one; places that are not listed cannot be compared.
    one.occurrences = match one.places.len() {
        Finding::MAX_PLACES => counted,
        count => count as u64,
    };
    one.provenance = match (one.provenance.take(), other.provenance) {
        (Some(ours), Some(theirs)) => Some(ours.merge(theirs)),
        (ours, theirs) => ours.or(theirs),
    };
    one.marked &= other.marked;
    one.verdict = verdict(std::mem::take(&mut one.verdict), other.verdict);
    one.receipt = one.receipt.take().or(other.receipt);
}

/// The best judgement comes first: as in `scan`, but that a report knows no place of a rule of
/// somebody's own. The rest only makes the choice the same whatever comes first.
fn order<'a>(finding: &'a Finding, rules: &Rules) -> impl Ord + use<'a> {
    let rule = &finding.rule;
    let place = rules.get(&rule.id).map_or(usize::MAX, |(place, _)| *place);
    let judged = (Reverse(finding.evidence), place, rule.id.as_str(), finding.facts.prefix.len());
    let card = (Reverse(rule.severity), rule.title.as_str(), rule.remediation.as_str());
    (judged, finding.doubt.as_deref(), card)
}

/// The verdict that is worse news: what lives, or may, is never lost to an answer from elsewhere.
fn verdict(one: Verdict, other: Verdict) -> Verdict {
    let worse = |it: &Verdict| match it.state {
        State::Live => 5,
        State::Inconclusive => 4,
        State::Revoked => 3,
        State::Expired => 2,
        State::UnknownHere => 1,
        State::NotAsked => 0,
    };
    // Among equals it is always the same, in whatever they differ.
    let key = |it: &Verdict| (Reverse(worse(it)), it.cached, format!("{it:?}"));
    let token_was_used = one.token_was_used || other.token_was_used;
    let chosen = if key(&other) < key(&one) { other } else { one };
    Verdict { token_was_used, ..chosen }
}

fn asked(one: Option<Asked>, other: Option<Asked>) -> Option<Asked> {
    let (Some(a), Some(b)) = (one, other) else { return one.or(other) };
    Some(Asked {
        requests: a.requests.saturating_add(b.requests),
        interrupted: a.interrupted || b.interrupted,
        not_reached: a.not_reached.saturating_add(b.not_reached),
    })
}

fn add_left_out(all: &mut LeftOut, more: LeftOut) {
    all.weak = all.weak.saturating_add(more.weak);
    all.below = all.below.saturating_add(more.below);
    all.known = all.known.saturating_add(more.known);
}

fn add_suppressed(all: &mut Suppressed, more: Suppressed) {
    for (count, more) in [
        (&mut all.ignored, more.ignored),
        (&mut all.baseline, more.baseline),
        (&mut all.inline, more.inline),
        (&mut all.own, more.own),
        (&mut all.live, more.live),
    ] {
        *count = count.saturating_add(more);
    }
    let which: BTreeSet<Silenced> = all.which.drain(..).chain(more.which).collect();
    all.which = which.into_iter().collect();
    let overruled: BTreeSet<String> = all.overruled.drain(..).chain(more.overruled).collect();
    all.overruled = overruled.into_iter().collect();
    for (entries, more) in [(&mut all.expired, more.expired), (&mut all.unused, more.unused)] {
        for entry in more {
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        entries.sort();
    }
}
