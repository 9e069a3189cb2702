//! What was read is not read again: shown by making it unreadable, without that the cache could tell.

use super::{DIR, files, kind, packs, ruin, said, same, scan};
use crate::support::program::{Folder, Run};
use crate::support::tokens::{pat, utf16};

/// A repository with five versions of a file in one pack without deltas, of which the third holds a
/// token, and the names of all blobs.
fn packed() -> (Folder, Vec<String>) {
    let folder = Folder::repository();
    let mut blobs = Vec::new();
    for number in 0..5 {
        let token = if number == 2 { pat(1) } else { String::new() };
        folder.write("file", format!("version {number} {token}\n").repeat(20));
        folder.commit("version");
        blobs.push(folder.git(&["rev-parse", "HEAD:file"]));
    }
    folder.git(&["-c", "pack.window=0", "repack", "-adfq"]);
    (folder, blobs)
}

/// The names of the trees of older commits, and of these commits.
fn older(folder: &Folder) -> Vec<String> {
    let commits = folder.git(&["rev-list", "HEAD~1"]);
    let commits: Vec<String> = commits.lines().map(str::to_owned).collect();
    let tree = |commit: &String| folder.git(&["rev-parse", &format!("{commit}^{{tree}}")]);
    commits.iter().map(tree).chain(commits.clone()).collect()
}

fn complete(run: &Run) -> bool {
    assert!(run.stdout.contains("\"complete\""), "{}", run.stderr);
    run.stdout.contains("\"complete\": true")
}

#[test]
fn a_second_run_reads_only_what_tells_something() {
    let (folder, mut blobs) = packed();
    let old = older(&folder);
    let first = same(&folder, &[]).expect(1);
    assert!(complete(&first));
    let telling = blobs.remove(2);
    ruin(&folder, &[blobs, old].concat());
    let second = scan(&folder, &["--cache", DIR]);
    assert_eq!(said(&second), said(&first), "neither objects nor the way of the token are read");
    assert_eq!(second.stderr, "");
    assert!(!complete(&scan(&folder, &[])), "without the cache they are");
    let one = ["--cache", DIR, "--threads", "1"];
    assert_eq!(said(&scan(&folder, &one)), said(&first));
    // What tells something is read; where that fails, so is everything else.
    ruin(&folder, &[telling]);
    let third = same(&folder, &[]).expect(3);
    assert!(third.stderr.contains("the pack is damaged"), "{}", third.stderr);
}

#[test]
fn whatever_changes_what_is_found_means_reading_again() {
    let (folder, mut blobs) = packed();
    folder.write(
        "../home/rules.toml",
        "schema = 1\n[[rule]]\nid = \"own\"\ntitle = \"Own\"\n\
        kind = \"own\"\nseverity = \"low\"\nkeywords = [\"own-\"]\npattern = 'own-[0-9]{8}'\n\
        hits = [\"{{own- digits:8}}\"]\n",
    );
    let rules = ["--rules", "../home/rules.toml"];
    let first = same(&folder, &[]).expect(1);
    blobs.remove(2);
    ruin(&folder, &blobs);
    assert!(complete(&scan(&folder, &["--cache", DIR])));
    for options in [&["--prefix", "acme-"][..], &rules, &["--full-scan"]] {
        assert!(!complete(&same(&folder, options)), "{options:?}");
    }
    // These choose among what was found.
    for options in [&["--evidence", "weak"][..], &["--evidence", "checksum"], &["--show-secrets"]] {
        let run = scan(&folder, &[options, &["--cache", DIR]].concat());
        assert!(complete(&run), "{options:?}");
    }
    // Another program, by a byte behind its end.
    let program = folder.home().join("stanch");
    let mut bytes = std::fs::read(env!("CARGO_BIN_EXE_stanch")).expect("the program");
    bytes.push(0);
    std::fs::write(&program, bytes).expect("a copy");
    let mut command = std::process::Command::new("sh");
    folder.scrub(&mut command);
    let line = format!("chmod 700 {0} && {0} scan --format json --cache {DIR}", program.display());
    command.args(["-c", &line]);
    let other = crate::support::program::run(command, b"");
    assert!(!complete(&other), "{}", other.stderr);
    assert_eq!(said(&scan(&folder, &["--cache", DIR])), said(&first));
}

#[test]
fn options_that_choose_among_findings_say_the_same_with_the_cache() {
    let (folder, _) = packed();
    folder.write("weak", format!("PRIVATE-TOKEN: {}\n", &pat(7)[6..]));
    folder.write("wide", utf16(&format!("x {}\n", pat(8)), true));
    folder.commit(&format!("with {} in its message", pat(9)));
    folder.git(&["tag", "-a", "-m", &format!("tagged {}", pat(10)), "v1"]);
    let weak = ["--evidence", "weak"];
    let lists = [&[][..], &weak, &["--show-secrets"], &["--exclude", "file"], &["--no-files"]];
    for options in lists.iter().chain(&lists) {
        same(&folder, options).expect(1);
    }
}

#[test]
fn loose_objects_are_not_read_again() {
    let folder = Folder::repository();
    for number in 0..3 {
        let token = if number == 1 { pat(1) } else { String::new() };
        folder.write("file", format!("version {number} {token}"));
        folder.commit("version");
    }
    let first = same(&folder, &[]).expect(1);
    let blob = folder.git(&["rev-parse", "HEAD~2:file"]);
    let path = folder.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    super::change(&path, |bytes| bytes.fill(0xFF));
    assert_eq!(said(&scan(&folder, &["--cache", DIR])), said(&first));
    super::change(&path, |bytes| bytes.push(0));
    let run = same(&folder, &[]).expect(1);
    assert!(!complete(&run), "its file has another size");
}

#[test]
fn gc_repack_and_fetch_between_runs() {
    let (folder, blobs) = packed();
    let first = same(&folder, &[]).expect(1);
    folder.git(&["clone", "--quiet", "--no-local", ".", "../home/other"]);
    folder.write("new", pat(3));
    folder.commit("new");
    same(&folder, &[]);
    folder.git(&["repack", "-dq"]);
    same(&folder, &[]);
    assert_eq!(packs(&folder).len(), 2);
    // The older pack is known still: only what is new was read.
    let quiet: Vec<String> = [&blobs[..2], &blobs[3..]].concat();
    ruin(&folder, &quiet);
    let run = scan(&folder, &["--cache", DIR]).expect(1);
    assert!(complete(&run), "{}", run.stdout);
    // A clone has the same objects in a pack of its own, or in the same.
    let other = ["--no-files", "../home/other"];
    assert!(complete(&same(&folder, &other)));
    assert!(complete(&same(&folder, &other)));
    assert!(complete(&first));
    for step in [&["repack", "-adfq"][..], &["gc", "--quiet", "--prune=now"]] {
        let other = Folder::repository();
        other.write("a", pat(4));
        other.commit("a");
        same(&other, &[]);
        other.git(step);
        same(&other, &[]);
        same(&other, &[]);
    }
}

#[test]
fn what_a_commit_refers_to_is_looked_for_in_every_run() {
    let folder = Folder::repository();
    folder.write("a", "1");
    folder.commit("first");
    folder.write("a", "2");
    let second = folder.commit("second");
    // A pack of the second commit alone: its parent and its tree lie outside.
    let pack = ".git/objects/pack/pack";
    folder.git_with(&["pack-objects", "--quiet", pack], format!("{second}\n").as_bytes());
    folder.git(&["prune-packed"]);
    same(&folder, &[]).expect(0);
    let first = folder.git(&["rev-parse", "HEAD~1"]);
    for id in [first.clone(), folder.git(&["rev-parse", &format!("{first}^{{tree}}")])] {
        let path = folder.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
        let away = folder.home().join("away");
        std::fs::rename(&path, &away).expect("a loose object");
        let run = same(&folder, &[]).expect(3);
        assert!(run.stdout.contains(&id) && run.stdout.contains("object is missing"));
        std::fs::rename(&away, &path).expect("a place");
        same(&folder, &[]).expect(0);
    }
}

#[test]
fn what_reads_no_whole_history_has_no_use_for_a_cache() {
    let (folder, _) = packed();
    for options in [&["--staged"][..], &["--range", "HEAD~1..HEAD"], &["--no-history"]] {
        same(&folder, options);
        assert!(files(&folder).is_empty() && !folder.path().join(DIR).exists(), "{options:?}");
    }
    same(&folder, &["-"]);
}

#[test]
fn a_full_scan_reads_everything_and_keeps_it() {
    let (folder, mut blobs) = packed();
    let first = same(&folder, &["--full-scan"]).expect(1);
    assert_eq!((kind(&folder, "pack-").len(), kind(&folder, "trace-").len()), (1, 1));
    blobs.remove(2);
    ruin(&folder, &blobs);
    assert_eq!(said(&scan(&folder, &["--cache", DIR])), said(&first));
    assert!(!complete(&same(&folder, &["--full-scan"])));
}

#[test]
fn many_objects_that_tell_something_are_read_in_the_order_of_their_deltas() {
    let folder = Folder::repository();
    let lines = "some line of text\n".repeat(50);
    let mut stream = String::new();
    for number in 0..700 {
        // Every other version tells something.
        let token = if number % 2 == 0 { pat(number / 200) } else { "-".repeat(26) };
        let text = format!("{lines}{token}\n{lines}{number}\n");
        stream += "commit refs/heads/main\n";
        stream += &format!("committer C <c@example.com> {} +0000\n", 1_700_000_000 + number);
        stream += &format!("data 1\nx\nM 100644 inline file\ndata {}\n{text}\n", text.len());
    }
    folder.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    folder.git(&["repack", "-adfq"]);
    let options = ["--no-files"];
    let first = same(&folder, &options).expect(1);
    let cached = [&options[..], &["--cache", DIR]].concat();
    for options in [&cached[..], &[&cached[..], &["--threads", "1"]].concat()] {
        assert_eq!(said(&scan(&folder, options)), said(&first));
    }
    let index = packs(&folder).remove(0).with_extension("idx");
    let listed = folder.git(&["verify-pack", "-v", index.to_str().expect("UTF-8")]);
    assert!(listed.contains("chain length = 10"), "there are long chains of deltas");
    ruin(&folder, &[folder.git(&["rev-parse", "main~1:file"])]);
    // Whatever stands on it is lost, too.
    let run = same(&folder, &options);
    assert!(!complete(&run) && run.stderr.contains("the pack is damaged"), "{}", run.stderr);
}
