//! Bad input: a clear message, the right exit code, everything else still read, never a panic.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use stanch::report::Format;

use crate::support::program::{Folder, Run, is_root, run, run_unprivileged};
use crate::support::tokens::pat;

fn lock(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).expect("permissions");
}

#[test]
fn no_such_path() {
    let folder = Folder::new();
    folder.write("there", "x");
    let run = folder.run(&["scan", "not-there"]).expect(2);
    assert!(run.stdout.contains("not-there: no such file or folder"), "{}", run.stdout);
    // The other targets are read all the same, and what is found there counts for more.
    let run = folder.scan(&["not-there", "there"]).expect(2);
    assert_eq!(run.summary()["coverage"]["files"]["read"], 1);
    assert_eq!(run.summary()["coverage"]["undone"][0]["target"], "not-there");
    folder.write("there", pat(1));
    let run = folder.scan(&["not-there", "there"]).expect(1);
    assert_eq!(run.summary()["complete"], false);
}

#[test]
fn not_a_repository() {
    let folder = Folder::new();
    let run = folder.run(&["scan", "--staged"]).expect(2);
    assert!(run.stdout.contains("not a git repository"), "{}", run.stdout);
    folder.run(&["scan", "--no-files"]).expect(2);
}

#[test]
fn a_repository_that_cannot_be_opened_is_never_clean() {
    let folder = Folder::repository();
    folder.write("a", "x");
    folder.commit("first");
    std::fs::write(folder.path().join(".git/config"), "[core\nbroken").expect("a file");
    let run = folder.run(&["scan"]).expect(2);
    assert!(run.stdout.contains("the repository cannot be read"), "{}", run.stdout);
    folder.write("b", pat(1));
    let run = folder.scan(&[]).expect(1);
    assert_eq!(run.summary()["complete"], false);
    // An empty .git is no repository, but it says that there should be one.
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    folder.run(&["scan"]).expect(2);
    let folder = Folder::new();
    folder.write(".git", "gitdir: /nowhere\n");
    folder.run(&["scan"]).expect(2);
}

#[test]
fn corrupt_and_missing_objects_are_named_and_the_rest_is_read() {
    let folder = Folder::repository();
    folder.write("a", "first\n");
    folder.commit("first");
    folder.write("b", format!("{}\n", pat(1)));
    folder.commit("second");
    std::fs::remove_file(folder.path().join("b")).expect("the file");
    let blob = folder.git(&["rev-parse", "HEAD~1:a"]);
    let object = folder.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::set_permissions(&object, std::fs::Permissions::from_mode(0o644)).expect("permissions");
    std::fs::write(&object, b"not zlib").expect("a file");
    let run = folder.scan(&["--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(1)]);
    let failed = &run.summary()["coverage"]["failed"][0];
    assert_eq!((&failed["names"][0], &failed["count"]), (&blob.as_str().into(), &1.into()));
    assert_eq!(run.summary()["complete"], false);
    let human = folder.run(&["scan"]).expect(1);
    assert!(
        human.stdout.contains("INCOMPLETE") && human.stdout.contains(&blob),
        "{}",
        human.stdout
    );
}

#[test]
fn an_object_whose_bytes_are_not_its_name_is_corrupt() {
    let folder = Folder::repository();
    folder.write("a", "aaaa\n");
    folder.write("b", "bbbb\n");
    folder.commit("both");
    let path = |file: &str| {
        let blob = folder.git(&["rev-parse", &format!("HEAD:{file}")]);
        folder.path().join(".git/objects").join(&blob[..2]).join(&blob[2..])
    };
    std::fs::remove_file(path("a")).expect("the object");
    std::fs::copy(path("b"), path("a")).expect("a copy");
    let run = folder.scan(&["--no-files"]).expect(3);
    assert_eq!(run.summary()["coverage"]["failed"][0]["count"], 1);
}

#[test]
fn damaged_packs_are_named() {
    let damage = |how: &dyn Fn(&Path)| {
        let folder = Folder::repository();
        folder.write("a", "text\n".repeat(100));
        folder.commit("first");
        folder.git(&["gc", "--quiet"]);
        let packs = std::fs::read_dir(folder.path().join(".git/objects/pack")).expect("packs");
        for entry in packs {
            let path = entry.expect("an entry").path();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))
                .expect("permissions");
            how(&path);
        }
        let run = folder.scan(&["--no-files"]).expect(3);
        assert!(!run.summary()["coverage"]["failed"].as_array().expect("a list").is_empty());
    };
    let is = |path: &Path, extension: &str| path.extension() == Some(OsStr::new(extension));
    damage(&|path| {
        if is(path, "idx") {
            std::fs::remove_file(path).expect("the index");
        }
    });
    damage(&|path| {
        if is(path, "idx") {
            std::fs::write(path, b"no index").expect("a file");
        }
    });
    damage(&|path| {
        if is(path, "pack") {
            let mut bytes = std::fs::read(path).expect("the pack");
            let middle = bytes.len() / 2;
            bytes[middle..middle + 8].fill(0xAA);
            std::fs::write(path, bytes).expect("a file");
        }
    });
    damage(&|path| {
        if is(path, "pack") {
            let bytes = std::fs::read(path).expect("the pack");
            std::fs::write(path, &bytes[..bytes.len() / 2]).expect("a file");
        }
    });
}

#[test]
fn borrowed_objects_that_are_gone_are_named() {
    let folder = Folder::repository();
    folder.write("a", "x");
    folder.commit("first");
    folder.write(".git/objects/info/alternates", "/nowhere/objects\n");
    let run = folder.scan(&["--no-files"]).expect(3);
    assert!(run.stdout.contains("/nowhere/objects"), "{}", run.stdout);
}

#[test]
fn no_permission() {
    let folder = Folder::new();
    folder.write("closed", pat(1));
    folder.write("folder/inside", pat(2));
    folder.write("open", "x");
    lock(&folder.path().join("closed"));
    lock(&folder.path().join("folder"));
    let run = run_unprivileged(&folder, &["scan", "-f", "jsonl"]).expect(3);
    let failed = &run.summary()["coverage"]["failed"][0];
    assert_eq!(failed["reason"], "permission denied");
    assert_eq!(failed["names"], serde_json::json!(["closed", "folder"]));
    assert_eq!(run.summary()["coverage"]["files"]["read"], 1);
    std::fs::set_permissions(folder.path().join("folder"), std::fs::Permissions::from_mode(0o755))
        .expect("permissions");
    run_unprivileged(&folder, &["scan", "folder/inside"]).expect(1);
}

#[test]
fn a_repository_of_somebody_else_is_refused_with_advice() {
    if !is_root() {
        return; // Only root can give a folder away.
    }
    let folder = Folder::repository();
    folder.write("a", "x");
    folder.commit("first");
    let run = run_unprivileged(&folder, &["scan"]).expect(2);
    assert!(run.stdout.contains("safe.directory"), "{}", run.stdout);
}

#[test]
fn links_in_a_circle() {
    let folder = Folder::new();
    symlink("b", folder.path().join("a")).expect("a link");
    symlink("a", folder.path().join("b")).expect("a link");
    symlink(".", folder.path().join("self")).expect("a link");
    folder.scan(&[]).expect(0);
    let run = folder.run(&["scan", "a"]).expect(2);
    assert!(run.stdout.contains("a: symbolic links go in a circle"), "{}", run.stdout);
}

#[test]
fn pipes_sockets_and_devices_are_not_waited_for() {
    let folder = Folder::new();
    assert!(
        Command::new("mkfifo").arg(folder.path().join("pipe")).status().expect("mkfifo").success()
    );
    let _socket = UnixListener::bind(folder.path().join("socket")).expect("a socket");
    folder.write("a", "x");
    let run = folder.scan(&[]).expect(0);
    let skipped = &run.summary()["coverage"]["skipped"][0];
    assert_eq!(skipped["reason"], "a pipe, socket or device");
    assert_eq!(skipped["names"], serde_json::json!(["pipe", "socket"]));
    let run = folder.run(&["scan", "/dev/zero"]).expect(2);
    assert!(run.stdout.contains("/dev/zero: not a file or folder"), "{}", run.stdout);
}

#[test]
fn a_pipe_that_is_named_is_read_to_its_end() {
    let folder = Folder::new();
    let token = pat(1);
    let line = format!("'{}' scan <(printf '%s' '{token}')", env!("CARGO_BIN_EXE_stanch"));
    let mut command = Command::new("bash");
    folder.scrub(&mut command);
    command.args(["-c", &line]);
    run(command, b"").expect(1);
}

/// A file of zeros, as large as we like, that takes no room.
fn sparse(folder: &Folder, name: &str, size: u64) -> std::fs::File {
    let file = std::fs::File::create(folder.path().join(name)).expect("a file");
    file.set_len(size).expect("a size");
    file
}

#[test]
fn a_file_that_shrinks_while_it_is_read() {
    let folder = Folder::new();
    let file = sparse(&folder, "large", 40 << 30);
    folder.write("other", pat(1));
    let mut command = folder.command();
    command.args(["scan", "-f", "jsonl"]).stdout(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    let open = format!("/proc/{}/fd", child.id());
    let path = folder.path().join("large").canonicalize().expect("the file");
    let deadline = Instant::now() + Duration::from_secs(20);
    let is_open = || {
        let links = std::fs::read_dir(&open).into_iter().flatten().flatten();
        links.into_iter().any(|link| std::fs::read_link(link.path()).is_ok_and(|it| it == path))
    };
    while !is_open() {
        assert!(Instant::now() < deadline, "the file is never opened");
        std::thread::sleep(Duration::from_millis(2));
    }
    file.set_len(0).expect("a size");
    let output = child.wait_with_output().expect("the program ends");
    let run = Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::new(),
    };
    let run = run.expect(1);
    let failed = &run.summary()["coverage"]["failed"][0];
    assert_eq!(failed["reason"], "it shrank while it was read");
    assert_eq!(failed["names"][0], "large");
}

#[test]
fn names_that_are_not_utf8() {
    let folder = Folder::new();
    let name = OsStr::from_bytes(b"caf\xe9 \x1b[31m.txt");
    std::fs::write(folder.path().join(name), pat(1)).expect("a file");
    let run = folder.scan(&[]).expect(1);
    let place = &run.finding()["locations"][0];
    assert_eq!(place["path"], "caf\u{FFFD} \u{1b}[31m.txt");
    assert_eq!(place["path_base64"], "Y2Fm6SAbWzMxbS50eHQ=");
    let human = folder.run(&["scan"]).expect(1);
    assert!(human.stdout.contains("caf\\xe9 \\u{1b}[31m.txt:1:1"), "{}", human.stdout);
    folder.run(&[OsStr::new("scan"), name]).expect(1);
    // In a repository as well.
    folder.git(&["init", "--quiet", "."]);
    folder.git(&["add", "--all", "."]);
    folder.scan(&["--staged"]).expect(1);
    folder.commit("odd");
    let finding = folder.scan(&[]).expect(1).finding();
    assert_eq!(finding["occurrences"]["places"], 2);
}

#[test]
fn control_characters_never_reach_a_terminal() {
    let folder = Folder::repository();
    let bad = "\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m";
    folder.write("a", format!("{bad} {} {bad}\n", pat(1)));
    folder.git(&["add", "a"]);
    let who = format!("{bad} <x@example.com>");
    folder.git(&["commit", "--quiet", "-m", bad, "--author", &who]);
    for format in Format::ALL.map(Format::word) {
        let run = folder.run(&["scan", "--format", format]).expect(1);
        let dangerous = |it: char| (it.is_control() && it != '\n') || it == '\u{202e}';
        assert!(!run.stdout.contains(dangerous), "{format}: {:?}", run.stdout);
    }
    let run = folder.run(&["scan", "none\u{1b}[31m"]).expect(2);
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'));
}

#[test]
fn a_line_of_a_hundred_megabytes() {
    let folder = Folder::new();
    let mut line = vec![b'x'; 100_000_000];
    let token = pat(1);
    for at in [0, 50_000_000, 100_000_000 - token.len()] {
        let end = at + token.len();
        line[at..end].copy_from_slice(token.as_bytes());
        if at > 0 {
            line[at - 1] = b' ';
        }
        if let Some(next) = line.get_mut(end) {
            *next = b' ';
        }
    }
    folder.write("line", &line);
    let finding = folder.scan(&[]).expect(1).finding();
    let columns: Vec<u64> = finding["locations"]
        .as_array()
        .expect("places")
        .iter()
        .map(|place| place["column"].as_u64().expect("a column"))
        .collect();
    assert_eq!(columns, [1, 50_000_001, 100_000_000 - 26 + 1]);
}

#[test]
fn a_report_that_cannot_be_written() {
    let folder = Folder::new();
    folder.write("a", "x");
    let run = folder.run(&["scan", "--report", "json=none/report.json"]).expect(2);
    assert_eq!(run.stdout, "", "it is said before the work is begun");
    assert!(run.stderr.contains("cannot write report none/report.json"), "{}", run.stderr);
    let run = folder.run(&["scan", "--report", "json=."]).expect(2);
    assert!(run.stderr.contains("it is a folder"), "{}", run.stderr);
    // A full disk: what was found is still printed, and the old report stays.
    let run = folder.run(&["scan", "--report", "json=/dev/full"]).expect(2);
    assert!(
        run.stdout.contains("No secret found") && run.stderr.contains("no space left"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_full_stdout_is_an_error() {
    let folder = Folder::new();
    folder.write("a", pat(1));
    let mut command = folder.command();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output = command.arg("scan").stdout(full).stderr(Stdio::piped()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to stdout"));
}
