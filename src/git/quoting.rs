//! Paths as git writes them where some byte of them would mean something else (git's `quote.c`).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// The paths in a list with colons between them, such as `GIT_ALTERNATE_OBJECT_DIRECTORIES`: one that
/// has a colon itself, or begins with a quote, stands in quotes (git(1)).
pub fn listed(list: &[u8]) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let len = match rest {
            [b'"', inner @ ..] => 1 + quoted_len(inner),
            _ => rest.iter().position(|byte| *byte == b':').unwrap_or(rest.len()),
        };
        let (path, after) = rest.split_at(len.min(rest.len()));
        if !path.is_empty() {
            paths.push(PathBuf::from(OsStr::from_bytes(&unquoted(path))));
        }
        rest = after.strip_prefix(b":").unwrap_or(after);
        // What follows a quote without a colon is of no form: the rest is one path.
        if len == 0 && !after.starts_with(b":") {
            break;
        }
    }
    paths
}

/// How far it is to the end of what stands in quotes, with the quote.
fn quoted_len(inner: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = inner.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    inner.len()
}

/// Takes the quotes off a path, if it has any.
pub(super) fn unquoted(line: &[u8]) -> Vec<u8> {
    let Some(inner) = line.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")) else {
        return line.to_vec();
    };
    let mut path = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            path.push(byte);
            continue;
        }
        let Some((&escaped, after)) = rest.split_first() else { break };
        rest = after;
        path.push(match escaped {
            b'a' => 7,
            b'b' => 8,
            b't' => 9,
            b'n' => 10,
            b'v' => 11,
            b'f' => 12,
            b'r' => 13,
            b'0'..=b'3' if rest.len() >= 2 => {
                let digits = [escaped, rest[0], rest[1]];
                rest = &rest[2..];
                digits.iter().fold(0_u8, |sum, digit| sum.wrapping_mul(8).wrapping_add(digit & 7))
            }
            other => other,
        });
    }
    path
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{listed, unquoted};

    #[test]
    fn quoted_paths_are_those_of_git() {
        assert_eq!(unquoted(b"/a \"b"), b"/a \"b");
        assert_eq!(unquoted(br#""/p/ba\"se\\\303\274\t""#), "/p/ba\"se\\ü\t".as_bytes());
    }

    #[test]
    fn a_list_may_hold_quoted_paths() {
        let list = listed(br#"/a:"/b:c\"d"::/e f"#);
        let expected = ["/a", "/b:c\"d", "/e f"].map(|it| Path::new(it).to_path_buf());
        assert_eq!(list, expected);
        assert!(listed(b"").is_empty());
        assert_eq!(listed(b"\"/open"), [Path::new("\"/open")]);
    }
}
