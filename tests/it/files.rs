//! Which files are read, and how.

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::program::{Folder, Run};
use crate::support::tokens::{pat, utf16};

/// The paths of all places in files, in order.
fn paths(run: &Run) -> Vec<String> {
    let mut paths: Vec<String> = run
        .findings()
        .iter()
        .flat_map(|finding| finding["locations"].as_array().expect("locations").clone())
        .filter(|location| location["source"] == "file")
        .map(|location| location["path"].as_str().expect("a path").to_owned())
        .collect();
    paths.sort();
    paths
}

/// A work tree in which every file holds a token of its own.
fn tree() -> Folder {
    let folder = Folder::repository();
    let files = [".gitignore", "tracked", ".hidden", "sub/tracked", "forced.log"];
    for (number, file) in (100..).zip(files) {
        folder.write(file, format!("# {}\n", pat(number)));
    }
    std::fs::write(folder.path().join(".gitignore"), "*.log\nbuild/\n").expect("a file");
    folder.git(&["add", "--all", "--force", "."]);
    folder.git(&["commit", "--quiet", "-m", "all"]);
    for (number, file) in (200..).zip(["untracked", "ignored.log", "build/out", "sub/new", ".env"])
    {
        folder.write(file, format!("{}\n", pat(number)));
    }
    folder
}

#[test]
fn a_work_tree_is_what_git_tracks_and_what_it_does_not_ignore() {
    let folder = tree();
    let run = folder.scan(&["--no-history"]).expect(1);
    let expected =
        [".env", ".hidden", "forced.log", "sub/new", "sub/tracked", "tracked", "untracked"];
    assert_eq!(paths(&run), expected);
}

#[test]
fn ignored_files_are_read_on_request() {
    let folder = tree();
    let run = folder.scan(&["--no-history", "--no-ignore"]).expect(1);
    assert!(paths(&run).contains(&"ignored.log".to_owned()));
    assert!(paths(&run).contains(&"build/out".to_owned()));
    // Who names an ignored folder wants it read.
    let run = folder.scan(&["--no-history", "build"]).expect(1);
    assert_eq!(paths(&run), ["build/out"]);
}

#[test]
fn the_git_folder_is_never_read_as_files() {
    let folder = Folder::repository();
    folder.write(".git/description", pat(1));
    folder.write("plain/.git/config", pat(2));
    folder.write("plain/.git/HEAD", "ref: refs/heads/main\n");
    folder.scan(&["--no-history", "--no-ignore"]).expect(0);
}

#[test]
fn a_folder_that_is_no_repository_is_read_whole() {
    let folder = Folder::new();
    folder.write(".gitignore", "*.log\n");
    folder.write(".ignore", "*\n");
    folder.write("a.log", pat(1));
    folder.write(".hidden/deep/er", pat(2));
    assert_eq!(paths(&folder.scan(&[]).expect(1)), [".hidden/deep/er", "a.log"]);
}

#[test]
fn paths_begin_with_the_target_as_it_was_typed() {
    let folder = Folder::new();
    folder.write("sub/a", pat(1));
    let absolute = folder.path().join("sub");
    let absolute = absolute.to_str().expect("text");
    for (target, expected) in [
        (".", "sub/a".to_owned()),
        ("./sub", "sub/a".to_owned()),
        ("sub/", "sub/a".to_owned()),
        ("sub/a", "sub/a".to_owned()),
        (absolute, format!("{absolute}/a")),
    ] {
        assert_eq!(paths(&folder.scan(&[target]).expect(1)), [expected], "{target}");
    }
}

#[test]
fn several_targets_are_one_result() {
    let folder = Folder::new();
    let token = pat(1);
    folder.write("one/a", format!("{token} {}", pat(2)));
    folder.write("two/b", &token);
    folder.write("three/c", pat(3));
    let all = ["scan", "--format", "jsonl", "--show-secrets", "one", "two", "-"];
    let run = folder.run_with(&all, format!("x\n  {token}").as_bytes()).expect(1);
    let findings = run.findings();
    assert_eq!(findings.len(), 2);
    let places =
        &findings.iter().find(|it| it["secret"] == token.as_str()).expect("the token")["locations"];
    let place = |source: &str, path: Option<&str>| {
        places
            .as_array()
            .expect("places")
            .iter()
            .any(|it| it["source"] == source && it.get("path").and_then(Value::as_str) == path)
    };
    assert!(place("file", Some("one/a")) && place("file", Some("two/b")) && place("stdin", None));
    assert_eq!(run.summary()["coverage"]["stdin"]["read"], 1);
    assert_eq!(run.summary()["coverage"]["files"]["read"], 2);
}

#[test]
fn a_target_given_twice_counts_once() {
    let folder = Folder::new();
    folder.write("a", pat(1));
    let finding = folder.scan(&[".", "a", "."]).expect(1).finding();
    assert_eq!(finding["occurrences"]["places"], 1);
}

#[test]
fn lines_and_columns_are_counted_from_one_in_characters() {
    let folder = Folder::new();
    let token = pat(1);
    folder.write("a", format!("first\r\nzweite äöü {token} {token}\n{token}"));
    let finding = folder.scan(&[]).expect(1).finding();
    let places: Vec<(u64, u64)> = finding["locations"]
        .as_array()
        .expect("places")
        .iter()
        .map(|it| (it["line"].as_u64().expect("a line"), it["column"].as_u64().expect("a column")))
        .collect();
    assert_eq!(places, [(2, 12), (2, 39), (3, 1)]);
}

#[test]
fn one_secret_is_one_finding_and_moving_it_changes_nothing() {
    let folder = Folder::new();
    let token = pat(1);
    folder.write("a", format!("x\n{token}\n"));
    let first = folder.scan(&[]).expect(1).finding();
    folder.write("b/c", format!("{}{token}", "\n".repeat(40)));
    std::fs::remove_file(folder.path().join("a")).expect("the file");
    let second = folder.scan(&[]).expect(1).finding();
    assert_eq!(first["fingerprint"], second["fingerprint"]);
    let fingerprint = first["fingerprint"].as_str().expect("text");
    assert!(fingerprint.len() == 32 && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[test]
fn a_key_changes_the_fingerprint() {
    let mut folder = Folder::new();
    folder.write("a", pat(1));
    let plain = folder.scan(&[]).expect(1).finding();
    folder.set("STANCH_FINGERPRINT_KEY", "key");
    let keyed = folder.scan(&[]).expect(1).finding();
    assert_ne!(plain["fingerprint"], keyed["fingerprint"]);
    assert_eq!(keyed["fingerprint"].as_str().map(str::len), Some(32));
}

#[test]
fn exclude_leaves_paths_out_and_says_so() {
    let folder = Folder::new();
    for (number, file) in (1..).zip(["a.txt", "vendor/b.txt", "c.min.js", "sub/vendor/d"]) {
        folder.write(file, pat(number));
    }
    let run = folder.scan(&["--exclude", "vendor/", "--exclude", "*.min.js"]).expect(1);
    assert_eq!(paths(&run), ["a.txt"]);
    let skipped = &run.summary()["coverage"]["skipped"][0];
    assert_eq!(
        (&skipped["reason"], &skipped["count"]),
        (&"excluded by --exclude".into(), &3.into())
    );
    assert_eq!(run.summary()["complete"], true);
}

#[test]
fn a_size_limit_leaves_a_gap() {
    let folder = Folder::new();
    folder.write("small", "x");
    folder.write("large", format!("{}{}", " ".repeat(2000), pat(1)));
    let run = folder.scan(&["--max-file-size", "1kB"]).expect(3);
    assert_eq!(run.summary()["complete"], false);
    assert_eq!(run.summary()["coverage"]["skipped"][0]["names"][0], "large");
    folder.scan(&["--max-file-size", "1MB"]).expect(1);
}

#[test]
fn links_are_not_followed_but_their_text_is_read() {
    let folder = Folder::new();
    let outside = Folder::new();
    outside.write("secret", pat(1));
    symlink(outside.path(), folder.path().join("link")).expect("a link");
    symlink("loop", folder.path().join("loop")).expect("a link");
    symlink("../..", folder.path().join("up")).expect("a link");
    let run = folder.scan(&[]).expect(0);
    assert_eq!(run.summary()["coverage"]["files"]["read"], 3);
    symlink(format!("/{}", pat(2)), folder.path().join("odd")).expect("a link");
    assert_eq!(paths(&folder.scan(&[]).expect(1)), ["odd"]);
    // A link that the operator names is followed.
    assert_eq!(paths(&folder.scan(&["link"]).expect(1)), ["link/secret"]);
}

#[test]
fn a_token_in_a_file_name_is_found() {
    let folder = Folder::new();
    let token = pat(1);
    folder.write(format!("sub/{token}.txt"), "nothing");
    let run = folder.scan(&[]).expect(1);
    let finding = run.finding();
    assert_eq!(finding["locations"][0]["source"], "file_name");
    assert_eq!(finding["locations"][0]["path"], format!("sub/{}****.txt", &token[..10]));
}

#[test]
fn a_large_file_is_read_in_pieces_and_tokens_at_every_seam_are_found() {
    let folder = Folder::new();
    // More than two pieces, a token every 4099 bytes: some stand across each seam.
    let mut text = Vec::new();
    let mut tokens = Vec::new();
    while text.len() < 1_400_000 {
        let token = if tokens.len() % 3 == 0 {
            stanch::token::sample::Sampler::new(tokens.len() as u64)
                .routable("acme-glpat-", "o:1\nu:9ix")
        } else {
            pat(tokens.len() as u64)
        };
        text.extend(std::iter::repeat_n(b"word \n"[tokens.len() % 6], 4099 - token.len() % 7));
        text.extend_from_slice(b" ");
        text.extend_from_slice(token.as_bytes());
        text.extend_from_slice(b"\n");
        tokens.push(token);
    }
    folder.write("large", &text);
    folder.write("large16", utf16(std::str::from_utf8(&text).expect("text"), false));
    let run = folder.scan(&["--show-secrets"]).expect(1);
    let mut found = run.secrets();
    found.sort();
    tokens.sort();
    assert!(found == tokens, "{} of {}", found.len(), tokens.len());
    for finding in run.findings() {
        let places = finding["locations"].as_array().expect("places");
        assert_eq!(places.len(), 2);
        assert_eq!(places[0]["line"], places[1]["line"]);
        assert_eq!(places[0]["column"], places[1]["column"]);
    }
    assert_eq!(run.summary()["weak"], 0);
}

#[test]
fn output_is_the_same_whatever_the_threads() {
    let folder = tree();
    for number in 0..60 {
        folder.write(format!("many/{number}"), format!("{}\n{}\n", pat(number), pat(number % 7)));
    }
    let outputs: Vec<String> = ["1", "2", "7"]
        .iter()
        .map(|threads| {
            let run = folder.scan(&["--threads", threads, "--evidence", "weak"]).expect(1);
            let (findings, _) = run.stdout.split_once("\"elapsed_ms\"").expect("a summary");
            findings.to_owned()
        })
        .collect();
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(outputs[0], outputs[2]);
}

#[test]
fn a_repository_inside_is_read_as_files_and_its_history_is_named() {
    let folder = Folder::new();
    folder.write("inner/a", pat(1));
    folder.git(&["init", "--quiet", "inner"]);
    let run = folder.scan(&[]).expect(1);
    assert_eq!(paths(&run), ["inner/a"]);
    let skipped = &run.summary()["coverage"]["skipped"][0];
    assert_eq!(skipped["reason"], "history of a repository inside the target");
    assert_eq!(skipped["names"][0], "inner/.git");
}

#[test]
fn standard_input_is_read_as_one_text() {
    let folder = Folder::new();
    let token = pat(1);
    let text = format!("{}{token}\n", "line\n".repeat(300_000));
    let run = folder.run_with(&["scan", "-f", "jsonl", "-"], text.as_bytes()).expect(1);
    let place = &run.finding()["locations"][0];
    assert_eq!((&place["source"], &place["line"]), (&"stdin".into(), &300_001.into()));
    folder.run_with(&["scan", "-"], b"").expect(0);
}
