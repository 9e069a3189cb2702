//! The fingerprint of a secret: what names it in reports and ignore files without showing it.
//! It depends on kind and secret alone, so it stays the same when lines move, files are renamed
//! or branches multiply.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::model::secret::Secret;

/// How many hexadecimal digits of the hash are kept.
const DIGITS: usize = 32;

/// Makes fingerprints.
pub(super) struct Fingerprinter {
    key: Option<Hmac<Sha256>>,
}

impl Fingerprinter {
    /// With a key, only its holder can tell whether a guessed secret has a given fingerprint.
    pub(super) fn new(key: Option<&Secret>) -> Self {
        Self { key: key.and_then(|key| Hmac::new_from_slice(key.expose()).ok()) }
    }

    /// The first 32 hexadecimal digits of SHA-256 (or HMAC-SHA-256) of kind, a zero byte, secret.
    pub(super) fn of(&self, kind: &str, secret: &Secret) -> String {
        let parts = [kind.as_bytes(), &[0], secret.expose()];
        let hash = match &self.key {
            Some(keyed) => {
                let mut keyed = keyed.clone();
                parts.iter().for_each(|part| keyed.update(part));
                keyed.finalize().into_bytes()
            }
            None => {
                let mut plain = Sha256::new();
                parts.iter().for_each(|part| plain.update(part));
                plain.finalize()
            }
        };
        let mut hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        hex.truncate(DIGITS);
        hex
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprinter;
    use crate::model::secret::Secret;

    #[test]
    fn fingerprints_are_those_of_other_tools() {
        // printf 'k\0s' | sha256sum; printf 'k\0s' | openssl sha256 -hmac key
        let secret = Secret::new(*b"s");
        assert_eq!(Fingerprinter::new(None).of("k", &secret), SHA256);
        let key = Secret::new(*b"key");
        assert_eq!(Fingerprinter::new(Some(&key)).of("k", &secret), HMAC);
    }

    const SHA256: &str = "e73decd84953ea0db513b7453369b19e";
    const HMAC: &str = "87d87d37c9407bb2b0bc65aefa732a74";
}
