//! Runs the pattern of a rule in the window around one of its keywords.
//!
//! What a keyword at a place yields is defined locally: the leftmost match that holds the
//! keyword, searched from as far back as the pattern can begin. It does not matter where the
//! text begins or what else matches before it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::{Match, checks, surroundings};
use crate::model::chunk::Reach;
use crate::model::finding::RuleCard;
use crate::model::span::Span;
use crate::rules::complaint::Complaint;
use crate::rules::rule::{Check, GROUPS, Rule};
use crate::rules::set::RuleSet;
use crate::token::{jwt, key, kinds, routable};

/// Look-arounds of a pattern (`\b`) see this far past a match.
const LOOK: usize = 8;
/// A compiled pattern may take this many bytes.
const SIZE_LIMIT: usize = 4 << 20;

/// All patterns, compiled when they are first needed.
#[derive(Debug)]
pub struct Confirm {
    rules: RuleSet,
    programs: Vec<OnceLock<Option<Program>>>,
    cards: HashMap<&'static str, Arc<RuleCard>>,
    reach: Reach,
}

#[derive(Debug)]
struct Program {
    regex: Regex,
    groups: Vec<(&'static str, usize)>,
}

/// A match of a pattern, before any check.
pub struct Raw {
    /// All that the pattern matched.
    pub whole: Span,
    /// The group `secret`, or all of it.
    pub secret: Span,
    /// The group `body`, where it took part.
    pub body: Option<Span>,
    /// The other groups that took part.
    pub groups: Vec<(&'static str, Span)>,
}

impl Confirm {
    /// Takes a rule set. Patterns of others are compiled at once, to say what is wrong with
    /// them; ours when they are needed, so that a scan of clean files compiles nothing.
    pub fn new(rules: RuleSet) -> Result<Self, Vec<Complaint>> {
        let programs: Vec<OnceLock<Option<Program>>> =
            rules.rules().iter().map(|_| OnceLock::new()).collect();
        let mut complaints = Vec::new();
        for (rule, program) in rules.rules().iter().zip(&programs) {
            if rule.builtin {
                continue;
            }
            let compiled = Program::compile(rule);
            if let Err(error) = &compiled {
                complaints.push(rule.complaint(rule.place.1, format!("pattern: {error}")));
            }
            let _ = program.set(compiled.ok());
        }
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let cards = kinds::KINDS
            .iter()
            .filter_map(|kind| Some((kind.word, Arc::clone(rules.card_of_kind(kind.word)?))))
            .collect();
        let reach = rules.rules().iter().fold(Reach { before: 0, after: 0 }, |reach, rule| {
            let this = reach_of(rule);
            Reach { before: reach.before.max(this.before), after: reach.after.max(this.after) }
        });
        Ok(Self { rules, programs, cards, reach })
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// How far around a keyword the text matters.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// The card for proven tokens of a kind.
    pub fn card_of(&self, kind: &str) -> Option<&Arc<RuleCard>> {
        self.cards.get(kind)
    }

    /// What a rule finds around its keyword at `keyword`.
    pub fn around(&self, text: &[u8], number: usize, keyword: usize) -> Option<Match> {
        let rule = &self.rules.rules()[number];
        let program = self.programs[number].get_or_init(|| Program::compile(rule).ok());
        let raw = program.as_ref()?.leftmost_holding(text, rule, keyword)?;
        checks::judge(self, text, number, keyword, raw)
    }
}

/// How far around its keyword a rule looks.
fn reach_of(rule: &Rule) -> Reach {
    let further = rule.checks.iter().map(|check| match check {
        Check::Jwt => jwt::MAX,
        Check::PrivateKey => key::MAX,
        _ => 0,
    });
    let leftwards = rule.checks.iter().map(|check| match check {
        // The keyword of a pattern without a prefix is the tail: before it stand body and prefix.
        Check::Routable | Check::RoutableAnyPrefix => routable::MAX_PREFIX + routable::BODY.end(),
        _ => 0,
    });
    Reach {
        before: rule.bounds.lookback + leftwards.max().unwrap_or(0) + surroundings::BEFORE + LOOK,
        after: rule.bounds.longest + further.max().unwrap_or(0) + surroundings::AFTER + LOOK,
    }
}

impl Program {
    fn compile(rule: &Rule) -> Result<Self, regex::Error> {
        // A pattern that begins with its keyword is run at that place alone.
        let pattern = match rule.bounds.lookback {
            0 => format!(r"\A(?:{})", rule.pattern),
            _ => rule.pattern.clone(),
        };
        let regex = RegexBuilder::new(&pattern).unicode(false).size_limit(SIZE_LIMIT).build()?;
        let groups = regex
            .capture_names()
            .enumerate()
            .filter_map(|(index, name)| {
                let name = name?;
                Some((*GROUPS.iter().find(|&&group| group == name)?, index))
            })
            .collect();
        Ok(Self { regex, groups })
    }

    /// The leftmost match that holds the keyword.
    fn leftmost_holding(&self, text: &[u8], rule: &Rule, keyword: usize) -> Option<Raw> {
        let end = text.len().min(keyword + rule.bounds.longest + LOOK);
        let start = keyword.saturating_sub(rule.bounds.lookback);
        let landmark = rule.bounds.landmark;
        if landmark.is_some_and(|byte| memchr::memchr(byte, &text[start..end]).is_none()) {
            return None;
        }
        if rule.bounds.lookback == 0 {
            let captures = self.regex.captures(&text[keyword..end])?;
            return Some(self.raw(&captures, keyword));
        }
        let base = keyword.saturating_sub(rule.bounds.lookback + LOOK);
        let window = &text[base..end];
        let mut at = start - base;
        loop {
            let found = self.regex.find_at(window, at)?;
            if base + found.start() > keyword {
                return None;
            }
            if base + found.end() > keyword {
                let captures = self.regex.captures_at(window, found.start())?;
                return Some(self.raw(&captures, base));
            }
            at = found.start() + 1;
        }
    }

    fn raw(&self, captures: &Captures<'_>, base: usize) -> Raw {
        let span = |index: usize| {
            captures.get(index).map(|it| Span::new(base + it.start(), base + it.end()))
        };
        let mut raw = Raw {
            whole: span(0).unwrap_or(Span::new(base, base)),
            secret: span(0).unwrap_or(Span::new(base, base)),
            body: None,
            groups: Vec::new(),
        };
        for &(name, index) in &self.groups {
            match (name, span(index)) {
                (_, None) => {}
                ("secret", Some(span)) => raw.secret = span,
                ("body", Some(span)) => raw.body = Some(span),
                (_, Some(span)) => raw.groups.push((name, span)),
            }
        }
        raw
    }
}
