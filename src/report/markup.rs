//! Texts of others in Markdown (CommonMark and GitLab's and GitHub's additions). They can make no
//! markup, no link, no HTML, no mention of a user and no quick action.

use crate::report::escape::terminal;

/// A text as words. Those that hold anything but letters, digits and plain punctuation stand in code
/// spans, where nothing has a meaning; in particular every `@`, with which people would be called.
/// What is made of it must not stand at the beginning of a line.
pub(super) fn words(text: &str) -> String {
    let safe = terminal(text);
    let words = safe.split(' ').filter(|word| !word.is_empty());
    words.map(word).collect::<Vec<_>>().join(" ")
}

fn word(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    // The end of a clause is not part of a name or an address.
    let name = word.trim_end_matches(['.', ',', ';', ':', '?']);
    format!("{}{}", span(name), &word[name.len()..])
}

/// A text as one code span.
pub(super) fn code(text: &str) -> String {
    span(&terminal(text))
}

/// A line of a table. Bars would end a cell even in a code span, and are the only character that
/// can be escaped there.
pub(super) fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn is_plain(word: &str) -> bool {
    let plain = |it: char| match it.is_ascii() {
        true => it.is_ascii_alphanumeric() || ".,;:'\"()/-+=?".contains(it),
        false => true,
    };
    // Both would become links.
    word.chars().all(plain) && !word.contains("://") && !word.to_lowercase().contains("www.")
}

/// A code span whose marks are longer than any row of backticks in it.
fn span(text: &str) -> String {
    let longest = text.split(|it| it != '`').map(str::len).max().unwrap_or_default();
    let mark = "`".repeat(longest + 1);
    // One space on each side is taken off again by whoever reads it. An empty span is none.
    let touches = |it: Option<char>| it.is_none_or(|it| it == '`' || it == ' ');
    let pad = if touches(text.chars().next()) || touches(text.chars().last()) { " " } else { "" };
    format!("{mark}{pad}{text}{pad}{mark}")
}

#[cfg(test)]
mod tests {
    use super::{code, row, words};

    #[test]
    fn words_that_could_mean_something_stand_in_code_spans() {
        let text = "ask @everyone, or <script>alert(1)</script> at https://evil.example *now*";
        let expected =
            "ask `@everyone`, or `<script>alert(1)</script>` at `https://evil.example` `*now*`";
        assert_eq!(words(text), expected);
        assert_eq!(
            words("a_b #12 !3 [x](y) x&lt;y \\ WWW.x"),
            "`a_b` `#12` `!3` `[x](y)` `x&lt;y` `\\` `WWW.x`"
        );
        assert_eq!(
            words("Settings, then (maybe) \"Access tokens\"; ünï – it's 3/4?"),
            "Settings, then (maybe) \"Access tokens\"; ünï – it's 3/4?"
        );
    }

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(words("a\n/close \u{1b}[31m"), "`a\\u{a}/close` `\\u{1b}[31m`");
        assert_eq!(code("x\r\ny\u{202e}"), "`x\\u{d}\\u{a}y\\u{202e}`");
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("op****"), "`op****`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" x"), "`  x `");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn a_cell_cannot_be_left() {
        let cells = [code("a|b"), words("c | d"), "e".to_owned()];
        assert_eq!(row(&cells), "| `a\\|b` | c `\\|` d | e |\n");
    }
}
