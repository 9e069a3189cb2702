//! What a token says of itself, for every form that says anything.

use super::{jwt, key, kinds, routable};
use crate::model::facts::{Facts, OwnerField};

/// Reads `token`, a whole secret of which the first `prefix` bytes are its prefix.
pub fn facts(token: &[u8], prefix: usize) -> Facts {
    let (prefix, body) = token.split_at(prefix.min(token.len()));
    let mut facts = Facts { prefix: prefix.to_vec(), ..Facts::default() };
    if let Some(proven) = routable::proven_until(token, token.len()) {
        facts.owner = routable::routing(token, &proven);
    } else if let Some(jwt) = jwt::leading(body) {
        jwt.describe(&mut facts);
    } else if let Some(block) = key::leading(token) {
        facts.key = Some(block.facts);
    } else if let Some(user) = path_bound_feed_user(prefix, body) {
        facts.owner.insert(OwnerField::User, user);
    }
    facts
}

/// The user id at the end of a feed token that is bound to one path:
/// `glft-<64 hex>-<user id>` (GitLab `lib/gitlab/auth/auth_finders.rb`).
fn path_bound_feed_user(prefix: &[u8], body: &[u8]) -> Option<u64> {
    let (known, _) = kinds::known_ending(prefix).filter(|(known, _)| *known == "glft-")?;
    debug_assert!(prefix.ends_with(known.as_bytes()));
    let digits = body.get(64..)?.strip_prefix(b"-")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::facts;
    use crate::model::facts::OwnerField;
    use crate::token::sample::Sampler;

    #[test]
    fn a_path_bound_feed_token_names_its_user() {
        let token = format!("glft-{}-4242", Sampler::new(1).hex(64));
        let known = facts(token.as_bytes(), 5);
        assert_eq!(known.owner.get(&OwnerField::User), Some(&4242));
        assert_eq!(known.prefix, b"glft-");
    }

    #[test]
    fn a_plain_body_says_nothing() {
        let token = format!("glft-{}", Sampler::new(1).friendly(20));
        assert!(facts(token.as_bytes(), 5).owner.is_empty());
        assert!(facts(b"", 5).prefix.is_empty());
    }
}
