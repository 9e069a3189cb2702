//! What a GitLab remembers, as plain records: a test may read and change every field.

/// To what something belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Project(u64),
    Group(u64),
    Instance,
}

/// Whether a user may do anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Blocked,
}

/// So many requests in a window of so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) requests: u64,
    pub(crate) seconds: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) bot: bool,
    pub(crate) service_account: bool,
    pub(crate) admin: bool,
    pub(crate) standing: Standing,
}

/// A personal, project, group, impersonation or service account token: all are the same table.
#[derive(Clone, Debug)]
pub(crate) struct Pat {
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) user_id: u64,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) revoked: bool,
    pub(crate) created_at: String,
    /// A date such as `2027-01-31`; from that day on the token is expired.
    pub(crate) expires_at: Option<String>,
    pub(crate) last_used_at: Option<String>,
    /// Newest first, five at most.
    pub(crate) last_used_ips: Vec<String>,
    pub(crate) impersonation: bool,
    /// True when the token is good only together with a proof of its key.
    pub(crate) dpop: bool,
    /// Tokens that were made from each other by rotation share this.
    pub(crate) family: u64,
}

impl Pat {
    pub(crate) fn expires(&mut self, date: &str) -> &mut Self {
        self.expires_at = Some(date.to_owned());
        self
    }

    pub(crate) fn revoke(&mut self) -> &mut Self {
        self.revoked = true;
        self
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) id: u64,
    pub(crate) path: String,
    /// User and access level.
    pub(crate) members: Vec<(u64, u64)>,
    /// The branches that a pipeline can be made for.
    pub(crate) branches: Vec<String>,
}

impl Project {
    pub(crate) fn member(&mut self, user_id: u64, level: u64) -> &mut Self {
        self.members.push((user_id, level));
        self
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: u64,
    pub(crate) path: String,
    /// User and access level.
    pub(crate) members: Vec<(u64, u64)>,
}

impl Group {
    pub(crate) fn member(&mut self, user_id: u64, level: u64) -> &mut Self {
        self.members.push((user_id, level));
        self
    }
}

#[derive(Clone, Debug)]
pub(crate) struct DeployToken {
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) name: String,
    pub(crate) username: String,
    pub(crate) place: Place,
    pub(crate) scopes: Vec<String>,
    pub(crate) revoked: bool,
    pub(crate) expires_at: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Runner {
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) description: String,
    pub(crate) place: Place,
    pub(crate) contacted_at: Option<String>,
    /// The system id of each manager; a manager without one is `<legacy>`.
    pub(crate) managers: Vec<String>,
    pub(crate) orphaned: bool,
    pub(crate) expired: bool,
}

impl Runner {
    /// What the API calls the kind of runner.
    pub(crate) fn runner_type(&self) -> &'static str {
        match self.place {
            Place::Project(_) => "project_type",
            Place::Group(_) => "group_type",
            Place::Instance => "instance_type",
        }
    }
}

/// The token by which runners were registered of old.
#[derive(Clone, Debug)]
pub(crate) struct RegistrationToken {
    pub(crate) token: String,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) project_id: u64,
    pub(crate) user_id: u64,
    pub(crate) running: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) project_id: u64,
    pub(crate) owner_id: u64,
    pub(crate) description: String,
}

/// A feed token or an incoming mail token: one of each for every user.
#[derive(Clone, Debug)]
pub(crate) struct UserToken {
    pub(crate) token: String,
    pub(crate) user_id: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct FlagsClient {
    pub(crate) token: String,
    pub(crate) project_id: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct OauthApp {
    pub(crate) id: u64,
    pub(crate) application_id: String,
    pub(crate) secret: String,
    pub(crate) name: String,
    /// With the scope `api`, asking for client credentials answers 422.
    pub(crate) api_scope: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct OauthToken {
    pub(crate) token: String,
    pub(crate) user_id: u64,
    pub(crate) scopes: Vec<String>,
    pub(crate) application_id: String,
    pub(crate) revoked: bool,
    pub(crate) expired: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ScimToken {
    pub(crate) token: String,
    /// The path of the group; `None` for the instance's.
    pub(crate) group: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) cookie: String,
    pub(crate) user_id: u64,
}

/// A public key that opens projects or, with a user, everything of that user's.
#[derive(Clone, Debug)]
pub(crate) struct DeployKey {
    pub(crate) id: u64,
    pub(crate) title: String,
    /// With its `SHA256:` in front.
    pub(crate) sha256: String,
    /// Sixteen bytes with colons between them.
    pub(crate) md5: String,
    /// Project, and whether the key can push to it.
    pub(crate) projects: Vec<(u64, bool)>,
    pub(crate) user_id: Option<u64>,
}

impl DeployKey {
    pub(crate) fn opens(&mut self, project_id: u64, can_push: bool) -> &mut Self {
        self.projects.push((project_id, can_push));
        self
    }

    /// Gives it to a user.
    pub(crate) fn of(&mut self, user_id: u64) -> &mut Self {
        self.user_id = Some(user_id);
        self
    }

    pub(super) fn opens_something(&self) -> bool {
        self.user_id.is_some() || !self.projects.is_empty()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct AgentToken {
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) project_id: u64,
    pub(crate) agent_id: u64,
    pub(crate) name: String,
    pub(crate) revoked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ControllerToken {
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) controller_id: u64,
    pub(crate) revoked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) project_id: u64,
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) masked: bool,
    pub(crate) protected: bool,
}

/// A thread of a merge request, of one note.
#[derive(Clone, Debug)]
pub(crate) struct Discussion {
    pub(crate) project_id: u64,
    pub(crate) iid: u64,
    pub(crate) id: String,
    pub(crate) note: u64,
    pub(crate) author: u64,
    pub(crate) body: String,
    pub(crate) resolved: bool,
}
