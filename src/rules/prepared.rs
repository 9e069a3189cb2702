//! The rules that come with the binary as they are once everything about them has been proven. Taking
//! their TOML apart and proving each pattern takes several milliseconds, which a hook has not: so
//! `rules/prepared.json` holds what came of it. A test makes that file anew from `rules/gitlab.toml`
//! and compares (`tests/it/rules.rs`); nothing here is proven again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bounds::Bounds;
use super::rule::{Check, Keyword, Rule};
use super::set::BUILTIN_NAME;
use crate::model::finding::{Evidence, RuleCard, Severity};

/// What came of the proofs.
const PREPARED: &str = include_str!("../../rules/prepared.json");

/// Parts of keywords for which a text is searched: the bytes, whether their case is ignored, and
/// which keywords hold them at which offset. How they are chosen is the engine's.
pub type Anchors = Vec<(String, bool, Vec<(u32, usize)>)>;

#[derive(Serialize, Deserialize)]
struct Prepared {
    rules: Vec<PreparedRule>,
    anchors: Anchors,
}

#[derive(Serialize, Deserialize)]
struct PreparedRule {
    id: String,
    title: String,
    kind: String,
    severity: String,
    remediation: String,
    evidence: String,
    keywords: Vec<(String, bool)>,
    pattern: String,
    longest: usize,
    lookback: usize,
    landmark: Option<u8>,
    checks: Vec<String>,
    boundary: bool,
    line: usize,
}

/// The rules, without their examples, and the anchors for them. `None` when the file is not what it
/// should be.
pub fn load() -> Option<(Vec<Rule>, Anchors)> {
    let prepared: Prepared = serde_json::from_str(PREPARED).ok()?;
    let file: Arc<str> = Arc::from(BUILTIN_NAME);
    let rules =
        prepared.rules.into_iter().map(|rule| rule.into_rule(&file)).collect::<Option<_>>()?;
    Some((rules, prepared.anchors))
}

/// The text of the file for these rules.
pub fn text(rules: &[Rule], anchors: &Anchors) -> String {
    let rules = rules.iter().map(PreparedRule::new).collect();
    let prepared = Prepared { rules, anchors: anchors.clone() };
    let mut text = serde_json::to_string_pretty(&prepared).unwrap_or_default();
    text.push('\n');
    text
}

impl PreparedRule {
    fn new(rule: &Rule) -> Self {
        let RuleCard { id, title, kind, severity, remediation } = (*rule.card).clone();
        let keyword =
            |it: &Keyword| (String::from_utf8_lossy(&it.bytes).into_owned(), it.ignore_case);
        let Bounds { longest, lookback, landmark } = rule.bounds;
        Self {
            id,
            title,
            kind,
            severity: severity.word().to_owned(),
            remediation,
            evidence: rule.evidence.word().to_owned(),
            keywords: rule.keywords.iter().map(keyword).collect(),
            pattern: rule.pattern.clone(),
            longest,
            lookback,
            landmark,
            checks: rule.checks.iter().map(Check::word).collect(),
            boundary: rule.boundary,
            line: rule.place.1,
        }
    }

    fn into_rule(self, file: &Arc<str>) -> Option<Rule> {
        let (id, title, kind, remediation) = (self.id, self.title, self.kind, self.remediation);
        let severity = Severity::from_word(&self.severity)?;
        let keyword =
            |(word, ignore_case): (String, bool)| Keyword { bytes: word.into_bytes(), ignore_case };
        Some(Rule {
            card: Arc::new(RuleCard { id, title, kind, severity, remediation }),
            evidence: Evidence::from_word(&self.evidence)?,
            keywords: self.keywords.into_iter().map(keyword).collect(),
            pattern: self.pattern,
            bounds: Bounds {
                longest: self.longest,
                lookback: self.lookback,
                landmark: self.landmark,
            },
            checks: self.checks.iter().map(|word| Check::from_word(word)).collect::<Option<_>>()?,
            boundary: self.boundary,
            hits: Vec::new(),
            misses: Vec::new(),
            builtin: true,
            guest: false,
            place: (Arc::clone(file), self.line),
        })
    }
}
