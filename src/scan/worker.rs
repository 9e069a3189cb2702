//! One thread's part of a scan: runs the engine on chunks and takes secrets out of them once.

use std::sync::{Arc, Mutex};

use super::excerpt::{Masks, SIDE};
use super::fingerprint::Fingerprinter;
use super::marks;
use super::table::{Judged, Seen, Table};
use super::{Options, Visibility};
use crate::engine::beside::{beside, host_beside};
use crate::engine::overlap::{Claim, losers};
use crate::engine::{Engine, Match};
use crate::model::chunk::{Chunk, Hit, Reach};
use crate::model::facts::{Facts, OwnerField};
use crate::model::finding::Place;
use crate::model::origin::Origin;
use crate::model::seams::Seams;
use crate::model::secret::{Secret, mask};
use crate::model::span::{Position, Span};
use crate::sources::{Crew, Worker};
use crate::token::kinds::DEPLOY_KEY;
use crate::token::{describe, key};

/// How much of its neighbours a piece of text needs. A secret reaches as far from its keyword as
/// the engine says; beside it an excerpt is shown, and what is matched there must be seen whole,
/// too, to be masked; and marks are looked for.
pub(super) fn margins(engine: &Engine) -> Reach {
    let Reach { before, after } = engine.reach();
    let beside = (SIDE + before + after).max(marks::REACH);
    Reach { before: before + beside, after: after + beside }
}

/// Makes workers that fill one table.
pub(super) struct EngineCrew<'a> {
    /// The rules, ready to run.
    pub(super) engine: &'a Engine,
    /// How to scan.
    pub(super) options: &'a Options,
    /// Where the workers hand in what they have seen.
    pub(super) table: &'a Mutex<Table>,
}

impl Crew for EngineCrew<'_> {
    fn worker(&self) -> Box<dyn Worker + Send + '_> {
        Box::new(EngineWorker {
            engine: self.engine,
            options: self.options,
            total: self.table,
            table: Table::default(),
            settled: Table::default(),
            hits: Vec::new(),
        })
    }
}

struct EngineWorker<'a> {
    engine: &'a Engine,
    options: &'a Options,
    total: &'a Mutex<Table>,
    /// What was seen since the last change ended.
    table: Table,
    /// What was seen before that.
    settled: Table,
    hits: Vec<Hit>,
}

impl Drop for EngineWorker<'_> {
    fn drop(&mut self) {
        if let Ok(mut total) = self.total.lock() {
            total.merge(std::mem::take(&mut self.settled));
            total.merge(std::mem::take(&mut self.table));
        }
    }
}

impl Worker for EngineWorker<'_> {
    fn chunk(&mut self, origin: &Origin, chunk: &Chunk<'_>) {
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        self.keywords(chunk.bytes, &mut hits);
        if hits.iter().any(|hit| chunk.owned.contains(&hit.start)) {
            self.confirm(origin, chunk, &hits);
        }
        self.hits = hits;
    }

    fn seams(&self) -> Seams {
        self.engine.seams()
    }

    fn keywords(&self, text: &[u8], hits: &mut Vec<Hit>) {
        self.engine.hits(text, 0..text.len(), hits);
    }

    fn searched(&mut self, origin: &Origin, text: &[u8], hits: &[Hit]) {
        if !hits.is_empty() {
            self.confirm(origin, &Chunk::whole(text), hits);
        }
    }

    fn end_change(&mut self, before: &mut dyn FnMut(&mut dyn Worker)) {
        let mut table = std::mem::take(&mut self.table);
        if !table.is_empty() {
            let known = Mutex::new(Table::default());
            let (engine, options) = (self.engine, self.options);
            let crew = EngineCrew { engine, options, table: &known };
            before(crew.worker().as_mut());
            // Where these stand now decides whether they are accepted.
            let fingerprinter = Fingerprinter::new(options.fingerprint_key.as_ref());
            let at_paths = |(kind, secret): &(String, Secret)| {
                !options.at_paths.is_empty()
                    && options.at_paths.contains(&fingerprinter.of(kind, secret))
            };
            table.forget(&known.into_inner().unwrap_or_default(), |key| !at_paths(key));
            self.settled.merge(table);
        }
    }
}

impl EngineWorker<'_> {
    /// Runs the rules and lets the best match win wherever several overlap. Matches of a
    /// neighbour's keywords take part: they may beat ours, and they must be masked in the lines
    /// of ours. The neighbour sees the same matches and so comes to the same end.
    fn confirm(&mut self, origin: &Origin, chunk: &Chunk<'_>, hits: &[Hit]) {
        let mut matches = self.engine.confirm(chunk.bytes, hits);
        matches.sort_by_key(|found| (found.secret, found.rule, found.keyword));
        let claims: Vec<Claim> = matches.iter().map(Claim::of).collect();
        let beaten = losers(&claims);
        let masks = Masks::new(chunk.bytes, &matches, self.options.visibility);
        let (mut at, mut position) = (0, chunk.start);
        for (index, found) in matches.iter().enumerate() {
            if beaten[index].is_some() || !chunk.owned.contains(&found.keyword) {
                continue;
            }
            position = position.after(&chunk.bytes[at..found.secret.start]);
            at = found.secret.start;
            let mut seen = self.seen(found, chunk.bytes, &masks, (origin, position));
            // What stands around the same secret is known whichever rule has seen it.
            let same = matches[index + 1..].iter().take_while(|other| other.secret == found.secret);
            let before = matches[..index].iter().rev();
            let same = same.chain(before.take_while(|other| other.secret == found.secret));
            same.for_each(|other| seen.hints.fill_from(&hints(other, chunk.bytes)));
            self.table.add(seen);
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
        let shown = match self.options.visibility {
            Visibility::Masked => mask(raw, found.prefix),
            Visibility::Shown => String::from_utf8_lossy(raw).into_owned(),
        };
        Seen {
            facts: describe::facts(secret.expose(), found.prefix),
            hints: hints(found, text),
            excerpt: masks.excerpt(text, found.secret, shown),
            place: Place { repository: None, origin: origin.clone(), position },
            marked: marks::is_marked(text, found.secret),
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
}

/// What the text around a secret says of it.
fn hints(found: &Match, text: &[u8]) -> Facts {
    let string = |span: Span| String::from_utf8_lossy(span.of(text)).into_owned();
    let mut facts = Facts { preceded_by: found.preceded_by.map(string), ..Facts::default() };
    let beside = beside(&found.card.kind, text, found.secret);
    // What the pattern itself has found goes before what stands somewhere near.
    for &(name, span) in beside.iter().chain(&found.groups) {
        let field = match name {
            "host" => {
                facts.host = Some(string(span).trim_end_matches(['.', '-', ':']).to_owned());
                continue;
            }
            "client_id" => {
                facts.client_id = Some(string(span));
                continue;
            }
            "group_path" => {
                facts.group_path = Some(string(span));
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
    if facts.host.is_none() && found.card.kind != DEPLOY_KEY {
        facts.host = host_beside(text, found.secret).map(string);
    }
    facts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use proptest::prelude::{ProptestConfig, Strategy, prop, proptest};

    use super::{EngineCrew, margins};
    use crate::engine::Engine;
    use crate::model::chunk::Chunk;
    use crate::model::finding::Evidence;
    use crate::model::origin::Origin;
    use crate::model::span::Position;
    use crate::rules::set::RuleSet;
    use crate::scan::table::Table;
    use crate::scan::{Options, Visibility};
    use crate::sources::Crew as _;
    use crate::token::sample::Sampler;

    /// Whole tokens of many forms, parts of them, and what stands between.
    fn words() -> Vec<String> {
        let mut sampler = Sampler::new(1);
        let routable = sampler.routable("acme-glpat-", "o:1\nu:9ix");
        let classic = format!("glpat-{}", sampler.friendly(20));
        let jwt = format!("glcbt-{}", sampler.job_jwt("host", 1, 2));
        let mut words = vec![
            sampler.routable("glrt-", "c:1\no:1\nt:1"),
            format!("PRIVATE-TOKEN: {}", sampler.friendly(20)),
            format!("[[runners]]\n name = \"x\"\n token = \"{}\"", sampler.friendly(20)),
            sampler.openssh_key(),
            classic[..14].to_owned(),
            routable[..40].to_owned(),
            routable[40..].to_owned(),
            jwt[..200].to_owned(),
        ];
        words.extend([routable, classic, jwt]);
        words.extend(
            [" ", "\n", "x", " # stanch:allow", "_", ".01.", "glpat-", "\"", "word "]
                .map(str::to_owned),
        );
        words
    }

    fn text() -> impl Strategy<Value = String> {
        let word = prop::sample::select(words());
        prop::collection::vec(word, 1..25).prop_map(|words| words.concat())
    }

    /// What a scan of the text in these pieces has seen, sorted.
    fn seen(engine: &Engine, text: &[u8], cuts: &[usize]) -> Vec<String> {
        let table = Mutex::new(Table::default());
        let options = Options {
            evidence: Evidence::Weak,
            visibility: Visibility::Masked,
            fingerprint_key: None,
            threads: 1,
            shard: None,
            at_paths: BTreeSet::new(),
        };
        let crew = EngineCrew { engine, options: &options, table: &table };
        let reach = margins(engine);
        let mut worker = crew.worker();
        for pair in cuts.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let start = from.saturating_sub(reach.before);
            let end = text.len().min(to + reach.after);
            let chunk = Chunk {
                bytes: &text[start..end],
                owned: from - start..to - start,
                offset: start as u64,
                start: Position::START.after(&text[..start]),
            };
            worker.chunk(&Origin::Stdin, &chunk);
        }
        drop(worker);
        let entries = table.into_inner().expect("no panic").into_entries();
        let mut seen: Vec<String> = entries
            .into_iter()
            .map(|entry| {
                let finding = entry.into_finding(String::new());
                let secret = String::from_utf8_lossy(finding.secret.expose()).into_owned();
                format!("{secret} {finding:?}")
            })
            .collect();
        seen.sort();
        seen
    }

    proptest! {
        // Found cases become tests; a file of seeds would hold the tokens that were tried.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn pieces_show_what_the_whole_shows(
            text in text(), cuts in prop::collection::vec(0..8000_usize, 0..6)
        ) {
            let engine = Engine::new(RuleSet::builtin().expect("good")).expect("small");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (text.len() + 1)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let whole = seen(&engine, text.as_bytes(), &[0, text.len()]);
            assert_eq!(seen(&engine, text.as_bytes(), &cuts), whole);
        }
    }
}
