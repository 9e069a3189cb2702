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

/// The lines of a block as they were before somebody put them into JSON, YAML, a shell string,
/// source code, a comment, a diff or a mail: escaped line ends are line ends; white space, quotes,
/// what joins quoted strings and what decorates every line are gone.
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
    let decoration = decoration(&plain);
    Zeroizing::new(
        plain
            .split(|byte| matches!(byte, b'\n' | b'\r'))
            .map(|line| undecorated(line, decoration))
            .flat_map(|line| line.split(|byte| matches!(byte, b'"' | b'\'')))
            .map(<[u8]>::trim_ascii)
            .filter(|part| !(part.is_empty() || quoted && joint(part)))
            .flat_map(unjoined)
            .collect(),
    )
}

/// What every line begins with when the block stands in a comment, a diff or a quoted mail: what
/// stands before the dashes of the last line, if it can be no part of a key's text.
fn decoration(plain: &[u8]) -> &[u8] {
    let Some(last) = memchr::memrchr2(b'\n', b'\r', plain).map(|at| &plain[at + 1..]) else {
        return b"";
    };
    let mark = last.trim_ascii();
    let is_mark = mark.len() <= 8 && mark.iter().all(|byte| b"+-#>/*;!|%: ".contains(byte));
    if is_mark { mark } else { b"" }
}

fn undecorated<'l>(line: &'l [u8], decoration: &[u8]) -> &'l [u8] {
    let line = line.trim_ascii_start();
    line.strip_prefix(decoration).unwrap_or(line)
}

/// The headers of an encrypted key and its body, each as a line of its own, where somebody has
/// joined them by spaces.
fn unjoined(line: &[u8]) -> Vec<Vec<u8>> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).peekable();
    if !line.starts_with(b"Proc-Type:") {
        return vec![line.to_vec()];
    }
    let mut lines = Vec::new();
    while let Some(word) = words.next() {
        let value = words.next_if(|_| word.ends_with(b":"));
        lines.push(value.map_or(word.to_vec(), |value| [word, b" ", value].concat()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

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
            lines.join("\n+"),
            lines.join("\n-"),
            lines.join("\n# "),
            lines.join("\r\n> "),
            lines.join("\n// "),
            lines.join("\n * "),
            lines.join("\n+    # "),
            lines.join("\\n+"),
            lines.join("\n+  ").replace("\n+  -----END", "\n+ \n+  -----END"),
        ];
        for (number, text) in written.iter().enumerate() {
            assert_eq!(canonical(text).as_ref(), Some(&plain), "form {number}");
        }
        assert!(plain.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn a_base64_line_may_begin_with_what_decorates_it() {
        let key = Sampler::new(3).openssh_key();
        let plain = canonical(&key).expect("a key");
        let body: Vec<&str> = plain.lines().filter(|line| !line.starts_with('-')).collect();
        // Lines are cut anew before every plus sign and slash: only the first is decoration.
        let cut = body.concat().replace('+', "\n+").replace('/', "\n/");
        let (begin, end) = (key.lines().next(), key.lines().last());
        for mark in ["+", "/", "//", ""] {
            let lines: Vec<&str> = begin.into_iter().chain(cut.split('\n')).chain(end).collect();
            let text = lines.join(&format!("\n{mark}"));
            assert_eq!(canonical(&text).as_ref(), Some(&plain), "{mark}");
        }
    }

    #[test]
    fn headers_and_body_may_be_joined_by_spaces() {
        let label = "RSA PRIVATE KEY";
        let body = BASE64_STANDARD.encode(Sampler::new(5).bytes(640));
        let lines: Vec<&str> = body
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).expect("text"))
            .collect();
        let head =
            "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n";
        let key =
            format!("-----BEGIN {label}-----\n{head}\n{}\n-----END {label}-----", lines.join("\n"));
        let plain = canonical(&key).expect("a key");
        assert!(plain.starts_with(&key[..key.len() - 1]), "{plain}");
        for joint in [" ", "\n# ", "\\n", "\n+"] {
            let text = key.replace('\n', joint);
            let block = leading(text.as_bytes()).expect("a key");
            assert!(block.facts.encrypted);
            assert_eq!(canonical(&text).as_ref(), Some(&plain), "{joint:?}");
        }
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
