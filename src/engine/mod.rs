//! Bytes in, matches out. No I/O, no clock, no log, and scanning cannot fail.
//!
//! A text is searched once for all keywords of all rules (`prefilter`). Only around a keyword
//! does the pattern of a rule run (`confirm`), and what it matches is judged by checksum,
//! alphabet and surroundings (`checks`). Where matches overlap, one wins (`overlap`).
//!
//! What is found depends only on the bytes within [`Reach`] of a keyword. That is what allows to
//! read a large text in pieces.

pub mod beside;
pub mod checks;
pub mod confirm;
pub mod examples;
pub mod overlap;
pub mod prefilter;
pub mod scrub;
pub mod surroundings;

use std::ops::Range;
use std::sync::Arc;

use crate::model::chunk::{Hit, Reach};
use crate::model::finding::{Evidence, RuleCard};
use crate::model::seams::Seams;
use crate::model::span::Span;
use crate::rules::complaint::Complaint;
use crate::rules::prepared::Anchors;
use crate::rules::set::RuleSet;

use confirm::Confirm;
use prefilter::Prefilter;

/// What a rule has matched: spans, no bytes.
#[derive(Clone, Debug)]
pub struct Match {
    /// The rule's place in the rule set; earlier rules win ties.
    pub rule: usize,
    /// True when the scanned repository has brought the rule along.
    pub guest: bool,
    /// What a finding will carry of the rule. A proven token of a kind that the rule did not
    /// expect carries the card of that kind.
    pub card: Arc<RuleCard>,
    /// Offset of the keyword.
    pub keyword: usize,
    /// The secret.
    pub secret: Span,
    /// How many bytes at the start of the secret are its prefix.
    pub prefix: usize,
    /// How sure we are.
    pub evidence: Evidence,
    /// Why the evidence is weak, if it is.
    pub doubt: Option<&'static str>,
    /// Text right before the prefix that may be an instance's own prefix.
    pub preceded_by: Option<Span>,
    /// Named groups of the pattern that tell something of the owner.
    pub groups: Vec<(&'static str, Span)>,
}

/// The rules, ready to run. Shared by all threads.
#[derive(Debug)]
pub struct Engine {
    prefilter: Prefilter,
    confirm: Confirm,
}

impl Engine {
    /// Prepares a rule set. The complaints are about patterns that are too large to compile.
    pub fn new(rules: RuleSet) -> Result<Self, Vec<Complaint>> {
        let prefilter = Prefilter::new(rules.rules(), rules.anchors());
        Ok(Self { prefilter, confirm: Confirm::new(rules)? })
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        self.confirm.rules()
    }

    /// What is searched for, for [`crate::rules::prepared`].
    pub fn anchors(&self) -> Anchors {
        self.prefilter.chosen()
    }

    /// How far around a keyword the text matters.
    pub fn reach(&self) -> Reach {
        self.confirm.reach()
    }

    /// Where keywords can lie across the seams of deltas.
    pub fn seams(&self) -> Seams {
        self.prefilter.seams()
    }

    /// Finds every keyword of `text` that begins in `range`, in order.
    pub fn hits(&self, text: &[u8], range: Range<usize>, hits: &mut Vec<Hit>) {
        self.prefilter.hits(text, range, hits);
    }

    /// Runs the rules around keyword hits. Matches may overlap; see [`overlap`].
    pub fn confirm(&self, text: &[u8], hits: &[Hit]) -> Vec<Match> {
        let mut matches = Vec::new();
        for hit in hits {
            for &rule in self.prefilter.rules_of(hit.keyword) {
                matches.extend(self.confirm.around(text, rule, hit.start));
            }
        }
        matches
    }

    /// Everything that a text holds, the best match wherever several overlap, in order.
    pub fn scan(&self, text: &[u8]) -> Vec<Match> {
        let mut hits = Vec::new();
        self.hits(text, 0..text.len(), &mut hits);
        let mut matches = self.confirm(text, &hits);
        let claims: Vec<_> = matches.iter().map(overlap::Claim::of).collect();
        let mut kept = overlap::losers(&claims).into_iter().map(|winner| winner.is_none());
        matches.retain(|_| kept.next().unwrap_or(false));
        matches.sort_by_key(|it| (it.secret, it.rule));
        matches
    }
}
