//! Everything that the server knows, its switches, and the questions that routes ask of it.

use std::time::Instant;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use stanch::token::sample::Sampler;

use super::records::{
    AgentToken, ControllerToken, DeployKey, DeployToken, Discussion, FlagsClient, Group, Job,
    OauthApp, OauthToken, Pat, Place, Project, RateLimit, RegistrationToken, Runner, ScimToken,
    Session, Standing, Trigger, User, UserToken, Variable,
};

/// A whole instance. The switches begin as a current, self-managed instance has them.
pub(crate) struct State {
    /// Where the server is, as its answers say.
    pub(crate) url: String,
    pub(crate) version: String,
    /// The date by which tokens expire.
    pub(crate) today: String,
    /// The time of day in minutes, by which uses are told apart.
    pub(crate) minute: i64,
    /// The prefixes by which the admin's API knows a kind.
    pub(crate) pat_prefix: String,
    pub(crate) instance_prefix: String,
    pub(crate) rate_limit: Option<RateLimit>,

    pub(crate) admin_token_api: bool,
    pub(crate) admin_token_revoke: bool,
    pub(crate) router_discovery: bool,
    pub(crate) router_answers_501: bool,
    pub(crate) packages: bool,
    pub(crate) impersonation_enabled: bool,
    pub(crate) group_tokens_revoke: bool,
    pub(crate) registration_enabled: bool,
    /// Orphaned runners are refused with 422 instead of 403.
    pub(crate) orphaned_answers_422: bool,

    pub(crate) users: Vec<User>,
    pub(crate) pats: Vec<Pat>,
    pub(crate) projects: Vec<Project>,
    pub(crate) groups: Vec<Group>,
    pub(crate) deploy_tokens: Vec<DeployToken>,
    pub(crate) runners: Vec<Runner>,
    pub(crate) registration_tokens: Vec<RegistrationToken>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) feed_tokens: Vec<UserToken>,
    pub(crate) mail_tokens: Vec<UserToken>,
    pub(crate) flags_clients: Vec<FlagsClient>,
    pub(crate) oauth_apps: Vec<OauthApp>,
    pub(crate) oauth_tokens: Vec<OauthToken>,
    pub(crate) scim_tokens: Vec<ScimToken>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) deploy_keys: Vec<DeployKey>,
    pub(crate) agent_tokens: Vec<AgentToken>,
    pub(crate) controller_tokens: Vec<ControllerToken>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) discussions: Vec<Discussion>,
    /// How many pipelines were made: a probe must make none.
    pub(crate) pipelines: usize,

    next_id: u64,
    sampler: Sampler,
    /// When the window of the rate limit began, and the requests since.
    pub(super) window: Option<(Instant, u64)>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            url: String::new(),
            version: "18.11.2".to_owned(),
            today: "2026-11-21".to_owned(),
            minute: 12 * 60,
            pat_prefix: ["glpat", "-"].concat(),
            instance_prefix: String::new(),
            rate_limit: None,
            admin_token_api: true,
            admin_token_revoke: true,
            router_discovery: true,
            router_answers_501: true,
            packages: true,
            impersonation_enabled: true,
            group_tokens_revoke: true,
            registration_enabled: true,
            orphaned_answers_422: false,
            users: Vec::new(),
            pats: Vec::new(),
            projects: Vec::new(),
            groups: Vec::new(),
            deploy_tokens: Vec::new(),
            runners: Vec::new(),
            registration_tokens: Vec::new(),
            jobs: Vec::new(),
            triggers: Vec::new(),
            feed_tokens: Vec::new(),
            mail_tokens: Vec::new(),
            flags_clients: Vec::new(),
            oauth_apps: Vec::new(),
            oauth_tokens: Vec::new(),
            scim_tokens: Vec::new(),
            sessions: Vec::new(),
            deploy_keys: Vec::new(),
            agent_tokens: Vec::new(),
            controller_tokens: Vec::new(),
            variables: Vec::new(),
            discussions: Vec::new(),
            pipelines: 0,
            next_id: 1000,
            sampler: Sampler::new(0x6174),
            window: None,
        }
    }

    /// An id that nothing has yet.
    pub(crate) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// A new token with the prefix of an old one, up to and including its first type prefix.
    pub(super) fn mint_like(&mut self, old: &str) -> String {
        let prefix = old.find("gl").and_then(|start| {
            let end = old[start..].find('-').map(|end| start + end + 1)?;
            (end - start <= 8).then(|| old[..end].to_owned())
        });
        let prefix = prefix.unwrap_or_default();
        let kind = prefix.rfind("gl").map_or("", |start| &prefix[start..]);
        let body = match kind.trim_end_matches('-') {
            "gloas" => self.sampler.hex(64),
            "glimt" => self.sampler.base36(25),
            "glagent" => self.sampler.friendly(50),
            _ => self.sampler.friendly(20),
        };
        prefix + &body
    }

    /// The present, as the API writes it.
    pub(super) fn now(&self) -> String {
        format!("{}T{:02}:{:02}:00.000Z", self.today, self.minute / 60, self.minute % 60)
    }

    /// The date so many days from today.
    pub(super) fn in_days(&self, days: i64) -> String {
        let today: Date = self.today.parse().expect("a date");
        today.checked_add(days.days()).expect("a date").to_string()
    }

    /// True from the day of expiry on.
    pub(super) fn is_past(&self, date: Option<&str>) -> bool {
        date.is_some_and(|date| date <= self.today.as_str())
    }

    pub(super) fn find_user(&self, id: u64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn is_admin(&self, id: u64) -> bool {
        self.find_user(id).is_some_and(|user| user.admin)
    }

    pub(super) fn is_blocked(&self, id: u64) -> bool {
        self.find_user(id).is_some_and(|user| user.standing == Standing::Blocked)
    }

    /// The place of a token of this value in the table, and the token.
    pub(super) fn pat_by_token(&mut self, token: &str) -> Option<&mut Pat> {
        self.pats.iter_mut().find(|pat| pat.token == token)
    }

    pub(super) fn pat_by_id(&mut self, id: u64) -> Option<&mut Pat> {
        self.pats.iter_mut().find(|pat| pat.id == id)
    }

    /// True when the token is neither revoked nor expired.
    pub(super) fn is_active(&self, pat: &Pat) -> bool {
        !pat.revoked && !self.is_past(pat.expires_at.as_deref())
    }

    /// Revokes whatever is left of a family.
    pub(super) fn revoke_family(&mut self, family: u64) {
        let relatives = self.pats.iter_mut().filter(|pat| pat.family == family);
        relatives.for_each(|pat| pat.revoked = true);
    }

    /// The side effects of a use: see the reference, 3.2.
    pub(super) fn note_use(&mut self, pat_id: u64, ip: &str) {
        let now = self.now();
        let Some(pat) = self.pat_by_id(pat_id) else { return };
        let age = pat.last_used_at.as_deref().map(|at| minutes_between(at, &now));
        let is_new = !pat.last_used_ips.iter().any(|known| known == ip);
        if age.is_none_or(|age| is_new && age >= 1) {
            pat.last_used_ips.retain(|known| known != ip);
            pat.last_used_ips.insert(0, ip.to_owned());
            pat.last_used_ips.truncate(5);
        }
        if age.is_none_or(|age| age >= 10) {
            pat.last_used_at = Some(now);
        }
    }

    /// What a user may do in a project or group: 0 for nothing, 50 for everything.
    pub(super) fn level(&self, user_id: u64, place: Place) -> u64 {
        if self.is_admin(user_id) {
            return 50;
        }
        let (path, own) = match place {
            Place::Instance => return 0,
            Place::Project(id) => match self.projects.iter().find(|it| it.id == id) {
                Some(project) => (&project.path, &project.members),
                None => return 0,
            },
            Place::Group(id) => match self.groups.iter().find(|it| it.id == id) {
                Some(group) => (&group.path, &group.members),
                None => return 0,
            },
        };
        // Members of the groups above are members here.
        let above = self.groups.iter().filter(|group| is_below(path, &group.path));
        let members = own.iter().chain(above.flat_map(|group| &group.members));
        members.filter(|(id, _)| *id == user_id).map(|(_, level)| *level).max().unwrap_or(0)
    }

    /// The path of a project or group.
    pub(super) fn path_of(&self, place: Place) -> Option<String> {
        match place {
            Place::Project(id) => {
                self.projects.iter().find(|it| it.id == id).map(|it| it.path.clone())
            }
            Place::Group(id) => self.groups.iter().find(|it| it.id == id).map(|it| it.path.clone()),
            Place::Instance => None,
        }
    }

    /// True when the secret still opens something, whatever kind it is.
    pub(crate) fn is_live(&self, token: &str) -> bool {
        let past = |date: &Option<String>| self.is_past(date.as_deref());
        self.pats.iter().any(|it| it.token == token && self.is_active(it))
            || self
                .deploy_tokens
                .iter()
                .any(|it| it.token == token && !it.revoked && !past(&it.expires_at))
            || self.runners.iter().any(|it| it.token == token && !it.expired)
            || self.registration_tokens.iter().any(|it| it.token == token)
            || self.jobs.iter().any(|it| it.token == token && it.running)
            || self.triggers.iter().any(|it| it.token == token)
            || self.feed_tokens.iter().chain(&self.mail_tokens).any(|it| it.token == token)
            || self.flags_clients.iter().any(|it| it.token == token)
            || self.oauth_apps.iter().any(|it| it.secret == token)
            || self.oauth_tokens.iter().any(|it| it.token == token && !it.revoked && !it.expired)
            || self.scim_tokens.iter().any(|it| it.token == token)
            || self.sessions.iter().any(|it| it.cookie == token)
            || self.deploy_keys.iter().any(|it| it.sha256 == token && it.opens_something())
            || self.agent_tokens.iter().any(|it| it.token == token && !it.revoked)
            || self.controller_tokens.iter().any(|it| it.token == token && !it.revoked)
    }
}

/// True when `path` is inside the group `above`.
pub(super) fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// Whole minutes; a time that cannot be read is long ago.
fn minutes_between(earlier: &str, later: &str) -> i64 {
    let seconds = |text: &str| text.parse::<Timestamp>().map(Timestamp::as_second);
    match (seconds(earlier), seconds(later)) {
        (Ok(earlier), Ok(later)) => (later - earlier) / 60,
        _ => i64::MAX,
    }
}
