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
    /// Ids and secrets of applications, of which an OAuth token may be one's.
    pub applications: &'a [(&'a str, &'a Secret)],
}

/// What speaks against a way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Care {
    /// Nothing.
    #[default]
    None,
    /// It ends more than the token: it is only for an instance that has no other way.
    Harsh,
    /// What it ends is known from the text beside the token alone: a person must agree.
    Guess,
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
    /// What speaks against it.
    pub care: Care,
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
            // Whoever is milder goes first, whosever credential it takes.
            found.stage.sort_by_key(|change| change.care == Care::Harsh);
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

const RESET: &str = "every machine of this runner stops taking jobs until it is given a new token; the \
                     runner stays";

struct Finder<'a> {
    doomed: Doomed<'a>,
    stage: Stage,
}

impl Finder<'_> {
    fn add(&mut self, request: Request, with: AskedWith, breaks: Option<Cow<'static, str>>) {
        self.stage.push(Change { request, with, breaks, care: Care::None });
    }

    fn add_harsh(&mut self, request: Request, with: AskedWith) {
        let breaks = Some("the runner is removed, with all its machines".into());
        self.stage.push(Change { request, with, breaks, care: Care::Harsh });
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
                return self.add_harsh(changes::delete_runner(secret, id), AskedWith::Operator);
            }
            ("deploy_token", id) => return self.deploy_token(secret, id),
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

    /// A deploy token by its id, in the project or group that it belongs to. Where the instance does not
    /// tell the id, the token's default user name beside it does (`gitlab+deploy-token-7`).
    fn deploy_token(&mut self, operator: &Secret, id: Option<u64>) {
        let subject = self.doomed.subject;
        let beside = || subject.facts.owner.get(&OwnerField::DeployToken).copied();
        let (project, group) = (subject.project(), subject.group());
        let places = [("project", project), ("group", group)];
        let known = places.into_iter().find_map(|(place, owner)| Some((place, owner?)));
        let (Some((place, owner)), Some(number)) = (known, id.or_else(beside)) else { return };
        let request = changes::delete_deploy_token(operator, place, &owner, number);
        let (breaks, care) = match id {
            Some(_) => (self.breaks(), Care::None),
            None => {
                let whence = format!(
                    "deploy token {number} of {place} {owner} is deleted; that this is the one that \
                     leaked, only the user name beside it says"
                );
                (Some(whence.into()), Care::Guess)
            }
        };
        self.stage.push(Change { request, with: AskedWith::Operator, breaks, care });
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
        if !self.doomed.may_use_token {
            return;
        }
        if self.kind() == "oauth_access_token" {
            for (id, secret) in self.doomed.applications {
                let breaks =
                    Some("made with the secret of an application that was found, too".into());
                self.add(changes::revoke_oauth(id, secret, token), AskedWith::Token, breaks);
            }
        }
        match self.kind() {
            "personal_access_token" => {
                self.add(changes::delete_self(token), AskedWith::Token, self.breaks());
            }
            "runner_authentication_token" => {
                let reset = changes::reset_runner_by_itself(token);
                self.add(reset, AskedWith::Token, self.breaks());
                self.add_harsh(changes::delete_runner_by_itself(token), AskedWith::Token);
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
            let breaks = Some(breaks.into());
            vec![Change { request, with: AskedWith::Operator, breaks, care: Care::None }]
        };
        if let (true, Some(user)) = (learned.reach.is_empty(), learned.user.id) {
            let request = changes::delete_user_key(&operator.secret, user, id);
            let breaks = format!("user {user} can no longer use this SSH key");
            return vec![change(request, breaks)];
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
                // GitLab's own default (`doc/api/personal_access_tokens.md`, "Rotate").
                let week =
                    "its successor lives for a week: the old one has no last day to take over";
                let breaks = || day.is_none().then_some(Cow::Borrowed(week));
                if may_use_token && learned.scopes.iter().any(may_itself) {
                    let request = changes::rotate_self(subject.secret, day);
                    self.add(request, AskedWith::Token, breaks());
                }
                let (Some(operator), Some(id)) = (operator, learned.id) else { return };
                let (secret, user) = (&operator.secret, learned.user.id);
                let owner = learned.user.username.as_deref().and_then(bot_owner);
                let mut requests = Vec::new();
                if let Some(owner) = owner {
                    requests.push(changes::rotate_resource_token(secret, owner, id, day));
                }
                let is_service = owner.is_none() && learned.user.bot == Some(true);
                if let (Some(group), Some(user), true) = (&subject.home.group, user, is_service) {
                    let account = (group.as_str(), user);
                    requests.push(changes::rotate_of_service_account(secret, account, id, day));
                }
                if operator.admin != Some(false) || user.is_some() && user == operator.user {
                    requests.push(changes::rotate_access_token(secret, id, day));
                }
                for request in requests {
                    self.add(request, AskedWith::Operator, breaks());
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
