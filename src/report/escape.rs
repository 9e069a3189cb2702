//! Bytes of others, made safe for a terminal: no control character, nothing invisible, nothing
//! that turns the direction of text around.

use std::fmt::Write as _;

/// True for characters that a terminal obeys or hides instead of printing.
pub(super) fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00AD}'
                | '\u{061C}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

/// One line of text for a terminal: a tab is a space, everything dangerous is written out.
pub fn terminal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => safe.push(' '),
            _ if is_dangerous(character) => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
    }
    safe
}

/// Bytes for a terminal; those that are not UTF-8 are written out as `\xff`.
pub fn terminal_bytes(bytes: &[u8]) -> String {
    let mut safe = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        safe += &terminal(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(safe, "\\x{byte:02x}");
        }
    }
    safe
}

/// A JSON document with everything dangerous in its strings written as `\u…`. Outside of strings
/// JSON has no such character but line ends.
pub fn json(document: String) -> String {
    if !document.chars().any(|it| it != '\n' && is_dangerous(it)) {
        return document;
    }
    let mut safe = String::with_capacity(document.len());
    for character in document.chars() {
        if character == '\n' || !is_dangerous(character) {
            safe.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{json, terminal, terminal_bytes};

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(terminal("a\u{1b}[31mb\tc\r\n"), "a\\u{1b}[31mb c\\u{d}\\u{a}");
        assert_eq!(terminal("x\u{202E}y\u{9b}z"), "x\\u{202e}y\\u{9b}z");
        assert_eq!(terminal("gewöhnlich ✓"), "gewöhnlich ✓");
        assert_eq!(terminal_bytes(b"a\xff\xfeb\x07"), "a\\xff\\xfeb\\u{7}");
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({ "a": "x\u{9b}y\u{202e}\u{e0041}\u{7f}", "b": ["ü\n"] });
        for text in [value.to_string(), format!("{value:#}")] {
            let safe = json(text);
            assert!(!safe.contains(['\u{9b}', '\u{202e}', '\u{7f}']));
            let back: serde_json::Value = serde_json::from_str(&safe).expect("still JSON");
            assert_eq!(back, value);
        }
    }
}
