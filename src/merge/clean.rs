//! The texts of reports, rewritten before they are printed: a report that shows secrets may hold them
//! in a path as well.

use crate::model::finding::{Finding, Outcome};
use crate::model::secret::Secret;
use crate::model::shard::Part;

/// Every whole secret in these results, with the length of its prefix.
pub fn secrets<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Vec<(Secret, usize)> {
    let all = outcomes.flat_map(|outcome| {
        let unreported = outcome.part.iter().flat_map(|part| &part.unreported);
        outcome.findings.iter().chain(unreported.map(|it| &it.finding))
    });
    let whole = all.filter(|finding| finding.mask.is_none());
    whole.map(|it| (it.secret.clone(), it.facts.prefix.len())).collect()
}

/// Rewrites every text of a result but the secrets themselves.
pub fn clean(outcome: &mut Outcome, map: &dyn Fn(&[u8]) -> Vec<u8>) {
    let string = |text: &mut String| {
        *text = String::from_utf8_lossy(&map(text.as_bytes())).into_owned();
    };
    let finding = |finding: &mut Finding| {
        finding.map_text(map);
        // The prefix of a token is shown; what a damaged report calls a prefix need not be one.
        finding.facts.prefix = map(&finding.facts.prefix);
        finding.mask.iter_mut().for_each(string);
        finding.verdict.instance.iter_mut().for_each(string);
        if let Some(receipt) = &mut finding.receipt {
            receipt.instance.iter_mut().for_each(string);
            receipt.way.iter_mut().for_each(|way| string(&mut way.path));
        }
    };
    outcome.findings.iter_mut().for_each(finding);
    if let Some(Part { unreported, .. }) = &mut outcome.part {
        unreported.iter_mut().for_each(|it| finding(&mut it.finding));
    }
    outcome.coverage.map_text(map);
    let suppressed = &mut outcome.suppressed;
    suppressed.file.iter_mut().for_each(string);
    for silenced in &mut suppressed.which {
        string(&mut silenced.kind);
        let texts = silenced.reason.iter_mut().chain(&mut silenced.approved_by);
        texts.chain(&mut silenced.file).for_each(string);
    }
    for entry in suppressed.expired.iter_mut().chain(&mut suppressed.unused) {
        string(&mut entry.reason);
        entry.expires.iter_mut().chain(&mut entry.file).for_each(string);
    }
}
