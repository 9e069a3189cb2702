//! What makes a result incomplete, in words that every format can carry.

use super::escape::{terminal, terminal_bytes};
use super::words::number;
use crate::model::coverage::{Coverage, Names};

/// Names that are listed for one reason.
const NAMES: usize = 3;

/// Everything that makes a result incomplete, a line each, without control characters.
pub fn problems(coverage: &Coverage) -> Vec<String> {
    let undone = coverage
        .undone_targets()
        .map(|(target, why)| format!("{}: {}", terminal_bytes(target), terminal(why)));
    let gaps = coverage.gaps().map(terminal);
    let failed = coverage.failed().map(|(why, names)| listed(why, names));
    let skipped = coverage.skipped().filter(|(why, _)| why.leaves_a_gap());
    let skipped = skipped.map(|(why, names)| listed(why.words(), names));
    undone.chain(gaps).chain(failed).chain(skipped).collect()
}

/// What settings exclude, a line each, for reports that do not list everything that was left out.
pub fn excluded(coverage: &Coverage) -> Vec<String> {
    let skipped = coverage.skipped().filter(|(why, _)| why.is_by_settings());
    skipped.map(|(why, names)| format!("Left out: {}", listed(why.words(), names))).collect()
}

/// A reason and the first names it holds for: `permission denied: a, b, c and 4 more`.
pub fn listed(why: &str, names: &Names) -> String {
    let shown: Vec<String> =
        names.kept.iter().take(NAMES).map(|name| terminal_bytes(name)).collect();
    let more = names.count.saturating_sub(shown.len() as u64);
    let more = if more > 0 { format!(" and {} more", number(more)) } else { String::new() };
    format!("{}: {}{more}", terminal(why), shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::problems;
    use crate::model::coverage::{Coverage, Skip};

    #[test]
    fn the_first_names_are_listed_and_the_rest_is_counted() {
        let mut coverage = Coverage::default();
        for name in ["e", "d", "c", "b", "a\u{7}"] {
            coverage.fail(name.as_bytes(), "permission denied");
        }
        coverage.skip(Skip::Excluded, b"vendor");
        coverage.gap("shallow clone");
        coverage.undone(b"none", "no such file or folder");
        let expected = [
            "none: no such file or folder",
            "shallow clone",
            "permission denied: a\\u{7}, b, c and 2 more",
        ];
        assert_eq!(problems(&coverage), expected);
    }
}
