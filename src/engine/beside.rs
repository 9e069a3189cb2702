//! What stands near a token and says where it belongs: the project in an address, the id of an
//! application, the path of a group, the id in a user name. Hints only. Pure.

use std::sync::OnceLock;

use regex::bytes::Regex;

use crate::model::span::Span;

/// So many bytes on each side are looked at. Less than what a piece of a text brings of its
/// neighbours.
pub const NEAR: usize = 256;

/// A kind of token, the name of what is known from near it, and the pattern of that.
const HINTS: &[(&str, &str, &str)] = &[
    (
        "pipeline_trigger_token",
        "project",
        r"projects/([0-9]{1,18})/(?:ref/[^/\s]{1,100}/)?trigger/pipeline",
    ),
    ("feature_flags_client_token", "project", r"feature_flags/unleash/([0-9]{1,18})"),
    (
        "oauth_application_secret",
        "client_id",
        r#"(?i-u:client|application|app)[_-]?(?i-u:id)["'\s:=]{1,8}([0-9a-f]{64})(?:[^0-9a-f]|$)"#,
    ),
    // The user name of a deploy token tells its id (`doc/user/project/deploy_tokens/_index.md`).
    ("deploy_token", "deploy_token", r"deploy-token-([0-9]{1,18})"),
    ("scim_token", "group_path", r"scim/v2/groups/([0-9A-Za-z][0-9A-Za-z_.-]{0,254})"),
];

/// The host of an address. What stands before an `@` in it may be the secret itself.
const ADDRESS: &str = r#"(?:https?|ssh|git)://(?:[^/\s"'@]{1,600}@)?([0-9A-Za-z][0-9A-Za-z.-]{0,252}(?::[0-9]{1,5})?)"#;

/// The host of the address on the line of `secret` that is nearest to it.
pub fn host_beside(text: &[u8], secret: Span) -> Option<Span> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| Regex::new(ADDRESS).ok()).as_ref()?;
    let from = secret.start.saturating_sub(NEAR);
    let to = text.len().min(secret.end + NEAR);
    let line_from =
        memchr::memrchr(b'\n', &text[from..secret.start]).map_or(from, |at| from + at + 1);
    let line_to = memchr::memchr(b'\n', &text[secret.end..to]).map_or(to, |at| secret.end + at);
    let found = pattern.captures_iter(&text[line_from..line_to]).filter_map(|found| found.get(1));
    let spans = found.map(|group| Span::new(line_from + group.start(), line_from + group.end()));
    // A host that reaches the end of what is looked at may go on behind it.
    let whole = spans.filter(|span| span.end < to || to == text.len());
    whole.min_by_key(|span| {
        secret.start.saturating_sub(span.end) + span.start.saturating_sub(secret.end)
    })
}

fn patterns() -> &'static [Option<Regex>] {
    static PATTERNS: OnceLock<Vec<Option<Regex>>> = OnceLock::new();
    PATTERNS.get_or_init(|| HINTS.iter().map(|(_, _, pattern)| Regex::new(pattern).ok()).collect())
}

/// What stands near `secret`, a token of this kind: a name and where it is. What stands before it
/// goes before what stands behind it, and the nearest before others.
pub fn beside(kind: &str, text: &[u8], secret: Span) -> Option<(&'static str, Span)> {
    let number = HINTS.iter().position(|(known, ..)| *known == kind)?;
    let pattern = patterns()[number].as_ref()?;
    let from = secret.start.saturating_sub(NEAR);
    let to = text.len().min(secret.end + NEAR);
    let find = |from: usize, to: usize| {
        let found = pattern.captures_iter(&text[from..to]).filter_map(|found| found.get(1));
        let found = found.map(move |group| Span::new(from + group.start(), from + group.end()));
        // What reaches the end of what is looked at may go on behind it.
        found.filter(move |span| span.end < to || to == text.len())
    };
    let span = find(from, secret.start).last().or_else(|| find(secret.end, to).next())?;
    Some((HINTS[number].1, span))
}

#[cfg(test)]
mod tests {
    use super::{HINTS, NEAR, beside, host_beside, patterns};
    use crate::model::span::Span;

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(patterns().iter().flatten().count(), HINTS.len());
    }

    #[test]
    fn the_nearest_before_goes_first() {
        let text = b"/projects/1/trigger/pipeline /projects/22/ref/a/trigger/pipeline?token=X&y \
                     /projects/3/trigger/pipeline";
        let at = text.iter().position(|&byte| byte == b'X').expect("it");
        let hint = |kind, at| beside(kind, text, Span::new(at, at + 1));
        let (name, span) = hint("pipeline_trigger_token", at).expect("a hint");
        assert_eq!((name, span.of(text)), ("project", &b"22"[..]));
        assert_eq!(hint("pipeline_trigger_token", 0).expect("behind").1.of(text), b"1");
        assert!(hint("scim_token", at).is_none());
    }

    #[test]
    fn the_nearest_address_on_the_line_names_the_host() {
        let text =
            b"https://other.example/\nhttps://a.example:8443/some/path SECRET http://b.example/ y";
        let at = text.iter().position(|&byte| byte == b'S').expect("it");
        let host = host_beside(text, Span::new(at, at + 6)).expect("a host");
        assert_eq!(host.of(text), b"b.example");
        let text = b"git clone https://oauth2:SECRET@c.example/a.git";
        let at = text.iter().position(|&byte| byte == b'S').expect("it");
        assert_eq!(host_beside(text, Span::new(at, at + 6)).expect("it").of(text), b"c.example");
        assert!(host_beside(b"SECRET", Span::new(0, 6)).is_none());
    }

    #[test]
    fn what_is_cut_at_the_end_is_no_hint() {
        let text = format!("X{}unleash/12345", " feature_flags/".repeat(17) + "feature_flags/");
        let kind = "feature_flags_client_token";
        let cut = text.len() - 2;
        let secret = Span::new(cut - NEAR - 1, cut - NEAR);
        assert!(beside(kind, text.as_bytes(), secret).is_none());
        assert!(
            beside(kind, text.as_bytes(), Span::new(secret.start + 9, secret.end + 9)).is_some()
        );
    }
}
