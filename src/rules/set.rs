//! A set of rules that belong together, with an instance's own prefixes.

use std::sync::Arc;

use super::bounds::Bounds;
use super::complaint::Complaint;
use super::load::{Loaded, load, load_all};
use super::prefix::InstancePrefix;
use super::prepared::{self, Anchors};
use super::rule::{Check, Keyword, Rule};
use crate::model::finding::RuleCard;

/// The rules that come with the binary.
const BUILTIN: &str = include_str!("../../rules/gitlab.toml");
/// Their file's name in complaints.
pub const BUILTIN_NAME: &str = "rules/gitlab.toml";
/// The prefix that an instance's own prefix of access tokens replaces.
const REPLACED: &str = "glpat-";
/// The rules in which it does. Routable tokens with a version are found whatever their prefix.
const WITH_REPLACED: [&str; 2] =
    ["gitlab_personal_access_token", "gitlab_personal_access_token_routable"];

/// Checked rules, ready for the engine.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    prefixes: Vec<Vec<u8>>,
    /// What to search for, when that is known already for exactly these rules.
    anchors: Option<Anchors>,
}

impl RuleSet {
    /// The rules that come with the binary, without their examples.
    pub fn builtin() -> Result<Self, Vec<Complaint>> {
        match prepared::load() {
            Some((rules, anchors)) => {
                Ok(Self { rules, prefixes: Vec::new(), anchors: Some(anchors) })
            }
            None => Self::builtin_with_examples(),
        }
    }

    /// The same, read from their text and proven again. Complaints would be a mistake of ours; a test
    /// holds that there are none.
    pub fn builtin_with_examples() -> Result<Self, Vec<Complaint>> {
        let mut rules = load(BUILTIN, BUILTIN_NAME)?;
        rules.iter_mut().for_each(|rule| rule.builtin = true);
        Ok(Self { rules, ..Self::default() })
    }

    /// A set of the given rules alone.
    pub fn of(rules: Vec<Rule>) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Adds the rules of a file, all or none. A rule id must be new.
    pub fn extend(&mut self, text: &str, file: &str) -> Result<(), Vec<Complaint>> {
        let before = self.rules.len();
        let complaints = self.extend_with_usable(text, file);
        if complaints.is_empty() {
            return Ok(());
        }
        self.rules.truncate(before);
        Err(complaints)
    }

    /// Adds the rules of a file that the scanned repository brings along.
    pub fn extend_by_guests(&mut self, text: &str, file: &str) -> Result<(), Vec<Complaint>> {
        let before = self.rules.len();
        self.extend(text, file)?;
        self.rules.iter_mut().skip(before).for_each(|rule| rule.guest = true);
        Ok(())
    }

    /// Adds the rules of a file that can be run, and gives back what is wrong with the file: for
    /// running its examples whatever else is wrong.
    pub fn extend_with_usable(&mut self, text: &str, file: &str) -> Vec<Complaint> {
        let Loaded { rules, mut complaints } = load_all(text, file);
        self.anchors = None;
        for rule in rules {
            if self.rules.iter().any(|old| old.card.id == rule.card.id) {
                let what = "another rule has this id; choose a new one".to_owned();
                complaints.push(rule.complaint(rule.place.1, what));
            }
            self.rules.push(rule);
        }
        complaints.sort();
        complaints
    }

    /// Takes out the rules about which there are complaints: their patterns cannot be run.
    pub fn leave_out(&mut self, complaints: &[Complaint]) {
        let accused = |rule: &Rule| {
            complaints.iter().any(|complaint| {
                (&*complaint.file, complaint.line) == (&*rule.place.0, rule.place.1)
            })
        };
        self.rules.retain(|rule| !accused(rule));
        self.anchors = None;
    }

    /// Makes an instance's own prefix known.
    pub fn add_prefix(&mut self, prefix: &InstancePrefix) {
        let before_kinds = prefix.before_kinds.clone();
        if !before_kinds.is_empty() && !self.prefixes.contains(&before_kinds) {
            self.prefixes.push(before_kinds);
            self.prefixes.sort_by_key(|prefix| (std::cmp::Reverse(prefix.len()), prefix.clone()));
        }
        let Some(alone) = &prefix.alone else { return };
        let text: String = alone.iter().copied().map(char::from).collect();
        for id in WITH_REPLACED {
            let Some(rule) = self.rules.iter().find(|rule| rule.card.id == id) else { continue };
            let Some(body) = rule.pattern.strip_prefix(REPLACED) else { continue };
            let rule = Rule {
                keywords: vec![Keyword { bytes: alone.clone(), ignore_case: false }],
                pattern: regex_syntax::escape(&text) + body,
                bounds: Bounds {
                    longest: rule.bounds.longest - REPLACED.len() + alone.len(),
                    ..rule.bounds
                },
                ..rule.clone()
            };
            if !self.rules.iter().any(|old| old.pattern == rule.pattern) {
                self.anchors = None;
                self.rules.push(rule);
            }
        }
    }

    /// What to search for, when that is known already.
    pub fn anchors(&self) -> Option<&Anchors> {
        self.anchors.as_ref()
    }

    /// The rules, in the order of their files.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What may stand before the prefix of any kind, longest first.
    pub fn instance_prefixes(&self) -> &[Vec<u8>] {
        &self.prefixes
    }

    /// The card that stands for a kind when a token is proven by its checksum alone: of the rule
    /// for routable tokens of that kind, else of the kind's first rule.
    pub fn card_of_kind(&self, kind: &str) -> Option<&Arc<RuleCard>> {
        let of_kind = || self.rules.iter().filter(|rule| rule.card.kind == kind && !rule.guest);
        let routable = |rule: &&Rule| rule.checks.contains(&Check::Routable);
        of_kind()
            .find(|rule| rule.card.id.ends_with("_versioned"))
            .or_else(|| of_kind().find(routable))
            .or_else(|| of_kind().next())
            .map(|rule| &rule.card)
    }
}
