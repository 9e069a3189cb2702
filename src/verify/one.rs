//! One secret: its questions, best first, until an answer proves something.

use std::sync::OnceLock;

use super::{Instance, Options, Task, follow};
use crate::gitlab::answer::Judged;
use crate::gitlab::ladder::ladder;
use crate::gitlab::operator::{NOT_ADMINISTRATOR, REFUSED};
use crate::gitlab::question::Question;
use crate::model::verdict::{AskedWith, State, Verdict};
use crate::net::door::Door;

/// What was learned about the operator's credentials on the way: for each instance why it does not
/// help there, once that is known.
pub(super) type Useless = Vec<OnceLock<&'static str>>;

/// What is needed to ask.
pub(super) struct Asking<'a> {
    pub(super) options: &'a Options,
    pub(super) door: &'a Door,
    pub(super) useless: &'a Useless,
    /// Takes what is proven before more is asked about it, which takes time.
    pub(super) early: &'a dyn Fn(Verdict),
}

impl Asking<'_> {
    /// Asks every instance in turn until one of them knows the secret.
    pub(super) fn everywhere(&self, task: &Task) -> Verdict {
        let mut best: Option<Verdict> = None;
        let (mut used, mut side_effect, mut unasked) = (false, None, None);
        for &place in &task.instances {
            let verdict = self.at(task, place);
            used |= verdict.token_was_used;
            side_effect = side_effect.or(verdict.side_effect.clone());
            if verdict.state == State::NotAsked {
                let instance = &self.options.instances[place].address;
                let why = verdict.reason.as_deref().unwrap_or_default();
                unasked = Some(format!("{instance} was not asked: {why}"));
            }
            // "I do not know it" counts for less than "I could not find out" elsewhere.
            if best.as_ref().is_none_or(|best| verdict.state > best.state) {
                best = Some(verdict);
            }
            if best.as_ref().is_some_and(|it| it.state > State::Inconclusive) {
                break;
            }
        }
        let mut verdict = best.unwrap_or_default();
        if let (State::UnknownHere, Some(why)) = (verdict.state, unasked) {
            (verdict.state, verdict.reason) = (State::Inconclusive, Some(why.into()));
        }
        Verdict { token_was_used: used, side_effect, ..verdict }
    }

    fn at(&self, task: &Task, place: usize) -> Verdict {
        let instance = &self.options.instances[place];
        let subject = task.subject(self.options);
        let questions = match ladder(subject, instance.operator.as_ref(), self.options.policy) {
            Ok(questions) => questions,
            Err(why) => return Verdict::not_asked(why),
        };
        let address = Some(instance.address.to_string());
        let mut verdict =
            Verdict { state: State::Inconclusive, instance: address, ..Verdict::default() };
        for question in &questions {
            if !self.question(question, instance, &self.useless[place], &mut verdict) {
                break;
            }
        }
        if verdict.state == State::Live {
            (self.early)(verdict.clone());
            follow::up(&mut verdict, task, instance, self.door);
        }
        verdict
    }

    /// Asks one question. True when the next one should be asked: this way is closed. What is merely
    /// uncertain is not asked again in a way that leaves more behind.
    fn question(
        &self,
        question: &Question,
        instance: &Instance,
        useless: &OnceLock<&'static str>,
        verdict: &mut Verdict,
    ) -> bool {
        let by_operator = question.with == AskedWith::Operator;
        let known = useless
            .get()
            .filter(|why| by_operator && (**why == REFUSED || question.is_for_administrators()));
        if let Some(why) = known {
            verdict.reason = Some((*why).into());
            return true;
        }
        let exchange = self.door.ask(&instance.address, &question.request);
        let judged = exchange.answer.map(|response| question.judge.judge(&response));
        if let (true, Ok(Judged::NotThisWay(why))) = (by_operator, &judged)
            && let Some(known) = [NOT_ADMINISTRATOR, REFUSED].into_iter().find(|it| why == it)
        {
            // The same as for those that come later and are not asked at all.
            verdict.reason = Some((*useless.get_or_init(|| known)).into());
            return true;
        }
        verdict.token_was_used |= exchange.sent && !by_operator;
        if exchange.sent {
            verdict.asked_with = Some(question.with);
            verdict.side_effect =
                question.side_effect.map(Into::into).or(verdict.side_effect.take());
        }
        match judged {
            Ok(Judged::Proven { state, reason, learned }) => {
                (verdict.state, verdict.reason, verdict.learned) = (state, reason, learned);
                verdict.proven_by = Some(question.request.route);
                false
            }
            Ok(Judged::NotThisWay(why) | Judged::Absent(why)) => {
                verdict.reason = Some(why);
                true
            }
            Ok(Judged::Open(why)) => {
                verdict.reason = Some(why);
                false
            }
            Err(failure) => {
                verdict.reason = Some(failure.to_string().into());
                false
            }
        }
    }
}
