//! Where something stands in a text: byte spans, and lines and columns for people.

/// Half-open byte offsets `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// True when it holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// True when both hold at least one common byte.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// True when every byte of `other` is in `self`.
    pub fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The bytes of `text` in this span.
    pub fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start..self.end]
    }
}

/// A place for people: line and column, both counted from 1. Lines end at LF. A column is one
/// UTF-8 character (a byte that continues a character does not count).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

impl Position {
    /// The first character of a text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The position just behind `text`, when `text` begins at `self`.
    pub fn after(self, text: &[u8]) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text).count() as u64;
        let tail = match memchr::memrchr(b'\n', text) {
            Some(last) => &text[last + 1..],
            None => text,
        };
        let characters = tail.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u64;
        let column = if newlines == 0 { self.column } else { 1 };
        Self { line: self.line + newlines, column: column + characters }
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, Span};

    #[test]
    fn positions_count_lines_and_characters() {
        let at = |text: &str| {
            let end = Position::START.after(text.as_bytes());
            (end.line, end.column)
        };
        assert_eq!(at(""), (1, 1));
        assert_eq!(at("abc"), (1, 4));
        assert_eq!(at("abc\r\n"), (2, 1));
        assert_eq!(at("a\nbé"), (2, 3));
    }

    #[test]
    fn a_position_goes_on_from_piece_to_piece() {
        let text = "one\ntwo ü three\nfour".as_bytes();
        for cut in 0..text.len() {
            let whole = Position::START.after(text);
            let pieces = Position::START.after(&text[..cut]).after(&text[cut..]);
            assert_eq!(whole, pieces, "cut at {cut}");
        }
    }

    #[test]
    fn spans_overlap_only_where_they_share_a_byte() {
        let span = Span::new(2, 5);
        assert!(span.overlaps(Span::new(4, 6)));
        assert!(!span.overlaps(Span::new(5, 6)));
        assert!(span.covers(Span::new(2, 5)));
        assert!(!span.covers(Span::new(1, 3)));
    }
}
