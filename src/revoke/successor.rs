//! Where a rotated token's successor goes: a file that is made ready before anything is asked for, and
//! from there into a CI/CD variable if that is wanted. It is never shown.

use std::borrow::Cow;

use super::Means;
use super::Target;
use super::ask::{Fate, works};
use crate::gitlab::answer::{object, word};
use crate::gitlab::changes;
use crate::gitlab::effect::{Effect, effect};
use crate::gitlab::ways::Operator;
use crate::model::secret::Secret;
use crate::net::address::Address;
use crate::net::message::Response;

/// Keeps successors. `cli` has a file behind it, which its owner alone can read.
pub trait Keeper {
    /// Makes sure that a successor can be kept, before there is one.
    fn reserve(&mut self) -> Result<(), String>;
    /// Keeps it. When this is done it survives whatever comes.
    fn keep(&mut self, fingerprint: &str, successor: &Secret) -> Result<(), String>;
    /// It is safe elsewhere, and need not be kept unless that was asked for.
    fn release(&mut self, fingerprint: &str);
    /// Where it is, for people.
    fn place(&self) -> String;
}

/// A CI/CD variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The path or id of its project.
    pub project: String,
    /// Its key.
    pub key: String,
}

/// Where successors go.
pub struct Destination<'a> {
    /// The file.
    pub keeper: &'a mut dyn Keeper,
    /// The variable.
    pub variable: Option<Variable>,
}

impl Destination<'_> {
    /// Looks whether a successor can be kept, and put where it is to go.
    pub fn ready(&mut self, means: &Means<'_>, target: &Target) -> Result<(), Cow<'static, str>> {
        self.keeper.reserve()?;
        let Some(variable) = &self.variable else { return Ok(()) };
        let (operator, address) = operator(means, target)?;
        let request = changes::variable(operator, &variable.project, &variable.key);
        let answer = means.door.ask(address, &request).answer;
        match answer {
            Ok(response) if response.status == 200 && object(&response).is_some() => Ok(()),
            // The project is there, and the variable will be made.
            Ok(response) if says_no_variable(&response) => Ok(()),
            Ok(response) => Err(format!(
                "the variable for the successor cannot be reached with the operator's credential ({})",
                response.status
            )
            .into()),
            Err(failure) => Err(failure.to_string().into()),
        }
    }

    /// Keeps a successor, puts it where it is to go, and asks whether it works.
    pub fn take(
        &mut self,
        means: &Means<'_>,
        target: &Target,
        successor: &Secret,
    ) -> Result<(), Cow<'static, str>> {
        let kept = self.keeper.keep(&target.fingerprint, successor);
        let put = self.variable.as_ref().map(|it| put(means, target, it, successor));
        match (&kept, put) {
            (_, Some(Ok(()))) => self.keeper.release(&target.fingerprint),
            (Ok(()), None) => {}
            (Ok(()), Some(Err(why))) => {
                return Err(format!("{why}; it is in {}", self.keeper.place()).into());
            }
            (Err(why), _) => return Err(lost(means, target, successor, why)),
        }
        match works(means, target, successor) {
            Fate::Live => Ok(()),
            Fate::Dead => Err("its successor does not work".into()),
            Fate::Open(why) => Err(format!("its successor was not proven to work: {why}").into()),
        }
    }
}

/// GitLab's words for a variable that is not there, in a project that is
/// (`lib/api/ci/variables.rb`).
fn says_no_variable(response: &Response) -> bool {
    let body = object(response).unwrap_or_default();
    response.status == 404 && word(&body, "message") == "404 Variable Not Found"
}

/// Nobody will ever know a successor that could not be kept: it must not live on.
fn lost(means: &Means<'_>, target: &Target, successor: &Secret, why: &str) -> Cow<'static, str> {
    let address = &means.options.instances[target.instance].address;
    let request = match target.task.kind.as_str() {
        "runner_authentication_token" => None,
        _ => Some(changes::delete_self(successor)),
    };
    let ended = request.is_some_and(|request| {
        let answer = means.door.ask(address, &request).answer;
        answer.is_ok_and(|response| matches!(effect(&response), Effect::Done(_)))
    });
    let then = if ended { "it was revoked at once" } else { "it lives, and nobody knows it" };
    format!("its successor could not be kept ({why}): {then}").into()
}

type Asker<'a> = (&'a Secret, &'a Address);

fn operator<'a>(means: &'a Means<'_>, target: &Target) -> Result<Asker<'a>, Cow<'static, str>> {
    let operator: Option<&Operator> = means.operators[target.instance].as_ref();
    let operator = operator.ok_or("a variable takes an operator's credential")?;
    Ok((&operator.secret, &means.options.instances[target.instance].address))
}

/// Changes the variable's value alone, or makes it when it is not there.
fn put(
    means: &Means<'_>,
    target: &Target,
    variable: &Variable,
    successor: &Secret,
) -> Result<(), Cow<'static, str>> {
    let (operator, address) = operator(means, target)?;
    let Variable { project, key } = variable;
    // Twice the same value does no harm.
    let update = changes::update_variable(operator, project, key, successor).repeatable();
    let create = changes::create_variable(operator, project, key, successor);
    let mut why: Cow<'static, str> = "nothing was sent".into();
    for request in [update, create] {
        why = match means.door.ask(address, &request).answer {
            Ok(response) => match effect(&response) {
                Effect::Done(_) => return Ok(()),
                Effect::NotThisWay(why) | Effect::Open(why) => why,
            },
            Err(failure) => failure.to_string().into(),
        };
    }
    Err(format!("its successor is not in the variable: {why}").into())
}
