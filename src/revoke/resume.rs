//! What earlier runs left open: steps in the journal that have no end. Each is asked about at its own
//! instance by the question that knew its token; one that is dead now has got its end by that run.

use std::borrow::Cow;

use super::ask::{Fate, ask};
use super::journal::{Entry, Event, Journal, Ledger};
use super::{Means, Plan, Target};
use crate::model::finding::Finding;
use crate::model::revocation::{Action, Ending, Receipt};
use crate::verify::{self, Task};

/// How many steps have no end and are not part of the plan.
pub fn open(journal: &Journal, plan: &Plan, options: &verify::Options) -> u64 {
    journal.open().iter().filter(|entry| !is_planned(entry, plan, options)).count() as u64
}

/// True when a step of the plan takes this one up.
fn is_planned(entry: &Entry, plan: &Plan, options: &verify::Options) -> bool {
    plan.targets.iter().any(|target| {
        let instance = options.instances[target.instance].address.to_string();
        target.fingerprint == entry.fingerprint && instance == entry.instance
    })
}

/// Asks about every step that has no end and is not part of the plan. Receipts are for those that are
/// dead; the others stay open.
pub fn resume(
    journal: &Journal,
    plan: &Plan,
    findings: &[Finding],
    (means, ledger): (&Means<'_>, &mut dyn Ledger),
) -> Result<Vec<Receipt>, String> {
    let mut receipts = Vec::new();
    for entry in journal.open() {
        let Some(number) = findings.iter().position(|it| it.fingerprint == entry.fingerprint)
        else {
            continue;
        };
        let mut line = Entry { plan: plan.revocation.plan.clone(), ..entry.clone() };
        line.reason = Some(format!("left open by plan {}", entry.plan));
        if is_planned(entry, plan, means.options) {
            line.event = Event::Resumed;
            ledger.note(&line)?;
            continue;
        }
        let Some(target) = target(entry, number, &findings[number], means) else { continue };
        if ask(means, &target) == Fate::Dead {
            (line.event, line.outcome) = (Event::Receipt, Some("revoked".to_owned()));
            let receipt = receipt(entry, &target, means);
            line.reason = receipt.reason.as_deref().map(str::to_owned);
            ledger.note(&line)?;
            receipts.push(receipt);
        }
    }
    Ok(receipts)
}

/// Takes tokens out of a plan whose rotation may have been carried out already: GitLab ends the whole
/// family of a token that is rotated twice.
pub fn without_second_rotations(
    journal: &Journal,
    plan: &mut Plan,
    means: &Means<'_>,
) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    plan.targets.retain(|target| {
        let instance = means.options.instances[target.instance].address.to_string();
        let is_rotation = target.action == Action::Rotate;
        let before = journal.rotation(&target.fingerprint, &instance).filter(|_| is_rotation);
        if let Some(entry) = before {
            let place = entry.reason.as_deref().unwrap_or("a successor was not kept");
            let why = format!(
                "plan {} has rotated it already, or may have ({place}): not rotated again; without \
                 --rotate it can be revoked",
                entry.plan
            );
            receipts.push(target.receipt(means, Ending::Unknown, Some(why.into()), None));
        }
        before.is_none()
    });
    receipts
}

/// The token of a step, for a question at its instance.
fn target(entry: &Entry, number: usize, finding: &Finding, means: &Means<'_>) -> Option<Target> {
    let mut instances = means.options.instances.iter();
    let instance = instances.position(|it| it.address.to_string() == entry.instance)?;
    let rotates = entry.action == Action::Rotate.word();
    Some(Target {
        finding: number,
        fingerprint: finding.fingerprint.clone(),
        task: Task {
            kind: finding.rule.kind.clone(),
            secret: finding.secret.clone(),
            facts: finding.facts.clone(),
            instances: vec![instance],
        },
        instance,
        proven_by: entry.proven_by.clone(),
        stages: Vec::new(),
        action: if rotates { Action::Rotate } else { Action::Revoke },
    })
}

/// A rotation that was cut off has a successor that nobody may know.
fn receipt(entry: &Entry, target: &Target, means: &Means<'_>) -> Receipt {
    let by = format!("by plan {}, which was cut off before it could ask", entry.plan);
    let (ending, why): (_, Cow<'static, str>) = match target.action {
        Action::Revoke => (Ending::Revoked, by.into()),
        Action::Rotate => {
            let place = entry.reason.as_deref().unwrap_or("a successor was not kept");
            let why = format!("it is dead {by}, and its successor may live unseen: {place}");
            (Ending::Unknown, why.into())
        }
    };
    target.receipt(means, ending, Some(why), None)
}
