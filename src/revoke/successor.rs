//! Where a rotated token's successor goes: a file that is made ready before anything is asked for, and
//! from there into a CI/CD variable if that is wanted. It is never shown.

use super::ask::{Fate, works};
use super::execute::{LAG, Run, Why};
use super::{Means, Target};
use crate::gitlab::answer::{object, word};
use crate::gitlab::changes;
use crate::gitlab::effect::Effect;
use crate::model::revocation::Way;
use crate::model::secret::Secret;
use crate::model::verdict::AskedWith;
use crate::net::address::Address;
use crate::net::message::{Request, Response};

/// What became of a successor whose answer never came.
pub(super) const LOST: &str = "its successor was lost on the way: it may live, so look for it at the instance, revoke it there, \
     and make a new one";

/// Keeps successors. `cli` has a file behind it, which its owner alone can read.
pub trait Keeper {
    /// Makes sure that a successor can be kept, before there is one.
    fn reserve(&mut self) -> Result<(), String>;
    /// Keeps it. When this is done it survives whatever comes.
    fn keep(&mut self, fingerprint: &str, successor: &Secret) -> Result<(), String>;
    /// The last one is safe elsewhere, and need not be kept unless that was asked for.
    fn release(&mut self);
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
    keeper: &'a mut dyn Keeper,
    variable: Option<Variable>,
    /// True when the variable is there already.
    is_there: bool,
}

impl<'a> Destination<'a> {
    /// A file and, if that is wanted, a variable.
    pub fn new(keeper: &'a mut dyn Keeper, variable: Option<Variable>) -> Self {
        Self { keeper, variable, is_there: false }
    }

    /// Looks whether a successor can be kept, and put where it is to go.
    pub(super) fn ready(&mut self, means: &Means<'_>, target: &Target) -> Result<(), Why> {
        self.keeper.reserve()?;
        let Some(variable) = &self.variable else { return Ok(()) };
        let (operator, address) = operator(means, target)?;
        let request = changes::variable(operator, &variable.project, &variable.key);
        let answer = means.door.ask(address, &request).answer;
        match answer {
            Ok(response) if response.status == 200 && object(&response).is_some() => {
                self.is_there = true;
                Ok(())
            }
            // The project is there, and the variable will be made.
            Ok(response) if says_no_variable(&response) => {
                self.is_there = false;
                Ok(())
            }
            Ok(response) => Err(format!(
                "the variable for the successor cannot be reached with the operator's credential ({})",
                response.status
            )
            .into()),
            Err(failure) => Err(failure.to_string().into()),
        }
    }

    /// Keeps a successor.
    pub(super) fn keep(&mut self, target: &Target, successor: &Secret) -> Result<(), String> {
        self.keeper.keep(&target.fingerprint, successor)
    }

    /// Where the file is.
    pub(super) fn place(&self) -> String {
        self.keeper.place()
    }

    /// Where the last successor has gone.
    fn last_place(&self) -> String {
        match &self.variable {
            Some(variable) => format!("the variable {}", variable.key),
            None => self.place(),
        }
    }

    /// The request that puts a successor into the variable.
    fn put(&self, operator: &Secret, successor: &Secret) -> Option<Request> {
        let Variable { project, key } = self.variable.as_ref()?;
        Some(match self.is_there {
            true => changes::update_variable(operator, project, key, successor),
            false => changes::create_variable(operator, project, key, successor),
        })
    }
}

/// GitLab's words for a variable that is not there, in a project that is
/// (`lib/api/ci/variables.rb`).
fn says_no_variable(response: &Response) -> bool {
    let body = object(response).unwrap_or_default();
    response.status == 404 && word(&body, "message") == "404 Variable Not Found"
}

fn operator<'a>(means: &'a Means<'_>, target: &Target) -> Result<(&'a Secret, &'a Address), Why> {
    let operator = means.operators[target.instance].as_ref();
    let operator = operator.ok_or("a variable takes an operator's credential")?;
    Ok((&operator.secret, &means.options.instances[target.instance].address))
}

/// Puts a successor where it is to go, and asks whether it works.
pub(super) fn settle(
    run: &mut Run<'_, '_>,
    successor: &Secret,
    kept: Result<(), String>,
) -> Result<(), Why> {
    let put = put(run, successor);
    match (kept, put) {
        (_, Some(Ok(()))) => {
            run.books.destination.iter_mut().for_each(|it| it.keeper.release());
        }
        (Ok(()), None) => {}
        (Ok(()), Some(Err(why))) => {
            let place = run.books.destination.as_ref().map(Destination::place).unwrap_or_default();
            return Err(
                format!("its successor is not in the variable: {why}; it is in {place}").into()
            );
        }
        (Err(why), _) => return Err(end(run, successor, &why)),
    }
    let mut fate = works(run.means, run.target, successor);
    for wait in LAG {
        // The instance may read from a copy that lags behind.
        if fate == Fate::Dead {
            std::thread::sleep(wait);
            fate = works(run.means, run.target, successor);
        }
    }
    let place = run.books.destination.as_ref().map(Destination::last_place).unwrap_or_default();
    match fate {
        Fate::Live => Ok(()),
        Fate::Dead => Err(format!("its successor, in {place}, does not work").into()),
        Fate::Open(why) => {
            Err(format!("its successor, in {place}, was not proven to work: {why}").into())
        }
    }
}

/// Puts it into the variable, if there is one.
fn put(run: &mut Run<'_, '_>, successor: &Secret) -> Option<Result<(), Why>> {
    let destination = run.books.destination.as_ref()?;
    let (operator, _) = match operator(run.means, run.target) {
        Ok(operator) => operator,
        Err(why) => return destination.variable.is_some().then_some(Err(why)),
    };
    let request = destination.put(operator, successor)?;
    Some(match run.send(&request, &way(&request, AskedWith::Operator)) {
        Ok((Effect::Done(_), _)) => Ok(()),
        Ok((Effect::NotThisWay(why) | Effect::NotYet(why), _)) => Err(why),
        Ok((Effect::Open(why), _)) => Err(format!("perhaps not, {why}").into()),
        Err(why) => Err(why),
    })
}

/// Nobody will ever know a successor that could not be kept: it must not live on.
fn end(run: &mut Run<'_, '_>, successor: &Secret, why: &str) -> Why {
    if run.target.task.kind == "personal_access_token" {
        let request = changes::delete_self(successor);
        // Whether it was taken is what the question tells.
        let _ = run.send(&request, &way(&request, AskedWith::Token));
    }
    let then = match works(run.means, run.target, successor) {
        Fate::Dead => "it was revoked at once",
        _ => "it may live, and nobody knows it",
    };
    format!("its successor could not be kept ({why}): {then}").into()
}

fn way(request: &Request, credential: AskedWith) -> Way {
    Way { method: request.method.word(), path: request.path(), credential, breaks: None }
}
