//! Tokens of every kind, built at run time so that no file holds one.

use stanch::rules::markers;
use stanch::token::sample::Sampler;

/// A token with what must be said of it.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: &'static str,
    pub(crate) rule: String,
    pub(crate) evidence: &'static str,
    pub(crate) text: String,
}

/// Every kind that a prefix (or its own form) gives away, in each of its forms: kind, what its
/// rule is called behind `gitlab_`, and the marker that makes one.
const WITH_PREFIX: &[(&str, &str, &str)] = &[
    ("personal_access_token", "personal_access_token", "glpat- friendly:20"),
    ("deploy_token", "deploy_token", "gldt- friendly:20"),
    ("runner_authentication_token", "runner_auth_token", "glrt- friendly:20"),
    ("runner_authentication_token", "runner_auth_token", "glrt-t1_ friendly:20"),
    ("runner_authentication_token", "runner_auth_token", "glrtr- friendly:20"),
    ("runner_registration_token", "runner_registration_token", "GR1348941 friendly:20"),
    ("ci_job_token", "ci_build_token", "glcbt-64_ friendly:20"),
    ("ci_job_token", "ci_build_token_jwt", "glcbt- job_jwt"),
    ("pipeline_trigger_token", "pipeline_trigger_token", "glptt- hex:40"),
    ("pipeline_trigger_token", "pipeline_trigger_token_friendly", "glptt- friendly:20"),
    ("feed_token", "feed_token_v2", "glft- friendly:20"),
    ("feed_token", "feed_token_v2_path_bound", "glft- hex:64 -4242"),
    ("incoming_mail_token", "incoming_email_token", "glimt- base36:25"),
    ("incoming_mail_token", "incoming_email_token", "glimt- base36:24"),
    ("kubernetes_agent_token", "kubernetes_agent_token", "glagent- friendly:50"),
    ("oauth_application_secret", "oauth_app_secret", "gloas- hex:64"),
    ("scim_token", "scim_oauth_token", "glsoat- friendly:20"),
    ("feature_flags_client_token", "feature_flags_client_token", "glffct- friendly:20"),
    ("workspace_token", "workspace_token", "glwt- friendly:20"),
    ("runner_controller_token", "runner_controller_token", "glrct- friendly:20"),
    ("iam_oauth_token", "iam_oauth_token", "gliamat- jwt"),
];

/// The same for tokens that their checksum proves.
const PROVEN: &[(&str, &str, &str)] = &[
    (
        "personal_access_token",
        "personal_access_token_routable_versioned",
        "routable:glpat-:o=1,u=9ix",
    ),
    ("personal_access_token", "personal_access_token_routable", "routable_v0:glpat-:o=1,u=9ix"),
    (
        "personal_access_token",
        "personal_access_token_routable_versioned",
        "routable:acme-glpat-:c=1,o=1,u=9ix",
    ),
    (
        "personal_access_token",
        "personal_access_token_routable_versioned",
        "routable:Corp@2024::c=1,o=1,u=9ix",
    ),
    (
        "runner_authentication_token",
        "runner_auth_token_routable",
        "routable:glrt-:c=1,o=1,p=5z90,t=3,u=9ix",
    ),
    (
        "runner_authentication_token",
        "runner_auth_token_routable",
        "routable:glrtr-:c=1,g=8,o=rz,t=2",
    ),
    ("deploy_token", "deploy_token", "routable:acme-gldt-:c=1,o=1,p=5z90"),
    ("deploy_token", "deploy_token", "routable_v0:gldt-:o=1,p=5z90"),
    ("kubernetes_agent_token", "kubernetes_agent_token", "routable:glagent-:c=1,o=1,p=5z90"),
    ("feed_token", "feed_token_v2", "routable:glft-:c=1,o=1,u=9ix"),
    ("ci_job_token", "ci_build_token", "routable:glcbt-:c=1,o=1,u=9ix"),
];

/// The un-prefixed forms, each in the text that betrays it.
const IN_CONTEXT: &[(&str, &str)] = &[
    (
        "personal_access_token",
        "curl --header \"PRIVATE-TOKEN: {{friendly:20}}\" https://gitlab.example.com",
    ),
    ("personal_access_token", "Private-token: {{friendly:20}}\r\n"),
    (
        "personal_access_token",
        "https://gitlab.example.com/api/v4/user?private_token={{friendly:20}}&page=2",
    ),
    ("personal_access_token", "{\"PRIVATE-TOKEN\": \"{{friendly:20}}\"}"),
    (
        "personal_access_token",
        "git clone https://oauth2:{{friendly:20}}@gitlab.example.com/a/b.git",
    ),
    ("personal_access_token", "export GITLAB_TOKEN={{friendly:20}}\n"),
    ("ci_job_token", "https://gitlab-ci-token:{{friendly:20}}@gitlab.example.com/a/b.git"),
    ("ci_job_token", "https://gitlab-ci-token:{{64_ friendly:20}}@gitlab.example.com/a.git"),
    ("ci_job_token", "CI_JOB_TOKEN='{{friendly:20}}'"),
    ("ci_job_token", "JOB-TOKEN: {{friendly:20}}\n"),
    ("deploy_token", "https://gitlab+deploy-token-7:{{friendly:20}}@gitlab.example.com/a.git"),
    ("deploy_token", "Deploy-Token: {{friendly:20}}\n"),
    (
        "runner_registration_token",
        "gitlab-runner register --registration-token {{friendly:20}} --url x",
    ),
    (
        "runner_authentication_token",
        "[[runners]]\n  name = \"a\"\n  url = \"https://x\"\n  token = \"{{friendly:20}}\"\n",
    ),
    ("runner_authentication_token", "[[runners]]\n  token = \"{{t1_ friendly:20}}\"\n"),
    ("runner_authentication_token", "[[runners]]\n  token = \"{{hex:30}}\"\n"),
    (
        "feed_token",
        "https://gitlab.example.com/dashboard/issues.atom?feed_token={{friendly:20}}&state=opened",
    ),
    ("feed_token", "/a/b.atom?rss_token={{friendly:20}}\""),
    ("feature_flags_client_token", "UNLEASH-INSTANCEID: {{friendly:20}}\n"),
    (
        "incoming_mail_token",
        "incoming+group-project-278964-{{base36:25}}-issue@incoming.example.com",
    ),
    ("session_cookie", "Cookie: _gitlab_session={{hex:32}}; path=/"),
    ("oauth_access_token", "https://oauth2:{{hex:64}}@gitlab.example.com/a/b.git"),
    (
        "pipeline_trigger_token",
        "https://x/api/v4/projects/7/ref/main/trigger/pipeline?token={{hex:30}}\n",
    ),
];

/// Every token that a prefix gives away or a checksum proves.
pub(crate) fn with_prefix(seed: u64) -> Vec<Token> {
    let mut sampler = Sampler::new(seed);
    let mut make = |evidence, &(kind, rule, marker): &(&'static str, &'static str, &str)| {
        let expanded = markers::expand(&format!("{{{{{marker}}}}}"), &mut sampler);
        let text = expanded.expect("a good marker").text;
        Token { kind, rule: format!("gitlab_{rule}"), evidence, text }
    };
    let mut tokens: Vec<Token> = WITH_PREFIX.iter().map(|it| make("shape", it)).collect();
    tokens.extend(PROVEN.iter().map(|it| make("checksum", it)));
    tokens
}

/// The un-prefixed forms: kind, text before, secret, text behind.
pub(crate) fn in_context(seed: u64) -> Vec<(&'static str, String, String, String)> {
    let mut sampler = Sampler::new(seed);
    let mut make = |&(kind, text): &(&'static str, &str)| {
        let expanded = markers::expand(text, &mut sampler).expect("good markers");
        let (text, span) = (expanded.text, expanded.secrets[0]);
        let part = |from: usize, to: usize| text[from..to].to_owned();
        (kind, part(0, span.start), part(span.start, span.end), part(span.end, text.len()))
    };
    IN_CONTEXT.iter().map(&mut make).collect()
}

/// A personal access token of the classic form.
pub(crate) fn pat(seed: u64) -> String {
    ["glpat-", &Sampler::new(seed).friendly(20)].concat()
}

/// The text with a byte order mark in UTF-16.
pub(crate) fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    let bytes = |unit: u16| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() };
    units.flat_map(bytes).collect()
}
