//! Reads a report of gitleaks for the secrets in it. Their fingerprints are made as ours are; nothing of
//! a secret is kept or printed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::anyhow;
use memchr::memmem;
use serde::Deserialize;
use zeroize::{Zeroize as _, Zeroizing};

use super::settings;
use crate::engine::scrub::Scrub;
use crate::engine::{Engine, Match};
use crate::model::finding::Evidence;
use crate::model::secret::Secret;
use crate::model::span::Span;
use crate::scan::{self, Options};
use crate::suppress::baseline::Help;
use crate::token::key;

/// A report is not larger.
const LARGEST: u64 = 256 << 20;

/// What a report of gitleaks holds.
#[derive(Debug, Default)]
pub struct Taken {
    /// Fingerprints of ours.
    pub known: BTreeMap<String, Help>,
    /// How many findings there are in it.
    pub findings: u64,
    /// How many of them hold no token that we know whole.
    pub left: u64,
}

/// A finding of gitleaks; the names are those of its report.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Leak {
    secret: String,
    #[serde(default)]
    r#match: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    start_line: u64,
}

impl Drop for Leak {
    fn drop(&mut self) {
        self.secret.zeroize();
        self.r#match.zeroize();
    }
}

/// Reads the report.
pub fn read(file: &Path, engine: &Engine, options: &Options) -> anyhow::Result<Taken> {
    let text = Zeroizing::new(settings::read_at_most(file, LARGEST, "report")?);
    // What the parser says may quote a secret: where it stumbled is enough.
    let leaks: Vec<Leak> = serde_json::from_slice(&text).map_err(|error| {
        let shown = file.display();
        anyhow!("report {shown}:{}: this is no JSON report of gitleaks", error.line())
    })?;
    let mut taken = Taken { findings: leaks.len() as u64, ..Taken::default() };
    for leak in &leaks {
        let known = tokens(leak, engine, options);
        taken.left += u64::from(known.is_empty());
        taken.known.extend(known);
    }
    Ok(taken)
}

/// The tokens of which the secret is one, or a part. What stands around it may tell what it is.
fn tokens(leak: &Leak, engine: &Engine, options: &Options) -> Vec<(String, Help)> {
    let (text, secret) = (leak.r#match.as_bytes(), leak.secret.as_bytes());
    let found = memmem::find(text, secret);
    let (text, at) = found.map_or((secret, 0), |at| (text, at));
    let span = Span::new(at, at + secret.len());
    let matches = engine.scan(text);
    let good = matches.iter().filter(|it| it.evidence > Evidence::Weak && it.secret.overlaps(span));
    let place = (leak.file.as_bytes(), leak.start_line);
    good.map(|found| take(found, text, (engine, options), place)).collect()
}

/// What a baseline holds of a token that was found in a text at this path and line.
pub fn take(
    found: &Match,
    text: &[u8],
    (engine, options): (&Engine, &Options),
    (path, line): (&[u8], u64),
) -> (String, Help) {
    let raw = found.secret.of(text);
    let secret = key::leading(raw).map_or_else(|| Secret::new(raw), |block| block.canonical);
    let kind = &found.card.kind;
    let known = [(secret.expose(), found.prefix)];
    let scrub = Scrub::new(engine, known.into_iter());
    let path = scrub.clean(path);
    let first = format!("{}:{line}", String::from_utf8_lossy(&path));
    (scan::fingerprint(options, kind, &secret), Help { kind: kind.clone(), first })
}
