//! Plans and receipts of a revocation: for people, for programs and for tickets. A secret is only
//! ever shown as its mask here, whatever the operator asked of the scan's reports.

mod human;
mod markdown;
mod owner;
mod refusals;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

pub use human::human;
pub(super) use human::receipt;
pub use markdown::markdown;
pub use wire::{document, lines};

use super::words;
use crate::model::finding::{Finding, Outcome};
use crate::model::revocation::{Action, Ending, Receipt, Revocation, Step};

/// A token that is to die, with all that is known of it.
struct Token<'a> {
    fingerprint: &'a str,
    kind: &'a str,
    /// `None` when no finding has this fingerprint.
    finding: Option<&'a Finding>,
    steps: Vec<&'a Step>,
    receipt: Option<&'a Receipt>,
}

/// The findings of a result by their fingerprints.
fn findings(outcome: &Outcome) -> BTreeMap<&str, &Finding> {
    outcome.findings.iter().map(|it| (it.fingerprint.as_str(), it)).collect()
}

/// The tokens of a plan, each once, in the plan's order. One that has a receipt but no step comes
/// at the end, unless the refusals tell of it.
fn tokens<'a>(outcome: &'a Outcome, revocation: &'a Revocation) -> Vec<Token<'a>> {
    let findings = findings(outcome);
    let steps = revocation.steps.iter().map(|it| (&*it.fingerprint, &*it.kind, Some(it), None));
    let receipts = revocation.receipts.iter().flatten();
    let receipts = receipts.map(|it| (&*it.fingerprint, &*it.kind, None, Some(it)));
    let refused: BTreeSet<&str> =
        revocation.refusals.iter().map(|it| it.fingerprint.as_str()).collect();
    let mut tokens: Vec<Token> = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (fingerprint, kind, step, receipt) in steps.chain(receipts) {
        let at = match seen.get(fingerprint) {
            Some(at) => *at,
            None if step.is_none() && refused.contains(fingerprint) => continue,
            None => {
                let finding = findings.get(fingerprint).copied();
                let (steps, receipt) = (Vec::new(), None);
                tokens.push(Token { fingerprint, kind, finding, steps, receipt });
                seen.insert(fingerprint, tokens.len() - 1);
                tokens.len() - 1
            }
        };
        tokens[at].steps.extend(step);
        tokens[at].receipt = tokens[at].receipt.or(receipt);
    }
    tokens
}

/// What the plan comes to, or what came of it, in one phrase without a full stop.
fn tally(revocation: &Revocation) -> String {
    let refused = |known: &BTreeSet<&str>| {
        let refused = revocation.refusals.iter().map(|it| it.fingerprint.as_str());
        refused.filter(|it| !known.contains(it)).collect::<BTreeSet<_>>().len() as u64
    };
    let (mut parts, refused) = match &revocation.receipts {
        None => (planned(revocation), refused(&BTreeSet::new())),
        Some(receipts) => {
            let known = receipts.iter().map(|it| it.fingerprint.as_str()).collect();
            (ended(revocation), refused(&known))
        }
    };
    let verb = if revocation.receipts.is_some() { "cannot be revoked" } else { "cannot be" };
    if refused > 0 {
        parts.push(format!("{} {verb}", words::number(refused)));
    }
    parts.join(", ")
}

/// How many tokens are to be revoked and rotated.
fn planned(revocation: &Revocation) -> Vec<String> {
    let count = |action: Action| {
        let steps = revocation.steps.iter().filter(|it| it.action == action);
        steps.map(|it| it.fingerprint.as_str()).collect::<BTreeSet<_>>().len() as u64
    };
    match (count(Action::Revoke), count(Action::Rotate)) {
        (0, 0) => vec!["no token to revoke".to_owned()],
        (revoke, 0) => vec![words::count(revoke, "token") + " to revoke"],
        (0, rotate) => vec![words::count(rotate, "token") + " to rotate"],
        (revoke, rotate) => vec![
            words::count(revoke, "token") + " to revoke",
            format!("{} to rotate", words::number(rotate)),
        ],
    }
}

/// How many tokens ended in which way.
fn ended(revocation: &Revocation) -> Vec<String> {
    let ended = Ending::ALL.map(|ending| (ending, revocation.count(ending)));
    let ended = ended.into_iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> = ended
        .map(|(ending, count)| format!("{} {}", words::number(count), words::ending(ending)))
        .collect();
    if parts.is_empty() { vec!["no token to revoke".to_owned()] } else { parts }
}

/// What else there is to say of the run as a whole, a sentence each.
fn notes(revocation: &Revocation) -> Vec<String> {
    let mut notes = Vec::new();
    let counts = [
        ("Dead when the plan was made", revocation.dead),
        ("Unknown to the instances that were asked", revocation.unknown_here),
    ];
    for (what, count) in counts {
        if count > 0 {
            notes.push(format!("{what}: {}.", words::count(count, "token")));
        }
    }
    if revocation.interrupted {
        let left = match revocation.receipts {
            Some(_) => "Interrupted: what was not reached was not touched.",
            None => "Interrupted: not every token was asked about.",
        };
        notes.push(left.to_owned());
    }
    if revocation.open_steps > 0 {
        let steps = words::count(revocation.open_steps, "step");
        notes.push(format!(
            "Begun in earlier runs, and still without an end: {steps} (stanch journal verify lists \
             them)."
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::{notes, tally, tokens};
    use crate::model::revocation::{Action, Ending, Refusal, Revocation, Step};
    use crate::report::sample;

    fn refusal(number: u8) -> Refusal {
        sample::refusal(&sample::live(number), "no way")
    }

    #[test]
    fn tokens_come_once_and_in_the_order_of_the_plan() {
        let findings: Vec<_> = (1..=4).map(sample::live).collect();
        let step = |at: usize| sample::step(&findings[at]);
        let receipt = |at: usize| sample::receipt(&findings[at], Ending::Revoked);
        let revocation = Revocation {
            steps: vec![step(1), step(0), step(1)],
            refusals: vec![refusal(3)],
            receipts: Some(vec![receipt(1), receipt(0), receipt(2), receipt(3)]),
            ..Revocation::default()
        };
        let outcome = sample::outcome(findings[..3].to_vec());
        let tokens = tokens(&outcome, &revocation);
        let told: Vec<_> = tokens
            .iter()
            .map(|it| {
                (&it.fingerprint[..2], it.steps.len(), it.finding.is_some(), it.receipt.is_some())
            })
            .collect();
        let expected = [("02", 2, true, true), ("01", 1, true, true), ("04", 0, false, true)];
        assert_eq!(told, expected);
    }

    #[test]
    fn the_tally_counts_tokens_and_not_steps() {
        let step = |number| sample::step(&sample::live(number));
        let rotate = |number| Step { action: Action::Rotate, ..step(number) };
        let plan = |steps, refusals| Revocation { steps, refusals, ..Revocation::default() };
        assert_eq!(tally(&plan(vec![], vec![])), "no token to revoke");
        assert_eq!(tally(&plan(vec![step(1), step(1)], vec![])), "1 token to revoke");
        assert_eq!(tally(&plan(vec![rotate(1), rotate(2)], vec![])), "2 tokens to rotate");
        let all = plan(vec![step(1), step(2), rotate(3)], vec![refusal(4), refusal(4)]);
        assert_eq!(tally(&all), "2 tokens to revoke, 1 to rotate, 1 cannot be");
    }

    #[test]
    fn after_applying_every_ending_is_counted_and_nothing_twice() {
        let receipt = |number, ending| sample::receipt(&sample::live(number), ending);
        let endings = [Ending::Revoked, Ending::Unknown, Ending::Revoked, Ending::StillLive];
        let receipts = (1..).zip(endings).map(|(number, ending)| receipt(number, ending));
        let applied = Revocation {
            receipts: Some(receipts.chain([receipt(9, Ending::Refused)]).collect()),
            refusals: vec![refusal(8), refusal(9)],
            ..Revocation::default()
        };
        let expected = "2 revoked, 1 still live, 1 refused, 1 unknown, 1 cannot be revoked";
        assert_eq!(tally(&applied), expected);
        let empty = Revocation { receipts: Some(Vec::new()), ..Revocation::default() };
        assert_eq!(tally(&empty), "no token to revoke");
    }

    #[test]
    fn what_is_left_open_is_said() {
        assert_eq!(notes(&Revocation::default()), [""; 0]);
        let mut revocation = Revocation {
            dead: 2,
            unknown_here: 1,
            open_steps: 1,
            interrupted: true,
            ..Revocation::default()
        };
        let expected = [
            "Dead when the plan was made: 2 tokens.",
            "Unknown to the instances that were asked: 1 token.",
            "Interrupted: not every token was asked about.",
            "Begun in earlier runs, and still without an end: 1 step (stanch journal verify lists them).",
        ];
        assert_eq!(notes(&revocation), expected);
        revocation.receipts = Some(Vec::new());
        let touched = "Interrupted: what was not reached was not touched.";
        assert_eq!(notes(&revocation)[2], touched);
    }
}
