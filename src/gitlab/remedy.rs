//! What a person can do about a token that no request of ours ends: the page and what to press there
//! (GitLab's user documentation, as each entry names it).

/// Page and steps for a kind.
pub fn remedy(kind: &str) -> &'static str {
    match kind {
        // doc/user/profile/personal_access_tokens.md, doc/user/project/settings/project_access_tokens.md
        "personal_access_token" => {
            "its user: Edit profile > Access > Personal access tokens > Revoke; for a bot: Settings > \
             Access tokens of its project or group; an impersonation token: Admin > Users > the user > Impersonation tokens"
        }
        // doc/user/project/deploy_tokens/_index.md
        "deploy_token" => {
            "a maintainer: Settings > Repository > Deploy tokens of its project (or group) > Revoke; \
             stanch does it itself with an administrator's credential, or with --project or --group \
             and the id that stands in its user name (without a terminal: --plan-out, then --apply --plan)"
        }
        // doc/user/project/deploy_keys/_index.md
        "deploy_key" => {
            "a maintainer: Settings > Repository > Deploy keys of every project that has it > Remove; \
             for a user's key: Edit profile > SSH keys; stanch does it itself with an administrator's \
             credential, or with --project"
        }
        // doc/ci/runners/runners_scope.md, doc/ci/runners/configure_runners.md
        "runner_authentication_token" => {
            "an owner: Settings > CI/CD > Runners (or Admin > CI/CD > Runners) > remove the runner"
        }
        "runner_registration_token" => {
            "a maintainer or owner: Settings > CI/CD > Runners > … > Reset registration token; for the \
             whole instance: Admin > CI/CD > Runners; stanch does it itself with --project or --group"
        }
        // doc/ci/jobs/ci_job_token.md
        "ci_job_token" => {
            "it dies with its job: cancel the job (Build > Jobs), or wait until it ends"
        }
        // doc/ci/triggers/_index.md
        "pipeline_trigger_token" => {
            "a maintainer: Settings > CI/CD > Pipeline trigger tokens > Revoke; stanch does it itself \
             with an administrator's credential, or with its owner's and --project"
        }
        _ => of_small_kinds(kind),
    }
}

/// The same for kinds of which a user, a project or a group has only one, or that few have.
fn of_small_kinds(kind: &str) -> &'static str {
    match kind {
        // doc/security/tokens/_index.md
        "feed_token" => {
            "its user: Edit profile > Access > Personal access tokens > Feed token > reset"
        }
        "incoming_mail_token" => {
            "its user: Edit profile > Access > Personal access tokens > Incoming email token > reset"
        }
        // doc/operations/feature_flags.md
        "feature_flags_client_token" => {
            "a maintainer: Deploy > Feature flags > Configure > regenerate the instance ID"
        }
        // doc/user/clusters/agent/work_with_agent.md
        "kubernetes_agent_token" => {
            "a maintainer: Operate > Kubernetes clusters > the agent > Access tokens > Revoke"
        }
        // doc/integration/oauth_provider.md
        "oauth_application_secret" => {
            "its owner: Edit profile (or group Settings, or Admin) > Applications > the application > \
             Renew secret"
        }
        "oauth_access_token" => {
            "its user: Edit profile > Access > Applications > Authorized applications > Revoke; else it \
             ends by itself two hours after it was made"
        }
        // doc/user/group/saml_sso/scim_setup.md
        "scim_token" => {
            "an owner: Settings > SAML SSO (or Admin > Settings > General > SCIM) > Reset SCIM token"
        }
        "session_cookie" => {
            "its user: Edit profile > Access > Active sessions > Revoke, or change the password"
        }
        // doc/user/workspace/_index.md
        "workspace_token" => "its user: stop or terminate the workspace (Your work > Workspaces)",
        // doc/api/runner_controller_tokens.md
        "runner_controller_token" => {
            "an administrator: GET /runner_controllers/:id/tokens, then DELETE …/:token_id; the list \
             shows no values, so only its owner knows which"
        }
        "iam_oauth_token" => "nothing: GitLab keeps no record of it, and it ends within minutes",
        _ => "revoke it where it was made",
    }
}

/// The page on which a person does it: `address` is the instance, `project` and `group` are what the
/// token belongs to, as a path or an id.
pub fn page(
    kind: &str,
    address: &str,
    project: Option<&str>,
    group: Option<&str>,
) -> Option<String> {
    let of_user = match kind {
        "personal_access_token" | "feed_token" | "incoming_mail_token" => "personal_access_tokens",
        "oauth_access_token" | "oauth_application_secret" => "applications",
        "session_cookie" => "active_sessions",
        _ => "",
    };
    if !of_user.is_empty() {
        return Some(format!("{address}/-/user_settings/{of_user}"));
    }
    let in_project = match kind {
        "deploy_token" | "deploy_key" => "settings/repository",
        "pipeline_trigger_token" | "runner_authentication_token" | "runner_registration_token" => {
            "settings/ci_cd"
        }
        "feature_flags_client_token" => "feature_flags",
        "kubernetes_agent_token" => "clusters",
        "ci_job_token" => "jobs",
        _ => "",
    };
    match (project, group) {
        // A project's number leads to its first page (`config/routes/project.rb`).
        (Some(id), _) if is_number(id) => Some(format!("{address}/projects/{id}")),
        (Some(path), _) if !in_project.is_empty() => {
            Some(format!("{address}/{path}/-/{in_project}"))
        }
        (None, Some(path)) if kind == "scim_token" && !is_number(path) => {
            Some(format!("{address}/groups/{path}/-/saml"))
        }
        (None, Some(path)) if in_project.starts_with("settings") && !is_number(path) => {
            Some(format!("{address}/groups/{path}/-/{in_project}"))
        }
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn pages_are_those_of_who_can_do_it() {
        let host = "https://gitlab.example.com";
        let show = |kind, project, group| page(kind, host, project, group).unwrap_or_default();
        assert_eq!(
            show("personal_access_token", Some("7"), None),
            "https://gitlab.example.com/-/user_settings/personal_access_tokens"
        );
        assert_eq!(
            show("deploy_token", Some("acme/shop"), None),
            "https://gitlab.example.com/acme/shop/-/settings/repository"
        );
        assert_eq!(show("deploy_token", Some("7"), None), "https://gitlab.example.com/projects/7");
        assert_eq!(
            show("scim_token", None, Some("acme")),
            "https://gitlab.example.com/groups/acme/-/saml"
        );
        assert_eq!(show("deploy_token", None, None), "");
        assert_eq!(show("workspace_token", None, None), "");
    }
}
