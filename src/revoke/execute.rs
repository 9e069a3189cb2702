//! Carries a plan out, a token at a time. Before each changing request its token must have just been
//! proven to live, and the journal must hold what is about to happen. What may have been carried out
//! is never sent again without asking first. Only a fresh question makes a token dead.

use std::borrow::Cow;
use std::time::Duration;

use super::ask::{Fate, ask};
use super::journal::{Entry, Event, Ledger};
use super::successor::Destination;
use super::{Means, Plan, Target};
use crate::gitlab::effect::{Effect, effect};
use crate::gitlab::ways::{Change, Stage};
use crate::model::revocation::{Action, Ending, Receipt, Way};
use crate::model::secret::Secret;

/// A request is made so often at most.
const TRIES: u32 = 3;
/// An instance that says that it is done, but still knows the token, is asked again after so long:
/// it may read from a copy that lags behind.
const LAG: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_millis(750), Duration::from_secs(2)];
/// The wait before a request is made again.
const BACK_OFF: Duration = Duration::from_millis(500);

/// What became of a successor whose answer never came.
const LOST: &str = "its successor was lost on the way: make a new token";

type Why = Cow<'static, str>;

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
        let mut run = Run { means, books, plan: &revocation.plan, target, unsure: None };
        let end = match broken.clone().or_else(|| means.is_over().map(Cow::Borrowed)) {
            Some(why) => End { ending: Ending::Refused, why: Some(why), way: None },
            None => run.token(),
        };
        let receipt = run.receipt(end);
        let noted = run.note(Event::Receipt, receipt.way.as_ref(), &receipt_words(&receipt));
        broken = broken.or(noted.err());
        told(&receipt);
        receipts.push(receipt);
    }
    receipts
}

fn receipt_words(receipt: &Receipt) -> (Option<String>, Option<String>) {
    (Some(receipt.ending.word().to_owned()), receipt.reason.as_deref().map(str::to_owned))
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
    Taken(Way, Option<Secret>),
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

struct Run<'a, 'b> {
    means: &'a Means<'a>,
    books: &'a mut Books<'b>,
    plan: &'a str,
    target: &'a Target,
    /// The last request of which nobody knows whether it was carried out.
    unsure: Option<Way>,
}

impl Run<'_, '_> {
    fn token(&mut self) -> End {
        match ask(self.means, self.target) {
            Fate::Live => {}
            Fate::Dead => return End { ending: Ending::AlreadyDead, why: None, way: None },
            Fate::Open(why) => {
                return End::new(Ending::Unknown, format!("nothing was sent: {why}"));
            }
        }
        if let Err(why) = self.ready() {
            return End::new(Ending::Refused, why);
        }
        let (mut taken, mut successor, mut failed) = (None, None, None);
        let mut left = Ending::Refused;
        for stage in &self.target.stages {
            match self.stage(stage) {
                Outcome::Taken(way, new) => (taken, successor) = (Some(way), new),
                Outcome::NotTaken(why) => failed = Some(why),
                Outcome::Failed(why) => (failed, left) = (Some(why), Ending::StillLive),
                Outcome::Dead(way) => taken = way.or(taken),
                Outcome::Unknown(why) => return End::new(Ending::Unknown, why),
                Outcome::NoJournal(why) => return End::new(Ending::Refused, why),
            }
        }
        let end = self.prove(taken, successor, failed);
        if end.ending == Ending::Refused { End { ending: left, ..end } } else { end }
    }

    /// Looks whether a successor could be kept.
    fn ready(&mut self) -> Result<(), Why> {
        match (&mut self.books.destination, self.target.action) {
            (Some(destination), Action::Rotate) => destination.ready(self.means, self.target),
            (None, Action::Rotate) => Err("there is no place for its successor".into()),
            _ => Ok(()),
        }
    }

    /// Tries the ways of a stage until one is taken.
    fn stage(&mut self, stage: &Stage) -> Outcome {
        let mut why: Why = "there is no way".into();
        let mut is_out_of_order = false;
        for (number, change) in stage.iter().enumerate() {
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

    /// Makes one request, again when it is certain that it was not carried out.
    fn change(&mut self, change: &Change) -> Outcome {
        let address = &self.means.options.instances[self.target.instance].address;
        let way = change.way();
        let mut why: Why = "there is no way".into();
        for tries in 1..=TRIES {
            if let Err(why) = self.note(Event::Intent, Some(&way), &(None, None)) {
                return Outcome::NoJournal(why);
            }
            let exchange = self.means.door.ask(address, &change.request);
            let effect = match exchange.answer {
                Ok(response) => effect(&response),
                Err(failure) => Effect::Open(failure.to_string().into()),
            };
            let words = match &effect {
                Effect::Done(_) => ("done", None),
                Effect::NotThisWay(why) => ("not_this_way", Some(why.to_string())),
                Effect::Open(why) if exchange.sent => ("unknown", Some(why.to_string())),
                Effect::Open(why) => ("not_sent", Some(why.to_string())),
            };
            // The request is made: that the answer cannot be noted is found out at the next line.
            let _ = self.note(Event::Answer, Some(&way), &(Some(words.0.to_owned()), words.1));
            match effect {
                Effect::Done(successor) => return Outcome::Taken(way, successor),
                Effect::NotThisWay(why) => return Outcome::NotTaken(why),
                Effect::Open(reason) => why = reason,
            }
            self.unsure = exchange.sent.then(|| way.clone()).or(self.unsure.take());
            match ask(self.means, self.target) {
                Fate::Dead => return Outcome::Dead(exchange.sent.then_some(way)),
                Fate::Live if self.means.is_over().is_some() => break,
                Fate::Live => std::thread::sleep(BACK_OFF * tries),
                Fate::Open(reason) => {
                    let sent = if exchange.sent { "it was sent" } else { "it was not sent" };
                    return Outcome::Unknown(format!("{why}; {sent}, and then: {reason}").into());
                }
            }
        }
        Outcome::Failed(why)
    }

    /// Asks afresh, and says how it ended.
    fn prove(&mut self, taken: Option<Way>, successor: Option<Secret>, failed: Option<Why>) -> End {
        let mut follows = self.follows(taken.as_ref(), successor);
        let mut fate = ask(self.means, self.target);
        for wait in LAG {
            if fate == Fate::Live && taken.is_some() && failed.is_none() {
                std::thread::sleep(wait);
                fate = ask(self.means, self.target);
            }
        }
        let taken = match (fate == Fate::Dead, taken, self.unsure.take()) {
            // It was carried out after all, and nobody has seen the successor.
            (true, None, Some(way)) => {
                follows = Err(LOST.into());
                Some(way)
            }
            (_, taken, _) => taken,
        };
        let rotates = self.target.action == Action::Rotate;
        let (ending, why) = match (fate, taken.is_some()) {
            (Fate::Dead, true) if rotates => match follows {
                Ok(()) => (Ending::Rotated, None),
                Err(why) => (Ending::Unknown, Some(format!("it is dead, but {why}").into())),
            },
            (Fate::Dead, true) => (Ending::Revoked, None),
            (Fate::Dead, false) => (Ending::AlreadyDead, failed),
            (Fate::Live, false) => (Ending::Refused, failed),
            (Fate::Live, true) => {
                let why = failed.unwrap_or("the instance says that it was done".into());
                (Ending::StillLive, Some(why))
            }
            (Fate::Open(why), _) => (Ending::Unknown, Some(why)),
        };
        End { ending, why, way: taken }
    }

    /// Sees that the successor of a rotation is kept and works.
    fn follows(&mut self, taken: Option<&Way>, successor: Option<Secret>) -> Result<(), Why> {
        let Some(destination) = &mut self.books.destination else { return Ok(()) };
        match (taken, successor) {
            (Some(_), Some(successor)) => destination.take(self.means, self.target, &successor),
            (Some(_), None) => Err(LOST.into()),
            (None, _) => Ok(()),
        }
    }

    fn receipt(&self, end: End) -> Receipt {
        let instance = &self.means.options.instances[self.target.instance].address;
        Receipt {
            fingerprint: self.target.fingerprint.clone(),
            kind: self.target.task.kind.clone(),
            instance: Some(instance.to_string()),
            ending: end.ending,
            reason: end.why,
            way: end.way,
        }
    }

    /// Writes a line into the journal.
    fn note(
        &mut self,
        event: Event,
        way: Option<&Way>,
        (outcome, reason): &(Option<String>, Option<String>),
    ) -> Result<(), Why> {
        let operator = self.means.operators[self.target.instance].as_ref();
        let entry = Entry {
            event,
            plan: self.plan.to_owned(),
            fingerprint: self.target.fingerprint.clone(),
            kind: self.target.task.kind.clone(),
            instance: self.means.options.instances[self.target.instance].address.to_string(),
            action: self.target.action.word().to_owned(),
            method: way.map(|way| way.method.to_owned()),
            path: way.map(|way| way.path.clone()),
            credential: way.map(|way| way.credential.word().to_owned()),
            operator: operator.and_then(|it| it.username.clone()),
            outcome: outcome.clone(),
            reason: reason.clone(),
        };
        let noted = self.books.ledger.note(&entry);
        noted.map_err(|why| {
            format!("the journal cannot be written, so nothing more was sent: {why}").into()
        })
    }
}
