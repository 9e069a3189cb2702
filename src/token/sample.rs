//! Makes tokens of every form from a seed, as GitLab's generators do but without chance. They
//! open no door. Used wherever a token must not stand in a file: the examples of the rules, the
//! tests and the benches.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{LineEnding, PrivateKey};

use super::alphabet::to_base36;

/// A source of sample tokens. The same seed gives the same tokens in the same order.
#[derive(Clone, Debug)]
pub struct Sampler {
    state: u64,
}

impl Sampler {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// SplitMix64: enough for samples, and the same on every machine.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Any number of bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.next().to_le_bytes());
        words.take(count.div_ceil(8)).flatten().take(count).collect()
    }

    /// `Devise.friendly_token(count)`: base64url of 3/4 as many bytes, `lIO0` as `sxyz`.
    pub fn friendly(&mut self, count: usize) -> String {
        let text = BASE64_URL_SAFE_NO_PAD.encode(self.bytes(count * 3 / 4));
        text.chars()
            .map(|letter| match letter {
                'l' => 's',
                'I' => 'x',
                'O' => 'y',
                '0' => 'z',
                other => other,
            })
            .collect()
    }

    /// Lower-case hexadecimal digits.
    pub fn hex(&mut self, count: usize) -> String {
        let mut text: String =
            self.bytes(count.div_ceil(2)).iter().map(|byte| format!("{byte:02x}")).collect();
        text.truncate(count);
        text
    }

    /// Lower-case letters and digits.
    pub fn base36(&mut self, count: usize) -> String {
        (0..count).map(|_| to_base36(self.next() % 36, 1)).collect()
    }

    /// A whole routable token of today's form; `payload` is `key:value` lines, sorted.
    pub fn routable(&mut self, prefix: &str, payload: &str) -> String {
        let length = u8::try_from(payload.len()).unwrap_or(u8::MAX);
        let raw = [self.bytes(16), payload.as_bytes().to_vec(), vec![length]].concat();
        let b64 = BASE64_URL_SAFE_NO_PAD.encode(raw);
        let token = format!("{prefix}{b64}.01.{}", to_base36(b64.len() as u64, 2));
        let crc = crc32fast::hash(token.as_bytes());
        token + &to_base36(u64::from(crc), 7)
    }

    /// A whole routable token of the form that was used until April 2025.
    pub fn routable_v0(&mut self, prefix: &str, payload: &str) -> String {
        let raw = [payload.as_bytes().to_vec(), self.bytes(16), vec![16]].concat();
        let b64 = BASE64_URL_SAFE_NO_PAD.encode(raw);
        let token = format!("{prefix}{b64}.{}", to_base36(b64.len() as u64, 2));
        let crc = crc32fast::hash(token.as_bytes());
        token + &to_base36(u64::from(crc), 7)
    }

    /// A JWT with the claims of a CI job token of user 12345 in project 278964.
    pub fn job_jwt(&mut self, host: &str, job: u64, expires: i64) -> String {
        let claims = format!(
            "{{\"version\":\"0.1.0\",\"o\":\"1\",\"u\":\"9ix\",\"p\":\"5z90\",\"iss\":\"{host}\",\
             \"aud\":\"gitlab-authz-token\",\"sub\":\"gid://gitlab/Ci::Build/{job}\",\
             \"exp\":{expires}}}"
        );
        self.jwt(&claims)
    }

    /// A JWT with the given claims and a signature of random bytes.
    pub fn jwt(&mut self, claims: &str) -> String {
        let header =
            BASE64_URL_SAFE_NO_PAD.encode("{\"kid\":\"a\",\"typ\":\"JWT\",\"alg\":\"RS256\"}");
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.bytes(256));
        format!("{header}.{claims}.{signature}")
    }

    /// An Ed25519 key as `ssh-keygen` writes it, without a passphrase.
    pub fn openssh_key(&mut self) -> String {
        let mut seed = [0; 32];
        seed.copy_from_slice(&self.bytes(32));
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
        key.to_openssh(LineEnding::LF).map(|text| text.trim_end().to_owned()).unwrap_or_default()
    }

    /// An RSA key in PKCS #1 form. Its numbers are random: it parses, and signs nothing.
    pub fn rsa_key(&mut self) -> String {
        let mut numbers = vec![vec![0], self.number(256), vec![1, 0, 1], self.number(256)];
        numbers.extend((0..5).map(|_| self.number(128)));
        let body: Vec<u8> = numbers.iter().flat_map(|number| der(2, number)).collect();
        let text = BASE64_STANDARD.encode(der(0x30, &body));
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        let label = "RSA PRIVATE KEY";
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
    }

    /// A positive number that fills its bytes.
    fn number(&mut self, bytes: usize) -> Vec<u8> {
        let mut number = self.bytes(bytes);
        number[0] = number[0] & 0x7F | 0x40;
        number
    }
}

/// A value in DER: tag, length, content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|&&byte| byte == 0).count()..];
    let short = content.len() < 128;
    let long_form = [0x80 | u8::try_from(length.len()).unwrap_or(8)];
    let head: &[u8] = if short { &[] } else { &long_form };
    let length = if content.is_empty() { &[0] } else { length };
    [&[tag], head, length, content].concat()
}

#[cfg(test)]
mod tests {
    use super::Sampler;
    use crate::token::alphabet::Alphabet;
    use crate::token::routable::{Version, proven_until};
    use crate::token::{describe, key};

    #[test]
    fn bodies_have_the_length_and_alphabet_of_their_generator() {
        let mut sampler = Sampler::new(11);
        let friendly = (sampler.friendly(20), sampler.friendly(50));
        assert_eq!((friendly.0.len(), friendly.1.len()), (20, 50));
        assert!(Alphabet::Friendly.has_all(friendly.1.as_bytes()));
        let hex = sampler.hex(40);
        assert!(hex.len() == 40 && Alphabet::Hex.has_all(hex.as_bytes()));
        let base36 = sampler.base36(25);
        assert!(base36.len() == 25 && Alphabet::Base36.has_all(base36.as_bytes()));
        assert_ne!(sampler.hex(40), hex);
        assert_eq!(Sampler::new(11).friendly(20), friendly.0);
    }

    #[test]
    fn routable_samples_are_proven() {
        let mut sampler = Sampler::new(12);
        let today = sampler.routable("corp-", "o:1\nu:9ix");
        let proven = proven_until(today.as_bytes(), today.len()).expect("proven");
        assert_eq!((proven.start, proven.body, proven.version), (0, 5, Version::V1));
        let early = sampler.routable_v0("glpat-", "o:1\nu:9ix");
        let proven = proven_until(early.as_bytes(), early.len()).expect("proven");
        assert_eq!(proven.version, Version::V0);
    }

    #[test]
    fn sample_keys_are_keys() {
        let mut sampler = Sampler::new(13);
        let ed25519 = describe::facts(sampler.openssh_key().as_bytes(), 0).key.expect("a key");
        assert_eq!(ed25519.algorithm.as_deref(), Some("ssh-ed25519"));
        assert!(!ed25519.encrypted && ed25519.fingerprint.is_some());
        let rsa = key::leading(sampler.rsa_key().as_bytes()).expect("a key").facts;
        assert_eq!(rsa.algorithm.as_deref(), Some("ssh-rsa"));
    }
}
