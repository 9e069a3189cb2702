//! What an instance said of a secret. Never a bool, and never a borrowed HTTP status: "not asked" is
//! not "dead", and neither is "no answer that proves anything".

use std::borrow::Cow;

/// The answer to "does this token live?", in one word. Ordered from the least to the most that is
/// known of the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nobody was asked.
    #[default]
    NotAsked,
    /// The instance does not take the token and says no more: it was never made there, was deleted or,
    /// for kinds of which nothing is kept, is dead.
    UnknownHere,
    /// No answer proves anything.
    Inconclusive,
    /// The instance knows the token, and its time is over.
    Expired,
    /// The instance knows the token, and somebody has revoked it.
    Revoked,
    /// The instance takes the token.
    Live,
}

impl State {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::NotAsked,
        Self::UnknownHere,
        Self::Inconclusive,
        Self::Expired,
        Self::Revoked,
        Self::Live,
    ];

    /// The word for it in machine-readable reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::UnknownHere => "unknown_here",
            Self::Inconclusive => "inconclusive",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Live => "live",
        }
    }

    /// The inverse of [`State::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// True when the instance has proven that the token no longer works there.
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked)
    }
}

/// Whose credential asked the question that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AskedWith {
    /// The operator's: the token itself was not used.
    Operator,
    /// The token's own: the instance has noted the use.
    Token,
}

impl AskedWith {
    /// The word for it in machine-readable reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Token => "token",
        }
    }
}

/// A group or project that a token reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    /// `group` or `project`.
    pub place: &'static str,
    /// Its API id.
    pub id: u64,
    /// Its full path, or its name where the instance tells no more.
    pub path: String,
    /// Access level (10 guest, 15 planner, 20 reporter, 30 developer, 40 maintainer, 50 owner:
    /// GitLab `doc/api/access_requests.md`); `None` where the instance does not tell.
    pub level: Option<u64>,
}

/// The role of an access level (GitLab `doc/api/access_requests.md`).
pub fn role(level: u64) -> String {
    let known = match level {
        5 => "minimal access",
        10 => "guest",
        15 => "planner",
        20 => "reporter",
        25 => "security manager",
        30 => "developer",
        40 => "maintainer",
        50 => "owner",
        60 => "administrator",
        _ => return format!("access level {level}"),
    };
    known.to_owned()
}

/// Who a token acts as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// API id.
    pub id: Option<u64>,
    /// `@name` without the sign.
    pub username: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// True for the user behind a project or group access token.
    pub bot: Option<bool>,
    /// True for an administrator.
    pub admin: Option<bool>,
    /// `active`, `blocked`, …
    pub state: Option<String>,
}

impl User {
    /// True when nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// What an instance told of a token. Texts are the instance's: they may hold anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// What it is, more exactly than its kind: `project access token`, `impersonation token`, …
    pub what: Option<String>,
    /// The API id of the token, runner, job, trigger or key.
    pub id: Option<u64>,
    /// The API id of what holds it: the agent of an agent's token.
    pub holder: Option<u64>,
    /// Its name or title.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Who it acts as.
    pub user: User,
    /// What it may do, in the instance's words.
    pub scopes: Vec<String>,
    /// Whether it may write, where that is known without scopes.
    pub may_write: Option<bool>,
    /// When it was made, as the instance writes it.
    pub created: Option<String>,
    /// When it ends, as the instance writes it.
    pub expires: Option<String>,
    /// When it was last used, as the instance writes it. Our own question may have been that use.
    pub last_used: Option<String>,
    /// The addresses that used it last, newest five at most.
    pub last_used_from: Vec<String>,
    /// Groups and projects.
    pub reach: Vec<Reach>,
    /// True when there are more of them than were listed.
    pub reach_is_cut: bool,
}

/// What came of asking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub state: State,
    /// Why, where the state alone does not tell.
    pub reason: Option<Cow<'static, str>>,
    /// The address of the instance that gave the answer.
    pub instance: Option<String>,
    /// Whose credential asked.
    pub asked_with: Option<AskedWith>,
    /// True when the token itself was sent as a credential, whatever came of it: the instance may
    /// have noted the use.
    pub token_was_used: bool,
    /// What the question has changed on the instance, apart from the time of last use.
    pub side_effect: Option<Cow<'static, str>>,
    /// True when the answer is from an earlier run.
    pub cached: bool,
    /// The route whose answer proved it.
    pub proven_by: Option<&'static str>,
    /// What was learned.
    pub learned: Box<Learned>,
}

impl Verdict {
    /// Nobody was asked, and why.
    pub fn not_asked(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: Some(reason.into()), ..Self::default() }
    }

    /// Nothing was proven, and why.
    pub fn inconclusive(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { state: State::Inconclusive, reason: Some(reason.into()), ..Self::default() }
    }

    /// True when the token lives, or an attempt to find out has failed.
    pub fn may_live(&self) -> bool {
        matches!(self.state, State::Live | State::Inconclusive)
    }

    /// The same with every text rewritten that an instance has sent.
    pub fn map_text(mut self, clean: &dyn Fn(&str) -> String) -> Self {
        self.reason = self.reason.map(|text| clean(&text).into());
        let learned = &mut *self.learned;
        let single = [
            &mut learned.what,
            &mut learned.name,
            &mut learned.description,
            &mut learned.user.username,
            &mut learned.user.name,
            &mut learned.user.state,
            &mut learned.created,
            &mut learned.expires,
            &mut learned.last_used,
        ];
        let paths = learned.reach.iter_mut().map(|reach| &mut reach.path);
        let lists = learned.scopes.iter_mut().chain(&mut learned.last_used_from);
        for text in single.into_iter().flatten().chain(lists).chain(paths) {
            *text = clean(text);
        }
        self
    }

    /// True when the token lives and may write or administer. A scope whose name does not say
    /// that it only reads counts as one that writes (GitLab
    /// `doc/user/profile/personal_access_tokens.md`).
    pub fn can_write(&self) -> bool {
        let reads = |scope: &String| {
            scope.starts_with("read_") || ["profile", "email", "openid"].contains(&scope.as_str())
        };
        let writes = || self.learned.scopes.iter().any(|scope| !reads(scope));
        self.state == State::Live && self.learned.may_write.unwrap_or_else(writes)
    }

    /// True when it is known that the token can only read.
    pub fn only_reads(&self) -> bool {
        let known = self.learned.may_write.is_some() || !self.learned.scopes.is_empty();
        self.state == State::Live && known && !self.can_write()
    }
}

/// How the asking went as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Requests that were sent.
    pub requests: u64,
    /// True when the user ended it early.
    pub interrupted: bool,
    /// How many secrets were not reached in time.
    pub not_reached: u64,
}

#[cfg(test)]
mod tests {
    use super::{State, Verdict};

    #[test]
    fn every_state_has_its_word() {
        for state in State::ALL {
            assert_eq!(State::from_word(state.word()), Some(state));
        }
        assert_eq!(State::from_word("dead"), None);
    }

    #[test]
    fn scopes_that_only_read_do_not_write() {
        let mut verdict = Verdict { state: State::Live, ..Verdict::default() };
        assert!(!verdict.can_write());
        verdict.learned.scopes = vec!["read_api".into(), "read_user".into()];
        assert!(!verdict.can_write());
        verdict.learned.scopes.push("write_repository".into());
        assert!(verdict.can_write());
        verdict.state = State::Revoked;
        assert!(!verdict.can_write());
    }
}
