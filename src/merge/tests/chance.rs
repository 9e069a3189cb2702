//! Results by chance, for the tests of reading and folding.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::model::coverage::{Coverage, Part as Covered, Skip};
use crate::model::facts::{Facts, KeyFacts, OwnerField};
use crate::model::finding::{Evidence, Finding, LeftOut, Outcome, Place, RuleCard, Severity};
use crate::model::object::ObjectId;
use crate::model::origin::{Moment, Origin, Signature};
use crate::model::provenance::{Change, Exposure, Provenance, listed};
use crate::model::secret::Secret;
use crate::model::shard::{Part, Shard, Unreported};
use crate::model::span::Position;
use crate::model::suppressed::{By, Entry, Silenced, Suppressed};
use crate::model::verdict::{Asked, AskedWith, Learned, Reach, State, User, Verdict};

/// Results by chance: every part of them is there in some.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    fn number(&mut self, below: u64) -> u64 {
        // xorshift64 (Marsaglia 2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.number(of.len() as u64)).expect("small")]
    }

    fn coin(&mut self) -> bool {
        self.number(2) == 0
    }

    fn text(&mut self) -> String {
        let words = ["a", "b/c", "ü", "\u{1b}[31m", "\u{202e}", "\"q\"", "@all", "x y", "<&>", ""];
        format!("{}{}{}", self.one(&words), self.number(9), self.one(&words))
    }

    fn maybe(&mut self) -> Option<String> {
        self.coin().then(|| self.text())
    }

    fn hex(&mut self) -> String {
        format!("{:02x}", self.number(4)).repeat(16)
    }

    fn id(&mut self) -> ObjectId {
        let byte = u8::try_from(self.number(5)).expect("small");
        let length = self.one(&[20, 32]);
        ObjectId::from_bytes(&vec![byte; length]).expect("an id")
    }

    fn author(&mut self) -> Arc<Signature> {
        let seconds = i64::try_from(self.number(3_000_000_000)).expect("small") - 500_000_000;
        let offset_minutes = self.one(&[0, 60, -570]);
        let when = match self.number(9) {
            // Out of the calendar.
            0 => Moment { seconds: i64::MAX, offset_minutes: 0 },
            _ => Moment { seconds, offset_minutes },
        };
        let (name, email) = (self.text().into_bytes().into(), self.text().into_bytes().into());
        Arc::new(Signature { when, name, email })
    }

    fn path(&mut self) -> Box<[u8]> {
        let mut path = self.text().into_bytes();
        if self.number(3) == 0 {
            path.push(0xff);
        }
        path.into()
    }

    fn position(&mut self) -> Position {
        Position { line: 1 + self.number(9), column: 1 + self.number(9) }
    }

    fn place(&mut self) -> Place {
        let author = self.author();
        let commit = self.id();
        let tagger = self.coin().then(|| self.author());
        let origin = match self.number(11) {
            0 => Origin::FileName { path: self.path() },
            1 => Origin::Index { path: self.path(), blob: self.id() },
            2 => Origin::CommitMessage { author, commit },
            3 => Origin::CommitHeader { author, commit },
            4 => Origin::TagMessage { tagger, tag: self.id() },
            5 => Origin::TagHeader { tagger, tag: self.id() },
            6 => Origin::RefName { name: self.text().into_bytes().into() },
            7 => Origin::Unreachable { object: self.id() },
            8 => Origin::Stdin,
            9 => Origin::File { path: self.path() },
            _ => Origin::Commit { author, commit, path: self.path(), blob: self.id() },
        };
        let repository = self.coin().then(|| Arc::from(self.text().as_bytes()));
        Place { repository, origin, position: self.position() }
    }

    fn changes(&mut self) -> Vec<Change> {
        let change = |it: &mut Self| Change {
            author: it.author(),
            commit: it.id(),
            path: it.coin().then(|| it.path()),
            position: it.coin().then(|| it.position()),
        };
        (0..self.number(4)).map(|_| change(self)).collect()
    }

    fn provenance(&mut self) -> Provenance {
        let (introduced, introduced_count) = listed(self.changes());
        let removed = self.changes().into_iter().map(|it| Change { position: None, ..it });
        let (removed, removed_count) = listed(removed);
        let names: Vec<_> =
            (0..self.number(4)).map(|_| Box::<[u8]>::from(self.text().as_bytes())).collect();
        let (refs, refs_count) = listed(names);
        Provenance {
            introduced,
            introduced_count: introduced_count + self.number(2),
            removed,
            removed_count,
            in_head: self.coin(),
            refs,
            refs_count,
            exposure: self.one(&[Exposure::Pushed, Exposure::LocalOnly, Exposure::Unreachable]),
            blobs: self.number(9),
            paths: self.number(9),
        }
    }

    fn verdict(&mut self) -> Verdict {
        let reach = |it: &mut Self| Reach {
            place: it.one(&["group", "project"]),
            id: it.number(9),
            path: it.text(),
            level: it.coin().then(|| it.number(60)),
        };
        let state = self.one(&State::ALL);
        let learned = Learned {
            what: self.maybe(),
            id: self.coin().then(|| self.number(9)),
            name: self.maybe(),
            description: self.maybe(),
            user: User {
                username: self.maybe(),
                bot: self.one(&[None, Some(true)]),
                ..User::default()
            },
            scopes: self
                .one(&[&[][..], &["api"], &["read_api"]])
                .iter()
                .map(ToString::to_string)
                .collect(),
            may_write: self.one(&[None, Some(true), Some(false)]),
            created: self.maybe(),
            expires: self.maybe(),
            last_used: self.maybe(),
            last_used_from: self.maybe().into_iter().collect(),
            reach: (0..self.number(3)).map(|_| reach(self)).collect(),
            reach_is_cut: self.coin(),
            ..Learned::default()
        };
        Verdict {
            state,
            reason: self.maybe().map(Into::into),
            instance: self.maybe(),
            asked_with: self.one(&[None, Some(AskedWith::Operator), Some(AskedWith::Token)]),
            // Nobody was asked, and so nothing was used.
            token_was_used: state != State::NotAsked && self.coin(),
            side_effect: self.maybe().map(Into::into),
            cached: self.coin(),
            proven_by: None,
            learned: Box::new(learned),
        }
    }

    fn facts(&mut self) -> Facts {
        let owner: BTreeMap<_, _> =
            [OwnerField::User, OwnerField::RunnerType, OwnerField::DeployToken]
                .into_iter()
                .filter(|_| self.number(3) == 0)
                .collect::<Vec<_>>()
                .into_iter()
                .map(|field| (field, self.number(5)))
                .collect();
        Facts {
            prefix: self.one(&[&b"glpat-"[..], b"", b"acme-"]).to_vec(),
            owner,
            host: self.maybe(),
            expires: self.coin().then_some(1_700_000_000),
            key: self.coin().then(|| KeyFacts {
                algorithm: self.maybe(),
                encrypted: self.coin(),
                fingerprint: self.maybe(),
            }),
            client_id: self.maybe(),
            group_path: self.maybe(),
            preceded_by: self.maybe(),
        }
    }

    pub(super) fn finding(&mut self) -> Finding {
        let facts = self.facts();
        let secret = [&facts.prefix[..], b"open ", self.text().as_bytes(), b" sesame"].concat();
        let places: BTreeSet<Place> = (0..=self.number(5)).map(|_| self.place()).collect();
        let hinted_at = self.coin().then(|| places.last().expect("one").clone());
        Finding {
            rule: Arc::new(RuleCard {
                id: self.one(&["first", "second", "own"]).to_owned(),
                title: self.text(),
                kind: self.one(&["a_kind", "another"]).to_owned(),
                severity: self.one(&Severity::ALL),
                remediation: self.text(),
            }),
            fingerprint: self.hex(),
            secret: Secret::new(secret),
            mask: None,
            evidence: self.one(&[Evidence::Context, Evidence::Shape, Evidence::Checksum]),
            doubt: self.maybe().map(Into::into),
            facts,
            hinted_at,
            verdict: self.verdict(),
            receipt: None,
            occurrences: places.len() as u64,
            places,
            marked: false,
            excerpt: None,
            provenance: self.coin().then(|| self.provenance()),
        }
    }

    /// Secrets that differ.
    fn findings(&mut self) -> Vec<Finding> {
        let mut seen = BTreeSet::new();
        let all: Vec<Finding> = (0..self.number(4)).map(|_| self.finding()).collect();
        let mut all: Vec<Finding> =
            all.into_iter().filter(|it| seen.insert(it.fingerprint.clone())).collect();
        Finding::sort(&mut all);
        all
    }

    fn coverage(&mut self) -> Coverage {
        let mut coverage = Coverage::default();
        for part in Covered::ALL {
            coverage.read_many(part, self.number(9), self.number(999));
        }
        for skip in Skip::ALL {
            if self.number(3) == 0 {
                coverage.skip(skip, self.text().as_bytes());
            }
        }
        for _ in 0..self.number(3) {
            coverage.fail(self.text().as_bytes(), self.text());
            coverage.gap(self.text());
            coverage.undone(self.text().as_bytes(), self.text());
        }
        coverage
    }

    fn suppressed(&mut self) -> Suppressed {
        let entry = |it: &mut Self| Entry {
            line: 1,
            fingerprint: it.hex(),
            reason: it.text(),
            expires: it.maybe(),
            file: it.maybe(),
        };
        let silenced = Silenced {
            fingerprint: "ee".repeat(16),
            kind: self.text(),
            by: self.one(&[By::Own, By::Inline, By::Ignored]),
            reason: self.maybe(),
            approved_by: self.maybe(),
            file: self.maybe(),
        };
        Suppressed {
            file: self.maybe(),
            ignored: self.number(9),
            baseline: self.number(9),
            inline: self.number(9),
            own: self.number(9),
            live: self.number(9),
            which: if self.coin() { vec![silenced] } else { Vec::new() },
            overruled: if self.coin() { vec![self.hex()] } else { Vec::new() },
            expired: if self.coin() { vec![entry(self)] } else { Vec::new() },
            unused: if self.coin() { vec![entry(self)] } else { Vec::new() },
        }
    }

    pub(super) fn outcome(&mut self) -> Outcome {
        let weak = |mut finding: Finding, by| {
            finding.evidence = Evidence::Weak;
            Unreported { finding, by }
        };
        let part = self.coin().then(|| Part {
            shard: Shard::parse("2/3").expect("a shard"),
            evidence: Evidence::Context,
            unreported: self.findings().into_iter().map(|it| weak(it, Some(By::Inline))).collect(),
            known: vec![self.hex()],
            targets: self.hex(),
        });
        Outcome {
            findings: self.findings(),
            left_out: LeftOut {
                weak: self.number(9),
                below: self.number(9),
                known: self.number(9),
            },
            weaker: Vec::new(),
            suppressed: self.suppressed(),
            coverage: self.coverage(),
            elapsed: Duration::from_millis(self.number(9999)),
            asked: self.coin().then(|| Asked {
                requests: self.number(9),
                interrupted: self.coin(),
                not_reached: self.number(9),
            }),
            key_mark: self.coin().then(|| self.hex()),
            part,
        }
    }
}
