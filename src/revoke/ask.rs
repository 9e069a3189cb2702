//! The fresh question: does this token live? Asked before every changing request and after it.

use std::borrow::Cow;

use super::{Means, Target};
use crate::gitlab::answer::Judged;
use crate::gitlab::judge::Judge;
use crate::gitlab::ladder::ladder;
use crate::gitlab::question::Question;
use crate::gitlab::routes;
use crate::gitlab::ways::Operator;
use crate::model::secret::Secret;
use crate::model::verdict::{State, User};
use crate::net::door::Door;
use crate::verify::{Instance, Options};

/// What an instance says of a token now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It lives.
    Live,
    /// It is dead.
    Dead,
    /// Nobody can tell, and why.
    Open(Cow<'static, str>),
}

/// Asks about a token that was proven to live before.
pub fn ask(means: &Means<'_>, target: &Target) -> Fate {
    let instance = &means.options.instances[target.instance];
    let operator = means.operators[target.instance].as_ref();
    let subject = target.task.subject(means.options);
    let questions = ladder(subject, instance.operator.as_ref(), means.options.policy);
    let mut why: Cow<'static, str> = "nobody can be asked".into();
    for question in questions.unwrap_or_default() {
        let no_admin = operator.is_some_and(|it| it.admin == Some(false));
        if no_admin && question.is_for_administrators() {
            continue;
        }
        let exchange = means.door.ask(&instance.address, &question.request);
        let judged = match exchange.answer {
            Ok(response) => question.judge.judge(&response),
            Err(failure) => return Fate::Open(failure.to_string().into()),
        };
        match judged {
            Judged::Proven { state: State::Live, .. } => return Fate::Live,
            Judged::Proven { state: State::Expired | State::Revoked, .. } => return Fate::Dead,
            // What knew it when the plan was made, and does not know it now, has lost it. Another
            // question may be refused for reasons of its own.
            Judged::Proven { state: State::UnknownHere, reason, .. } => {
                if knew(target, &question) {
                    return Fate::Dead;
                }
                why = reason.unwrap_or("it is not taken there, which proves nothing here".into());
            }
            Judged::Absent(_) if is_proof(means, target, &question, operator) => return Fate::Dead,
            Judged::Open(reason) => return Fate::Open(reason),
            Judged::Absent(reason) | Judged::NotThisWay(reason) => why = reason,
            Judged::Proven { .. } => why = "an answer that proves nothing".into(),
        }
    }
    Fate::Open(why)
}

/// True when this question has found the token before, or would find every one of its kind.
fn knew(target: &Target, question: &Question) -> bool {
    target.proven_by == Some(question.request.route) || question.judge == Judge::SelfInformation
}

/// True when "I do not have it" is proof: the same question found it before and still finds others.
fn is_proof(
    means: &Means<'_>,
    target: &Target,
    question: &Question,
    operator: Option<&Operator>,
) -> bool {
    if !knew(target, question) {
        return false;
    }
    let Judge::Identified(_) = question.judge else { return true };
    // The route may have been turned off in between: it must still know the operator's own token.
    let Some(operator) = operator else { return false };
    let control = routes::identify(&operator.secret, "personal_access_token", &operator.secret);
    let instance = &means.options.instances[target.instance];
    let answer = means.door.ask(&instance.address, &control).answer;
    let judge = Judge::Identified("personal_access_token");
    let judged = answer.map(|response| judge.judge(&response));
    matches!(judged, Ok(Judged::Proven { state: State::Live, .. }))
}

/// Asks whether a successor works.
pub fn works(means: &Means<'_>, target: &Target, successor: &Secret) -> Fate {
    let instance = &means.options.instances[target.instance];
    let questions = match target.task.kind.as_str() {
        "runner_authentication_token" => vec![
            Question::of_token(routes::runner_discovery(successor), Judge::RunnerDiscovery),
            Question::of_token(routes::runner_verification(successor), Judge::RunnerVerification),
        ],
        _ => vec![Question::of_token(routes::self_information(successor), Judge::SelfInformation)],
    };
    for question in questions {
        let answer = means.door.ask(&instance.address, &question.request).answer;
        match answer.map(|response| question.judge.judge(&response)) {
            Ok(Judged::Proven { state: State::Live, .. }) => return Fate::Live,
            Ok(Judged::Proven { .. }) => return Fate::Dead,
            Ok(Judged::NotThisWay(_) | Judged::Absent(_)) => {}
            Ok(Judged::Open(why)) => return Fate::Open(why),
            Err(failure) => return Fate::Open(failure.to_string().into()),
        }
    }
    Fate::Open("nobody can be asked".into())
}

/// Asks each instance whose credential the operator's is.
pub fn operators(options: &Options, door: &Door) -> Vec<Option<Operator>> {
    let one = |instance: &Instance| {
        let secret = instance.operator.clone()?;
        let get = |request| door.ask(&instance.address, &request).answer.ok();
        let user = get(routes::current_user(&secret)).map(|it| Judge::CurrentUser.judge(&it));
        let user = match user {
            Some(Judged::Proven { learned, .. }) if learned.user.id.is_some() => learned.user,
            _ => User::default(),
        };
        // GitLab shows administrators, and nobody else, whether they are (`lib/api/users.rs`).
        let admin = user.id.map(|_| user.admin == Some(true));
        let own =
            get(routes::self_information(&secret)).map(|it| Judge::SelfInformation.judge(&it));
        let token = match own {
            Some(Judged::Proven { learned, .. }) => learned.id,
            _ => None,
        };
        Some(Operator { secret, token, user: user.id, username: user.username, admin })
    };
    options.instances.iter().map(one).collect()
}
