//! Runs the examples that a rule file gives for its rules.

use super::Engine;
use crate::model::finding::Evidence;
use crate::rules::complaint::Complaint;
use crate::rules::markers;
use crate::rules::rule::{Example, Rule};
use crate::token::sample::Sampler;

/// Examples are filled in several times, so that a pattern which a random body can break is
/// found out.
const ROUNDS: u64 = 16;

/// Runs every example of every rule; `file_of` names the file of a rule for the complaints.
pub fn run(engine: &Engine, file_of: impl Fn(&Rule) -> String) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (number, rule) in engine.rules().rules().iter().enumerate() {
        let mut complain = |example: &Example, what: String| {
            let rule_id = Some(rule.card.id.clone());
            let complaint =
                Complaint { file: file_of(rule), line: example.line, rule: rule_id, what };
            if !complaints.contains(&complaint) {
                complaints.push(complaint);
            }
        };
        for round in 0..ROUNDS {
            for hit in &rule.hits {
                if let Some(what) = missed(engine, number, hit, round) {
                    complain(hit, what);
                }
            }
            for miss in &rule.misses {
                if found(engine, number, miss, round) {
                    complain(miss, "an example that must not be found is found".to_owned());
                }
            }
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
