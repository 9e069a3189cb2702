//! JSON Web Tokens as GitLab issues them: CI job tokens (`lib/ci/job_token/jwt.rb`,
//! `lib/authn/tokens/jwt.rb`) and IAM access tokens. Signatures are not checked: the key is the
//! instance's.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use super::alphabet::{from_base36, is_base64url};
use super::kinds::known_beginning;
use crate::model::facts::{Facts, OwnerField};

/// The longest JWT that GitLab accepts as a job token (`auth_finders.rb`).
pub const MAX: usize = 8192;
/// How many characters signatures have (RFC 7518); GitLab's have 342.
pub const SIGNATURES: [usize; 8] = [43, 64, 86, 128, 176, 342, 512, 683];

/// A well-formed JWT: three segments, of which the first two are JSON objects.
#[derive(Clone, Debug, PartialEq)]
pub struct Jwt {
    /// Number of bytes from its start to the end of the signature.
    pub len: usize,
    claims: Value,
}

/// Reads the JWT that `text` begins with. `None` when it is cut, longer than [`MAX`], or its
/// segments are not what a JWT's are.
pub fn leading(text: &[u8]) -> Option<Jwt> {
    let text = &text[..text.len().min(MAX + 1)];
    let header_end = segment(text, 0)?;
    let claims_end = segment(text, header_end + 1)?;
    let run = text[claims_end + 1..].iter().take_while(|&&byte| is_base64url(byte)).count();
    let signature = signature_len(&text[claims_end + 1..claims_end + 1 + run]);
    let len = claims_end + 1 + signature;
    if signature < 16 || len > MAX {
        return None;
    }
    let header = object(&text[..header_end])?;
    header.get("alg")?.as_str()?;
    let claims = object(&text[header_end + 1..claims_end])?;
    Some(Jwt { len, claims })
}

/// Where the signature ends that `run` begins with. Dashes and underscores at the end of a run
/// may be Markdown's: they are left out when the rest has the length of a signature.
/// Behind a signature of such a length the prefix of a token begins that token.
fn signature_len(run: &[u8]) -> usize {
    let glued =
        |length: &&usize| run.get(**length..).is_some_and(|it| known_beginning(it).is_some());
    if let Some(length) = SIGNATURES.iter().find(glued) {
        return *length;
    }
    let joints = run.iter().rev().take_while(|&&byte| byte == b'_' || byte == b'-').count();
    let without = (0..=joints.min(3)).map(|joints| run.len() - joints);
    without.into_iter().find(|length| SIGNATURES.contains(length)).unwrap_or(run.len())
}

/// The end of the segment at `from`, where a dot must stand.
fn segment(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let run = rest.iter().take_while(|&&byte| is_base64url(byte)).count();
    (run > 0 && rest.get(run) == Some(&b'.')).then_some(from + run)
}

fn object(segment: &[u8]) -> Option<Value> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(segment).ok()?;
    serde_json::from_slice::<Value>(&json).ok().filter(Value::is_object)
}

impl Jwt {
    /// Host, owner, job and expiry, as far as the claims tell.
    pub fn describe(&self, facts: &mut Facts) {
        let text = |name: &str| self.claims.get(name).and_then(Value::as_str);
        facts.host = text("iss").map(host_of);
        facts.expires = self.claims.get("exp").and_then(Value::as_i64);
        let ids = [
            ("c", OwnerField::Cell),
            ("o", OwnerField::Organization),
            ("u", OwnerField::User),
            ("p", OwnerField::Project),
            ("g", OwnerField::Group),
        ];
        for (name, field) in ids {
            if let Some(id) = text(name).and_then(|id| from_base36(id.as_bytes())) {
                facts.owner.insert(field, id);
            }
        }
        // gid://gitlab/Ci::Build/<job id>
        let job = text("sub")
            .filter(|subject| subject.contains("Ci::Build"))
            .and_then(|subject| subject.rsplit('/').next()?.parse().ok());
        if let Some(job) = job {
            facts.owner.insert(OwnerField::Job, job);
        }
    }
}

/// The host of an issuer, which is a bare host name or a URL.
fn host_of(issuer: &str) -> String {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{MAX, leading};
    use crate::model::facts::{Facts, OwnerField};
    use crate::token::sample::Sampler;

    #[test]
    fn the_claims_of_a_job_token_are_read() {
        let mut sampler = Sampler::new(7);
        let jwt = sampler.job_jwt("gitlab.example.com", 4711, 1_700_000_000);
        let found = leading(format!("{jwt}. And more").as_bytes()).expect("a JWT");
        assert_eq!(found.len, jwt.len());
        let mut facts = Facts::default();
        found.describe(&mut facts);
        assert_eq!(facts.host.as_deref(), Some("gitlab.example.com"));
        assert_eq!(facts.expires, Some(1_700_000_000));
        assert_eq!(facts.owner.get(&OwnerField::Job), Some(&4711));
        assert_eq!(facts.owner.get(&OwnerField::User), Some(&12345));
    }

    #[test]
    fn underscores_around_it_are_not_the_signatures() {
        let jwt = Sampler::new(9).job_jwt("host", 1, 2);
        for after in ["_", "__", "--", "_ x"] {
            let found = leading(format!("{jwt}{after}").as_bytes()).expect("a JWT");
            assert_eq!(found.len, jwt.len(), "{after}");
        }
        let found = leading(format!("{jwt}x").as_bytes()).expect("a JWT");
        assert_eq!(found.len, jwt.len() + 1);
    }

    #[test]
    fn cut_or_foreign_text_is_no_jwt() {
        let jwt = Sampler::new(8).job_jwt("host", 1, 2);
        let dot = jwt.rfind('.').expect("a signature");
        for text in
            [&jwt[..dot], &jwt[..dot + 8], "eyJ.eyJ.aaaaaaaaaaaaaaaaaaaa", "", "..", "a.b.c"]
        {
            assert_eq!(leading(text.as_bytes()), None);
        }
        let long = format!("{jwt}{}", "a".repeat(MAX));
        assert_eq!(leading(long.as_bytes()), None);
    }

    #[test]
    fn an_issuer_may_be_a_url() {
        assert_eq!(super::host_of("https://gitlab.example.com/path"), "gitlab.example.com");
        assert_eq!(super::host_of("gitlab.example.com"), "gitlab.example.com");
    }
}
