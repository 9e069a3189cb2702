//! What stands right before and behind a token: whether it is cut out of a longer word, or only
//! looks so because an escape sequence ends there.

use crate::token::alphabet::is_base64url;
use crate::token::{jwt, kinds, routable};

/// How far before a token its surroundings matter: the longest token that can be glued to it, or
/// a word with its own prefix before it.
pub const BEFORE: usize = routable::LONGEST + 2 * WORD;
/// How far behind a token they matter.
pub const AFTER: usize = 64;
/// How far before a token the word goes that it may be a part of.
const WORD: usize = 64;

/// True when nothing that could belong to the token touches `start` from the left. Letters and
/// digits do, unless they end an escape sequence: `\n`, `\u0022`, `\x22`, `%22`, `=3D`, a terminal
/// colour.
pub fn clear_on_the_left(text: &[u8], start: usize) -> bool {
    let before = &text[start.saturating_sub(WORD)..start];
    match before {
        [.., last] if !last.is_ascii_alphanumeric() => true,
        [] => true,
        _ => ends_an_escape(before),
    }
}

fn ends_an_escape(before: &[u8]) -> bool {
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match before {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a' | b'e' | b'0'] => true,
        [.., b'%' | b'=', a, b] if hex(&[*a, *b]) => true,
        [.., b'\\', b'x', a, b] => hex(&[*a, *b]),
        [.., b'\\', b'u', a, b, c, d] => hex(&[*a, *b, *c, *d]),
        [.., b'm'] => is_terminal_colour(before),
        _ => false,
    }
}

/// `ESC [ 1 ; 31 m`, with the escape character itself or written out.
fn is_terminal_colour(before: &[u8]) -> bool {
    let parameters = before[..before.len() - 1]
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit() || **byte == b';')
        .count();
    before[..before.len() - 1 - parameters].ends_with(b"[")
}

/// True when nothing that could belong to the token touches `end` from the right. A dash or an
/// underscore does so only when a letter or digit follows: `**token**_` is whole, `token-2` may
/// not be.
pub fn clear_on_the_right(text: &[u8], end: usize) -> bool {
    let after = &text[end..text.len().min(end + AFTER)];
    let joint = after.iter().take_while(|&&byte| byte == b'-' || byte == b'_').count();
    !after.get(joint).is_some_and(u8::is_ascii_alphanumeric)
}

/// The same for a token whose body can hold neither dash nor underscore, so that these end it.
pub fn clear_behind_plain(text: &[u8], end: usize) -> bool {
    !text.get(end).is_some_and(u8::is_ascii_alphanumeric)
}

/// True when another token begins at `at`, as far as its prefix tells: a known one or one of the
/// instance's `own`.
pub fn token_begins(text: &[u8], at: usize, own: &[Vec<u8>]) -> bool {
    let rest = &text[at..];
    kinds::known_beginning(rest).is_some() || own.iter().any(|prefix| rest.starts_with(prefix))
}

/// True when another token ends at `end`: a whole routable one, a signature, or a known prefix (one of the
/// instance's `own`) and as many characters as a body behind it has.
pub fn token_ends(text: &[u8], end: usize, own: &[Vec<u8>]) -> bool {
    let before = &text[end.saturating_sub(BEFORE)..end];
    let body = before.iter().rev().take_while(|&&byte| is_base64url(byte)).count();
    let behind = |prefix: &[u8], length: usize| {
        let at = before.len().checked_sub(length).filter(|_| length <= body);
        let head = at.map(|at| &before[..at]);
        head.is_some_and(|head| head.ends_with(prefix) || part_after(head, prefix))
    };
    kinds::KINDS.iter().any(|kind| {
        let prefixes = kind.prefixes.iter().map(|prefix| prefix.as_bytes());
        prefixes.into_iter().any(|prefix| kind.bodies.iter().any(|&length| behind(prefix, length)))
    }) || own.iter().any(|prefix| behind(prefix, kinds::CLASSIC_BODY))
        || ends_path_bound(before)
        || (jwt::SIGNATURES.contains(&body) && before[..before.len() - body].ends_with(b"."))
        || routable::proven_until(text, end).is_some()
}

/// True for the end of a feed token that is bound to one path: `glft-<64 hex>-<user id>`.
fn ends_path_bound(before: &[u8]) -> bool {
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (head, id) = before.split_at(before.len() - digits);
    let Some(head) = head.strip_suffix(b"-").filter(|_| !id.is_empty()) else { return false };
    head.len().checked_sub(64).is_some_and(|at| head[..at].ends_with(b"glft-"))
}

/// True when `head` ends with `prefix` and what may stand between it and a body: the partition
/// of a job token, `64_`, or of a runner's, `t1_`.
fn part_after(head: &[u8], prefix: &[u8]) -> bool {
    let Some(part) = head.strip_suffix(b"_") else { return false };
    let digits = part.iter().rev().take(8).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    (1..=digits).any(|count| part[..part.len() - count].ends_with(prefix))
}

/// The end of the word that the token at `..end` is a part of, at most [`AFTER`] bytes on.
pub fn end_of_word(text: &[u8], end: usize) -> usize {
    let after = &text[end..text.len().min(end + AFTER)];
    end + after.iter().take_while(|&&byte| is_base64url(byte)).count()
}

/// The start of the word whose letters and digits touch the token at `start..`.
pub fn start_of_word(text: &[u8], start: usize) -> usize {
    let before = &text[start.saturating_sub(WORD)..start];
    start - before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// The start of what may be an instance's own prefix, such as `acme-` before `glpat-`: a word
/// and a dash right before `start`. `None` when there is none.
pub fn possible_prefix(text: &[u8], start: usize) -> Option<usize> {
    let before = &text[start.saturating_sub(WORD)..start];
    let [word @ .., b'-'] = before else {
        return None;
    };
    let length = word.iter().rev().take_while(|&&byte| is_base64url(byte)).count();
    let word = &word[word.len() - length..];
    let starts = word.first().is_some_and(u8::is_ascii_alphanumeric);
    (starts && length <= 20).then(|| start - 1 - length)
}

#[cfg(test)]
mod tests {
    use super::{clear_on_the_left, clear_on_the_right, possible_prefix, token_begins, token_ends};
    use crate::token::sample::Sampler;

    #[test]
    fn escapes_do_not_touch_the_token() {
        let clear = [
            "",
            " ",
            "\"",
            "=",
            "/",
            "-",
            "_",
            "**",
            "é",
            "\\n",
            "\\t",
            "\\\\n",
            "\\u0022",
            "\\x22",
            "%3D",
            "=3D",
            "\u{1b}[1;31m",
            "\\e[0m",
            "\\033[32m",
            "&quot;",
            "acme-",
        ];
        for before in clear {
            assert!(clear_on_the_left(before.as_bytes(), before.len()), "{before:?}");
        }
        for before in ["x", "0", "word", "\\q", "u0022", "m", "12m", "%3", "\\"] {
            let expected = before == "\\";
            assert_eq!(clear_on_the_left(before.as_bytes(), before.len()), expected, "{before:?}");
        }
    }

    #[test]
    fn joints_touch_only_when_a_word_follows() {
        for after in ["", " ", "\"", ".", "\\n", "_", "__", "**", "-", "--", "%22", "é", "</a>"] {
            assert!(clear_on_the_right(after.as_bytes(), 0), "{after:?}");
        }
        for after in ["x", "9", "-2", "_old", "--x"] {
            assert!(!clear_on_the_right(after.as_bytes(), 0), "{after:?}");
        }
    }

    #[test]
    fn a_whole_token_before_or_behind_is_a_boundary() {
        let mut sampler = Sampler::new(1);
        let own = [b"corp-".to_vec()];
        let whole = [
            format!("glpat-{}", sampler.friendly(20)),
            format!("glcbt-64_{}", sampler.friendly(20)),
            format!("glrt-t1_{}", sampler.friendly(20)),
            format!("glagent-{}", sampler.friendly(50)),
            format!("gloas-{}", sampler.hex(64)),
            format!("corp-{}", sampler.friendly(20)),
            sampler.routable("glpat-", "o:1\nu:9ix"),
            sampler.routable_v0("acme-glpat-", "o:1\nu:9ix"),
        ];
        for token in whole {
            assert!(token_ends(token.as_bytes(), token.len(), &own), "{token}");
            assert!(!token_ends(token.as_bytes(), token.len() - 1, &own), "{token}");
            let expected = !token.starts_with("acme");
            assert_eq!(token_begins(token.as_bytes(), 0, &own), expected, "{token}");
        }
        assert!(!token_ends(b"", 0, &own) && !token_begins(b"", 0, &own));
        assert!(!token_ends(b"glpat-", 6, &own) && !token_ends(b"word", 4, &own));
    }

    #[test]
    fn a_word_and_a_dash_may_be_a_prefix() {
        let prefix = |before: &str| possible_prefix(before.as_bytes(), before.len());
        assert_eq!(prefix("\"acme-"), Some(1));
        assert_eq!(prefix("my-company-"), Some(0));
        assert_eq!(prefix("acme"), None);
        assert_eq!(prefix("--"), None);
        assert_eq!(prefix("-"), None);
    }
}
