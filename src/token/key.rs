//! Private key blocks: where one ends, its text freed from the escapes around it, and whether it
//! is a key at all. What the key says of itself is read in [`super::keyform`].

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::keyform;
use crate::model::facts::KeyFacts;
use crate::model::secret::Secret;

/// The longest block that is read, in bytes: an RSA key of 16384 bits, escaped and indented,
/// takes two thirds of it.
pub const MAX: usize = 24 * 1024;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The forms of private keys that OpenSSH reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `OPENSSH PRIVATE KEY` (openssh `PROTOCOL.key`).
    OpenSsh,
    /// `RSA PRIVATE KEY` (PKCS #1, RFC 8017).
    Rsa,
    /// `EC PRIVATE KEY` (SEC 1, RFC 5915).
    Ec,
    /// `DSA PRIVATE KEY` (OpenSSL's own).
    Dsa,
    /// `PRIVATE KEY` (PKCS #8, RFC 5208).
    Pkcs8,
    /// `ENCRYPTED PRIVATE KEY` (PKCS #8, RFC 5208).
    EncryptedPkcs8,
}

impl Form {
    fn from_label(label: &[u8]) -> Option<Self> {
        Some(match label {
            b"OPENSSH PRIVATE KEY" => Self::OpenSsh,
            b"RSA PRIVATE KEY" => Self::Rsa,
            b"EC PRIVATE KEY" => Self::Ec,
            b"DSA PRIVATE KEY" => Self::Dsa,
            b"PRIVATE KEY" => Self::Pkcs8,
            b"ENCRYPTED PRIVATE KEY" => Self::EncryptedPkcs8,
            _ => return None,
        })
    }
}

/// A whole private key block.
#[derive(Debug)]
pub struct KeyBlock {
    /// Bytes from the first dash to the last, as they stand in the text.
    pub len: usize,
    /// The same block without indentation, quotes and escapes, lines of 64 characters: one key
    /// is one secret however it is written.
    pub canonical: Secret,
    /// What the key says of itself.
    pub facts: KeyFacts,
}

/// Bytes of the block that `text` begins with, from `-----BEGIN` to the end of the `-----END`
/// line; `None` when its end is missing. Says nothing about what is inside.
pub fn block_len(text: &[u8]) -> Option<usize> {
    let text = &text[..text.len().min(MAX)];
    let label = label(text)?;
    let end_line = [b"-----END ", label, DASHES].concat();
    // A block that begins inside another ends that one: else a row of beginnings before one end
    // would be read over and over again.
    let next = memchr::memmem::find(&text[BEGIN.len()..], BEGIN).map(|at| at + BEGIN.len());
    let text = &text[..next.unwrap_or(text.len())];
    memchr::memmem::find(text, &end_line).map(|at| at + end_line.len())
}

/// Reads the private key block that `text` begins with. `None` when it is cut or holds no key.
pub fn leading(text: &[u8]) -> Option<KeyBlock> {
    let label = label(text)?;
    let form = Form::from_label(label)?;
    let len = block_len(text)?;
    let open = BEGIN.len() + label.len() + DASHES.len();
    let close = len - label.len() - b"-----END ".len() - DASHES.len();
    let lines = unescaped_lines(text.get(open..close)?);
    let (headers, body): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.contains(&b':'));
    let body: Zeroizing<Vec<u8>> = Zeroizing::new(
        body.into_iter().flatten().copied().filter(|byte| !byte.is_ascii_whitespace()).collect(),
    );
    let raw = Zeroizing::new(BASE64.decode(body.as_slice()).ok()?);
    let encrypted_by_header = headers.iter().any(|line| line.ends_with(b"ENCRYPTED"));
    let facts = keyform::read(form, &raw, encrypted_by_header)?;

    let mut canonical = Zeroizing::new(text[..open].to_vec());
    for line in &headers {
        canonical.push(b'\n');
        canonical.extend_from_slice(line);
    }
    if !headers.is_empty() {
        canonical.push(b'\n');
    }
    for line in body.chunks(64) {
        canonical.push(b'\n');
        canonical.extend_from_slice(line);
    }
    canonical.push(b'\n');
    canonical.extend_from_slice(&text[close..len]);
    canonical.push(b'\n');
    Some(KeyBlock { len, canonical: Secret::new(canonical.as_slice()), facts })
}

fn label(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(BEGIN)?;
    let end = memchr::memmem::find(&rest[..rest.len().min(40)], DASHES)?;
    Some(&rest[..end])
}

/// The lines of a block as they were before somebody put them into JSON, YAML, a shell string or
/// source code: escaped line ends are line ends, white space, quotes and what joins quoted
/// strings are gone.
fn unescaped_lines(text: &[u8]) -> Zeroizing<Vec<Vec<u8>>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        while bytes.next_if_eq(&b'\\').is_some() {}
        // \n \r \t, and a backslash at the end of a line.
        if bytes.next_if(|next| matches!(next, b'n' | b'r' | b't')).is_some() {
            plain.push(b'\n');
        }
    }
    let joint = |part: &[u8]| part.len() <= 3 && part.iter().all(|byte| b"+.,()& ".contains(byte));
    let quoted = plain.iter().any(|byte| matches!(byte, b'"' | b'\''));
    Zeroizing::new(
        plain
            .split(|byte| matches!(byte, b'\n' | b'\r' | b'"' | b'\''))
            .map(<[u8]>::trim_ascii)
            .filter(|part| !(part.is_empty() || quoted && joint(part)))
            .map(<[u8]>::to_vec)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::{block_len, leading};
    use crate::token::sample::Sampler;

    fn canonical(text: &str) -> Option<String> {
        let block = leading(text.as_bytes())?;
        String::from_utf8(block.canonical.expose().to_vec()).ok()
    }

    #[test]
    fn one_key_is_one_secret_however_it_is_written() {
        let key = Sampler::new(3).openssh_key();
        let plain = canonical(&key).expect("a key");
        let lines: Vec<&str> = key.lines().collect();
        let written = [
            key.replace('\n', "\r\n"),
            key.replace('\n', "\\n"),
            key.replace('\n', "\\r\\n"),
            key.replace('\n', "\\\\n"),
            lines.join("\n      "),
            lines.join("\\n\" +\n  \""),
            lines.join("\\n',\n '"),
            lines.join("\\n\\\n"),
            lines.join(" "),
        ];
        for (number, text) in written.iter().enumerate() {
            assert_eq!(canonical(text).as_ref(), Some(&plain), "form {number}");
        }
        assert!(plain.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn a_cut_or_hollow_block_is_no_key() {
        let key = Sampler::new(4).openssh_key();
        let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
        assert!(leading(&key.as_bytes()[..key.len() - 10]).is_none());
        for body in
            ["", "...", "MIIEpAIBAAKCAQEA...", "c29tZSB0ZXh0IHRoYXQgaXMgbm8ga2V5IGF0IGFsbA=="]
        {
            let text = format!("{begin}\n{body}\n{end}");
            assert!(leading(text.as_bytes()).is_none(), "{body}");
            assert_eq!(block_len(text.as_bytes()), Some(text.len()));
        }
        assert!(leading(b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n-----END PGP").is_none());
        assert!(leading(b"-----BEGIN ").is_none());
    }
}
