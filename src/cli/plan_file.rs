//! Plans in files: written as the JSON document of the plan, read again, and held against what a new
//! scan finds. No secret stands in one.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};
use serde::Deserialize;

use super::settings;
use crate::model::finding::Finding;
use crate::model::revocation::{Action, Ending, Receipt, Refusal, Revocation, Step, Way};
use crate::model::verdict::AskedWith;
use crate::revoke::Plan;
use crate::revoke::plan::id;

/// A larger file is no plan.
const LARGEST: u64 = 64 << 20;

/// A plan that was read.
#[derive(Debug)]
pub struct PlanFile {
    /// Its id.
    pub id: String,
    /// Its steps.
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
struct WirePlan {
    schema: u32,
    plan: String,
    steps: Vec<WireStep>,
}

#[derive(Deserialize)]
struct WireStep {
    fingerprint: String,
    kind: String,
    instance: String,
    action: String,
    into: Option<String>,
    #[serde(flatten)]
    way: WireWay,
    #[serde(default)]
    otherwise: Vec<WireWay>,
}

#[derive(Deserialize)]
struct WireWay {
    method: String,
    path: String,
    credential: String,
    breaks: Option<String>,
}

impl WireWay {
    fn read(self) -> Option<Way> {
        Some(Way {
            method: ["DELETE", "POST", "PUT"].into_iter().find(|it| **it == self.method)?,
            path: self.path,
            credential: match self.credential.as_str() {
                "operator" => AskedWith::Operator,
                "token" => AskedWith::Token,
                _ => return None,
            },
            breaks: self.breaks.map(Cow::Owned),
        })
    }
}

impl WireStep {
    fn read(self) -> Option<Step> {
        Some(Step {
            fingerprint: self.fingerprint,
            kind: self.kind,
            instance: self.instance,
            action: [Action::Revoke, Action::Rotate]
                .into_iter()
                .find(|action| action.word() == self.action)?,
            into: self.into,
            way: self.way.read()?,
            otherwise: self.otherwise.into_iter().map(WireWay::read).collect::<Option<_>>()?,
        })
    }
}

impl PlanFile {
    /// Reads a plan.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = settings::read_at_most(path, LARGEST, "plan")?;
        let plan: WirePlan = serde_json::from_slice(&text)
            .map_err(|error| anyhow!("line {}", error.line()))
            .with_context(|| format!("plan {shown} is none that --plan-out has written"))?;
        ensure!(plan.schema == 1, "plan {shown} was written by a later version of stanch");
        let steps: Option<Vec<Step>> = plan.steps.into_iter().map(WireStep::read).collect();
        let steps = steps.ok_or_else(|| anyhow!("plan {shown} has a step that is none"))?;
        ensure!(
            id(&steps) == plan.plan,
            "plan {shown} was changed after it was written: make a new one with --plan-out"
        );
        Ok(Self { id: plan.plan, steps })
    }

    /// Leaves in a new plan only what this one lists. What it lists and the new one does not have
    /// gets a receipt that says why.
    pub fn limit(&self, plan: &mut Plan, findings: &[Finding]) -> Vec<Receipt> {
        let own = |fingerprint: &str, steps: &[Step]| -> Vec<Step> {
            steps.iter().filter(|it| it.fingerprint == fingerprint).cloned().collect()
        };
        let revocation = &mut plan.revocation;
        let fits = |fingerprint: &str| {
            let (known, new) = (own(fingerprint, &self.steps), own(fingerprint, &revocation.steps));
            !known.is_empty() && id(&known) == id(&new)
        };
        plan.targets.retain(|target| fits(&target.fingerprint));
        let kept: Vec<String> = plan.targets.iter().map(|it| it.fingerprint.clone()).collect();
        let mut receipts: Vec<Receipt> = Vec::new();
        for step in self.steps.iter().filter(|step| !kept.contains(&step.fingerprint)) {
            if receipts.iter().all(|it| it.fingerprint != step.fingerprint) {
                receipts.push(left_out(step, revocation, findings));
            }
        }
        let is_listed =
            |fingerprint: &str| self.steps.iter().any(|it| it.fingerprint == fingerprint);
        let mut strangers: Vec<Refusal> = Vec::new();
        for step in revocation.steps.iter().filter(|step| !is_listed(&step.fingerprint)) {
            if strangers.iter().all(|it| it.fingerprint != step.fingerprint) {
                strangers.push(stranger(step));
            }
        }
        revocation.refusals.retain(|refusal| !is_listed(&refusal.fingerprint));
        revocation.steps.retain(|step| kept.contains(&step.fingerprint));
        // What lives and is not in it is not touched, but not hidden either.
        revocation.refusals.extend(strangers);
        revocation.plan.clone_from(&self.id);
        receipts
    }
}

/// A token that lives, and that the plan of the file does not have.
fn stranger(step: &Step) -> Refusal {
    Refusal {
        fingerprint: step.fingerprint.clone(),
        kind: step.kind.clone(),
        instance: Some(step.instance.clone()),
        reason: "it lives, but the plan that is carried out does not have it".into(),
        remedy: None,
    }
}

/// What became of a token that the new plan does not have, or has another step for.
fn left_out(step: &Step, revocation: &Revocation, findings: &[Finding]) -> Receipt {
    let fingerprint = &step.fingerprint;
    let finding = findings.iter().find(|it| it.fingerprint == *fingerprint);
    let refusal = revocation.refusals.iter().find(|it| it.fingerprint == *fingerprint);
    let is_planned = revocation.steps.iter().any(|it| it.fingerprint == *fingerprint);
    let (ending, reason): (_, Option<Cow<'static, str>>) = match (finding, refusal) {
        (None, _) => (Ending::Refused, Some("its secret was not found again".into())),
        (_, Some(refusal)) => (Ending::Refused, Some(refusal.reason.clone())),
        _ if is_planned => {
            let why = "the plan no longer fits: another request would end it now";
            (Ending::Refused, Some(why.into()))
        }
        (Some(finding), None) if finding.verdict.state.is_dead() => (Ending::AlreadyDead, None),
        _ => (Ending::Unknown, Some("its instance does not know it now".into())),
    };
    Receipt {
        fingerprint: fingerprint.clone(),
        kind: step.kind.clone(),
        instance: Some(step.instance.clone()),
        ending,
        reason,
        remedy: None,
        way: None,
    }
}
