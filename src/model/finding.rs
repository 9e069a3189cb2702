//! A finding: one secret, with everything known of it, complete from birth.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::coverage::Coverage;
use super::facts::Facts;
use super::origin::Origin;
use super::provenance::Provenance;
use super::revocation::Receipt;
use super::secret::Secret;
use super::shard::Part;
use super::span::Position;
use super::suppressed::Suppressed;
use super::verdict::{Asked, State, Verdict};

/// How sure we are, without a network, that a match is a real token. Ordered from weak to strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Looks like one, but a check says it is a placeholder, mangled or cut.
    Weak,
    /// Only what stands around it says so.
    Context,
    /// Prefix, length, alphabet and boundaries are those of the kind.
    Shape,
    /// Its own checksum proves it.
    Checksum,
}

impl Evidence {
    /// The word for it in reports and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Context => "context",
            Self::Shape => "shape",
            Self::Checksum => "checksum",
        }
    }

    /// The inverse of [`Evidence::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Weak, Self::Context, Self::Shape, Self::Checksum]
            .into_iter()
            .find(|evidence| evidence.word() == word)
    }
}

/// How bad a leak is if the token lives; the words of GitLab's report schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Information only.
    Info,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Severity {
    /// All severities, mildest first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word for it in rule files and machine-readable reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The inverse of [`Severity::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.word() == word)
    }
}

/// One place where a secret stands. Ordered by origin, then position.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The repository as the target was typed, when it is not the current folder.
    pub repository: Option<Arc<[u8]>>,
    /// Which text.
    pub origin: Origin,
    /// Where in that text.
    pub position: Position,
}

impl Place {
    /// The same place with every text in it rewritten.
    pub fn map_text(self, map: &dyn Fn(&[u8]) -> Vec<u8>) -> Self {
        let repository = self.repository.map(|label| Arc::from(map(&label)));
        Self { repository, origin: self.origin.map_text(map), position: self.position }
    }
}

/// The line around the first place of a secret, ready to print: secrets are masked already
/// unless the user asked to see them. At most about a hundred characters a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What stands before the secret on its line.
    pub before: String,
    /// The secret, or its mask.
    pub secret: String,
    /// What stands behind it on its line.
    pub after: String,
}

/// The part of a rule that a finding carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCard {
    /// Rule id, GitLab's own where it has one.
    pub id: String,
    /// What it finds, for people.
    pub title: String,
    /// The word for the kind of token.
    pub kind: String,
    /// How bad a live one is.
    pub severity: Severity,
    /// What to do about it, in one or two sentences.
    pub remediation: String,
}

/// One secret of one kind, wherever it stands.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it best.
    pub rule: Arc<RuleCard>,
    /// Hash of kind and secret, 32 hex digits.
    pub fingerprint: String,
    /// The secret. Empty when only its mask is known.
    pub secret: Secret,
    /// The mask, when a report is all that is known of the secret.
    pub mask: Option<String>,
    /// The strongest evidence among its places.
    pub evidence: Evidence,
    /// Why the evidence is weak, if it is.
    pub doubt: Option<Cow<'static, str>>,
    /// What the token says of itself.
    pub facts: Facts,
    /// The place whose surroundings have told some of that, if any have.
    pub hinted_at: Option<Place>,
    /// What an instance says of it.
    pub verdict: Verdict,
    /// What came of revoking it; `None` when that was not tried.
    pub receipt: Option<Receipt>,
    /// Its places, at most [`Finding::MAX_PLACES`] of them, the first in order.
    pub places: BTreeSet<Place>,
    /// How many places there are, including those not kept.
    pub occurrences: u64,
    /// True when a mark says at every place that it is accepted there.
    pub marked: bool,
    /// The line of the first place.
    pub excerpt: Option<Excerpt>,
    /// How it came into the history; `None` when no history was read or none holds it.
    pub provenance: Option<Provenance>,
}

impl Finding {
    /// More places than this are counted but not listed: memory stays bounded when one token
    /// stands on every line of a large dump.
    pub const MAX_PLACES: usize = 1000;

    /// How bad it is, as far as that is known: what is dead does no harm, and what lives and may
    /// write does the most.
    pub fn severity(&self) -> Severity {
        match self.verdict.state {
            State::Expired | State::Revoked => Severity::Info,
            State::Live if self.verdict.can_write() => Severity::Critical,
            State::Live if self.verdict.only_reads() => self.rule.severity.min(Severity::High),
            _ => self.rule.severity,
        }
    }

    /// Sorts findings as reports show them: severe first, then what lives, then strong evidence,
    /// then by place.
    pub fn sort(findings: &mut [Self]) {
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
    }

    fn order(&self) -> impl Ord + '_ {
        (
            Reverse(self.severity()),
            Reverse(self.verdict.state),
            Reverse(self.evidence),
            self.first_place(),
            self.fingerprint.as_str(),
        )
    }

    /// Rewrites every text that stands beside the secret.
    pub fn map_text(&mut self, map: &dyn Fn(&[u8]) -> Vec<u8>) {
        let string = |text: &str| String::from_utf8_lossy(&map(text.as_bytes())).into_owned();
        let mut card = (*self.rule).clone();
        for text in [&mut card.id, &mut card.title, &mut card.kind, &mut card.remediation] {
            *text = string(text);
        }
        self.rule = Arc::new(card);
        self.doubt = self.doubt.take().map(|text| string(&text).into());
        self.places =
            std::mem::take(&mut self.places).into_iter().map(|place| place.map_text(map)).collect();
        self.hinted_at = self.hinted_at.take().map(|place| place.map_text(map));
        let facts = &mut self.facts;
        let key = facts.key.iter_mut().flat_map(|it| [&mut it.algorithm, &mut it.fingerprint]);
        let single =
            [&mut facts.host, &mut facts.client_id, &mut facts.group_path, &mut facts.preceded_by];
        single.into_iter().chain(key).flatten().for_each(|text| *text = string(text));
        self.verdict = std::mem::take(&mut self.verdict).map_text(&string);
        if let Some(provenance) = &mut self.provenance {
            provenance.map_text(map);
        }
        if let Some(excerpt) = &mut self.excerpt {
            [&mut excerpt.before, &mut excerpt.after].into_iter().for_each(|it| *it = string(it));
        }
        if let Some(receipt) = &mut self.receipt {
            for text in [&mut receipt.reason, &mut receipt.remedy] {
                *text = text.take().map(|text| string(&text).into());
            }
        }
    }

    /// The first place. A finding without one is never made.
    pub fn first_place(&self) -> Option<&Place> {
        self.places.first()
    }
}

/// The result of a scan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Findings, sorted: severe first, then strong evidence, then by place.
    pub findings: Vec<Finding>,
    /// How many secrets were left out because their evidence is below what was asked for.
    pub left_out: LeftOut,
    /// Fingerprints of what was left out for its evidence. Sorted.
    pub weaker: Vec<String>,
    /// What is not reported since it is known.
    pub suppressed: Suppressed,
    /// What was read, and what was not.
    pub coverage: Coverage,
    /// How long it took.
    pub elapsed: Duration,
    /// How asking GitLab went; `None` when nobody asked.
    pub asked: Option<Asked>,
    /// What tells the key of its fingerprints from others; `None` without one.
    pub key_mark: Option<String>,
    /// Which part of a divided run it is, with what the other parts need.
    pub part: Option<Part>,
}

/// How many secrets were left out, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Weak evidence.
    pub weak: u64,
    /// Better than weak, but below the evidence that was asked for.
    pub below: u64,
    /// There before, when only what a change brings in was asked for.
    pub known: u64,
}
