//! What a token says of itself, without asking anyone.

use std::collections::BTreeMap;

/// Something that a token can name as its owner or its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnerField {
    /// GitLab cell.
    Cell,
    /// Organization.
    Organization,
    /// Group.
    Group,
    /// Project.
    Project,
    /// User; for a runner token its creator, for a project or group access token the bot.
    User,
    /// CI/CD job.
    Job,
    /// Deploy token, by its API id.
    DeployToken,
    /// Runner type: 1 instance, 2 group, 3 project.
    RunnerType,
}

impl OwnerField {
    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cell => "cell",
            Self::Organization => "organization",
            Self::Group => "group",
            Self::Project => "project",
            Self::User => "user",
            Self::Job => "job",
            Self::DeployToken => "deploy_token",
            Self::RunnerType => "runner_type",
        }
    }
}

/// What is known of a private key without its passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Algorithm as OpenSSH names it (`ssh-ed25519`, `ssh-rsa`, …), where the block tells.
    pub algorithm: Option<String>,
    /// True when a passphrase protects the key.
    pub encrypted: bool,
    /// `SHA256:…` as `ssh-keygen -l` prints it, where the public half can be had.
    pub fingerprint: Option<String>,
}

/// What a token says of itself. Empty where its form says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The prefix, as found: `glpat-`, `acme-gldt-`, or nothing.
    pub prefix: Vec<u8>,
    /// Ids of owner and place.
    pub owner: BTreeMap<OwnerField, u64>,
    /// Host name, from the token itself or from the address around it. A hint, never a target.
    pub host: Option<String>,
    /// End of life in seconds since 1970.
    pub expires: Option<i64>,
    /// For private keys.
    pub key: Option<KeyFacts>,
    /// Id of the OAuth application that a secret stands beside.
    pub client_id: Option<String>,
    /// Full path of the group that a token is used for, from the address beside it.
    pub group_path: Option<String>,
    /// Text that stands right before the prefix and may be an instance's own prefix (`acme-`).
    pub preceded_by: Option<String>,
}

impl Facts {
    /// Takes over what `other` knows and `self` does not.
    pub fn fill_from(&mut self, other: &Self) {
        for (field, id) in &other.owner {
            self.owner.entry(*field).or_insert(*id);
        }
        self.host = self.host.take().or_else(|| other.host.clone());
        self.expires = self.expires.or(other.expires);
        self.key = self.key.take().or_else(|| other.key.clone());
        self.client_id = self.client_id.take().or_else(|| other.client_id.clone());
        self.group_path = self.group_path.take().or_else(|| other.group_path.clone());
        self.preceded_by = self.preceded_by.take().or_else(|| other.preceded_by.clone());
    }
}
