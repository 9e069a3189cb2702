//! What would leave the machine: hosts, kinds, numbers of requests. Pure: made by the same decisions
//! as asking, and sends nothing.

use super::cache::Cache;
use super::{Options, Step, Task, follow};
use crate::gitlab::ladder::ladder;
use crate::model::egress::Egress;
use crate::model::verdict::AskedWith;

/// What would be sent for findings with these steps; `kinds` are their kinds.
pub(super) fn egress(
    steps: Vec<Step>,
    kinds: &[&str],
    options: &Options,
    cache: Option<&Cache>,
) -> Egress {
    let mut plan = Egress::default();
    for (step, kind) in steps.into_iter().zip(kinds) {
        match step {
            Step::Settled(verdict) => {
                let why = verdict.reason.unwrap_or_default().into_owned();
                *plan.kept.entry(((*kind).to_owned(), why)).or_default() += 1;
            }
            Step::Ask(task) if cache.is_some_and(|it| it.get(&task, options).is_some()) => {
                let why = "known from the verdict cache".to_owned();
                *plan.kept.entry((task.kind, why)).or_default() += 1;
            }
            Step::Ask(task) => ask(&task, options, &mut plan),
        }
    }
    plan
}

fn ask(task: &Task, options: &Options, plan: &mut Egress) {
    let (mut is_asked, mut why_not) = (false, String::new());
    for &place in &task.instances {
        let instance = &options.instances[place];
        let operator = instance.operator.as_ref();
        let questions = match ladder(task.subject(options), operator, options.policy) {
            Ok(questions) => questions,
            Err(why) => {
                why_not = why.into_owned();
                continue;
            }
        };
        is_asked = true;
        let (more, most) = follow::routes(&task.kind, operator.is_some());
        let key = (instance.address.to_string(), task.kind.clone());
        let parcel = plan.sent.entry(key).or_default();
        parcel.tokens += 1;
        parcel.requests += questions.len() as u64 + most;
        let first = questions.iter().map(|question| {
            let (method, route) = (question.request.method.word(), question.request.route);
            let in_address = question.request.query.iter().any(|(_, value)| value.is_secret());
            let mark = if in_address { ", which stands in the address" } else { "" };
            format!("{method} {route} ({}{mark})", question.with.word())
        });
        let then = more.iter().map(|route| format!("{route} (if it lives)"));
        for route in first.chain(then) {
            if !parcel.routes.contains(&route) {
                parcel.routes.push(route);
            }
        }
        parcel.uses_token |= questions.iter().any(|it| it.with == AskedWith::Token);
    }
    if !is_asked {
        *plan.kept.entry((task.kind.clone(), why_not)).or_default() += 1;
    }
}
