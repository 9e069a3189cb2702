//! Which tokens are to die, in which order and by which requests; which are left alone, and why. Pure:
//! verdicts and settings in, a plan out.

use std::borrow::Cow;
use std::cmp::Reverse;

use sha2::{Digest as _, Sha256};

use super::policy::Policy;
use super::{Plan, Target};
use crate::gitlab::operator::IDENTIFIABLE;
use crate::gitlab::remedy::{page, remedy};
use crate::gitlab::ways::{Care, Change, Doomed, Operator, ways};
use crate::model::facts::OwnerField;
use crate::model::finding::{Evidence, Finding};
use crate::model::origin::Origin;
use crate::model::provenance::Exposure;
use crate::model::revocation::{Action, Refusal, Revocation, Step, Way};
use crate::model::secret::Secret;
use crate::model::verdict::State;
use crate::verify::{self, Task};

/// How to plan.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is wanted.
    pub action: Action,
    /// The operator's settings.
    pub policy: Policy,
    /// Also what was never pushed.
    pub include_local: bool,
    /// Whatever a commit holds has come from the server: this is a job of GitLab's.
    pub in_job: bool,
    /// Some target is a repository, so that a file is pushed or it is not.
    pub has_history: bool,
    /// Where successors go, in words.
    pub into: Option<String>,
    /// A successor goes into a variable, which takes an operator's credential.
    pub into_variable: bool,
    /// Nobody is there to confirm.
    pub unattended: bool,
    /// What is carried out was written to a file before, where somebody could read it.
    pub is_read: bool,
}

/// Why a guess is not acted upon.
const GUESS: &str = "only the user name beside it says which one it is: without a terminal it takes a \
                     plan that somebody has read (--plan-out, then --apply --plan)";

/// What a token of the plan comes to.
enum Choice {
    Doomed(Box<Target>),
    Refused(Refusal),
    Dead,
    UnknownHere,
    /// Too weak to be taken for a token.
    Nothing,
}

/// Makes a plan of findings with their verdicts.
pub fn make(
    findings: &[Finding],
    verified: &verify::Options,
    operators: &[Option<Operator>],
    options: &Options,
) -> Plan {
    let chooser = Chooser { findings, verified, operators, options };
    let mut revocation = Revocation::default();
    let mut targets = Vec::new();
    for number in 0..findings.len() {
        match chooser.choose(number) {
            Choice::Doomed(target) => targets.push(*target),
            Choice::Refused(refusal) => revocation.refusals.push(refusal),
            Choice::Dead => revocation.dead += 1,
            Choice::UnknownHere => revocation.unknown_here += 1,
            Choice::Nothing => {}
        }
    }
    targets.sort_by_cached_key(|target| urgency(&findings[target.finding]));
    let into = options.into.as_ref();
    revocation.steps = targets.iter().flat_map(|it| steps(it, verified, into)).collect();
    revocation.plan = id(&revocation.steps);
    Plan { targets, revocation, operators: operators.to_vec() }
}

/// Widest reach and most recent use first.
fn urgency(finding: &Finding) -> impl Ord + use<> {
    let learned = &finding.verdict.learned;
    let level = learned.reach.iter().filter_map(|reach| reach.level).max();
    (
        // An application's secret may be needed to end the application's tokens.
        finding.rule.kind == "oauth_application_secret",
        Reverse(learned.user.admin == Some(true)),
        Reverse(finding.verdict.can_write()),
        Reverse((level, learned.reach.len())),
        Reverse(learned.last_used.clone()),
        finding.fingerprint.clone(),
    )
}

/// The steps of a token, a stage each.
fn steps(target: &Target, verified: &verify::Options, into: Option<&String>) -> Vec<Step> {
    let instance = verified.instances[target.instance].address.to_string();
    let step = |stage: &Vec<Change>| {
        let mut ways: Vec<Way> = stage.iter().map(Change::way).collect();
        let otherwise = ways.split_off(1);
        Some(Step {
            fingerprint: target.fingerprint.clone(),
            kind: target.task.kind.clone(),
            instance: instance.clone(),
            action: target.action,
            into: into.cloned(),
            way: ways.pop()?,
            otherwise,
        })
    };
    target.stages.iter().filter_map(step).collect()
}

/// The short id of a plan: eight hexadecimal digits of a hash of all its steps.
pub fn id(steps: &[Step]) -> String {
    let mut hash = Sha256::new();
    for step in steps {
        let Step { fingerprint, instance, action, into, way, otherwise, .. } = step;
        let into = into.as_deref().unwrap_or_default();
        hash.update(format!("{fingerprint} {instance} {} {into}\n", action.word()));
        for way in std::iter::once(way).chain(otherwise) {
            let Way { method, path, credential, .. } = way;
            hash.update(format!("  {method} {path} {}\n", credential.word()));
        }
    }
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

struct Chooser<'a> {
    findings: &'a [Finding],
    verified: &'a verify::Options,
    operators: &'a [Option<Operator>],
    options: &'a Options,
}

impl Chooser<'_> {
    fn choose(&self, number: usize) -> Choice {
        let finding = &self.findings[number];
        if self.verified.own.contains(&finding.secret) {
            let why = "it is the credential that stanch itself uses here";
            return self.refused(finding, why, Help::None);
        }
        match finding.verdict.state {
            State::Live => match self.doom(number) {
                Ok(target) => Choice::Doomed(Box::new(target)),
                Err((why, help)) => self.refused(finding, why, help),
            },
            State::Expired | State::Revoked => Choice::Dead,
            State::UnknownHere => Choice::UnknownHere,
            State::NotAsked if finding.evidence == Evidence::Weak => Choice::Nothing,
            State::NotAsked if finding.facts.expires.is_some_and(|it| it <= self.verified.now) => {
                Choice::Dead
            }
            State::NotAsked | State::Inconclusive => {
                let why = finding.verdict.reason.as_deref().unwrap_or("nobody was asked");
                let why = format!("stanch cannot tell whether it lives: {why}");
                self.refused(finding, why, Help::Page)
            }
        }
    }

    /// A token that lives: its ways, or why it is left alone.
    fn doom(&self, number: usize) -> Result<Target, (Cow<'static, str>, Help)> {
        let finding = &self.findings[number];
        let verdict = &finding.verdict;
        let address = verdict.instance.as_deref().unwrap_or_default();
        let instances = &self.verified.instances;
        let place = instances.iter().position(|it| it.address.to_string() == address);
        let place = place.ok_or_else(|| ("nobody knows where it lives".into(), Help::None))?;
        let operator = self.operators[place].as_ref();
        if let Some(why) = self.spared(finding, place) {
            return Err((why, Help::None));
        }
        let task = Task {
            kind: finding.rule.kind.clone(),
            secret: finding.secret.clone(),
            facts: finding.facts.clone(),
            instances: vec![place],
        };
        let doomed = Doomed {
            subject: task.subject(self.verified),
            learned: &verdict.learned,
            operator,
            may_use_token: !self.verified.policy.operator_only,
            applications: &self.applications(address),
        };
        let mut stages = ways(&doomed, self.options.action);
        if self.options.unattended && !self.options.is_read {
            stages.iter_mut().for_each(|stage| stage.retain(|it| it.care != Care::Guess));
            let before = stages.len();
            stages.retain(|stage| !stage.is_empty());
            if before > 0 && stages.is_empty() {
                return Err((GUESS.into(), Help::Page));
            }
        }
        if stages.is_empty() {
            let why = match self.options.action {
                Action::Rotate => self.no_rotation(finding),
                Action::Revoke => impossible(&finding.rule.kind, operator),
            };
            return Err((why.into(), Help::Page));
        }
        Ok(Target {
            finding: number,
            fingerprint: finding.fingerprint.clone(),
            task,
            instance: place,
            proven_by: verdict.proven_by.map(str::to_owned),
            stages,
            action: self.options.action,
        })
    }

    /// Why a token that lives is left alone although something could be done.
    fn spared(&self, finding: &Finding, place: usize) -> Option<Cow<'static, str>> {
        let operator = self.operators[place].as_ref();
        if operator.is_some_and(|it| is_own(it, finding)) {
            return Some("it is the credential that stanch itself uses here".into());
        }
        if let Some(why) = self.options.policy.protects(finding) {
            return Some(why.into());
        }
        if let Some(why) = self.is_local(finding) {
            return Some(why.into());
        }
        let host = self.verified.instances[place].address.host();
        let forbidden = self.options.policy.forbids(finding, host);
        if let Some(why) = forbidden.filter(|_| self.options.unattended) {
            return Some(why.into());
        }
        let lacks_operator = self.options.into_variable && operator.is_none();
        lacks_operator.then(|| "a variable takes an operator's credential".into())
    }

    /// Why nobody outside can have seen it. What no history holds was never pushed; what came from no
    /// repository at all is for the operator to know.
    fn is_local(&self, finding: &Finding) -> Option<&'static str> {
        if self.options.include_local {
            return None;
        }
        let known = finding.provenance.as_ref().map(|it| it.exposure);
        let of_commit = finding.places.iter().any(|it| it.origin.commit().is_some());
        if self.options.in_job && (known.is_some() || of_commit) {
            return None;
        }
        let inside = finding.places.iter().any(|it| it.origin != Origin::Stdin);
        match known {
            Some(Exposure::Pushed) => None,
            Some(Exposure::LocalOnly) => {
                Some("it was never pushed: only this repository holds it (--include-local)")
            }
            Some(Exposure::Unreachable) => {
                Some("no ref leads to a commit with it, so it was not pushed (--include-local)")
            }
            None if inside && self.options.has_history => Some(
                "whether it was pushed is not known: no history that was read holds it \
                 (--include-local)",
            ),
            None => None,
        }
    }

    /// The applications whose secrets were found living at the same instance.
    fn applications(&self, instance: &str) -> Vec<(&str, &Secret)> {
        let living = self.findings.iter().filter(|it| {
            it.verdict.state == State::Live
                && it.verdict.instance.as_deref() == Some(instance)
                && it.rule.kind == "oauth_application_secret"
        });
        living.filter_map(|it| Some((it.facts.client_id.as_deref()?, &it.secret))).collect()
    }

    fn refused(
        &self,
        finding: &Finding,
        reason: impl Into<Cow<'static, str>>,
        help: Help,
    ) -> Choice {
        let instance = finding.verdict.instance.clone();
        let kind = &finding.rule.kind;
        let remedy = (help == Help::Page).then(|| {
            let steps = remedy(kind);
            match instance.as_deref().and_then(|address| self.page(finding, address)) {
                Some(page) => format!("{steps} ({page})").into(),
                None => Cow::Borrowed(steps),
            }
        });
        Choice::Refused(Refusal {
            fingerprint: finding.fingerprint.clone(),
            kind: kind.clone(),
            instance,
            reason: reason.into(),
            remedy,
        })
    }

    /// The page on which a person ends it.
    fn page(&self, finding: &Finding, address: &str) -> Option<String> {
        let known = |place: &str, beside: OwnerField, typed: &Option<String>| {
            let reach = &finding.verdict.learned.reach;
            let mut own = reach.iter().filter(|it| it.place == place);
            let first = own.next().filter(|_| reach.len() == 1);
            let told = first
                .map(|it| if it.path.is_empty() { it.id.to_string() } else { it.path.clone() });
            let beside = || finding.facts.owner.get(&beside).map(u64::to_string);
            told.or_else(|| typed.clone()).or_else(beside)
        };
        let home = &self.verified.home;
        let project = known("project", OwnerField::Project, &home.project);
        let group = finding.facts.group_path.clone();
        let group = group.or_else(|| known("group", OwnerField::Group, &home.group));
        page(&finding.rule.kind, address, project.as_deref(), group.as_deref())
    }

    fn no_rotation(&self, finding: &Finding) -> &'static str {
        match finding.rule.kind.as_str() {
            "personal_access_token" => {
                "its scopes do not let it rotate itself, and no operator's credential may"
            }
            "runner_authentication_token" => "no credential at hand may reset it",
            _ => "GitLab does not rotate this kind; without --rotate it can be revoked",
        }
    }
}

/// Whether a person is told what to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Help {
    None,
    Page,
}

/// True when a token is the operator's own, by its id.
fn is_own(operator: &Operator, finding: &Finding) -> bool {
    let learned = &finding.verdict.learned;
    operator.token.is_some()
        && operator.token == learned.id
        && finding.rule.kind == "personal_access_token"
}

fn impossible(kind: &str, operator: Option<&Operator>) -> &'static str {
    let known = IDENTIFIABLE.contains(&kind)
        || ["deploy_key", "runner_registration_token", "oauth_access_token"].contains(&kind);
    match operator {
        _ if !known => "GitLab has no request that ends it",
        None => "it cannot end itself, and there is no operator's credential",
        Some(operator) if operator.admin == Some(false) => {
            "it cannot end itself, and the operator's credential, which is no administrator's, does \
             not reach it"
        }
        Some(_) => "it cannot end itself, and where it belongs is not known",
    }
}
