//! `stanch ignore`.

use super::{FILE, entry, fingerprint};
use crate::support::program::Folder;
use crate::support::tokens::pat;

fn file(folder: &Folder) -> String {
    std::fs::read_to_string(folder.path().join(FILE)).unwrap_or_default()
}

#[test]
fn an_entry_is_added_at_the_top_of_the_repository() {
    let folder = Folder::repository();
    folder.write("sub/a", format!("{}\n", pat(1)));
    folder.write(FILE, "# ours\n");
    folder.commit("first");
    let print = fingerprint(&pat(1));
    let mut command = folder.command();
    command.current_dir(folder.path().join("sub"));
    command.args(["ignore", "add", &print, "--reason", "a \"test\"", "--expires", "2999-01-31"]);
    command.args(["--approved-by", "ann", "--path", "sub/*", "--accept-live"]);
    crate::support::program::run(command, b"").expect(0);
    let expected = format!(
        "# ours\n\n[[ignore]]\nfingerprint = \"{print}\"\nreason = \"a \\\"test\\\"\"\nexpires = \
         \"2999-01-31\"\napproved_by = \"ann\"\npath = \"sub/*\"\naccept_live = true\n"
    );
    assert_eq!(file(&folder), expected);
    folder.scan(&[]).expect(0);
    let list = folder.run(&["ignore", "list"]).expect(0).stdout;
    let line = format!(
        "{FILE}:3 {print} a \"test\" · approved by ann · only at sub/* · even when it lives · until \
         2999-01-31\n"
    );
    assert_eq!(list, line);
    // For another path it is another entry; the same again is none.
    folder.run(&["ignore", "add", &print, "--reason", "all"]).expect(0);
    let again = folder.run(&["ignore", "add", &print, "--reason", "all"]).expect(2);
    assert!(again.stderr.contains(&format!("{FILE}:11 has an entry")), "{}", again.stderr);
}

#[test]
fn what_makes_no_sense_is_not_added() {
    let folder = Folder::new();
    let print = fingerprint(&pat(1));
    let (token, short) = (pat(2), &print[1..]);
    let wrong: [&[&str]; 7] = [
        &[short, "--reason", "x"],
        &[&print],
        &[&print, "--reason", " "],
        &[&print, "--reason", &token],
        &[&print, "--reason", "x", "--expires", "2027-02-29"],
        &[&print, "--reason", "x", "--expires", "2020-01-01"],
        &[&print, "--reason", "x", "--path", "a["],
    ];
    for arguments in wrong {
        let run = folder.run(&[&["ignore", "add"], arguments].concat()).expect(2);
        assert!(!run.stderr.contains(&token[12..]), "{}", run.stderr);
    }
    assert_eq!(file(&folder), "");
    folder.write(FILE, "ignore = []\n");
    let run = folder.run(&["ignore", "add", &print, "--reason", "x"]).expect(2);
    assert!(run.stderr.contains("cannot be added"), "{}", run.stderr);
    assert_eq!(file(&folder), "ignore = []\n");
}

#[test]
fn what_is_over_is_taken_out_and_the_rest_stays() {
    let folder = Folder::repository();
    folder.write("a", format!("{}\n{}\n", pat(1), pat(2)));
    let [used, gone] = [entry(&pat(2), "# inside"), entry(&pat(3), "")];
    let expired = entry(&pat(1), "expires = \"2020-01-01\"");
    folder.write(FILE, format!("# top\n\n# over\n{expired}# used\n{used}\n# gone\n{gone}"));
    folder.commit("first");
    let run = folder.run(&["ignore", "prune"]).expect(0);
    assert!(run.stdout.contains("1 taken out, 2 left"), "{}", run.stdout);
    let left = format!("# top\n\n# used\n{used}\n# gone\n{}\n", gone.trim_end());
    assert_eq!(file(&folder), left);
    folder.run(&["ignore", "prune"]).expect(0);
    assert_eq!(file(&folder), left);
    // From anywhere in the repository: all of it is scanned.
    folder.write("sub/b", "");
    let unused = |more: &[&str]| {
        let mut command = folder.command();
        command.current_dir(folder.path().join("sub")).args(["ignore", "prune", "--unused"]);
        command.args(more);
        crate::support::program::run(command, b"").expect(0)
    };
    // At first they are only shown: another rule may know the secret.
    let run = unused(&[]);
    assert!(run.stdout.contains(&format!("unused: {}", fingerprint(&pat(3)))), "{}", run.stdout);
    assert!(run.stdout.contains("0 taken out, 2 left") && run.stdout.contains("--prefix"));
    assert_eq!(file(&folder), left);
    let run = unused(&["--yes"]);
    assert!(run.stdout.contains(&format!("unused: {}", fingerprint(&pat(3)))), "{}", run.stdout);
    assert_eq!(file(&folder), format!("# top\n\n# used\n{}\n", used.trim_end()));
    for narrow in [&["sub"][..], &["--staged"], &["--no-history"]] {
        folder.run(&[&["ignore", "prune", "--unused", "--yes"], narrow].concat()).expect(2);
    }
    folder.run(&["ignore", "prune", "sub"]).expect(2);
    // Entries are not taken out for what another folder does not hold.
    let elsewhere = folder.home().display().to_string();
    folder.run(&["ignore", "prune", "--unused", &elsewhere]).expect(2);
    let named = ["ignore", "prune", "--unused", &elsewhere, "--ignore-file", FILE];
    folder.run(&named).expect(2);
    assert_eq!(file(&folder), format!("# top\n\n# used\n{}\n", used.trim_end()));
}

#[test]
fn a_link_is_neither_read_nor_written_through() {
    let folder = Folder::repository();
    folder.write("../victim.toml", "# mine\n");
    std::os::unix::fs::symlink("../victim.toml", folder.path().join(FILE)).expect("a link");
    for command in [
        &["ignore", "add", &fingerprint(&pat(1)), "--reason", "x"][..],
        &["ignore", "list"],
        &["ignore", "prune"],
    ] {
        let run = folder.run(command).expect(2);
        assert!(run.stderr.contains("no plain file"), "{}", run.stderr);
    }
    let victim = folder.path().join("../victim.toml");
    assert_eq!(std::fs::read_to_string(&victim).expect("it"), "# mine\n");
    // What somebody names is theirs to choose.
    let named = ["ignore", "add", &fingerprint(&pat(1)), "--reason", "x", "--ignore-file", FILE];
    folder.run(&named).expect(0);
    std::fs::remove_file(folder.path().join(FILE)).expect("a link");
    folder.write(FILE, "#".repeat((1 << 20) + 1));
    assert!(folder.run(&["ignore", "list"]).expect(2).stderr.contains(FILE));
}

#[test]
fn entries_of_another_key_hold_for_nothing_and_are_not_pruned() {
    let mut folder = Folder::repository();
    folder.write("a", format!("{}\n", pat(1)));
    folder.set("STANCH_FINGERPRINT_KEY", "one");
    let print =
        folder.scan(&[]).expect(1).finding()["fingerprint"].as_str().expect("it").to_owned();
    assert_ne!(print, fingerprint(&pat(1)));
    folder.run(&["ignore", "add", &print, "--reason", "x"]).expect(0);
    let written = file(&folder);
    assert!(written.starts_with("key = \""), "{written}");
    folder.scan(&[]).expect(0);
    folder.run(&["ignore", "prune", "--unused", "--yes"]).expect(0);
    assert_eq!(file(&folder), written);
    for key in ["", "two"] {
        folder.set("STANCH_FINGERPRINT_KEY", key);
        let run = folder.scan(&[]).expect(1);
        assert!(run.stderr.contains("does not hold"), "{}", run.stderr);
        folder.run(&["ignore", "prune", "--unused", "--yes"]).expect(2);
        let run = folder.run(&["ignore", "add", &fingerprint(&pat(2)), "--reason", "x"]).expect(2);
        assert!(run.stderr.contains("STANCH_FINGERPRINT_KEY"), "{}", run.stderr);
        assert_eq!(file(&folder), written);
    }
    // Entries of no key, and of a key of which an earlier version did not tell.
    folder.write(FILE, written.split_once('\n').expect("lines").1);
    let run = folder.run(&["ignore", "prune", "--unused", "--yes"]).expect(2);
    assert!(run.stderr.contains("write at its top: key = \""), "{}", run.stderr);
}
