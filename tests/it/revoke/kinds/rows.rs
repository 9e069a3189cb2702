//! The kinds, who owns what leaks, and the requests that end it.

use stanch::token::sample::Sampler;

use super::super::{ANN, GROUP, OLGA, PROJECT};
use crate::support::gitlab::State;

/// What a token's body is made of.
#[derive(Clone, Copy)]
pub(super) enum Body {
    Friendly(usize),
    Hex(usize),
    Base36(usize),
}

pub(super) use Body::{Base36, Friendly, Hex};

/// A kind: its word, the prefix, the body, the text around it with `{}` where the token stands, how
/// the server learns of it (and by which id it knows it), further options, and the request that ends
/// it with `{id}` where the id stands.
pub(super) type Row = (
    &'static str,
    (&'static str, Body),
    &'static str,
    fn(&mut State, &str) -> u64,
    &'static [&'static str],
    &'static str,
);

pub(super) const ADMIN: &str = "DELETE /api/v4/admin/token";

pub(super) fn of_ann(state: &mut State, token: &str) -> u64 {
    state.pat(token, ANN, &["api"]).id
}

pub(super) fn of_olga(state: &mut State, token: &str) -> u64 {
    state.pat(token, OLGA, &["read_user"]).id
}

pub(super) fn impersonation(state: &mut State, token: &str) -> u64 {
    state.impersonation(token, ANN, &["api"]).id
}

pub(super) fn of_project(state: &mut State, token: &str) -> u64 {
    state.resource_token(token, PROJECT, &["api"], 40).id
}

pub(super) fn of_group(state: &mut State, token: &str) -> u64 {
    state.resource_token(token, GROUP, &["api"], 40).id
}

pub(super) fn deploy(state: &mut State, token: &str) -> u64 {
    let made = state.deploy_token(token, PROJECT);
    made.id = 4321;
    made.id
}

pub(super) fn deploy_of_group(state: &mut State, token: &str) -> u64 {
    state.deploy_token(token, GROUP).id
}

pub(super) fn runner(state: &mut State, token: &str) -> u64 {
    state.runner(token, PROJECT).id
}

pub(super) fn job(state: &mut State, token: &str) -> u64 {
    state.job(token, 7, ANN).id
}

pub(super) fn trigger(state: &mut State, token: &str) -> u64 {
    state.trigger(token, 7, OLGA).id
}

pub(super) fn feed(state: &mut State, token: &str) -> u64 {
    state.feed_token(token, ANN);
    0
}

pub(super) fn mail(state: &mut State, token: &str) -> u64 {
    state.mail_token(token, ANN);
    0
}

pub(super) fn flags(state: &mut State, token: &str) -> u64 {
    state.flags_client(token, 7);
    0
}

pub(super) fn session(state: &mut State, cookie: &str) -> u64 {
    state.session(cookie, ANN);
    0
}

pub(super) fn agent(state: &mut State, token: &str) -> u64 {
    state.agent_token(token, 7, 77).id
}

pub(super) fn application(state: &mut State, secret: &str) -> u64 {
    state.oauth_app(&client_id(), secret).id
}

pub(super) fn registration(state: &mut State, token: &str) -> u64 {
    state.registration_token(token, PROJECT);
    0
}

pub(super) fn registration_of_group(state: &mut State, token: &str) -> u64 {
    state.registration_token(token, GROUP);
    0
}

pub(super) fn client_id() -> String {
    Sampler::new(1000).hex(64)
}

pub(super) const PAT: (&str, Body) = ("glpat-", Friendly(20));
pub(super) const DEPLOY: (&str, Body) = ("gldt-", Friendly(20));
pub(super) const REGISTRATION: (&str, Body) = ("GR1348941", Friendly(20));
pub(super) const COOKIE: &str = "Cookie: _gitlab_session={}; path=/";
pub(super) const SECRET: &str = "client_id: {application}\nclient_secret: {}";
pub(super) const FLAGS: &str = "https://x/api/v4/feature_flags/unleash/7 {}";

pub(super) const BY_ADMIN: &[Row] = &[
    ("personal_access_token", PAT, "{}", of_ann, &[], ADMIN),
    ("personal_access_token", PAT, "{}", impersonation, &[], ADMIN),
    ("personal_access_token", PAT, "{}", of_project, &[], ADMIN),
    ("personal_access_token", PAT, "{}", of_group, &[], ADMIN),
    ("deploy_token", DEPLOY, "{}", deploy, &[], ADMIN),
    ("runner_authentication_token", ("glrt-t1_", Friendly(20)), "{}", runner, &[], ADMIN),
    ("feed_token", ("glft-", Friendly(20)), "{}", feed, &[], ADMIN),
    ("incoming_mail_token", ("glimt-", Base36(25)), "{}", mail, &[], ADMIN),
    ("kubernetes_agent_token", ("glagent-", Friendly(50)), "{}", agent, &[], ADMIN),
    ("pipeline_trigger_token", ("glptt-", Friendly(20)), "{}", trigger, &[], ADMIN),
    ("pipeline_trigger_token", ("glptt-", Hex(40)), "{}", trigger, &[], ADMIN),
    ("feature_flags_client_token", ("glffct-", Friendly(20)), FLAGS, flags, &[], ADMIN),
    ("oauth_application_secret", ("gloas-", Hex(64)), SECRET, application, &[], ADMIN),
    ("session_cookie", ("", Hex(32)), COOKIE, session, &[], ADMIN),
    (
        "ci_job_token",
        ("glcbt-64_", Friendly(20)),
        "{}",
        job,
        &[],
        "POST /api/v4/projects/7/jobs/{id}/cancel",
    ),
    (
        "runner_registration_token",
        REGISTRATION,
        "{}",
        registration,
        &["--project", "7"],
        "POST /api/v4/projects/7/runners/reset_registration_token",
    ),
    (
        "runner_registration_token",
        REGISTRATION,
        "{}",
        registration_of_group,
        &["--group", "3"],
        "POST /api/v4/groups/3/runners/reset_registration_token",
    ),
];

pub(super) const BY_OWNER: &[Row] = &[
    ("personal_access_token", PAT, "{}", of_ann, &[], "DELETE /api/v4/personal_access_tokens/self"),
    (
        "personal_access_token",
        PAT,
        "{}",
        of_olga,
        &[],
        "DELETE /api/v4/personal_access_tokens/{id}",
    ),
    (
        "personal_access_token",
        PAT,
        "{}",
        of_project,
        &[],
        "DELETE /api/v4/projects/7/access_tokens/{id}",
    ),
    (
        "personal_access_token",
        PAT,
        "{}",
        of_group,
        &[],
        "DELETE /api/v4/groups/3/access_tokens/{id}",
    ),
    (
        "personal_access_token",
        PAT,
        "{}",
        of_ann,
        &["--group", "3"],
        "POST /api/v4/groups/3/tokens/revoke",
    ),
    (
        "deploy_token",
        DEPLOY,
        "{}",
        deploy_of_group,
        &["--group", "3"],
        "POST /api/v4/groups/3/tokens/revoke",
    ),
    (
        "feed_token",
        ("glft-", Friendly(20)),
        "{}",
        feed,
        &["--group", "3"],
        "POST /api/v4/groups/3/tokens/revoke",
    ),
    (
        "runner_authentication_token",
        ("glrt-", Friendly(20)),
        "{}",
        runner,
        &[],
        "POST /api/v4/runners/reset_authentication_token",
    ),
    (
        "pipeline_trigger_token",
        ("glptt-", Friendly(20)),
        "{}",
        trigger,
        &["--project", "7"],
        "DELETE /api/v4/projects/7/triggers/{id}",
    ),
    (
        "ci_job_token",
        ("glcbt-64_", Friendly(20)),
        "{}",
        job,
        &[],
        "POST /api/v4/projects/7/jobs/{id}/cancel",
    ),
    (
        "runner_registration_token",
        REGISTRATION,
        "{}",
        registration,
        &["--project", "7"],
        "POST /api/v4/projects/7/runners/reset_registration_token",
    ),
    (
        "runner_registration_token",
        REGISTRATION,
        "{}",
        registration_of_group,
        &["--group", "3"],
        "POST /api/v4/groups/3/runners/reset_registration_token",
    ),
];

pub(super) fn scim(state: &mut State, token: &str) -> u64 {
    state.scim_token(token, Some("group"));
    0
}

pub(super) fn oauth(state: &mut State, token: &str) -> u64 {
    state.oauth_token(token, ANN, &["api"]).application_id = client_id();
    0
}
