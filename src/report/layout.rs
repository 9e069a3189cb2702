//! Colours and line ends of the human report. Knows nothing of findings; what it is given is safe
//! for a terminal already.

use anstyle::{AnsiColor, Style};

/// Puts colours on text, or does not, and breaks lines.
pub(super) struct Paint {
    /// True when colours are wanted.
    pub(super) colour: bool,
    /// Text is wrapped at this column.
    pub(super) columns: usize,
}

impl Paint {
    fn with(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Bold text.
    pub(super) fn bold(&self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// Text that steps back.
    pub(super) fn dim(&self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    /// Bold text in a colour.
    pub(super) fn colour(&self, colour: AnsiColor, text: &str) -> String {
        self.with(Style::new().bold().fg_color(Some(colour.into())), text)
    }

    /// Words on lines of at most so many columns, each ending in a line feed. The first line begins
    /// with `first`, the others with `rest`. A word is never broken, even if it holds spaces; its
    /// colours take no room.
    pub(super) fn flow<'a>(
        &self,
        words: impl IntoIterator<Item = &'a str>,
        first: &str,
        rest: &str,
    ) -> String {
        let mut out = first.to_owned();
        let mut column = first.chars().count();
        for (number, word) in words.into_iter().enumerate() {
            let length = width(word);
            if number > 0 && column + 1 + length > self.columns {
                out += "\n";
                out += rest;
                column = rest.chars().count();
            } else if number > 0 {
                out.push(' ');
                column += 1;
            }
            out += word;
            column += length;
        }
        out + "\n"
    }
}

/// The characters that are seen: all but those from an escape to the `m` that ends it.
fn width(word: &str) -> usize {
    let mut hidden = false;
    let mut seen = 0;
    for character in word.chars() {
        match (hidden, character) {
            (false, '\u{1b}') => hidden = true,
            (false, _) => seen += 1,
            (true, 'm') => hidden = false,
            (true, _) => {}
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::{Paint, width};

    #[test]
    fn words_flow_into_lines_and_are_never_broken() {
        let paint = Paint { colour: false, columns: 92 };
        let long = "x".repeat(92);
        let words = ["a", "b c", &long, "d"];
        assert_eq!(paint.flow(words, "> ", "  "), format!("> a b c\n  {long}\n  d\n"));
        let fits = "y".repeat(88);
        assert_eq!(paint.flow(["a", &fits], "> ", "  "), format!("> a {fits}\n"));
        assert_eq!(paint.flow(["ab", &fits], "> ", "  "), format!("> ab\n  {fits}\n"));
    }

    #[test]
    fn colours_take_no_room() {
        let paint = Paint { colour: true, columns: 92 };
        let word = paint.bold("bold") + ";";
        assert!(word.len() > 5);
        assert_eq!(width(&word), 5);
        let plain = Paint { colour: false, columns: 92 };
        assert_eq!(plain.bold("bold"), "bold");
    }
}
