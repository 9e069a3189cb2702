//! Engine and sources make findings: every source is driven, what its threads have seen is put
//! together by secret, located, cleaned of secrets and sorted. Reads nothing itself and prints
//! nothing.

mod excerpt;
mod fingerprint;
mod line;
mod marks;
mod table;
mod worker;

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::Instant;

use crate::engine::Engine;
use crate::engine::scrub::Scrub;
use crate::model::coverage::Coverage;
use crate::model::finding::{Evidence, Finding, LeftOut, Outcome};
use crate::model::secret::Secret;
use crate::model::shard::{Part, Shard, Unreported};
use crate::sources::progress::Progress;
use crate::sources::{Job, Source};
use fingerprint::Fingerprinter;
use table::{Entry, Table};
use worker::{EngineCrew, margins};

/// Whether secrets may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Nothing that a report prints holds a secret.
    Masked,
    /// The operator asked to see them.
    Shown,
}

/// How to scan.
#[derive(Debug)]
pub struct Options {
    /// The weakest evidence that is reported.
    pub evidence: Evidence,
    /// Whether secrets may be shown.
    pub visibility: Visibility,
    /// Key for fingerprints that nobody else can compute.
    pub fingerprint_key: Option<Secret>,
    /// How many threads to use.
    pub threads: usize,
    /// Which part of the targets this is; `None` when it is all of them.
    pub shard: Option<Shard>,
    /// Fingerprints of secrets that are accepted at some paths alone. That they stood elsewhere before a
    /// change does not excuse where they stand now.
    pub at_paths: BTreeSet<String>,
}

/// The fingerprint of a secret of a kind, as findings carry it.
pub fn fingerprint(options: &Options, kind: &str, secret: &Secret) -> String {
    Fingerprinter::new(options.fingerprint_key.as_ref()).of(kind, secret)
}

/// What tells one key of fingerprints from another, and neither key; `None` without one.
pub fn key_mark(options: &Options) -> Option<String> {
    let constant = Secret::new(*b"which key");
    // What a baseline of an earlier version says must stay right.
    options.fingerprint_key.is_some().then(|| fingerprint(options, "stanch_baseline", &constant))
}

/// What is to be scanned.
#[derive(Default)]
pub struct Work {
    /// What there is to read.
    pub sources: Vec<Box<dyn Source>>,
    /// What is known already, before anything is read: targets on which no work can be done.
    pub coverage: Coverage,
}

/// Drives every source and makes one result of all.
pub fn run(engine: &Engine, work: Work, options: &Options, progress: &Progress) -> Outcome {
    let started = Instant::now();
    let Work { sources, mut coverage } = work;
    let all = read(engine, &sources, (options, progress), &mut coverage);
    let fingerprinter = Fingerprinter::new(options.fingerprint_key.as_ref());
    let known = all.known().map(|(kind, secret)| fingerprinter.of(kind, secret));
    let mut known: Vec<String> = known.collect();
    known.sort();
    let mut left_out = LeftOut { known: known.len() as u64, ..LeftOut::default() };
    let mut entries = all.into_entries();
    if options.visibility == Visibility::Masked {
        clean(engine, &mut entries, &mut coverage);
    }
    let (mut findings, mut unreported) = (Vec::new(), Vec::new());
    for entry in entries {
        let fingerprint = fingerprinter.of(&entry.kind, &entry.secret);
        match entry.evidence() {
            evidence if evidence >= options.evidence => {
                findings.push(entry.into_finding(fingerprint));
                continue;
            }
            Evidence::Weak => left_out.weak += 1,
            _ => left_out.below += 1,
        }
        unreported.push(entry.into_finding(fingerprint));
    }
    Finding::sort(&mut findings);
    Finding::sort(&mut unreported);
    let mut weaker: Vec<String> = unreported.iter().map(|it| it.fingerprint.clone()).collect();
    weaker.sort();
    let weak = |finding| Unreported { finding, by: None };
    let part = options.shard.map(|shard| Part {
        shard,
        evidence: options.evidence,
        unreported: unreported.into_iter().map(weak).collect(),
        known,
    });
    Outcome {
        findings,
        left_out,
        weaker,
        coverage,
        elapsed: started.elapsed(),
        key_mark: key_mark(options),
        part,
        ..Outcome::default()
    }
}

/// Everything that the sources have, and how it came into their histories.
fn read(
    engine: &Engine,
    sources: &[Box<dyn Source>],
    (options, progress): (&Options, &Progress),
    coverage: &mut Coverage,
) -> Table {
    let mut all = Table::default();
    let job = Job { threads: options.threads, reach: margins(engine), progress };
    let mut tables = Vec::new();
    let mut best = HashMap::new();
    for source in sources {
        let table = drive(engine, source.as_ref(), &job, options, coverage);
        table.note_evidence(&mut best);
        tables.push(table);
    }
    for (source, mut table) in sources.iter().zip(tables) {
        // What is not reported need not be traced, unless another shard may report it.
        let worth = |key: &_| {
            options.shard.is_some() || best.get(key).is_some_and(|it| *it >= options.evidence)
        };
        table.trace(worth, |wanted| {
            progress.begin(format!("commits of {} secrets", wanted.len()));
            source.trace(wanted, &job, coverage)
        });
        table.name_repository(source.repository().as_ref());
        all.merge(table);
    }
    all
}

fn drive(
    engine: &Engine,
    source: &dyn Source,
    job: &Job<'_>,
    options: &Options,
    coverage: &mut Coverage,
) -> Table {
    // A display may show it at once, before anything is known of what will be found.
    let label = Scrub::new(engine, std::iter::empty());
    let label = label.clean(source.describe().as_bytes()).into_owned();
    job.progress.begin(String::from_utf8_lossy(&label).into_owned());
    let table = Mutex::new(Table::default());
    let crew = EngineCrew { engine, options, table: &table };
    coverage.merge(source.drive(job, &crew));
    table.into_inner().unwrap_or_default()
}

/// Takes secrets out of everything that is printed beside them: lines, paths, names, addresses.
fn clean(engine: &Engine, entries: &mut [Entry], coverage: &mut Coverage) {
    let secrets: Vec<(Secret, usize)> =
        entries.iter().map(|entry| (entry.secret.clone(), entry.prefix())).collect();
    let known = secrets.iter().map(|(secret, prefix)| (secret.expose(), *prefix));
    let scrub = Scrub::new(engine, known);
    let clean = |text: &[u8]| scrub.clean(text).into_owned();
    for entry in entries {
        entry.map_text(&clean);
    }
    coverage.map_text(clean);
}
