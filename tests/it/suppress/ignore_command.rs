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
    let mut command = folder.command();
    command.current_dir(folder.path().join("sub")).args(["ignore", "prune", "--unused"]);
    let run = crate::support::program::run(command, b"").expect(0);
    assert!(run.stdout.contains(&format!("unused: {}", fingerprint(&pat(3)))), "{}", run.stdout);
    assert_eq!(file(&folder), format!("# top\n\n# used\n{}\n", used.trim_end()));
    for narrow in [&["sub"][..], &["--staged"], &["--no-history"]] {
        folder.run(&[&["ignore", "prune", "--unused"], narrow].concat()).expect(2);
    }
    folder.run(&["ignore", "prune", "sub"]).expect(2);
    // Entries are not taken out for what another folder does not hold.
    let elsewhere = folder.home().display().to_string();
    folder.run(&["ignore", "prune", "--unused", &elsewhere]).expect(2);
    let named = ["ignore", "prune", "--unused", &elsewhere, "--ignore-file", FILE];
    folder.run(&named).expect(2);
    assert_eq!(file(&folder), format!("# top\n\n# used\n{}\n", used.trim_end()));
}
