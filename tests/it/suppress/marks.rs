//! Marks on the line of a secret.

use super::counts;
use crate::support::program::Folder;
use crate::support::tokens::{pat, utf16};
use stanch::token::sample::Sampler;

#[test]
fn a_mark_on_the_line_is_enough_and_counted() {
    for mark in ["stanch:allow", "gitleaks:allow", "pragma: allowlist secret"] {
        let folder = Folder::repository();
        folder.write("a", format!("x\nT={} # {mark}\n", pat(1)));
        folder.commit("first");
        let run = folder.scan(&[]).expect(0);
        assert_eq!(counts(&run), [0, 0, 1], "{mark}");
        let which = &run.summary()["suppressed"]["which"][0];
        assert_eq!(which["by"], "inline");
        folder.scan(&["--range", "HEAD"]).expect(0);
        let human = folder.run(&["scan"]).expect(0).stdout;
        assert!(human.contains("Left out: 1 secret (a mark stands on every line)"), "{human}");
    }
}

#[test]
fn a_place_without_a_mark_keeps_the_finding() {
    let folder = Folder::repository();
    folder.write("a", format!("{} # stanch:allow\n", pat(1)));
    folder.commit("with");
    folder.scan(&[]).expect(0);
    folder.write("b", format!("# stanch:allow\n{}\n# stanch:allow\n", pat(1)));
    let run = folder.scan(&[]).expect(1);
    assert_eq!(counts(&run)[2], 0);
    // A version without a mark is not excused by one with it.
    folder.commit("without");
    folder.write("b", format!("{} # stanch:allow\n", pat(1)));
    folder.commit("marked later");
    folder.scan(&[]).expect(1);
    folder.scan(&["--no-history"]).expect(0);
    folder.scan(&["--range", "HEAD"]).expect(0);
    // What was never to be looked at needs no mark.
    folder.scan(&["--exclude", "b"]).expect(0);
}

#[test]
fn a_new_secret_beside_a_marked_one_needs_its_own_line() {
    let folder = Folder::repository();
    folder.write("a", format!("{} # stanch:allow\n", pat(1)));
    folder.commit("first");
    folder.write("a", format!("{} # stanch:allow\n{}\n", pat(1), pat(2)));
    folder.git(&["add", "a"]);
    let run = folder.scan(&["--staged", "--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(2)]);
}

#[test]
fn the_mark_is_looked_for_in_the_text_that_was_read_and_not_far() {
    let folder = Folder::new();
    folder.write("a", utf16(&format!("T={} # stanch:allow\n", pat(1)), true));
    folder.scan(&[]).expect(0);
    folder.write("a", format!("{} # stanch:allow\n", Sampler::new(1).openssh_key().trim_end()));
    folder.scan(&[]).expect(0);
    let far = " ".repeat(600);
    folder.write("a", format!("{}{far}stanch:allow\n", pat(1)));
    folder.scan(&[]).expect(1);
    // In a text of many pieces, wherever the secret lies.
    let filler = "0123456789 ".repeat(100_000);
    let mut text = String::new();
    for number in 1..12 {
        text += &format!("{filler}{}{}# gitleaks:allow ", pat(number), " ".repeat(480));
    }
    folder.write("a", &text);
    let run = folder.scan(&[]).expect(0);
    assert_eq!(counts(&run)[2], 11);
}
