//! What stands right before and behind a token: whether it is cut out of a longer word, or only
//! looks so because an escape sequence ends there.

use crate::token::alphabet::is_base64url;

/// How far before a token its surroundings matter.
pub const BEFORE: usize = 64;
/// How far behind a token they matter.
pub const AFTER: usize = 64;

/// True when nothing that could belong to the token touches `start` from the left. Letters and
/// digits do, unless they end an escape sequence: `\n`, `\u0022`, `\x22`, `%22`, `=3D`, a terminal
/// colour.
pub fn clear_on_the_left(text: &[u8], start: usize) -> bool {
    let before = &text[start.saturating_sub(BEFORE)..start];
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

/// The end of the word that the token at `..end` is a part of, at most [`AFTER`] bytes on.
pub fn end_of_word(text: &[u8], end: usize) -> usize {
    let after = &text[end..text.len().min(end + AFTER)];
    end + after.iter().take_while(|&&byte| is_base64url(byte)).count()
}

/// The start of the word whose letters and digits touch the token at `start..`.
pub fn start_of_word(text: &[u8], start: usize) -> usize {
    let before = &text[start.saturating_sub(BEFORE)..start];
    start - before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// The start of what may be an instance's own prefix, such as `acme-` before `glpat-`: a word
/// and a dash right before `start`. `None` when there is none.
pub fn possible_prefix(text: &[u8], start: usize) -> Option<usize> {
    let before = &text[start.saturating_sub(BEFORE)..start];
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
    use super::{clear_on_the_left, clear_on_the_right, possible_prefix};

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
    fn a_word_and_a_dash_may_be_a_prefix() {
        let prefix = |before: &str| possible_prefix(before.as_bytes(), before.len());
        assert_eq!(prefix("\"acme-"), Some(1));
        assert_eq!(prefix("my-company-"), Some(0));
        assert_eq!(prefix("acme"), None);
        assert_eq!(prefix("--"), None);
        assert_eq!(prefix("-"), None);
    }
}
