//! What an instance said of a token, as JSON has it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::finding::Finding;
use crate::model::verdict::{Asked, AskedWith, Reach, State, User, Verdict};

/// A verdict: the state always, the rest where it is known.
#[derive(Debug, Serialize)]
pub(crate) struct WireVerdict<'a> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_with: Option<&'static str>,
    /// Present once somebody was to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_was_used: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    side_effect: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cached: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<WireUser<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    last_used_from: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reach: Vec<WireReach<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reach_is_cut: bool,
}

#[derive(Debug, Serialize)]
struct WireUser<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bot: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct WireReach<'a> {
    place: &'static str,
    id: u64,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_level: Option<u64>,
}

impl<'a> WireVerdict<'a> {
    /// The form of a verdict.
    pub(crate) fn new(verdict: &'a Verdict) -> Self {
        let learned = &verdict.learned;
        let was_wanted = verdict.state != State::NotAsked;
        let reach = |it: &'a Reach| WireReach {
            place: it.place,
            id: it.id,
            path: &it.path,
            access_level: it.level,
        };
        Self {
            state: verdict.state.word(),
            reason: verdict.reason.as_deref(),
            instance: verdict.instance.as_deref(),
            asked_with: verdict.asked_with.map(AskedWith::word),
            token_was_used: was_wanted.then_some(verdict.token_was_used),
            side_effect: verdict.side_effect.as_deref(),
            cached: verdict.cached,
            what: learned.what.as_deref(),
            id: learned.id,
            name: learned.name.as_deref(),
            description: learned.description.as_deref(),
            user: (!learned.user.is_unknown()).then(|| WireUser::new(&learned.user)),
            scopes: &learned.scopes,
            created: learned.created.as_deref(),
            expires: learned.expires.as_deref(),
            last_used: learned.last_used.as_deref(),
            last_used_from: &learned.last_used_from,
            reach: learned.reach.iter().map(reach).collect(),
            reach_is_cut: learned.reach_is_cut,
        }
    }
}

impl<'a> WireUser<'a> {
    fn new(user: &'a User) -> Self {
        Self {
            id: user.id,
            username: user.username.as_deref(),
            name: user.name.as_deref(),
            bot: user.bot,
            admin: user.admin,
            state: user.state.as_deref(),
        }
    }
}

/// How the asking went, with the number of secrets in each state.
#[derive(Debug, Serialize)]
pub(crate) struct WireAsked {
    requests: u64,
    interrupted: bool,
    not_reached: u64,
    states: BTreeMap<&'static str, u64>,
}

impl WireAsked {
    /// The form of it.
    pub(crate) fn new(asked: Asked, findings: &[Finding]) -> Self {
        let mut states = BTreeMap::new();
        for finding in findings {
            *states.entry(finding.verdict.state.word()).or_default() += 1;
        }
        let Asked { requests, interrupted, not_reached } = asked;
        Self { requests, interrupted, not_reached, states }
    }
}
