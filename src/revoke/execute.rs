//! Carries a plan out, a token at a time: a fresh question, a line in the journal, the request, a line
//! in the journal, the question again. What may have been carried out is not sent again before the
//! question says that the token lives; a rotation not even then. Only that question makes a token
//! dead.

use std::borrow::Cow;
use std::time::Duration;

use super::ask::{Fate, ask};
use super::journal::{Entry, Event, Ledger};
use super::successor::{Destination, LOST, settle};
use super::{Means, Plan, Target};
use crate::gitlab::effect::{Effect, effect};
use crate::gitlab::ways::{Care, Change, Stage};
use crate::model::revocation::{Action, Ending, Receipt, Way};
use crate::model::secret::Secret;
use crate::net::message::Request;

/// A request is made so often at most.
const TRIES: u32 = 3;
/// An instance that says that it is done, but still knows the token, is asked again after so long:
/// it may read from a copy that lags behind.
pub(super) const LAG: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_millis(750), Duration::from_secs(2)];
/// The wait before a request is made again.
const BACK_OFF: Duration = Duration::from_millis(500);

pub(super) type Why = Cow<'static, str>;

/// Where things are written while a plan is carried out.
pub struct Books<'a> {
    /// The journal.
    pub ledger: &'a mut dyn Ledger,
    /// Where successors go, for rotations.
    pub destination: Option<Destination<'a>>,
}

/// Carries the plan out. `told` is called after each token.
pub fn execute(
    plan: Plan,
    means: &Means<'_>,
    books: &mut Books<'_>,
    told: &dyn Fn(&Receipt),
) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    // Once the journal cannot be written nothing more is sent.
    let mut broken: Option<Why> = None;
    let Plan { targets, revocation, .. } = plan;
    for target in &targets {
        let plan = &revocation.plan;
        let mut run = Run { means, books, plan, target, unsure: None, successor: None };
        let end = match broken.clone().or_else(|| means.no_more().map(Cow::Borrowed)) {
            Some(why) => End::new(Ending::Refused, why),
            None => run.token(),
        };
        let receipt = run.receipt(end);
        let outcome = (Some(receipt.ending.word().to_owned()), receipt.reason.as_deref());
        let noted = run.note(Event::Receipt, receipt.way.as_ref(), outcome);
        broken = broken.or(noted.err());
        told(&receipt);
        receipts.push(receipt);
    }
    receipts
}

/// How it ended for one token.
struct End {
    ending: Ending,
    why: Option<Why>,
    way: Option<Way>,
}

impl End {
    fn new(ending: Ending, why: impl Into<Why>) -> Self {
        Self { ending, why: Some(why.into()), way: None }
    }
}

/// What came of one stage.
enum Outcome {
    /// A request was taken.
    Taken(Way),
    /// None was, and why the last one was not: the instance does not do it this way.
    NotTaken(Why),
    /// None was, and the token lives: something on the way is out of order.
    Failed(Why),
    /// The token is dead already.
    Dead(Option<Way>),
    /// Nobody knows; nothing more may be sent.
    Unknown(Why),
    /// The journal cannot be written: nothing was sent.
    NoJournal(Why),
}

/// One token that is being seen to.
pub(super) struct Run<'a, 'b> {
    pub(super) means: &'a Means<'a>,
    pub(super) books: &'a mut Books<'b>,
    plan: &'a str,
    pub(super) target: &'a Target,
    /// The last request of which nobody knows whether it was carried out.
    unsure: Option<Way>,
    /// The successor that a rotation has given, and whether it could be kept.
    successor: Option<(Secret, Result<(), String>)>,
}

impl Run<'_, '_> {
    fn token(&mut self) -> End {
        if let Err(why) = self.ready() {
            return End::new(Ending::Refused, why);
        }
        match ask(self.means, self.target) {
            Fate::Live => {}
            Fate::Dead => return End { ending: Ending::AlreadyDead, why: None, way: None },
            Fate::Open(why) => {
                return End::new(Ending::Unknown, format!("nothing was sent: {why}"));
            }
        }
        let (mut taken, mut failed, mut left) = (None, None, Ending::Refused);
        for stage in &self.target.stages {
            match self.stage(stage) {
                Outcome::Taken(way) => taken = Some(way),
                Outcome::NotTaken(why) => failed = Some(self.located(stage, why)),
                Outcome::Failed(why) => {
                    (failed, left) = (Some(self.located(stage, why)), Ending::StillLive);
                }
                Outcome::Dead(way) => taken = way.or(taken),
                Outcome::Unknown(why) => return End::new(Ending::Unknown, why),
                Outcome::NoJournal(why) => return End::new(Ending::Refused, why),
            }
        }
        self.prove(taken, failed, left)
    }

    /// Why a stage has failed, with its place when there are several.
    fn located(&self, stage: &Stage, why: Why) -> Why {
        match stage.first() {
            Some(first) if self.target.stages.len() > 1 => {
                format!("{}: {why}", first.request.path()).into()
            }
            _ => why,
        }
    }

    /// Looks whether a successor could be kept.
    fn ready(&mut self) -> Result<(), Why> {
        match (&mut self.books.destination, self.target.action) {
            (Some(destination), Action::Rotate) => destination.ready(self.means, self.target),
            (None, Action::Rotate) => Err("there is no place for its successor".into()),
            _ => Ok(()),
        }
    }

    /// Tries the ways of a stage until one is taken. The next one is for an instance that does not
    /// take the one before; a way that ends more than the token is for nothing else.
    fn stage(&mut self, stage: &Stage) -> Outcome {
        let mut why: Why = "there is no way".into();
        let mut is_out_of_order = false;
        for (number, change) in stage.iter().enumerate() {
            let is_careful = change.care != Care::None;
            if number > 0 && self.means.no_more().is_some() || is_out_of_order && is_careful {
                break;
            }
            // A token that is dead must never reach a rotation: GitLab would end its whole family.
            if number > 0 && self.target.action == Action::Rotate {
                match ask(self.means, self.target) {
                    Fate::Live => {}
                    Fate::Dead => return Outcome::Dead(None),
                    Fate::Open(why) => return Outcome::Unknown(why),
                }
            }
            match self.change(change) {
                Outcome::NotTaken(reason) => why = reason,
                Outcome::Failed(reason) => (why, is_out_of_order) = (reason, true),
                outcome => return outcome,
            }
        }
        if is_out_of_order { Outcome::Failed(why) } else { Outcome::NotTaken(why) }
    }

    /// Makes one request, and again when the token lives after it.
    fn change(&mut self, change: &Change) -> Outcome {
        let way = change.way();
        let mut why: Why = "there is no way".into();
        let mut is_doubtful = false;
        for tries in 1..=TRIES {
            let (effect, sent) = match self.send(&change.request, &way) {
                Ok(sent) => sent,
                Err(why) => return Outcome::NoJournal(why),
            };
            let is_unsure = sent && matches!(effect, Effect::Open(_));
            match effect {
                Effect::Done(_) => return Outcome::Taken(way),
                // What was out of order a moment ago may have done it, and be refused for that now.
                Effect::NotThisWay(why) if is_doubtful => return Outcome::Failed(why),
                Effect::NotThisWay(why) => return Outcome::NotTaken(why),
                Effect::NotYet(reason) | Effect::Open(reason) => why = reason,
            }
            is_doubtful = true;
            if is_unsure {
                self.unsure = Some(way.clone());
            }
            match ask(self.means, self.target) {
                Fate::Dead => return Outcome::Dead(is_unsure.then_some(way)),
                // It may still be under way, and a second one would meet a token that is dead.
                Fate::Live if is_unsure && self.target.action == Action::Rotate => {
                    let then = "the rotation may still be under way, so it is not sent again";
                    return Outcome::Unknown(format!("{why}; {then}").into());
                }
                Fate::Live if self.means.no_more().is_some() => break,
                Fate::Live => std::thread::sleep(BACK_OFF * tries),
                Fate::Open(reason) => {
                    let sent = if sent { "it was sent" } else { "it was not sent" };
                    return Outcome::Unknown(format!("{why}; {sent}, and then: {reason}").into());
                }
            }
        }
        Outcome::Failed(why)
    }

    /// Sends a request, with a line in the journal before and after it. A successor is kept before
    /// anything else is done. True when the instance may have seen the request.
    pub(super) fn send(&mut self, request: &Request, way: &Way) -> Result<(Effect, bool), Why> {
        let place = self.books.destination.as_ref().map(Destination::place);
        let place = place.map(|place| format!("a successor goes to {place}"));
        self.note(Event::Intent, Some(way), (None, place.as_deref()))?;
        let address = &self.means.options.instances[self.target.instance].address;
        let exchange = self.means.door.ask(address, request);
        let effect = match exchange.answer {
            Ok(response) => effect(&response),
            Err(failure) => Effect::Open(failure.to_string().into()),
        };
        if let (Effect::Done(Some(successor)), Some(destination)) =
            (&effect, &mut self.books.destination)
        {
            let kept = destination.keep(self.target, successor);
            self.successor = Some((successor.clone(), kept));
        }
        let (word, why) = match &effect {
            Effect::Done(_) => ("done", None),
            Effect::NotThisWay(why) => ("not_this_way", Some(why)),
            Effect::NotYet(why) => ("not_yet", Some(why)),
            Effect::Open(why) if exchange.sent => ("unknown", Some(why)),
            Effect::Open(why) => ("not_sent", Some(why)),
        };
        // The request is made: that its answer cannot be noted is found out at the next line.
        let why = why.map(ToString::to_string);
        let _ = self.note(Event::Answer, Some(way), (Some(word.to_owned()), why.as_deref()));
        Ok((effect, exchange.sent))
    }

    /// Asks afresh, and says how it ended.
    fn prove(&mut self, taken: Option<Way>, failed: Option<Why>, left: Ending) -> End {
        let rotates = self.target.action == Action::Rotate;
        let mut follows = Ok(());
        if let (true, Some(_)) = (rotates, &taken) {
            follows = match self.successor.take() {
                Some((successor, kept)) => settle(self, &successor, kept),
                None => Err(LOST.into()),
            };
        }
        let mut fate = ask(self.means, self.target);
        for wait in LAG {
            let is_told = taken.is_some() && failed.is_none();
            if fate == Fate::Live && (is_told || self.unsure.is_some()) {
                std::thread::sleep(wait);
                fate = ask(self.means, self.target);
            }
        }
        let taken = match (fate == Fate::Dead, taken, self.unsure.take()) {
            // It was carried out after all, and nobody has seen the successor.
            (true, None, Some(way)) => {
                follows = if rotates { Err(LOST.into()) } else { Ok(()) };
                Some(way)
            }
            (_, taken, _) => taken,
        };
        let also = |why: Why, follows: Result<(), Why>| match follows {
            Ok(()) => Some(why),
            Err(lost) => Some(format!("{why}; {lost}").into()),
        };
        let (ending, why) = match (fate, taken.is_some()) {
            (Fate::Dead, true) if rotates => match follows {
                Ok(()) => (Ending::Rotated, None),
                Err(why) => (Ending::Unknown, Some(format!("it is dead, but {why}").into())),
            },
            (Fate::Dead, true) => (Ending::Revoked, None),
            (Fate::Dead, false) if rotates && failed.is_some() => {
                let why = "it died meanwhile, and GitLab may have ended its family with it";
                (Ending::AlreadyDead, Some(why.into()))
            }
            (Fate::Dead, false) => (Ending::AlreadyDead, failed),
            (Fate::Live, false) => (left, failed),
            (Fate::Live, true) => {
                let why = failed.unwrap_or("the instance says that it was done".into());
                // A copy of the instance may lag behind, and a second rotation would end the family.
                let ending = if rotates { Ending::Unknown } else { Ending::StillLive };
                (ending, also(why, follows))
            }
            (Fate::Open(why), _) => (Ending::Unknown, also(why, follows)),
        };
        End { ending, why, way: taken }
    }

    fn receipt(&self, end: End) -> Receipt {
        self.target.receipt(self.means, end.ending, end.why, end.way)
    }

    /// Writes a line into the journal: outcome and why.
    fn note(
        &mut self,
        event: Event,
        way: Option<&Way>,
        (outcome, reason): (Option<String>, Option<&str>),
    ) -> Result<(), Why> {
        let operator = self.means.operators[self.target.instance].as_ref();
        let entry = Entry {
            event,
            plan: self.plan.to_owned(),
            fingerprint: self.target.fingerprint.clone(),
            kind: self.target.task.kind.clone(),
            instance: self.means.options.instances[self.target.instance].address.to_string(),
            action: self.target.action.word().to_owned(),
            proven_by: self.target.proven_by.clone(),
            method: way.map(|way| way.method.to_owned()),
            path: way.map(|way| way.path.clone()),
            credential: way.map(|way| way.credential.word().to_owned()),
            operator: operator.and_then(|it| it.username.clone()),
            outcome,
            reason: reason.map(str::to_owned),
        };
        let noted = self.books.ledger.note(&entry);
        noted.map_err(|why| {
            format!("the journal cannot be written, so nothing more was sent: {why}").into()
        })
    }
}
