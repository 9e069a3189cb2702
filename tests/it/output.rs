//! Streams and report files: what is printed where, and what is said when that fails.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use stanch::report::Format;

use crate::support::program::{Folder, run};
use crate::support::tokens::pat;

#[test]
fn a_target_that_cannot_be_done_is_an_error_in_every_format() {
    let folder = Folder::new();
    for format in Format::ALL.map(Format::word) {
        let run = folder.run(&["scan", "--quiet", "-f", format, "none", "no\u{7}ne"]).expect(2);
        let expected = "stanch: no\\u{7}ne: no such file or folder\n\
                        stanch: none: no such file or folder\n";
        assert_eq!(run.stderr, expected, "{format}");
    }
    let run = folder.run(&["scan", "none"]).expect(2);
    assert!(!run.stdout.contains("No secret found"), "{}", run.stdout);
    assert!(run.stdout.starts_with("Nothing was scanned."), "{}", run.stdout);
    // With another target that was read the result is about that one.
    folder.write("a", "x");
    let run = folder.run(&["scan", "none", "a"]).expect(2);
    assert!(run.stdout.starts_with("No secret found in what was read."), "{}", run.stdout);
    folder.write("a", pat(1));
    let run = folder.run(&["scan", "none", "a"]).expect(1);
    assert_eq!(run.stderr, "stanch: none: no such file or folder\n");
}

#[test]
fn help_that_cannot_be_printed_is_an_error() {
    let folder = Folder::new();
    for argument in ["--help", "--version", "man"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let mut command = folder.command();
        let output = command.arg(argument).stdout(full).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{argument}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to stdout"));
    }
}

#[test]
fn a_closed_stdin_is_not_clean() {
    let folder = Folder::new();
    let shell = |redirect: &str| {
        let mut command = Command::new("sh");
        folder.scrub(&mut command);
        let line = format!("'{}' scan - {redirect}", env!("CARGO_BIN_EXE_stanch"));
        command.args(["-c", &line]);
        run(command, b"")
    };
    let closed = shell("<&-").expect(2);
    assert!(closed.stderr.contains("standard input is closed"), "{}", closed.stderr);
    shell("</dev/null").expect(0);
    shell("").expect(0);
}

#[test]
fn two_reports_cannot_share_a_file() {
    let folder = Folder::new();
    folder.write("a", "x");
    symlink("report", folder.path().join("link")).expect("a link");
    for second in ["sarif=report", "json=./report", "jsonl=link"] {
        let run = folder.run(&["scan", "--report", "json=report", "--report", second]).expect(2);
        assert!(run.stderr.contains("two reports"), "{}", run.stderr);
        assert!(!folder.path().join("report").exists());
    }
}

#[test]
fn a_report_goes_where_a_link_leads() {
    let folder = Folder::new();
    folder.write("a", "x");
    std::fs::create_dir(folder.path().join("deep")).expect("a folder");
    symlink("deep/next", folder.path().join("link")).expect("a link");
    symlink("../report", folder.path().join("deep/next")).expect("a link");
    for _ in ["not there yet", "there"] {
        folder.run(&["scan", "a", "--report", "json=link"]).expect(0);
        assert!(folder.path().join("link").is_symlink());
        assert!(folder.path().join("deep/next").is_symlink());
        let report = std::fs::read_to_string(folder.path().join("report")).expect("the report");
        assert!(report.starts_with('{'), "{report}");
    }
    // Pipes of the shell are links that lead nowhere, and are written to.
    let line =
        format!("'{}' scan a --report json=>(cat >piped); sleep 0.5", env!("CARGO_BIN_EXE_stanch"));
    let mut command = Command::new("bash");
    folder.scrub(&mut command);
    command.args(["-c", &line]);
    run(command, b"").expect(0);
    assert!(std::fs::read(folder.path().join("piped")).expect("a file").starts_with(b"{"));
    symlink("round", folder.path().join("round")).expect("a link");
    let run = folder.run(&["scan", "a", "--report", "json=round"]).expect(2);
    assert!(run.stderr.contains("symbolic links go in a circle"), "{}", run.stderr);
}

#[test]
fn a_report_may_have_any_name_but_that_of_stdout() {
    let folder = Folder::new();
    folder.write("a", "x");
    let name = OsStr::from_bytes(b"caf\xe9");
    let argument = OsString::from_vec(b"json=caf\xe9".to_vec());
    folder.run(&[OsStr::new("scan"), OsStr::new("--report"), &argument]).expect(0);
    assert!(folder.path().join(name).exists());
    let run = folder.run(&["scan", "--report", "jsonl=-"]).expect(2);
    assert!(run.stderr.contains("--format jsonl"), "{}", run.stderr);
    folder.run(&["scan", "--report", "jsonl=./-"]).expect(0);
    assert!(folder.path().join("-").exists());
}

#[test]
fn errors_name_what_was_typed_and_no_temporary_file() {
    let folder = Folder::new();
    let run = folder.run(&["scan", "--report", "json=none/report"]).expect(2);
    let expected = "stanch: cannot write report none/report: no such file or folder\n";
    assert_eq!(run.stderr, expected);
    folder.write("file", "x");
    let run = folder.run(&["scan", "--report", "json=file/report"]).expect(2);
    assert_eq!(run.stderr, "stanch: cannot write report file/report: not a directory\n");
}

/// Runs stanch on a terminal that `script` makes, after some other work of the shell.
fn on_a_terminal(folder: &Folder, before: &str, arguments: &[&str]) -> String {
    let mut command = Command::new("script");
    folder.scrub(&mut command);
    let line = format!("{before} '{}' {}", env!("CARGO_BIN_EXE_stanch"), arguments.join(" "));
    command.env("TERM", "xterm").args(["--quiet", "--command", &line, "/dev/null"]);
    let output = command.stdin(Stdio::null()).output().expect("script is part of util-linux");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn progress_holds_no_secret() {
    let folder = Folder::new();
    let token = pat(1);
    let made = Command::new("mkfifo").arg(folder.path().join(&token)).status();
    assert!(made.expect("mkfifo runs").success());
    // A pipe that stays open takes as long as we want.
    let before = format!("(sleep 1.5; echo x) >{token} &");
    let shown = on_a_terminal(&folder, &before, &["scan", &token]);
    assert!(shown.contains("files of glpat-"), "{shown:?}");
    assert!(!shown.contains(&token[10..]), "{shown:?}");
}

#[test]
fn complaints_about_arguments_are_coloured_and_hold_no_secret() {
    let folder = Folder::new();
    let token = pat(2);
    for arguments in [["scan", "--threads"], ["scan", "--format"], ["completions", ""]] {
        let shown = on_a_terminal(&folder, "", &[arguments[0], arguments[1], &token]);
        assert!(shown.contains("\u{1b}[") && shown.contains("error:"), "{shown:?}");
        assert!(!shown.contains(&token[10..]), "{shown:?}");
        let plain = on_a_terminal(&folder, "NO_COLOR=1", &[arguments[0], arguments[1], &token]);
        assert!(!plain.contains('\u{1b}') && plain.contains("error:"), "{plain:?}");
    }
    // Control characters that somebody types are not obeyed.
    let typed = "\"x\u{1b}[31my\u{7}z\"";
    let shown = on_a_terminal(&folder, "", &["scan", "--format", typed]);
    assert!(shown.contains("'xyz'"), "{shown:?}");
    assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown:?}");
}

#[test]
fn the_synopsis_of_the_manual_names_values() {
    let folder = Folder::new();
    let manual = folder.run(&["man"]).expect(0).stdout;
    assert!(manual.contains("\\fBstanch scan\\fR [OPTIONS] [TARGET]..."), "{manual}");
    assert!(!manual.contains("\\fB\\-\\-config\\fR]"), "{manual}");
}
