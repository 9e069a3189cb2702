//! What the operator's settings say about revoking: what is never touched, and what may be touched
//! when nobody sits at a terminal. Pure.

use globset::{Glob, GlobMatcher};

use crate::gitlab::entity::bot_owner;
use crate::model::finding::Finding;

/// The policy.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Kinds that may be revoked without a terminal; all of them when nothing is said.
    pub kinds: Option<Vec<String>>,
    /// User names, or `project:7` and `group:3` for what these own.
    pub owners: Option<Vec<String>>,
    /// Hosts of instances.
    pub hosts: Option<Vec<String>>,
    /// What is never touched.
    pub protect: Vec<Protect>,
}

/// An entry of what is never touched.
#[derive(Clone, Debug)]
pub struct Protect {
    /// What it is about.
    pub what: Protected,
    /// Why, in the operator's words.
    pub reason: Option<String>,
}

/// What a token is protected by.
#[derive(Clone, Debug)]
pub enum Protected {
    /// Its fingerprint.
    Fingerprint(String),
    /// The user that it acts as.
    User(String),
    /// Its name, by a pattern.
    Name(GlobMatcher),
}

impl Protected {
    /// A pattern for names: `*`, `?` and `[…]` as the shell has them.
    pub fn name(pattern: &str) -> Result<Self, String> {
        let glob = Glob::new(pattern).map_err(|error| error.kind().to_string())?;
        Ok(Self::Name(glob.compile_matcher()))
    }

    fn fits(&self, finding: &Finding) -> bool {
        let learned = &finding.verdict.learned;
        match self {
            Self::Fingerprint(fingerprint) => *fingerprint == finding.fingerprint,
            // GitLab's user names do not differ by case alone.
            Self::User(name) => {
                learned.user.username.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(name))
            }
            // Runners and triggers have descriptions for names.
            Self::Name(glob) => {
                let mut names = learned.name.iter().chain(&learned.description);
                names.any(|name| glob.is_match(name))
            }
        }
    }
}

/// Kinds that act as a user, so that an entry about users is about them.
const OF_USERS: &[&str] = &[
    "personal_access_token",
    "oauth_access_token",
    "ci_job_token",
    "pipeline_trigger_token",
    "feed_token",
    "incoming_mail_token",
    "session_cookie",
];
/// Kinds that have names.
const NAMED: &[&str] = &[
    "personal_access_token",
    "deploy_token",
    "deploy_key",
    "kubernetes_agent_token",
    "oauth_application_secret",
];

impl Policy {
    /// Why a token is never touched. What may be meant, but does not tell, is not touched either.
    pub fn protects(&self, finding: &Finding) -> Option<String> {
        let learned = &finding.verdict.learned;
        let (kind, protect) = (finding.rule.kind.as_str(), &self.protect);
        let Some(entry) = protect.iter().find(|entry| entry.what.fits(finding)) else {
            let by_user = protect.iter().any(|it| matches!(it.what, Protected::User(_)));
            let by_name = protect.iter().any(|it| matches!(it.what, Protected::Name(_)));
            let hides_user = learned.user.username.is_none() && OF_USERS.contains(&kind);
            let hides_name = learned.name.is_none() && NAMED.contains(&kind);
            let what = match (by_user && hides_user, by_name && hides_name) {
                (true, _) => "whose it is",
                (_, true) => "its name",
                _ => return None,
            };
            return Some(format!(
                "your settings protect some tokens, and the instance does not tell {what}"
            ));
        };
        let why = entry.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        Some(format!("your settings protect it{why}"))
    }

    /// Why a token is not touched when nobody is there to confirm it.
    pub fn forbids(&self, finding: &Finding, host: &str) -> Option<&'static str> {
        let lacks = |list: &Option<Vec<String>>, fits: &dyn Fn(&String) -> bool| {
            list.as_ref().is_some_and(|list| !list.iter().any(fits))
        };
        let user = finding.verdict.learned.user.username.as_deref();
        let owner = user.and_then(bot_owner).map(|(place, id)| format!("{place}:{id}"));
        let places = &finding.verdict.learned.reach;
        let is_place = |it: &String| {
            // What acts as no user belongs to the places that it opens.
            user.is_none() && places.iter().any(|at| *it == format!("{}:{}", at.place, at.id))
        };
        let is_user = |it: &String| user.is_some_and(|user| user.eq_ignore_ascii_case(it));
        let is_owner = |it: &String| is_user(it) || owner.as_ref() == Some(it) || is_place(it);
        if lacks(&self.kinds, &|it| *it == finding.rule.kind) {
            Some("your settings do not let this kind be revoked without a terminal")
        } else if lacks(&self.owners, &is_owner) {
            Some("your settings do not let this owner's tokens be revoked without a terminal")
        } else if lacks(&self.hosts, &|it| it == host) {
            Some("your settings do not let tokens of this host be revoked without a terminal")
        } else {
            None
        }
    }
}
