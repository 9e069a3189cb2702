//! What a private key says of itself: algorithm, whether a passphrase protects it, and the
//! fingerprint of its public half as `ssh-keygen -l` prints it.
//!
//! The public half as SSH writes it (RFC 4253, section 6.6; RFC 5656, section 3.1) is a row of
//! strings, each with its length in four bytes before it; the fingerprint is its SHA-256.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use pkcs8::der::asn1::{AnyRef, UintRef};
use pkcs8::der::oid::ObjectIdentifier;
use pkcs8::der::{Decode, Reader};
use sha2::{Digest, Sha256};
use ssh_key::HashAlg;
use ssh_key::private::Ed25519Keypair;

use super::key::Form;
use crate::model::facts::KeyFacts;

/// rsaEncryption, RFC 8017.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// id-ecPublicKey, RFC 5480.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// id-dsa, RFC 3279.
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
/// id-Ed25519, RFC 8410.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Curves that SSH has names for (RFC 5656, section 10.1).
const CURVES: &[(ObjectIdentifier, &str)] = &[
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), "nistp256"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), "nistp384"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), "nistp521"),
];

/// Reads the decoded body of a key block; `None` when it holds no private key. `encrypted` says
/// that the block's headers call it encrypted (RFC 1421, `Proc-Type: 4,ENCRYPTED`).
pub fn read(form: Form, raw: &[u8], encrypted: bool) -> Option<KeyFacts> {
    if encrypted {
        // The body is cipher text; all that can be seen is that it has the size of one.
        return (raw.len() >= 64 && raw.len().is_multiple_of(8)).then(locked);
    }
    match form {
        Form::OpenSsh => open_ssh(raw),
        Form::Rsa => rsa(raw),
        Form::Ec => ec(raw, None),
        Form::Dsa => dsa(raw),
        Form::Pkcs8 => pkcs8(raw),
        Form::EncryptedPkcs8 => {
            AnyRef::from_der(raw).ok().filter(|_| raw.len() >= 64).map(|_| locked())
        }
    }
}

fn locked() -> KeyFacts {
    KeyFacts { algorithm: None, encrypted: true, fingerprint: None }
}

fn open_ssh(raw: &[u8]) -> Option<KeyFacts> {
    let key = ssh_key::PrivateKey::from_bytes(raw).ok()?;
    Some(KeyFacts {
        algorithm: Some(key.algorithm().to_string()),
        encrypted: key.is_encrypted(),
        fingerprint: Some(key.fingerprint(HashAlg::Sha256).to_string()),
    })
}

fn rsa(raw: &[u8]) -> Option<KeyFacts> {
    let key = pkcs1::RsaPrivateKey::from_der(raw).ok()?;
    let public = [mpint(key.public_exponent.as_bytes()), mpint(key.modulus.as_bytes())];
    Some(open("ssh-rsa", &public))
}

/// An elliptic-curve key; PKCS #8 names its curve outside, SEC 1 inside.
fn ec(raw: &[u8], curve: Option<ObjectIdentifier>) -> Option<KeyFacts> {
    let key = sec1::EcPrivateKey::from_der(raw).ok()?;
    let curve = key.parameters.and_then(sec1::EcParameters::named_curve).or(curve);
    let name = CURVES.iter().find(|(oid, _)| Some(*oid) == curve).map(|(_, name)| *name);
    let (Some(name), Some(point)) = (name, key.public_key) else {
        // A curve that SSH does not know, or no public half inside: a key all the same.
        return Some(KeyFacts { algorithm: None, encrypted: false, fingerprint: None });
    };
    let public = [name.as_bytes().to_vec(), point.to_vec()];
    Some(open(&format!("ecdsa-sha2-{name}"), &public))
}

fn dsa(raw: &[u8]) -> Option<KeyFacts> {
    let numbers = AnyRef::from_der(raw).ok()?.sequence(|reader| {
        let mut numbers = Vec::new();
        while !reader.is_finished() {
            numbers.push(UintRef::decode(reader)?.as_bytes().to_vec());
        }
        Ok(numbers)
    });
    // version, p, q, g, public, private
    let [_, p, q, g, public, _] = numbers.ok()?.try_into().ok()?;
    Some(open("ssh-dss", &[mpint(&p), mpint(&q), mpint(&g), mpint(&public)]))
}

fn pkcs8(raw: &[u8]) -> Option<KeyFacts> {
    let key = pkcs8::PrivateKeyInfo::from_der(raw).ok()?;
    match key.algorithm.oid {
        RSA => rsa(key.private_key),
        EC => ec(key.private_key, key.algorithm.parameters_oid().ok()),
        ED25519 => {
            let seed = <&[u8; 32]>::try_from(key.private_key.strip_prefix(&[4, 32])?).ok()?;
            let public = Ed25519Keypair::from_seed(seed).public;
            Some(open("ssh-ed25519", &[public.0.to_vec()]))
        }
        DSA => Some(KeyFacts {
            algorithm: Some("ssh-dss".to_owned()),
            encrypted: false,
            fingerprint: None,
        }),
        // A private key of another kind (X25519, Ed448, …) opens no SSH door.
        _ => None,
    }
}

fn open(algorithm: &str, public: &[Vec<u8>]) -> KeyFacts {
    let mut hash = Sha256::new();
    for part in std::iter::once(algorithm.as_bytes()).chain(public.iter().map(Vec::as_slice)) {
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part);
    }
    KeyFacts {
        algorithm: Some(algorithm.to_owned()),
        encrypted: false,
        fingerprint: Some(format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(hash.finalize()))),
    }
}

/// A number as SSH writes it: big endian, with a zero byte before a set high bit (RFC 4251).
fn mpint(number: &[u8]) -> Vec<u8> {
    let number = &number[number.iter().take_while(|&&byte| byte == 0).count()..];
    let sign = number.first().is_some_and(|byte| byte & 0x80 != 0);
    [if sign { &[0_u8][..] } else { &[] }, number].concat()
}

#[cfg(test)]
mod tests {
    use super::{mpint, read};
    use crate::token::key::Form;

    #[test]
    fn numbers_are_written_as_ssh_does() {
        assert_eq!(mpint(&[0, 0, 0x80]), [0, 0x80]);
        assert_eq!(mpint(&[0x7F]), [0x7F]);
        assert_eq!(mpint(&[]), [0_u8; 0]);
    }

    #[test]
    fn hostile_bytes_are_no_key_and_no_panic() {
        let forms =
            [Form::OpenSsh, Form::Rsa, Form::Ec, Form::Dsa, Form::Pkcs8, Form::EncryptedPkcs8];
        let texts: [&[u8]; 5] =
            [b"", b"0", &[0x30, 0x82, 0xFF, 0xFF, 2, 1, 0], &[0x30; 300], b"openssh-key-v1\0\0\0"];
        for form in forms {
            for text in texts {
                assert!(read(form, text, false).is_none(), "{form:?}");
            }
        }
    }
}
