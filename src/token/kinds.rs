//! The kinds of GitLab tokens: the word for each, and the prefixes it is made with.
//! Source: GitLab `doc/security/tokens/_index.md` and the models it names.

/// One kind of token.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The word in rule files and reports.
    pub word: &'static str,
    /// Prefixes of generated tokens, without an instance's own.
    pub prefixes: &'static [&'static str],
    /// How many characters the classic bodies behind those prefixes have.
    pub bodies: &'static [usize],
}

/// The kind of access tokens for people and bots, which an unknown prefix stands for.
pub const PERSONAL_ACCESS_TOKEN: &str = "personal_access_token";
/// How many characters the classic body of such a token has.
pub const CLASSIC_BODY: usize = 20;
/// The kind of private keys, which have no prefix.
pub const DEPLOY_KEY: &str = "deploy_key";

/// All kinds.
pub const KINDS: &[Kind] = &[
    // Also impersonation, project, group and service-account tokens.
    Kind { word: PERSONAL_ACCESS_TOKEN, prefixes: &["glpat-"], bodies: &[20] },
    Kind { word: "deploy_token", prefixes: &["gldt-"], bodies: &[20] },
    Kind { word: "runner_authentication_token", prefixes: &["glrt-", "glrtr-"], bodies: &[20] },
    Kind { word: "runner_registration_token", prefixes: &["GR1348941"], bodies: &[20] },
    Kind { word: "ci_job_token", prefixes: &["glcbt-"], bodies: &[20] },
    Kind { word: "pipeline_trigger_token", prefixes: &["glptt-"], bodies: &[20, 40] },
    Kind { word: "feed_token", prefixes: &["glft-"], bodies: &[20] },
    Kind { word: "incoming_mail_token", prefixes: &["glimt-"], bodies: &[24, 25] },
    Kind { word: "kubernetes_agent_token", prefixes: &["glagent-"], bodies: &[50] },
    Kind { word: "oauth_application_secret", prefixes: &["gloas-"], bodies: &[64] },
    Kind { word: "scim_token", prefixes: &["glsoat-"], bodies: &[20] },
    Kind { word: "feature_flags_client_token", prefixes: &["glffct-"], bodies: &[20] },
    Kind { word: "workspace_token", prefixes: &["glwt-"], bodies: &[20] },
    Kind { word: "runner_controller_token", prefixes: &["glrct-"], bodies: &[20] },
    Kind { word: "iam_oauth_token", prefixes: &["gliamat-"], bodies: &[] },
    Kind { word: "oauth_access_token", prefixes: &[], bodies: &[] },
    Kind { word: "session_cookie", prefixes: &[], bodies: &[] },
    Kind { word: DEPLOY_KEY, prefixes: &[], bodies: &[] },
];

/// The known prefix that `prefix` ends with (`acme-gldt-` ends with `gldt-`), and its kind.
pub fn known_ending(prefix: &[u8]) -> Option<(&'static str, &'static Kind)> {
    KINDS
        .iter()
        .flat_map(|kind| kind.prefixes.iter().map(move |&known| (known, kind)))
        .filter(|(known, _)| prefix.ends_with(known.as_bytes()))
        .max_by_key(|(known, _)| known.len())
}

/// The known prefix that `token` begins with.
pub fn known_beginning(token: &[u8]) -> Option<&'static str> {
    KINDS
        .iter()
        .flat_map(|kind| kind.prefixes.iter().copied())
        .filter(|known| token.starts_with(known.as_bytes()))
        .max_by_key(|known| known.len())
}

/// True when `word` names one of the kinds.
pub fn is_known(word: &str) -> bool {
    KINDS.iter().any(|kind| kind.word == word)
}

#[cfg(test)]
mod tests {
    use super::{is_known, known_beginning, known_ending};

    #[test]
    fn a_prefix_tells_the_kind_by_its_end() {
        let kind = |prefix: &str| known_ending(prefix.as_bytes()).map(|(_, kind)| kind.word);
        assert_eq!(kind("acme-gldt-"), Some("deploy_token"));
        assert_eq!(kind("glrtr-"), Some("runner_authentication_token"));
        assert_eq!(kind("corp-"), None);
        assert_eq!(kind(""), None);
    }

    #[test]
    fn a_token_tells_its_prefix_by_its_beginning() {
        let token = ["glrtr-", "abc"].concat();
        assert_eq!(known_beginning(token.as_bytes()), Some("glrtr-"));
        assert_eq!(known_beginning(b"abc"), None);
        assert!(is_known("scim_token") && !is_known("password"));
    }
}
