//! Runs the examples that a rule file gives for its rules.

use super::Engine;
use crate::model::finding::Evidence;
use crate::rules::complaint::Complaint;
use crate::rules::markers;
use crate::rules::rule::Example;
use crate::token::sample::Sampler;

/// Examples are filled in several times, so that a pattern which a random body can break is
/// found out.
const ROUNDS: u64 = 16;

/// Runs every example of every rule, and says of each that fails why, once.
pub fn run(engine: &Engine) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (number, rule) in engine.rules().rules().iter().enumerate() {
        let mut complain = |list: &str, at: usize, example: &Example, what: Option<String>| {
            // Examples can share a line. They are not quoted: one may hold a secret.
            let what = what.map(|what| format!("{what} ({list}, number {})", at + 1));
            complaints.extend(what.map(|what| rule.complaint(example.line, what)));
        };
        for (at, hit) in rule.hits.iter().enumerate() {
            let what = (0..ROUNDS).find_map(|round| missed(engine, number, hit, round));
            complain("hits", at, hit, what);
        }
        for (at, miss) in rule.misses.iter().enumerate() {
            let found = (0..ROUNDS).any(|round| found(engine, number, miss, round));
            let what = found.then(|| "an example that must not be found is found".to_owned());
            complain("misses", at, miss, what);
        }
    }
    complaints
}

/// Says what is wrong with an example that must be found; `None` when all is well.
fn missed(engine: &Engine, number: usize, example: &Example, seed: u64) -> Option<String> {
    let rule = &engine.rules().rules()[number];
    let expanded = markers::expand(&example.text, &mut Sampler::new(seed)).ok()?;
    let matches = engine.scan(expanded.text.as_bytes());
    for secret in expanded.secrets {
        let Some(found) = matches.iter().find(|found| found.secret.overlaps(secret)) else {
            return Some("an example that must be found is not found".to_owned());
        };
        if let Some(doubt) = found.doubt {
            return Some(format!("an example that must be found is weak: {doubt}"));
        }
        // A rule for any kind may find what carries the card of its kind.
        if found.rule != number && found.card.id != rule.card.id {
            return Some(format!("an example is found by rule {} instead", found.card.id));
        }
        if found.secret != secret {
            return Some("an example is found, but not whole".to_owned());
        }
    }
    None
}

fn found(engine: &Engine, number: usize, example: &Example, seed: u64) -> bool {
    let Ok(expanded) = markers::expand(&example.text, &mut Sampler::new(seed)) else {
        return false;
    };
    engine
        .scan(expanded.text.as_bytes())
        .iter()
        .any(|found| found.rule == number && found.evidence > Evidence::Weak)
}
