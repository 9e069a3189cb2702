//! Which requests end the life of a token that lives, best first: the operator's ways before the
//! token's own. A token that opens several places (a deploy key) has a stage for each. Pure.
//! Sources: GitLab's API pages as each function of [`changes`] names them.

use std::borrow::Cow;

use super::changes;
use super::entity::bot_owner;
use super::ladder::Subject;
use super::operator::IDENTIFIABLE;
use crate::model::facts::OwnerField;
use crate::model::revocation::{Action, Way};
use crate::model::secret::Secret;
use crate::model::verdict::{AskedWith, Learned, Reach, role};
use crate::net::message::Request;

/// The operator's credential at an instance, and whose it is.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The credential.
    pub secret: Secret,
    /// The API id of the credential, if it is an access token that tells.
    pub token: Option<u64>,
    /// The API id of its user.
    pub user: Option<u64>,
    /// `@name` of its user, without the sign.
    pub username: Option<String>,
    /// Whether that user is an administrator; unknown where the instance does not tell.
    pub admin: Option<bool>,
}

/// A token that is to die.
#[derive(Clone, Copy)]
pub struct Doomed<'a> {
    /// What it is.
    pub subject: Subject<'a>,
    /// What its instance told of it.
    pub learned: &'a Learned,
    /// The operator there.
    pub operator: Option<&'a Operator>,
    /// Whether the token may be used against itself.
    pub may_use_token: bool,
    /// The id and the secret of the application that an OAuth token belongs to.
    pub application: Option<(&'a str, &'a Secret)>,
}

/// A request that changes something, and what it breaks.
#[derive(Clone, Debug)]
pub struct Change {
    /// The request.
    pub request: Request,
    /// Whose credential it is made with.
    pub with: AskedWith,
    /// What else stops working by it.
    pub breaks: Option<Cow<'static, str>>,
}

/// The ways to one end: each is tried only when the one before was not taken.
pub type Stage = Vec<Change>;

impl Change {
    /// The same without anything secret.
    pub fn way(&self) -> Way {
        Way {
            method: self.request.method.word(),
            path: self.request.path(),
            credential: self.with,
            breaks: self.breaks.clone(),
        }
    }
}

/// Every stage must be gone through. None at all: nothing can be done.
pub fn ways(doomed: &Doomed<'_>, action: Action) -> Vec<Stage> {
    let mut found = Finder { doomed: *doomed, stage: Stage::new() };
    match action {
        Action::Rotate => found.rotations(),
        Action::Revoke if doomed.subject.kind == "deploy_key" => return found.of_deploy_key(),
        Action::Revoke => {
            found.by_value();
            found.by_owner();
            found.by_itself();
        }
    }
    if found.stage.is_empty() { Vec::new() } else { vec![found.stage] }
}

/// What a reset or a deletion does to everybody else, by kind.
fn breaks(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "feed_token" => {
            "every feed and calendar of this user stops until it is given the new token"
        }
        "incoming_mail_token" => {
            "mail to this user's present addresses for new issues and merge requests is refused"
        }
        "runner_authentication_token" => RESET,
        "runner_registration_token" => "whoever registers runners with it needs the new one",
        "oauth_application_secret" => {
            "nobody can sign in through the application until it is given the new secret"
        }
        "feature_flags_client_token" => {
            "every client of this project's feature flags stops until it is given the new token"
        }
        "session_cookie" => "the user is signed out of this session",
        "pipeline_trigger_token" => "nothing starts pipelines with it any more",
        "kubernetes_agent_token" => "an agent that has no other token is cut off",
        "deploy_token" => "whatever deploys or pulls with it stops",
        _ => return None,
    })
}

const RESET: &str = "every machine of this runner stops taking jobs until it is given the new token; the runner stays";
const REMOVED: &str = "the runner is removed, with all its machines";

struct Finder<'a> {
    doomed: Doomed<'a>,
    stage: Stage,
}

impl Finder<'_> {
    fn add(&mut self, request: Request, with: AskedWith, breaks: Option<Cow<'static, str>>) {
        self.stage.push(Change { request, with, breaks });
    }

    fn kind(&self) -> &str {
        self.doomed.subject.kind
    }

    fn is_access_token(&self) -> bool {
        self.kind() == "personal_access_token"
    }

    /// The bot or user that stops.
    fn breaks(&self) -> Option<Cow<'static, str>> {
        let user = &self.doomed.learned.user;
        match &user.username {
            Some(name) if self.is_access_token() && user.bot == Some(true) => {
                let owner = bot_owner(name);
                let level = self.doomed.learned.reach.iter().find_map(|reach| {
                    let own =
                        owner.is_some_and(|(place, id)| place == reach.place && id == reach.id);
                    reach.level.filter(|_| own)
                });
                let role = level.map(|level| format!(" ({})", role(level))).unwrap_or_default();
                Some(format!("whatever runs as the bot @{name}{role} with it stops").into())
            }
            _ => breaks(self.kind()).map(Cow::Borrowed),
        }
    }

    /// By the token's own value: administrators, then the owners of its top-level group.
    fn by_value(&mut self) {
        let Doomed { subject, operator: Some(operator), .. } = self.doomed else { return };
        let supported = IDENTIFIABLE.contains(&subject.kind) && subject.kind != "ci_job_token";
        if supported && operator.admin != Some(false) {
            let request = changes::delete_by_value(&operator.secret, subject.kind, subject.secret);
            self.add(request, AskedWith::Operator, self.breaks());
        }
        let in_group = ["personal_access_token", "deploy_token", "feed_token"];
        if let (Some(group), true) = (&subject.home.group, in_group.contains(&subject.kind)) {
            let request = changes::revoke_in_group(&operator.secret, group, subject.secret);
            self.add(request, AskedWith::Operator, self.breaks());
        }
    }

    /// By the route of what it belongs to.
    fn by_owner(&mut self) {
        let Doomed { subject, learned, operator: Some(operator), .. } = self.doomed else { return };
        let secret = &operator.secret;
        let is_admin = operator.admin != Some(false);
        let project = learned.reach.iter().find(|it| it.place == "project");
        let request = match (subject.kind, learned.id) {
            ("personal_access_token", Some(id)) => return self.access_token(operator, id),
            ("runner_authentication_token", Some(id)) => {
                self.add(changes::reset_runner(secret, id), AskedWith::Operator, self.breaks());
                let breaks = Some(REMOVED.into());
                return self.add(changes::delete_runner(secret, id), AskedWith::Operator, breaks);
            }
            ("deploy_token", id) => deploy_token(&subject, secret, id),
            ("pipeline_trigger_token", Some(id)) => {
                let known = project.map(named).or_else(|| subject.project());
                known.map(|project| changes::delete_trigger(secret, &project, id))
            }
            ("kubernetes_agent_token", Some(id)) => project
                .zip(learned.holder)
                .map(|(project, agent)| changes::delete_agent_token(secret, project.id, agent, id)),
            ("ci_job_token", Some(id)) => {
                let breaks = Some(format!("job {id} is cancelled").into());
                let cancel = project.map(|it| changes::cancel_job(secret, it.id, id));
                return cancel.into_iter().for_each(|it| {
                    self.add(it, AskedWith::Operator, breaks.clone());
                });
            }
            ("runner_registration_token", _) => learned
                .reach
                .first()
                .map(|reach| changes::reset_registration(secret, reach.place, reach.id)),
            ("oauth_application_secret", Some(id)) if is_admin => {
                Some(changes::renew_secret(secret, id))
            }
            _ => None,
        };
        if let Some(request) = request {
            self.add(request, AskedWith::Operator, self.breaks());
        }
    }

    /// Personal, project, group, impersonation and service-account tokens: one table at GitLab, but
    /// several routes.
    fn access_token(&mut self, operator: &Operator, id: u64) {
        let Doomed { subject, learned, .. } = self.doomed;
        let (secret, user) = (&operator.secret, learned.user.id);
        let is_admin = operator.admin != Some(false);
        let owner = learned.user.username.as_deref().and_then(bot_owner);
        let is_impersonation = learned.what.as_deref() == Some("impersonation token");
        let mut requests = Vec::new();
        // A bot of neither a project nor a group is a service account.
        let is_service = owner.is_none() && learned.user.bot == Some(true);
        if let (Some(group), Some(user), true) = (&subject.home.group, user, is_service) {
            requests.push(changes::delete_of_service_account(secret, group, user, id));
        }
        if let Some((place, owner)) = owner {
            requests.push(changes::delete_resource_token(secret, place, owner, id));
        }
        if let (true, true, Some(user)) = (is_impersonation, is_admin, user) {
            requests.push(changes::delete_impersonation(secret, user, id));
        }
        if is_admin || user.is_some() && user == operator.user {
            requests.push(changes::delete_access_token(secret, id));
        }
        // The instance does not always tell that a token is for impersonation.
        if let (false, None, true, Some(user)) = (is_impersonation, owner, is_admin, user) {
            requests.push(changes::delete_impersonation(secret, user, id));
        }
        for request in requests {
            self.add(request, AskedWith::Operator, self.breaks());
        }
    }

    /// By the token itself, or by the application that it was made for.
    fn by_itself(&mut self) {
        let token = self.doomed.subject.secret;
        if let (Some((id, secret)), "oauth_access_token") = (self.doomed.application, self.kind()) {
            self.add(changes::revoke_oauth(id, secret, token), AskedWith::Token, None);
        }
        if !self.doomed.may_use_token {
            return;
        }
        match self.kind() {
            "personal_access_token" => {
                self.add(changes::delete_self(token), AskedWith::Token, self.breaks());
            }
            "runner_authentication_token" => {
                let reset = changes::reset_runner_by_itself(token);
                self.add(reset, AskedWith::Token, self.breaks());
                let remove = changes::delete_runner_by_itself(token);
                self.add(remove, AskedWith::Token, Some(REMOVED.into()));
            }
            _ => {}
        }
    }

    /// A stage for each project that a deploy key opens, or one for a user's key.
    fn of_deploy_key(self) -> Vec<Stage> {
        let Doomed { learned, operator: Some(operator), .. } = self.doomed else {
            return Vec::new();
        };
        let Some(id) = learned.id else { return Vec::new() };
        let change = |request, breaks: String| {
            vec![Change { request, with: AskedWith::Operator, breaks: Some(breaks.into()) }]
        };
        if let (true, Some(user)) = (learned.reach.is_empty(), learned.user.id) {
            let request = changes::delete_user_key(&operator.secret, user, id);
            let breaks = format!("user {user} can no longer use this SSH key");
            let is_own = Some(user) == operator.user;
            let allowed = operator.admin != Some(false) || is_own;
            return if allowed { vec![change(request, breaks)] } else { Vec::new() };
        }
        let stage = |reach: &Reach| {
            let project = named(reach);
            let request = changes::delete_deploy_key(&operator.secret, &project, id);
            change(request, format!("whatever deploys project {project} with this key stops"))
        };
        learned.reach.iter().map(stage).collect()
    }

    /// Only where the successor comes back to us.
    fn rotations(&mut self) {
        let Doomed { subject, learned, operator, may_use_token, .. } = self.doomed;
        let day = learned.expires.as_deref().filter(|day| day.len() == "2027-01-31".len());
        let may_itself = |scope: &String| scope == "api" || scope == "self_rotate";
        match subject.kind {
            "personal_access_token" => {
                if may_use_token && learned.scopes.iter().any(may_itself) {
                    let request = changes::rotate_self(subject.secret, day);
                    self.add(request, AskedWith::Token, None);
                }
                let (Some(operator), Some(id)) = (operator, learned.id) else { return };
                let owner = learned.user.username.as_deref().and_then(bot_owner);
                if let Some(owner) = owner {
                    let request = changes::rotate_resource_token(&operator.secret, owner, id, day);
                    self.add(request, AskedWith::Operator, None);
                }
                let is_own = learned.user.id.is_some() && learned.user.id == operator.user;
                if operator.admin != Some(false) || is_own {
                    let request = changes::rotate_access_token(&operator.secret, id, day);
                    self.add(request, AskedWith::Operator, None);
                }
            }
            "runner_authentication_token" => {
                let breaks = || Some(RESET.into());
                if let (Some(operator), Some(id)) = (operator, learned.id) {
                    let request = changes::reset_runner(&operator.secret, id);
                    self.add(request, AskedWith::Operator, breaks());
                }
                if may_use_token {
                    let request = changes::reset_runner_by_itself(subject.secret);
                    self.add(request, AskedWith::Token, breaks());
                }
            }
            _ => {}
        }
    }
}

/// A place as a route takes it.
fn named(reach: &Reach) -> String {
    if reach.id == 0 { reach.path.clone() } else { reach.id.to_string() }
}

/// A deploy token by its id, which the instance has told or its default user name beside it tells
/// (`gitlab+deploy-token-7`), in the project or group that it belongs to.
fn deploy_token(subject: &Subject<'_>, operator: &Secret, id: Option<u64>) -> Option<Request> {
    let beside = || subject.facts.owner.get(&OwnerField::DeployToken).copied();
    let id = id.or_else(beside)?;
    let delete = |place, owner: String| changes::delete_deploy_token(operator, place, &owner, id);
    let in_project = subject.project().map(|project| delete("project", project));
    in_project.or_else(|| subject.group().map(|group| delete("group", group)))
}
