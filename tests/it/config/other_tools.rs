//! Flags of gitleaks mean here what they mean there, or are not taken.

use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn flags_of_gitleaks_mean_the_same() {
    let folder = Folder::repository();
    folder.write("a", format!("key = {} # gitleaks:allow\n", pat(1)));
    folder.write("b", format!("key = {}\n", pat(2)));
    folder.git(&["add", "."]);
    folder.write("c.toml", "evidence = \"checksum\"\n");
    folder.scan(&["--no-banner", "--redact", "-v", "--no-color"]).expect(1);
    folder.scan(&["--staged", "--pre-commit", "--redact=100"]).expect(1);
    folder.scan(&["-c", "c.toml"]).expect(0);
    assert_eq!(folder.scan(&["--ignore-gitleaks-allow"]).expect(1).findings().len(), 2);
    folder.run(&["baseline", "create", "known.json", "b"]).expect(0);
    folder.scan(&["--baseline-path", "known.json"]).expect(0);
    folder.scan(&["-b", "known.json"]).expect(0);
    for wrong in [&["--redact=20"][..], &["--redact", "--show-secrets"], &["--pre-commit"]] {
        folder.scan(wrong).expect(2);
    }
}

#[test]
fn a_report_of_gitleaks_is_no_baseline_and_what_to_do_is_said() {
    let folder = Folder::new();
    folder.write("a", "nothing\n");
    folder.write("leaks.json", "[]\n");
    let run = folder.scan(&["--baseline-path", "leaks.json"]).expect(2);
    let said = "stanch baseline import FILE --gitleaks REPORT makes a baseline of it";
    assert!(run.stderr.contains(said), "{}", run.stderr);
}
