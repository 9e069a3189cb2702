//! The end of a report to a result without findings.

use std::time::Duration;

use super::read_finding::{by, fingerprint, known};
use super::wire::{WireCoverage, WireEntry, WireNames, WireSilenced, WireSummary, WireSuppressed};
use crate::model::coverage::{Coverage, Names, Part as CoveredPart, Skip};
use crate::model::finding::{Evidence, LeftOut, Outcome};
use crate::model::shard::{Part, Shard, Unreported};
use crate::model::suppressed::{Entry, Silenced, Suppressed};
use crate::model::verdict::Asked;

/// Why not: lower case, no full stop, nothing quoted.
type Read<T> = Result<T, String>;

/// All that a report says but its findings.
pub(super) fn summary(wire: WireSummary, unreported: Vec<Unreported>) -> Read<Outcome> {
    let mut coverage = coverage(wire.coverage)?;
    if !wire.complete && coverage.complete() {
        // Whatever that was, it must not become clean on the way.
        coverage.gap("a part says that not everything could be read, and not why");
    }
    let asked = wire.verify.map(|it| Asked {
        requests: it.requests,
        interrupted: it.interrupted,
        not_reached: it.not_reached,
    });
    let part = match wire.shard {
        None => None,
        Some(shard) => {
            let evidence = wire.evidence.as_deref().and_then(Evidence::from_word);
            let fingerprints = wire.known_fingerprints.into_iter();
            Some(Part {
                shard: known("shard", Shard::parse(&shard))?,
                evidence: known("evidence", evidence)?,
                unreported,
                known: fingerprints.map(fingerprint).collect::<Read<_>>()?,
                targets: wire.targets.map(fingerprint).transpose()?.unwrap_or_default(),
            })
        }
    };
    Ok(Outcome {
        left_out: LeftOut { weak: wire.weak, below: wire.below_evidence, known: wire.known },
        suppressed: suppressed(wire.suppressed)?,
        coverage,
        elapsed: Duration::from_millis(wire.elapsed_ms),
        asked,
        key_mark: wire.key.map(fingerprint).transpose()?,
        part,
        ..Outcome::default()
    })
}

fn coverage(wire: WireCoverage) -> Read<Coverage> {
    let mut coverage = Coverage::default();
    let parts = [
        (CoveredPart::Files, wire.files),
        (CoveredPart::Index, wire.index),
        (CoveredPart::Objects, wire.objects),
        (CoveredPart::Stdin, wire.stdin),
    ];
    for (part, tally) in parts {
        coverage.read_many(part, tally.read, tally.bytes);
    }
    for names in wire.skipped {
        let skip = Skip::ALL.into_iter().find(|skip| skip.words() == names.reason);
        coverage.skip_many(known("reason", skip)?, self::names(names));
    }
    for names in wire.failed {
        coverage.fail_many(names.reason.clone(), self::names(names));
    }
    wire.gaps.into_iter().for_each(|gap| coverage.gap(gap));
    for undone in wire.undone {
        coverage.undone(undone.target.as_bytes(), undone.reason);
    }
    Ok(coverage)
}

fn names(wire: WireNames) -> Names {
    let kept = wire.names.into_iter().map(String::into_bytes).collect();
    Names { count: wire.count, kept }
}

fn suppressed(wire: WireSuppressed) -> Read<Suppressed> {
    let silenced = |it: WireSilenced| {
        Ok(Silenced {
            fingerprint: fingerprint(it.fingerprint)?,
            kind: it.kind,
            by: known("by", by(&it.by))?,
            reason: it.reason,
            approved_by: it.approved_by,
            file: it.file,
        })
    };
    let entry = |it: WireEntry| {
        let fingerprint = fingerprint(it.fingerprint.clone())?;
        let WireEntry { line, reason, expires, file, .. } = it;
        Ok(Entry { line, fingerprint, reason, expires, file })
    };
    Ok(Suppressed {
        file: wire.file,
        ignored: wire.ignored,
        baseline: wire.baseline,
        inline: wire.inline,
        own: wire.own,
        live: wire.live,
        which: wire.which.into_iter().map(silenced).collect::<Read<_>>()?,
        overruled: wire.overruled.into_iter().map(fingerprint).collect::<Read<_>>()?,
        expired: wire.expired.into_iter().map(entry).collect::<Read<_>>()?,
        unused: wire.unused.into_iter().map(entry).collect::<Read<_>>()?,
    })
}
