//! Whether reports belong together: all shards of one run, and fingerprints of one key.

use std::collections::BTreeMap;

use super::Wrong;
use super::read::Report;

/// Refuses what cannot be put together, and says which shards are missing, in the words of a gap.
pub(super) fn check(reports: &[Report]) -> Result<Option<String>, Wrong> {
    same_key(reports)?;
    let mut seen: BTreeMap<u32, &Report> = BTreeMap::new();
    let mut first = None;
    for report in reports {
        let Some(part) = &report.outcome.part else { continue };
        let this = (part.shard.of(), part.evidence, part.targets.as_str());
        let (other, run) = *first.get_or_insert((report, this));
        if run != this {
            return Err(Wrong::whole(format!(
                "{} and {} are shards of different runs or lists of targets; merge each run by itself \
                 first",
                other.name, report.name
            )));
        }
        if let Some(twice) = seen.insert(part.shard.number(), report) {
            return Err(Wrong::whole(format!(
                "{} and {} are both shard {}; it would be counted twice",
                twice.name, report.name, part.shard
            )));
        }
    }
    let of = first.map_or(0, |(_, (of, ..))| of);
    let missing: Vec<u32> = (1..=of).filter(|number| !seen.contains_key(number)).collect();
    Ok((!missing.is_empty()).then(|| said(&missing, of)))
}

/// One key, or none: under another the same secret would be another.
fn same_key(reports: &[Report]) -> Result<(), Wrong> {
    for pair in reports.windows(2) {
        let [one, other] = pair else { continue };
        if one.outcome.key_mark != other.outcome.key_mark {
            return Err(Wrong::whole(format!(
                "{} and {} were made with different STANCH_FINGERPRINT_KEYs, or one without: the same \
                 secret has another fingerprint there",
                one.name, other.name
            )));
        }
    }
    Ok(())
}

/// `shards 2/4 and 3/4 are missing`: the first of them, and how many more.
fn said(missing: &[u32], of: u32) -> String {
    const NAMED: usize = 10;
    let named: Vec<String> =
        missing.iter().take(NAMED).map(|number| format!("{number}/{of}")).collect();
    let more = missing.len() - named.len();
    match (named.as_slice(), more) {
        ([one], 0) => format!("shard {one} is missing: what it reads is in none of these reports"),
        (_, 0) => format!(
            "shards {} are missing: what they read is in none of these reports",
            named.join(", ")
        ),
        (_, more) => format!(
            "shards {} and {more} more are missing: what they read is in none of these reports",
            named.join(", ")
        ),
    }
}
