//! The fresh question: does this token live? Asked before every changing request and after it.

use std::borrow::Cow;

use super::{Means, Target};
use crate::gitlab::answer::Judged;
use crate::gitlab::judge::Judge;
use crate::gitlab::ladder::ladder;
use crate::gitlab::owners::Owners;
use crate::gitlab::question::Question;
use crate::gitlab::routes;
use crate::gitlab::ways::Operator;
use crate::model::secret::Secret;
use crate::model::verdict::{State, User};
use crate::net::door::Door;
use crate::net::message::{Request, Response};
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

/// Asks about a token that was proven to live before. The operator's question comes first; where it no
/// longer finds the token, the token's own question decides, if it has one.
pub fn ask(means: &Means<'_>, target: &Target) -> Fate {
    let asking = Asking { means, target };
    let subject = target.task.subject(means.options);
    let instance = &means.options.instances[target.instance];
    let questions = ladder(subject, instance.operator.as_ref(), means.options.policy);
    let mut why: Cow<'static, str> = "nobody can be asked".into();
    let mut missing = None;
    for question in questions.unwrap_or_default() {
        if asking.is_in_vain(&question) {
            continue;
        }
        let judged = match asking.once(&question) {
            Ok(judged) => judged,
            Err(reason) => return Fate::Open(reason),
        };
        match judged {
            Judged::Proven { state: State::Live, .. } => return Fate::Live,
            Judged::Proven { state: State::Expired | State::Revoked, .. } => return Fate::Dead,
            Judged::Proven { state: State::UnknownHere, reason, .. } => {
                if missing.is_some() || asking.would_know(&question) {
                    return Fate::Dead;
                }
                why = reason.unwrap_or("it is not taken there, which proves nothing here".into());
            }
            // Others may still have the key, and only an administrator sees whether they do.
            Judged::Absent(_)
                if matches!(question.judge, Judge::Owners(Owners::DeployKey { .. })) =>
            {
                return Fate::Open(OTHERS.into());
            }
            Judged::Absent(reason) => {
                if asking.would_tell(&question) {
                    missing = Some(question);
                }
                why = reason;
            }
            Judged::Open(reason) => return Fate::Open(reason),
            Judged::NotThisWay(reason) => why = reason,
            Judged::Proven { .. } => why = "an answer that proves nothing".into(),
        }
    }
    // Nobody else can be asked: once more, since one copy of the instance may not know the route.
    let again = missing.map(|question| asking.once(&question));
    match again {
        Some(Ok(Judged::Absent(_))) => Fate::Dead,
        _ => Fate::Open(why),
    }
}

/// What a project's list of deploy keys leaves open.
const OTHERS: &str =
    "the project has the key no longer; whether others have it only an administrator can see";

struct Asking<'a> {
    means: &'a Means<'a>,
    target: &'a Target,
}

impl Asking<'_> {
    fn operator(&self) -> Option<&Operator> {
        self.means.operators[self.target.instance].as_ref()
    }

    fn send(&self, request: &Request) -> Result<Response, Cow<'static, str>> {
        let address = &self.means.options.instances[self.target.instance].address;
        self.means.door.ask(address, request).answer.map_err(|failure| failure.to_string().into())
    }

    fn once(&self, question: &Question) -> Result<Judged, Cow<'static, str>> {
        self.send(&question.request).map(|response| question.judge.judge(&response))
    }

    /// True for an administrator's question when the operator is none.
    fn is_in_vain(&self, question: &Question) -> bool {
        let is_none = self.operator().is_some_and(|it| it.admin == Some(false));
        is_none && question.is_for_administrators()
    }

    /// True when this is the question that found the token before.
    fn knew(&self, question: &Question) -> bool {
        self.target.proven_by.as_deref() == Some(question.request.route)
    }

    /// True when "I do not know it" of this question is proof. A feed may merely be turned off.
    fn would_know(&self, question: &Question) -> bool {
        match question.judge {
            // What drops the credential on the way gives the same answer to everybody.
            Judge::SelfInformation => self.operator().is_none_or(|operator| {
                let control = routes::self_information(&operator.secret);
                let judged = self.send(&control).map(|it| Judge::SelfInformation.judge(&it));
                matches!(judged, Ok(Judged::Proven { state: State::Live, .. }))
            }),
            Judge::DeployToken | Judge::RunnerDiscovery | Judge::RunnerVerification => true,
            _ => self.knew(question),
        }
    }

    /// True when "I do not have it" of this question means something: it found the token before, and
    /// still finds others.
    fn would_tell(&self, question: &Question) -> bool {
        if !self.knew(question) {
            return false;
        }
        let Judge::Identified(_) = question.judge else { return true };
        // The route may have been turned off in between: it must still know the operator's own token.
        let Some(operator) = self.operator() else { return false };
        let kind = "personal_access_token";
        let control = routes::identify(&operator.secret, kind, &operator.secret);
        let judged = self.send(&control).map(|it| Judge::Identified(kind).judge(&it));
        matches!(judged, Ok(Judged::Proven { state: State::Live, .. }))
    }
}

/// Asks whether a successor works.
pub fn works(means: &Means<'_>, target: &Target, successor: &Secret) -> Fate {
    let instance = &means.options.instances[target.instance];
    let questions = match target.task.kind.as_str() {
        "runner_authentication_token" => {
            let discovery = routes::runner_discovery(successor);
            let mut questions = vec![Question::of_token(discovery, Judge::RunnerDiscovery)];
            if !means.options.policy.no_side_effects {
                let verification = routes::runner_verification(successor);
                questions.push(Question::of_token(verification, Judge::RunnerVerification));
            }
            questions
        }
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
