//! Numbers, facts and requests in words, for people. What others have written is not yet made safe
//! here.

use crate::model::facts::{Facts, OwnerField};
use crate::model::finding::Finding;

use super::when;
use crate::model::finding::Evidence;
use crate::model::provenance::{Exposure, Provenance};
use crate::model::revocation::{Ending, Receipt, Way};
use crate::model::verdict::AskedWith;

/// A number with commas: `1,204`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun: `1 file`, `2 files`, `3 matches`.
pub fn count(value: u64, noun: &str) -> String {
    let ending = match (value, noun.ends_with("ch")) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{} {noun}{ending}", number(value))
}

/// A number of bytes, in decimal units: `35.2 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, rounded down.
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    if tenths >= 1000 {
        return format!("{} {}", number(tenths / 10), UNITS[unit]);
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// What the evidence is, in words.
pub fn evidence(finding: &Finding) -> String {
    match (finding.evidence, finding.doubt.as_deref()) {
        (Evidence::Checksum, _) => "proven whole by its checksum".to_owned(),
        (Evidence::Shape, _) if finding.facts.key.is_some() => "a whole private key".to_owned(),
        (Evidence::Shape, _) => "prefix, length and alphabet are right".to_owned(),
        (Evidence::Context, _) => "only what stands around it says so".to_owned(),
        (Evidence::Weak, Some(doubt)) => format!("weak: {doubt}"),
        (Evidence::Weak, None) => "weak".to_owned(),
    }
}

/// How far a secret has come, in words; it begins with the word that machines get.
pub fn exposure(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Pushed => "pushed",
        Exposure::LocalOnly => {
            "local only: never pushed, as far as the remote-tracking refs here tell"
        }
        Exposure::Unreachable => {
            "unreachable: no branch or tag leads to it (in time it goes away with git gc)"
        }
    }
}

/// How much of a history holds a secret: `4 blobs, 2 paths`. `None` when that is not known.
pub fn extent(provenance: &Provenance) -> Option<String> {
    let parts: Vec<String> = [(provenance.blobs, "blob"), (provenance.paths, "path")]
        .into_iter()
        .filter(|(value, _)| *value > 0)
        .map(|(value, noun)| count(value, noun))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Whose it is and for how long, as far as the token says: one phrase each.
pub fn facts(facts: &Facts) -> Vec<String> {
    let mut phrases = Vec::new();
    let owner: Vec<String> = facts
        .owner
        .iter()
        .map(|(field, id)| match (field, id) {
            (OwnerField::RunnerType, 1) => "instance runner".to_owned(),
            (OwnerField::RunnerType, 2) => "group runner".to_owned(),
            (OwnerField::RunnerType, 3) => "project runner".to_owned(),
            _ => format!("{} {id}", field.word().replace('_', " ")),
        })
        .collect();
    if !owner.is_empty() {
        phrases.push(owner.join(", "));
    }
    if let Some(host) = &facts.host {
        phrases.push(format!("at {host}"));
    }
    if let Some(expires) = facts.expires.and_then(when::utc) {
        phrases.push(format!("expires {expires}"));
    }
    if let Some(key) = &facts.key {
        let lock = if key.encrypted { "behind a passphrase" } else { "without a passphrase" };
        let algorithm = key.algorithm.as_deref().unwrap_or("key");
        phrases.push(format!("{algorithm}, {lock}"));
        phrases.extend(key.fingerprint.clone());
    }
    phrases
}

/// A request, and whose credential it is made with.
pub fn way(way: &Way) -> String {
    format!("{} {} with {}", way.method, way.path, whose(way.credential))
}

/// Whose credential a request is made with.
pub fn whose(credential: AskedWith) -> &'static str {
    match credential {
        AskedWith::Operator => "the operator's credential",
        AskedWith::Token => "the token itself",
    }
}

/// How it ended for a token.
pub fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Revoked => "revoked",
        Ending::Rotated => "rotated",
        Ending::AlreadyDead => "dead already",
        Ending::StillLive => "still live",
        Ending::Refused => "refused",
        Ending::Unknown => "unknown",
    }
}

/// The word between an ending and the request that was taken: one that nobody can say has worked is
/// only what came before.
pub fn by(ending: Ending) -> &'static str {
    match ending {
        Ending::Revoked | Ending::Rotated => "by",
        _ => "after",
    }
}

/// A receipt as one phrase that begins with the ending: how it ended, by which request, and why.
pub fn receipt(receipt: &Receipt) -> String {
    let mut text = ending(receipt.ending).to_owned();
    if let Some(taken) = &receipt.way {
        text += &format!(" {} {}", by(receipt.ending), way(taken));
    }
    if let Some(reason) = &receipt.reason {
        text += &format!(": {reason}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{count, number, size};

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [number(0), number(999), number(1000), number(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [count(1, "file"), count(2, "file"), count(0, "match")],
            ["1 file", "2 files", "0 matches"]
        );
        let sizes = [999, 1000, 35_249_000, 999_999, 120_000_000, 5_512_345_678];
        assert_eq!(sizes.map(size), ["999 B", "1.0 kB", "35.2 MB", "999 kB", "120 MB", "5.5 GB"]);
    }
}
