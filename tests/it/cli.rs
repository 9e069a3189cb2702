//! The command line: help, completions, colours, pipes.

use std::io::Read as _;
use std::process::Stdio;

use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn help_version_completions_and_manual() {
    let folder = Folder::new();
    assert!(folder.run(&["--help"]).expect(0).stdout.contains("Exit codes"));
    assert!(folder.run(&["scan", "--help"]).expect(0).stdout.contains("--show-secrets"));
    let version = folder.run(&["--version"]).expect(0).stdout;
    assert_eq!(version, format!("stanch {}\n", env!("CARGO_PKG_VERSION")));
    for shell in ["bash", "zsh", "fish"] {
        assert!(folder.run(&["completions", shell]).expect(0).stdout.contains("stanch"));
    }
    let manual = folder.run(&["man"]).expect(0).stdout;
    assert!(manual.contains(".TH stanch") && manual.contains("show\\-secrets"), "{manual}");
}

#[test]
fn what_is_typed_wrong_is_said() {
    let folder = Folder::new();
    for (arguments, expected) in [
        (&["scan", "--nonsense"][..], "--nonsense"),
        (&["nonsense"], "nonsense"),
        (&[], "Usage"),
        (&["scan", "--format", "xml"], "human, json, jsonl, sarif, gitlab, codequality, junit"),
        (&["scan", "--evidence", "strong"], "checksum, shape, context or weak"),
        (&["scan", "--report", "sarif"], "FORMAT=FILE"),
        (&["scan", "--max-file-size", "big"], "10MB"),
        (&["scan", "--threads", "0"], "0"),
        (&["scan", "--exclude", "a{b"], "gitignore"),
        (&["scan", "--staged", "--no-history"], "--no-history"),
        (&["scan", "--staged", "-"], "standard input"),
    ] {
        let run = folder.run(arguments).expect(2);
        let said = format!("{}{}", run.stderr, run.stdout);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn nothing_is_coloured_or_animated_without_a_terminal() {
    let folder = Folder::new();
    folder.write("a", pat(1));
    let run = folder.run(&["scan"]).expect(1);
    assert!(!run.stdout.contains('\u{1b}'));
    assert_eq!(run.stderr, "");
}

/// Runs stanch on a terminal that `script` makes.
fn on_a_terminal(folder: &Folder, arguments: &str) -> String {
    let mut command = std::process::Command::new("script");
    folder.scrub(&mut command);
    let line = format!("'{}' {arguments}", env!("CARGO_BIN_EXE_stanch"));
    let output = command
        .env("TERM", "xterm")
        .args(["--quiet", "--command", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .expect("script is part of util-linux");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_terminal_gets_colours_unless_somebody_says_no() {
    let mut folder = Folder::new();
    folder.write("a", pat(1));
    assert!(on_a_terminal(&folder, "scan").contains("\u{1b}[1m"));
    assert!(!on_a_terminal(&folder, "scan --no-color").contains('\u{1b}'));
    folder.set("NO_COLOR", "1");
    assert!(!on_a_terminal(&folder, "scan").contains('\u{1b}'));
}

#[test]
fn long_work_shows_progress_on_a_terminal() {
    let folder = Folder::new();
    // Reading from a pipe that stays open takes as long as we want.
    let slow = "scan - < <(echo x; sleep 1.5)";
    let line = format!("bash -c \"'{}' {slow}\"", env!("CARGO_BIN_EXE_stanch"));
    let mut command = std::process::Command::new("script");
    folder.scrub(&mut command);
    let output = command
        .env("TERM", "xterm")
        .args(["--quiet", "--command", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .expect("script is part of util-linux");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("standard input: 0, 2 B"), "{shown:?}");
}

#[test]
fn a_broken_pipe_ends_quietly() {
    let folder = Folder::new();
    let many: String = (0..2000).map(|number| pat(number) + "\n").collect();
    folder.write("a", many);
    let mut command = folder.command();
    command.args(["scan", "-f", "jsonl"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut some = [0; 10];
    stdout.read_exact(&mut some).expect("some output");
    drop(stdout);
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!((output.status.code(), &*output.stderr), (Some(1), &b""[..]));
}

#[test]
fn errors_are_printed_even_when_quiet() {
    let folder = Folder::new();
    let run = folder.run(&["scan", "--quiet", "--config", "none.toml"]).expect(2);
    assert!(run.stderr.starts_with("stanch: cannot read settings none.toml"), "{}", run.stderr);
}

#[test]
fn settings_with_mistakes_are_refused() {
    let folder = Folder::new();
    for (text, expected) in [
        ("prefix = [\"x-\"]", "c.toml:1: unknown key `prefix`: did you mean `prefixes`?"),
        ("\n\nprefixes = 3", "c.toml:3: `prefixes` takes a list"),
        ("prefixes = [", "c.toml:1: "),
        ("prefixes = [\"x\"]", "c.toml:1: `prefixes`: a prefix has 2 to 32 characters"),
    ] {
        folder.write("c.toml", text);
        let run = folder.run(&["scan", "--config", "c.toml"]).expect(2);
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
}
