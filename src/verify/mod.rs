//! Asks about every distinct secret once and gives it its verdict. Decides whether a secret may be
//! sent at all (`refuse`), to which of the instances that the operator named (`choose`), by which
//! questions (`gitlab::ladder`), and what the answers come to (`one`, `follow`); many at a time
//! (`crowd`). Remembers dead ones between runs (`cache`) and can tell beforehand what it would send
//! (`plan`).

pub mod cache;
pub mod choose;
pub mod crowd;
mod follow;
mod one;
mod plan;
pub mod refuse;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crate::gitlab::ladder::{Home, Policy, Subject};
use crate::model::egress::Egress;
use crate::model::facts::Facts;
use crate::model::finding::Finding;
use crate::model::secret::Secret;
use crate::model::verdict::{Asked, Verdict};
use crate::net::address::Address;
use crate::net::door::Door;
use crate::net::http::Client;
use cache::Cache;
use choose::choose;
use crowd::crowd;
use refuse::refuse;

/// An instance that the operator named.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Where it is.
    pub address: Address,
    /// The operator's own credential there.
    pub operator: Option<Secret>,
}

/// How to verify.
#[derive(Clone, Debug)]
pub struct Options {
    /// The instances, each once, in the order in which they were named.
    pub instances: Vec<Instance>,
    /// Every credential of the operator's that could be read, whichever instances are asked: none of
    /// them is ever sent as a leaked token.
    pub own: Vec<Secret>,
    /// Hosts of the remotes of what was scanned: hints.
    pub remotes: Vec<String>,
    /// What may be sent.
    pub policy: Policy,
    /// Where the operator says that tokens belong.
    pub home: Home,
    /// Requests at a time for each host.
    pub at_once: usize,
    /// Time for everything.
    pub time: Duration,
    /// Seconds since 1970, to tell what has expired.
    pub now: i64,
}

/// One secret to be asked about.
#[derive(Clone, Debug)]
pub struct Task {
    /// The word for its kind.
    pub kind: String,
    /// The secret.
    pub secret: Secret,
    /// What is known of it offline.
    pub facts: Facts,
    /// Which instances to ask, by their place in the options, in order.
    pub instances: Vec<usize>,
}

impl Task {
    /// What the questions are about.
    pub fn subject<'a>(&'a self, options: &'a Options) -> Subject<'a> {
        Subject { kind: &self.kind, secret: &self.secret, facts: &self.facts, home: &options.home }
    }
}

/// What is to be done about a finding.
pub enum Step {
    /// Its verdict stands already.
    Settled(Verdict),
    /// It is asked about.
    Ask(Task),
}

/// Decides for each finding whether it is asked about, and where.
pub fn steps(findings: &[Finding], options: &Options) -> Vec<Step> {
    findings.iter().map(|finding| step(finding, options)).collect()
}

fn step(finding: &Finding, options: &Options) -> Step {
    if let Some(verdict) = refuse(finding, options) {
        return Step::Settled(verdict);
    }
    match choose(finding, options) {
        Ok(instances) => Step::Ask(Task {
            kind: finding.rule.kind.clone(),
            secret: finding.secret.clone(),
            facts: finding.facts.clone(),
            instances,
        }),
        Err(verdict) => Step::Settled(verdict),
    }
}

/// What would be sent for these findings, without sending anything.
pub fn plan(findings: &[Finding], options: &Options, cache: Option<&Cache>) -> Egress {
    let kinds: Vec<&str> = findings.iter().map(|it| it.rule.kind.as_str()).collect();
    plan::egress(steps(findings, options), &kinds, options, cache)
}

/// What is needed while threads ask.
pub struct Means {
    /// Speaks HTTP.
    pub client: Client,
    /// Set when the user wants to end.
    pub interrupted: Arc<AtomicBool>,
}

/// Gives every finding its verdict. `told` is called with the number of secrets that are done.
pub fn run(
    findings: &mut [Finding],
    options: &Options,
    means: Means,
    mut cache: Option<&mut Cache>,
    told: &dyn Fn(u64),
) -> Asked {
    let mut asked = Vec::new();
    let mut tasks = Vec::new();
    for (number, step) in steps(findings, options).into_iter().enumerate() {
        match step {
            Step::Settled(verdict) => findings[number].verdict = verdict,
            Step::Ask(task) => match cache.as_ref().and_then(|cache| cache.get(&task, options)) {
                Some(verdict) => findings[number].verdict = verdict,
                None => {
                    asked.push(number);
                    tasks.push(task);
                }
            },
        }
    }
    if tasks.is_empty() {
        return Asked::default();
    }
    let addresses: Vec<Address> = options.instances.iter().map(|it| it.address.clone()).collect();
    let deadline = Instant::now() + options.time;
    let door = Arc::new(Door::new(means.client, &addresses, options.at_once, deadline));
    let verdicts = crowd(&tasks, options, &door, &means.interrupted, told);
    let requests = door.requests();
    // To end a client means to wait for whatever it still does, such as asking for the name of a
    // host: it ends with the program.
    std::mem::forget(door);
    let mut account = Asked {
        requests,
        interrupted: means.interrupted.load(std::sync::atomic::Ordering::Relaxed),
        not_reached: 0,
    };
    for ((number, task), verdict) in asked.into_iter().zip(&tasks).zip(verdicts) {
        let unfinished = |it: &Verdict| it.reason.as_deref() == Some(crowd::UNFINISHED);
        account.not_reached += u64::from(verdict.as_ref().is_none_or(unfinished));
        let verdict = verdict.unwrap_or_else(|| Verdict::inconclusive(crowd::NOT_REACHED));
        if let Some(cache) = cache.as_mut() {
            cache.put(task, options, &verdict);
        }
        findings[number].verdict = verdict;
    }
    account
}
