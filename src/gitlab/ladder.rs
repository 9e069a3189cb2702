//! Which questions can be asked about a token, best first: those that leave its traces alone before
//! those that use it. Where there is none, the reason. Pure.
//! Source of the ways: GitLab's API pages as each function of [`routes`] names them.

use std::borrow::Cow;

use super::judge::Judge;
use super::operator::IDENTIFIABLE;
use super::owners::Owners;
use super::question::Question;
use super::routes;
use crate::model::facts::{Facts, OwnerField};
use crate::model::secret::Secret;

/// What the operator allows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// Requests that would change something if the instance did not refuse them.
    pub intrusive: bool,
    /// No request that leaves more behind than a time of last use.
    pub no_side_effects: bool,
    /// No request that uses the token itself.
    pub operator_only: bool,
}

/// A token to be asked about.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The word for its kind.
    pub kind: &'a str,
    /// The token.
    pub secret: &'a Secret,
    /// What is known of it offline.
    pub facts: &'a Facts,
    /// Where the operator says that it belongs.
    pub home: &'a Home,
}

impl Subject<'_> {
    /// The project that it belongs to, as the operator says or else the text around it: an id or a
    /// path.
    pub fn project(&self) -> Option<String> {
        let beside = || self.facts.owner.get(&OwnerField::Project).map(u64::to_string);
        self.home.project.clone().or_else(beside)
    }

    /// The same for a group.
    pub fn group(&self) -> Option<String> {
        let beside = || self.facts.owner.get(&OwnerField::Group).map(u64::to_string);
        self.home.group.clone().or_else(beside)
    }
}

/// Where the operator says that tokens belong: ids or paths.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// The project whose triggers, deploy keys and registration token are looked through.
    pub project: Option<String>,
    /// The group that may revoke tokens of its members, and whose registration token is looked at.
    pub group: Option<String>,
}

/// Why nobody is asked.
pub type Reason = Cow<'static, str>;

const NO_REQUEST: &str = "no side-effect-free request exists";
const VERIFY_EFFECT: &str =
    "the instance may now show the runner as having called (POST /runners/verify)";

const FEED_EFFECT: &str =
    "the token stood in the address, where GitLab's and a proxy's logs may keep it";

/// The questions about a token at one instance, best first; never none.
pub fn ladder(
    subject: Subject<'_>,
    operator: Option<&Secret>,
    policy: Policy,
) -> Result<Vec<Question>, Reason> {
    let mut questions = Vec::new();
    if let Some(operator) = operator {
        questions.extend(by_operator(subject, operator));
    }
    if policy.operator_only {
        let why = "only the operator's credential may be used, and it has no way to ask";
        return if questions.is_empty() { Err(why.into()) } else { Ok(questions) };
    }
    match by_token(subject, policy) {
        Ok(more) => questions.extend(more),
        Err(why) if questions.is_empty() => return Err(why),
        Err(_) => {}
    }
    Ok(questions)
}

/// The administrator's way, then what the place that it belongs to shows to its owner.
fn by_operator(subject: Subject<'_>, operator: &Secret) -> Vec<Question> {
    let mut questions: Vec<Question> = by_administrator(subject, operator).into_iter().collect();
    let token = || subject.secret.clone();
    let fingerprint = || subject.facts.key.as_ref()?.fingerprint.clone();
    let mut ask = |request, owners| {
        questions.push(Question::of_operator(request, Judge::Owners(owners)));
    };
    match (subject.kind, subject.project()) {
        ("pipeline_trigger_token", Some(project)) => {
            let request = routes::triggers(operator, &project);
            ask(request, Owners::Trigger { token: token(), project });
        }
        ("deploy_key", Some(project)) => {
            let request = routes::deploy_keys(operator, &project);
            if let Some(fingerprint) = fingerprint() {
                ask(request, Owners::DeployKey { fingerprint, project });
            }
        }
        ("runner_registration_token", project) => {
            for (place, id) in [("project", project), ("group", subject.group())] {
                if let Some(id) = id {
                    let request = routes::place(operator, place, &id);
                    ask(request, Owners::Registration { token: token(), place });
                }
            }
        }
        _ => {}
    }
    questions
}

fn by_administrator(subject: Subject<'_>, operator: &Secret) -> Option<Question> {
    let Subject { kind, secret, facts, .. } = subject;
    if kind == "deploy_key" {
        let fingerprint = facts.key.as_ref()?.fingerprint.as_ref()?;
        let request = routes::key_by_fingerprint(operator, fingerprint);
        return Some(Question::of_operator(request, Judge::Key));
    }
    let kind = IDENTIFIABLE.iter().find(|known| **known == kind)?;
    let request = routes::identify(operator, kind, secret);
    Some(Question::of_operator(request, Judge::Identified(kind)))
}

fn by_token(subject: Subject<'_>, policy: Policy) -> Result<Vec<Question>, Reason> {
    let Subject { kind, secret, facts, .. } = subject;
    let one = |request, judge| Ok(vec![Question::of_token(request, judge)]);
    let project = facts.owner.get(&OwnerField::Project).copied();
    match kind {
        "personal_access_token" => Ok(vec![
            Question::of_token(routes::self_information(secret), Judge::SelfInformation),
            Question::of_token(routes::current_user(secret), Judge::CurrentUser),
        ]),
        "oauth_access_token" => one(routes::self_information_of_oauth(secret), Judge::OauthAccess),
        "ci_job_token" => one(routes::job(secret), Judge::Job),
        "deploy_token" => one(routes::conan_credentials(secret), Judge::DeployToken),
        "runner_authentication_token" => Ok(runner(secret, policy)),
        "runner_registration_token" if policy.intrusive => {
            one(routes::registration_probe(secret), Judge::Registration)
        }
        "pipeline_trigger_token" if policy.intrusive => match project {
            Some(project) => one(routes::trigger_probe(secret, project), Judge::Trigger),
            None => Err("its project is not known (inspect takes --project ID)".into()),
        },
        "runner_registration_token" | "pipeline_trigger_token" => {
            Err(format!("{NO_REQUEST} (--intrusive allows one that the instance must refuse)")
                .into())
        }
        "feed_token" if is_path_bound(facts, secret) => {
            Err("it opens one path alone, which it does not tell".into())
        }
        "feed_token" => {
            let question = Question::of_token(routes::feed(secret), Judge::Feed);
            Ok(vec![Question { side_effect: Some(FEED_EFFECT), ..question }])
        }
        "feature_flags_client_token" => match project {
            Some(project) => one(routes::unleash(secret, project), Judge::Unleash),
            None => Err("its project is not known (inspect takes --project ID)".into()),
        },
        "oauth_application_secret" => match &facts.client_id {
            Some(id) => one(routes::client_credentials(secret, id), Judge::OauthClient),
            None => Err("its application id is not known (inspect takes --client-id ID)".into()),
        },
        "scim_token" => {
            let group = facts.group_path.as_deref();
            let judge = if group.is_some() { Judge::Scim } else { Judge::InstanceScim };
            one(routes::scim_users(secret, group), judge)
        }
        "session_cookie" => one(routes::user_of_session(secret), Judge::Session),
        "deploy_key" => Err(deploy_key(facts)),
        "iam_oauth_token" => Err("it lives for minutes, and GitLab keeps no record of it".into()),
        "incoming_mail_token" => Err(format!(
            "{NO_REQUEST}: it is used by sending mail (an administrator's credential can ask)"
        )
        .into()),
        "kubernetes_agent_token" => Err(format!(
            "{NO_REQUEST}: it would register an agent (an administrator's credential can ask)"
        )
        .into()),
        _ => Err(NO_REQUEST.into()),
    }
}

/// The route without a trace first.
fn runner(secret: &Secret, policy: Policy) -> Vec<Question> {
    let mut questions =
        vec![Question::of_token(routes::runner_discovery(secret), Judge::RunnerDiscovery)];
    if !policy.no_side_effects {
        let request = routes::runner_verification(secret);
        let question = Question::of_token(request, Judge::RunnerVerification);
        questions.push(Question { side_effect: Some(VERIFY_EFFECT), ..question });
    }
    questions
}

/// `glft-<64 hex>-<user id>`: its owner is read from its end.
fn is_path_bound(facts: &Facts, secret: &Secret) -> bool {
    facts.owner.contains_key(&OwnerField::User) && secret.expose().len() > 64
}

fn deploy_key(facts: &Facts) -> Reason {
    match facts.key.as_ref().and_then(|key| key.fingerprint.as_ref()) {
        Some(_) => {
            "an administrator's credential can look its fingerprint up; ssh would use the key"
                .into()
        }
        None => {
            "its public half is hidden behind the passphrase, so it has no fingerprint to look up"
                .into()
        }
    }
}
