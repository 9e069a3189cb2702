//! Fills a state, one line for each thing. Every function gives back the record, so that a test
//! can change what it needs.

use super::records::{
    AgentToken, ControllerToken, DeployKey, DeployToken, FlagsClient, Group, Job, OauthApp,
    OauthToken, Pat, Place, Project, RegistrationToken, Runner, ScimToken, Session, Standing,
    Trigger, User, UserToken, Variable,
};
use super::state::State;

/// Adds a record and gives it back.
fn push<T>(all: &mut Vec<T>, one: T) -> &mut T {
    all.push(one);
    all.last_mut().expect("just added")
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl State {
    /// An ordinary user. Whoever is named by a token without being added is one, too.
    pub(crate) fn user(&mut self, id: u64, username: &str) -> &mut User {
        self.users.retain(|user| user.id != id);
        let user = User {
            id,
            username: username.to_owned(),
            name: format!("Name of {username}"),
            bot: false,
            service_account: false,
            admin: false,
            standing: Standing::Active,
        };
        push(&mut self.users, user)
    }

    /// An administrator with a token of scope `api`.
    pub(crate) fn admin(&mut self, id: u64, token: &str) -> &mut Pat {
        self.user(id, &format!("admin{id}")).admin = true;
        self.pat(token, id, &["api"])
    }

    /// A personal access token.
    pub(crate) fn pat(&mut self, token: &str, user_id: u64, scopes: &[&str]) -> &mut Pat {
        if self.find_user(user_id).is_none() {
            self.user(user_id, &format!("user{user_id}"));
        }
        let id = self.fresh_id();
        let pat = Pat {
            id,
            token: token.to_owned(),
            user_id,
            name: format!("token {id}"),
            description: None,
            scopes: owned(scopes),
            revoked: false,
            created_at: "2026-10-01T08:00:00.000Z".to_owned(),
            expires_at: None,
            last_used_at: None,
            last_used_ips: Vec::new(),
            impersonation: false,
            dpop: false,
            family: id,
        };
        push(&mut self.pats, pat)
    }

    /// A token that an administrator made for a user.
    pub(crate) fn impersonation(&mut self, token: &str, user: u64, scopes: &[&str]) -> &mut Pat {
        let pat = self.pat(token, user, scopes);
        pat.impersonation = true;
        pat
    }

    /// A project's or group's access token with its bot, which gets this access level.
    pub(crate) fn resource_token(
        &mut self,
        token: &str,
        place: Place,
        scopes: &[&str],
        level: u64,
    ) -> &mut Pat {
        let bot = self.fresh_id();
        let username = match place {
            Place::Project(id) => format!("project_{id}_bot_{bot:x}"),
            Place::Group(id) => format!("group_{id}_bot_{bot:x}"),
            Place::Instance => panic!("an instance has no access tokens"),
        };
        self.user(bot, &username).bot = true;
        match place {
            Place::Project(id) => {
                let project = self.projects.iter_mut().find(|it| it.id == id);
                project.expect("a known project").member(bot, level);
            }
            Place::Group(id) => {
                let group = self.groups.iter_mut().find(|it| it.id == id);
                group.expect("a known group").member(bot, level);
            }
            Place::Instance => {}
        }
        self.pat(token, bot, scopes)
    }

    /// A private project; what stands before its last slash should be a group.
    pub(crate) fn project(&mut self, id: u64, path: &str) -> &mut Project {
        let branches = vec!["main".to_owned()];
        let project = Project { id, path: path.to_owned(), members: Vec::new(), branches };
        push(&mut self.projects, project)
    }

    /// A private group; its path has slashes when it is inside another.
    pub(crate) fn group(&mut self, id: u64, path: &str) -> &mut Group {
        let group = Group { id, path: path.to_owned(), members: Vec::new() };
        push(&mut self.groups, group)
    }

    pub(crate) fn deploy_token(&mut self, token: &str, place: Place) -> &mut DeployToken {
        let id = self.fresh_id();
        let made = DeployToken {
            id,
            token: token.to_owned(),
            name: format!("deploy token {id}"),
            username: format!("gitlab+deploy-token-{id}"),
            place,
            scopes: owned(&["read_repository"]),
            revoked: false,
            expires_at: None,
        };
        push(&mut self.deploy_tokens, made)
    }

    pub(crate) fn runner(&mut self, token: &str, place: Place) -> &mut Runner {
        let id = self.fresh_id();
        let runner = Runner {
            id,
            token: token.to_owned(),
            description: format!("runner {id}"),
            place,
            contacted_at: None,
            managers: Vec::new(),
            orphaned: false,
            expired: false,
        };
        push(&mut self.runners, runner)
    }

    pub(crate) fn registration_token(&mut self, token: &str, place: Place) {
        self.registration_tokens.push(RegistrationToken { token: token.to_owned(), place });
    }

    /// A running job.
    pub(crate) fn job(&mut self, token: &str, project_id: u64, user_id: u64) -> &mut Job {
        let id = self.fresh_id();
        let job = Job { id, token: token.to_owned(), project_id, user_id, running: true };
        push(&mut self.jobs, job)
    }

    pub(crate) fn trigger(&mut self, token: &str, project_id: u64, owner_id: u64) -> &mut Trigger {
        let id = self.fresh_id();
        let description = format!("trigger {id}");
        let token = token.to_owned();
        push(&mut self.triggers, Trigger { id, token, project_id, owner_id, description })
    }

    pub(crate) fn feed_token(&mut self, token: &str, user_id: u64) {
        self.feed_tokens.push(UserToken { token: token.to_owned(), user_id });
    }

    pub(crate) fn mail_token(&mut self, token: &str, user_id: u64) {
        self.mail_tokens.push(UserToken { token: token.to_owned(), user_id });
    }

    pub(crate) fn flags_client(&mut self, token: &str, project_id: u64) {
        self.flags_clients.push(FlagsClient { token: token.to_owned(), project_id });
    }

    pub(crate) fn oauth_app(&mut self, application_id: &str, secret: &str) -> &mut OauthApp {
        let id = self.fresh_id();
        let app = OauthApp {
            id,
            application_id: application_id.to_owned(),
            secret: secret.to_owned(),
            name: format!("application {id}"),
            api_scope: false,
        };
        push(&mut self.oauth_apps, app)
    }

    /// An access token that an application got for a user.
    pub(crate) fn oauth_token(
        &mut self,
        token: &str,
        user_id: u64,
        scopes: &[&str],
    ) -> &mut OauthToken {
        if self.find_user(user_id).is_none() {
            self.user(user_id, &format!("user{user_id}"));
        }
        let application_id =
            self.oauth_apps.first().map(|it| it.application_id.clone()).unwrap_or_default();
        let made = OauthToken {
            token: token.to_owned(),
            user_id,
            scopes: owned(scopes),
            application_id,
            revoked: false,
            expired: false,
        };
        push(&mut self.oauth_tokens, made)
    }

    /// A SCIM token of a group or, without one, of the instance.
    pub(crate) fn scim_token(&mut self, token: &str, group: Option<&str>) {
        let group = group.map(str::to_owned);
        self.scim_tokens.push(ScimToken { token: token.to_owned(), group });
    }

    pub(crate) fn session(&mut self, cookie: &str, user_id: u64) {
        self.sessions.push(Session { cookie: cookie.to_owned(), user_id });
    }

    /// A deploy key by its fingerprints: `SHA256:…`, and sixteen bytes with colons.
    pub(crate) fn deploy_key(&mut self, sha256: &str, md5: &str) -> &mut DeployKey {
        let id = self.fresh_id();
        let key = DeployKey {
            id,
            title: format!("key {id}"),
            sha256: sha256.to_owned(),
            md5: md5.to_owned(),
            projects: Vec::new(),
            user_id: None,
        };
        push(&mut self.deploy_keys, key)
    }

    pub(crate) fn agent_token(
        &mut self,
        token: &str,
        project_id: u64,
        agent_id: u64,
    ) -> &mut AgentToken {
        let id = self.fresh_id();
        let (token, name) = (token.to_owned(), format!("agent token {id}"));
        let made = AgentToken { id, token, project_id, agent_id, name, revoked: false };
        push(&mut self.agent_tokens, made)
    }

    pub(crate) fn controller_token(&mut self, token: &str, controller_id: u64) -> u64 {
        let id = self.fresh_id();
        let token = token.to_owned();
        self.controller_tokens.push(ControllerToken { id, token, controller_id, revoked: false });
        id
    }

    pub(crate) fn variable(&mut self, project_id: u64, key: &str, value: &str) -> &mut Variable {
        let (key, value) = (key.to_owned(), value.to_owned());
        let made = Variable { project_id, key, value, masked: false, protected: false };
        push(&mut self.variables, made)
    }
}
