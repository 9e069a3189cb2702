//! A question about a token: the request, how its answer is judged, and what asking leaves behind.

use super::judge::Judge;
use crate::model::verdict::AskedWith;
use crate::net::message::Request;

/// A way to ask whether a token lives.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is sent.
    pub request: Request,
    /// How the answer is judged.
    pub judge: Judge,
    /// Whose credential asks.
    pub with: AskedWith,
    /// What it changes on the instance, apart from the time of last use.
    pub side_effect: Option<&'static str>,
}

impl Question {
    /// Asked with the operator's credential.
    pub fn of_operator(request: Request, judge: Judge) -> Self {
        Self { request, judge, with: AskedWith::Operator, side_effect: None }
    }

    /// True when only an administrator's credential is answered.
    pub fn is_for_administrators(&self) -> bool {
        matches!(self.judge, Judge::Identified(_) | Judge::Key)
    }

    /// Asked with the token itself.
    pub fn of_token(request: Request, judge: Judge) -> Self {
        Self { request, judge, with: AskedWith::Token, side_effect: None }
    }
}
