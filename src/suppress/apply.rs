//! Takes what is known out of a result, and says what it was and why. What is our own goes before a
//! mark, that before an entry of the ignore file, and that before the baseline, so that each secret is
//! counted once. What lives is
//! reported in spite of marks and of entries that do not accept that; a baseline holds for it, too.

use std::collections::BTreeSet;

use super::baseline::Baseline;
use super::list::{Entry, IgnoreList};
use crate::model::finding::{Finding, Outcome, Place};
use crate::model::origin::Origin;
use crate::model::secret::Secret;
use crate::model::shard::Unreported;
use crate::model::suppressed::{By, Silenced, Suppressed};
use crate::model::verdict::State;

/// All that is known.
#[derive(Debug, Default)]
pub struct Known {
    /// The ignore file, and its name for reports.
    pub ignore: Option<(String, IgnoreList)>,
    /// The baseline.
    pub baseline: Option<Baseline>,
    /// How paths of files begin in a report, as targets were typed; and how they begin instead when
    /// they are counted from the top.
    pub roots: Vec<(Vec<u8>, Vec<u8>)>,
    /// Today, as `2027-01-31`.
    pub today: String,
    /// Credentials of the job's and the operator's own, and the variable or setting from which each
    /// comes: inside a job they are no leak.
    pub own: Vec<(String, Secret)>,
    /// True when everything was to be read: what is not found then is not there.
    pub whole: bool,
}

/// Takes out of the findings what is known.
pub fn apply(outcome: &mut Outcome, known: &Known) {
    let none = IgnoreList::default();
    let (file, list) = match &known.ignore {
        Some((file, list)) => (Some(file.clone()), list),
        None => (None, &none),
    };
    let mut suppressed = Suppressed { file, ..Suppressed::default() };
    let (expired, active): (Vec<&Entry>, Vec<&Entry>) =
        list.entries.iter().partition(|entry| entry.is_expired(&known.today));
    suppressed.expired = expired.into_iter().map(Entry::shown).collect();
    if known.whole && outcome.coverage.complete() {
        let is_unused = |entry: &&&Entry| !known.is_used(entry, outcome);
        suppressed.unused = active.iter().filter(is_unused).map(|entry| entry.shown()).collect();
    }
    let (mut reported, mut unreported) = (Vec::new(), Vec::new());
    for finding in std::mem::take(&mut outcome.findings) {
        let silenced = known.silenced(&finding, &active);
        match &silenced {
            Some((silenced, lives)) => {
                suppressed.live += u64::from(*lives);
                match silenced.by {
                    By::Own => suppressed.own += 1,
                    By::Inline => suppressed.inline += 1,
                    By::Ignored => suppressed.ignored += 1,
                    By::Baseline => suppressed.baseline += 1,
                }
                if silenced.by != By::Baseline {
                    suppressed.which.push(silenced.clone());
                }
            }
            None if finding.marked || known.entry_for(&finding, &active).is_some() => {
                suppressed.overruled.push(finding.fingerprint.clone());
            }
            None => {}
        }
        match silenced.map(|(silenced, _)| silenced.by) {
            Some(by) => unreported.push(Unreported { finding, by: Some(by) }),
            None => reported.push(finding),
        }
    }
    outcome.findings = reported;
    if let Some(part) = &mut outcome.part {
        part.unreported.extend(unreported);
    }
    suppressed.which.sort();
    suppressed.overruled.sort();
    outcome.suppressed = suppressed;
}

impl Known {
    /// Fingerprints that are accepted at some paths alone.
    pub fn at_paths(&self) -> BTreeSet<String> {
        let entries = self.ignore.iter().flat_map(|(_, list)| &list.entries);
        let active = entries.filter(|it| it.path.is_some() && !it.is_expired(&self.today));
        active.map(|it| it.fingerprint.clone()).collect()
    }

    /// What silences a finding, if anything does; and whether that one lives.
    fn silenced(&self, finding: &Finding, active: &[&Entry]) -> Option<(Silenced, bool)> {
        let lives = finding.verdict.state == State::Live;
        let silenced = |by, entry: Option<&Entry>| Silenced {
            fingerprint: finding.fingerprint.clone(),
            kind: finding.rule.kind.clone(),
            by,
            reason: entry.map(|it| it.reason.clone()),
            approved_by: entry.and_then(|it| it.approved_by.clone()),
        };
        // It lives, of course: the job is at work with it.
        if let Some((name, _)) = self.own.iter().find(|(_, own)| *own == finding.secret) {
            let silenced = Silenced { reason: Some(name.clone()), ..silenced(By::Own, None) };
            return Some((silenced, false));
        }
        if finding.marked && !lives {
            return Some((silenced(By::Inline, None), lives));
        }
        let strong = active.iter().copied().filter(|entry| !lives || entry.accept_live);
        let strong: Vec<&Entry> = strong.collect();
        if let Some(entry) = self.entry_for(finding, &strong) {
            return Some((silenced(By::Ignored, Some(entry)), lives));
        }
        let baseline = self.baseline.as_ref();
        let is_known = baseline.is_some_and(|it| it.known.contains_key(&finding.fingerprint));
        is_known.then(|| (silenced(By::Baseline, None), lives))
    }

    /// The first of these entries that accepts the finding, be it together with others for other
    /// paths.
    fn entry_for<'e>(&self, finding: &Finding, entries: &[&'e Entry]) -> Option<&'e Entry> {
        let its = entries.iter().copied().filter(|it| it.fingerprint == finding.fingerprint);
        let its: Vec<&Entry> = its.collect();
        if let Some(entry) = its.iter().find(|entry| entry.path.is_none()) {
            return Some(entry);
        }
        let accepted = |place| its.iter().any(|entry| self.holds_at(entry, place));
        let first = its.first()?;
        let all = lists_every_place(finding) && finding.places.iter().all(accepted);
        all.then_some(first)
    }

    /// True when the entry accepts its secret at this place.
    fn holds_at(&self, entry: &Entry, place: &Place) -> bool {
        match (&entry.path, self.path(place)) {
            (None, _) => true,
            (Some(glob), Some(path)) => glob.matches(&path),
            (Some(_), None) => false,
        }
    }

    /// True when there is something for this entry to ignore, whether it does so or not.
    fn is_used(&self, entry: &Entry, outcome: &Outcome) -> bool {
        let at_its_path = |finding: &Finding| {
            !lists_every_place(finding) || finding.places.iter().any(|it| self.holds_at(entry, it))
        };
        let mut findings = outcome.findings.iter();
        findings.any(|it| it.fingerprint == entry.fingerprint && at_its_path(it))
            || outcome.weaker.binary_search(&entry.fingerprint).is_ok()
    }

    /// The path of a place, counted from the top of the repository or of what was scanned.
    fn path(&self, place: &Place) -> Option<Vec<u8>> {
        let path = place.origin.path()?;
        if !matches!(place.origin, Origin::File { .. } | Origin::FileName { .. }) {
            return Some(path.to_vec());
        }
        let below = |(typed, top): &(Vec<u8>, Vec<u8>)| {
            let rest = path.strip_prefix(&**typed)?;
            let rest = match rest {
                [] => return Some(top.clone()),
                [b'/', rest @ ..] => rest,
                rest if typed.is_empty() || typed.ends_with(b"/") => rest,
                _ => return None,
            };
            let top = if top.is_empty() { Vec::new() } else { [top, &b"/"[..]].concat() };
            Some([&top, rest].concat())
        };
        // The longest root is that of the innermost target.
        let roots = self.roots.iter().filter_map(|root| Some((root.0.len(), below(root)?)));
        Some(roots.max().map_or_else(|| path.to_vec(), |(_, path)| path))
    }
}

/// False when the finding has places that it does not list, or may have: a blob of a history may stand
/// at several paths, of which one is listed.
fn lists_every_place(finding: &Finding) -> bool {
    let in_history = |place: &&Place| matches!(place.origin, Origin::Commit { .. });
    let listed: BTreeSet<_> = finding
        .places
        .iter()
        .filter(in_history)
        .map(|place| (place.repository.as_deref(), place.origin.path()))
        .collect();
    let paths = finding.provenance.as_ref().map_or(0, |it| it.paths);
    finding.occurrences <= finding.places.len() as u64 && paths <= listed.len() as u64
}
