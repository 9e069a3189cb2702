//! Commands that can be copied: bytes of others as one word of a POSIX shell, without a character
//! that a terminal obeys or hides.

use std::fmt::Write as _;

use super::escape::is_dangerous;

/// The bytes as one word. What is harmless stands as it is, other text in single quotes; where a
/// byte must not be printed, the word is in `$'…'`, which bash, zsh, ksh and BusyBox read.
pub fn word(bytes: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"%+,-./:@_".contains(byte);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && bytes.iter().all(plain) => text.to_owned(),
        Ok(text) if !text.chars().any(is_dangerous) => {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
        _ => written_out(bytes),
    }
}

/// The bytes in `$'…'`. Always three octal digits, so that a digit that follows is not taken in.
fn written_out(bytes: &[u8]) -> String {
    let mut word = "$'".to_owned();
    let octal = |word: &mut String, bytes: &[u8]| {
        for byte in bytes {
            let _ = write!(word, "\\{byte:03o}");
        }
    };
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\'' | '\\' => word.extend(['\\', character]),
                _ if is_dangerous(character) => {
                    octal(&mut word, character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => word.push(character),
            }
        }
        octal(&mut word, chunk.invalid());
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn words_are_quoted_only_where_it_is_needed() {
        assert_eq!(word(b"config/deploy-1.env"), "config/deploy-1.env");
        assert_eq!(word(b":/a"), ":/a");
        assert_eq!(word(b""), "''");
        assert_eq!(word(b"a b"), "'a b'");
        assert_eq!(word("ü".as_bytes()), "'ü'");
        assert_eq!(word(b"it's"), "'it'\\''s'");
        assert_eq!(word(b"$(rm -r x)`y`\\"), "'$(rm -r x)`y`\\'");
        assert_eq!(word(b"~"), "'~'");
        assert_eq!(word(b"=ls"), "'=ls'");
    }

    #[test]
    fn what_a_terminal_obeys_or_hides_is_written_out() {
        assert_eq!(word(b"a\n1"), "$'a\\0121'");
        assert_eq!(word(b"\x1b[31m it's \\ \xff"), "$'\\033[31m it\\'s \\\\ \\377'");
        assert_eq!(word("ü\u{202e}".as_bytes()), "$'ü\\342\\200\\256'");
        assert_eq!(word("\u{9b}\t".as_bytes()), "$'\\302\\233\\011'");
    }

    #[test]
    fn a_shell_reads_the_bytes_back() {
        let mut all: Vec<u8> = (1..=255).collect();
        all.extend("7ü\u{200b}7'".bytes());
        for text in [&all[..], b"a b", b"it's", b"-n", b"", b"\xff1", b"!x"] {
            let script = format!("printf %s {}", word(text));
            let read = std::process::Command::new("bash").args(["-c", &script]).output();
            assert_eq!(read.expect("bash").stdout, text, "{script}");
        }
    }
}
