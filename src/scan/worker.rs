//! One thread's part of a scan: runs the engine on chunks, takes secrets out of them once, and
//! lets the best of overlapping matches win, also across the chunks of a text.

use std::sync::{Arc, Mutex};

use super::Exposure;
use super::excerpt::Masks;
use super::table::{Judged, Seen, Table};
use crate::engine::overlap::{Claim, losers};
use crate::engine::prefilter::Hit;
use crate::engine::{Engine, Match};
use crate::model::chunk::Chunk;
use crate::model::facts::{Facts, OwnerField};
use crate::model::finding::Place;
use crate::model::origin::Origin;
use crate::model::secret::{Secret, mask};
use crate::model::span::{Position, Span};
use crate::sources::{Crew, Worker};
use crate::token::{describe, key};

/// Makes workers that fill one table.
pub(super) struct EngineCrew<'a> {
    /// The rules, ready to run.
    pub(super) engine: &'a Engine,
    /// Whether excerpts may show secrets.
    pub(super) exposure: Exposure,
    /// Where the workers hand in what they have seen.
    pub(super) table: &'a Mutex<Table>,
}

impl Crew for EngineCrew<'_> {
    fn worker(&self) -> Box<dyn Worker + Send + '_> {
        Box::new(EngineWorker {
            engine: self.engine,
            exposure: self.exposure,
            total: self.table,
            table: Table::default(),
            hits: Vec::new(),
            pending: Vec::new(),
        })
    }
}

struct EngineWorker<'a> {
    engine: &'a Engine,
    exposure: Exposure,
    total: &'a Mutex<Table>,
    table: Table,
    hits: Vec<Hit>,
    /// Matches in the current text that a later chunk's may still beat.
    pending: Vec<(Claim, Seen)>,
}

impl Drop for EngineWorker<'_> {
    fn drop(&mut self) {
        if let Ok(mut total) = self.total.lock() {
            total.merge(std::mem::take(&mut self.table));
        }
    }
}

impl Worker for EngineWorker<'_> {
    fn chunk(&mut self, origin: &Origin, chunk: &Chunk<'_>) {
        self.hits.clear();
        self.engine
            .hits(chunk.bytes, 0..chunk.bytes.len(), &mut self.hits);
        if self.hits.iter().any(|hit| chunk.owned.contains(&hit.start)) {
            self.confirm(origin, chunk);
        }
        // A match that ends before the reach of the next chunk's first keyword is settled.
        let settled = (chunk.offset + chunk.owned.end as u64)
            .saturating_sub(self.engine.reach().before as u64);
        self.settle(settled);
    }

    fn end(&mut self, _: &Origin) {
        self.settle(u64::MAX);
    }
}

impl EngineWorker<'_> {
    /// Runs the rules. Matches of a neighbour's keywords are needed as well: they must be masked
    /// in the lines of ours.
    fn confirm(&mut self, origin: &Origin, chunk: &Chunk<'_>) {
        let mut matches = self.engine.confirm(chunk.bytes, &self.hits);
        matches.sort_by_key(|found| (found.secret, found.rule));
        let masks = Masks::new(chunk.bytes, &matches, self.exposure);
        let (mut at, mut position) = (0, chunk.start);
        for found in matches {
            position = position.after(&chunk.bytes[at..found.secret.start]);
            at = found.secret.start;
            if chunk.owned.contains(&found.keyword) {
                let claim = Claim::of(&found, chunk.offset);
                let seen = self.seen(&found, chunk.bytes, &masks, (origin, position));
                self.pending.push((claim, seen));
            }
        }
    }

    /// Copies the secret out.
    fn seen(
        &self,
        found: &Match,
        text: &[u8],
        masks: &Masks,
        (origin, position): (&Origin, Position),
    ) -> Seen {
        let raw = found.secret.of(text);
        let secret = match key::leading(raw) {
            Some(block) => block.canonical,
            None => Secret::new(raw),
        };
        let shown = match self.exposure {
            Exposure::Masked => mask(raw, found.prefix),
            Exposure::Shown => String::from_utf8_lossy(raw).into_owned(),
        };
        Seen {
            facts: describe::facts(secret.expose(), found.prefix),
            hints: hints(found, text),
            excerpt: masks.excerpt(text, found.secret, shown),
            place: Place {
                repository: None,
                origin: origin.clone(),
                position,
            },
            judged: Judged {
                evidence: found.evidence,
                doubt: found.doubt,
                rule: found.rule,
                prefix: found.prefix,
                card: Arc::clone(&found.card),
            },
            secret,
        }
    }

    /// Lets the best match win wherever several overlap, among those that end by `until`.
    fn settle(&mut self, until: u64) {
        if self.pending.is_empty() {
            return;
        }
        self.pending
            .sort_by_key(|(claim, _)| (claim.start, claim.end, claim.rule));
        let ready = settled_prefix(&self.pending, until);
        let batch: Vec<(Claim, Seen)> = self.pending.drain(..ready).collect();
        let claims: Vec<Claim> = batch.iter().map(|(claim, _)| *claim).collect();
        let beaten = losers(&claims);
        let mut seen: Vec<Option<Seen>> = batch.into_iter().map(|(_, seen)| Some(seen)).collect();
        for (index, winner) in beaten.iter().enumerate() {
            let Some(winner) = *winner else { continue };
            let hints = seen[index].take().map(|loser| loser.hints);
            // What stands around the same secret is known whichever rule has seen it.
            let same = claims[index].start == claims[winner].start
                && claims[index].end == claims[winner].end;
            if let (Some(hints), Some(winner), true) = (hints, &mut seen[winner], same) {
                winner.hints.fill_from(&hints);
            }
        }
        for seen in seen.into_iter().flatten() {
            self.table.add(seen);
        }
    }
}

/// How many of the sorted matches end by `until`, together with everything that they overlap.
fn settled_prefix(pending: &[(Claim, Seen)], until: u64) -> usize {
    let mut settled = 0;
    let mut reaches = 0;
    for (index, (claim, _)) in pending.iter().enumerate() {
        if claim.start >= reaches {
            settled = index;
        }
        reaches = reaches.max(claim.end);
        if reaches > until {
            return settled;
        }
    }
    pending.len()
}

/// What the text around a secret says of it.
fn hints(found: &Match, text: &[u8]) -> Facts {
    let string = |span: Span| String::from_utf8_lossy(span.of(text)).into_owned();
    let mut facts = Facts {
        preceded_by: found.preceded_by.map(string),
        ..Facts::default()
    };
    for &(name, span) in &found.groups {
        let field = match name {
            "host" => {
                facts.host = Some(string(span).trim_end_matches(['.', '-', ':']).to_owned());
                continue;
            }
            "project" => OwnerField::Project,
            "group" => OwnerField::Group,
            "user" => OwnerField::User,
            "deploy_token" => OwnerField::DeployToken,
            _ => continue,
        };
        if let Ok(id) = string(span).parse() {
            facts.owner.insert(field, id);
        }
    }
    facts
}
