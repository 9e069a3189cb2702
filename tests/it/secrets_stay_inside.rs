//! No output of any kind holds a secret, unless the operator asked for it.

use stanch::report::Format;

use crate::support::program::Folder;
use crate::support::tokens::{in_context, pat, with_prefix};

/// Every secret that is planted, and everything of it that must not be printed: all that follows
/// the four characters that a mask shows, from any place on.
struct Planted {
    pieces: Vec<String>,
}

impl Planted {
    fn new(secrets: &[(String, usize)]) -> Self {
        // Eight characters in a row are more than chance.
        let pieces = secrets.iter().flat_map(|(secret, prefix)| {
            let hidden = secret.get(prefix + 4..).unwrap_or_default().to_owned();
            let starts = 0..hidden.len().saturating_sub(8);
            starts.step_by(4).map(move |at| hidden[at..at + 8].to_owned()).collect::<Vec<_>>()
        });
        Self { pieces: pieces.collect() }
    }

    #[track_caller]
    fn must_not_be_in(&self, what: &str, text: &str) {
        for piece in &self.pieces {
            assert!(!text.contains(piece.as_str()), "{what} holds {piece:?}:\n{text}");
        }
    }
}

/// A repository with every kind of secret in files, names, history, messages, authors, tags, and
/// in the messages of things that fail.
fn planted() -> (Folder, Planted) {
    let folder = Folder::repository();
    let mut secrets = Vec::new();
    let mut all = String::new();
    for token in with_prefix(41) {
        // acme-gldt-…, Corp@2024:…: the prefix ends with the last joint before the body.
        let known = stanch::token::kinds::KINDS.iter().flat_map(|kind| kind.prefixes);
        let ends = known.filter_map(|known| Some(token.text.find(known)? + known.len()));
        let prefix = ends.max().unwrap_or(token.text.find(':').map_or(0, |at| at + 1));
        all += &format!("{} on one line with the next: ", token.text);
        secrets.push((token.text, prefix));
    }
    for (_, before, secret, after) in in_context(42) {
        // The same secret again, without the context that betrays it.
        all += &format!("{before}{secret}{after} again {secret}\n");
        secrets.push((secret, 0));
    }
    let mut plain = |seed: u64| {
        secrets.push((pat(seed), 6));
        pat(seed)
    };
    folder.write("all", &all);
    folder.write(format!("in-a-name-{}/file", plain(1)), plain(2));
    folder.write("weak", format!("x{} y", plain(3)));
    folder.commit(&format!("message {}", plain(4)));
    let author = format!("{} <{}@example.com>", plain(5), plain(6));
    folder.git(&["commit", "--quiet", "--allow-empty", "-m", "x", "--author", &author]);
    folder.write(plain(7), plain(8));
    let added = folder.commit("leak");
    folder.git(&["tag", "--annotate", "-m", &plain(9), &format!("tag-{}", plain(10)), &added]);
    // A message about something that fails names its path.
    let locked = format!("pipe-{}", plain(11));
    let made = std::process::Command::new("mkfifo").arg(folder.path().join(locked)).status();
    assert!(made.expect("mkfifo runs").success());
    folder.write(format!("big-{}", plain(12)), " ".repeat(300_000));
    (folder, Planted::new(&secrets))
}

#[test]
fn no_report_holds_a_secret() {
    let (folder, planted) = planted();
    for evidence in ["checksum", "weak"] {
        for format in Format::ALL.map(Format::word) {
            let report = format!("{format}=report");
            let arguments = [
                "scan",
                "--format",
                format,
                "--evidence",
                evidence,
                "--report",
                &report,
                "--max-file-size",
                "200kB",
                "--exclude",
                "nothing-*",
            ];
            let run = folder.run(&arguments).expect(1);
            let file = std::fs::read_to_string(folder.path().join("report")).expect("the report");
            planted.must_not_be_in(format, &run.stdout);
            planted.must_not_be_in("stderr", &run.stderr);
            planted.must_not_be_in("the report file", &file);
            std::fs::remove_file(folder.path().join("report")).expect("the report");
        }
    }
}

#[test]
fn no_message_holds_a_secret() {
    let folder = Folder::new();
    let token = pat(51);
    let planted = Planted::new(&[(token.clone(), 6)]);
    folder.write("bad.toml", format!("[[rule]]\nid = \"{token}\"\n{token} = 1\n"));
    folder.write("config.toml", format!("{token} = 1\n"));
    let report = format!("json=none-{token}/x");
    let rules = format!("none-{token}");
    let prefix = format!("{token} ");
    for arguments in [
        &["scan", &token][..],
        &["scan", "--staged", &token],
        &["scan", "--report", &report],
        &["scan", "--rules", &rules],
        &["scan", "--rules", "bad.toml"],
        &["scan", "--prefix", &prefix],
        &["scan", "--config", "config.toml"],
        &["rules", "check", &rules],
        &["rules", "check", "bad.toml"],
    ] {
        let run = folder.run(arguments);
        assert_ne!(run.code, Some(0), "{arguments:?}");
        planted.must_not_be_in("stderr", &run.stderr);
        planted.must_not_be_in("stdout", &run.stdout);
    }
}

#[test]
fn no_complaint_about_arguments_holds_a_secret() {
    let folder = Folder::new();
    let token = pat(52);
    let planted = Planted::new(&[(token.clone(), 6)]);
    let (flag, value) = (format!("--{token}"), format!("--threads={token}"));
    let pair = format!("{token}=x");
    for arguments in [
        &["scan", "--threads", &token][..],
        &["scan", &value],
        &["scan", "--format", &token],
        &["scan", "--evidence", &token],
        &["scan", "--max-file-size", &token],
        &["scan", "--report", &token],
        &["scan", "--report", &pair],
        &["scan", &flag],
        &["scan", "--staged", "--no-history", &flag],
        &["rules", &token],
        &["rules", "check", "a", &token],
        &["completions", &token],
        &[&token],
        &[&flag],
        &["man", &token],
    ] {
        let run = folder.run(arguments).expect(2);
        planted.must_not_be_in("stderr", &run.stderr);
        planted.must_not_be_in("stdout", &run.stdout);
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    }
}

#[test]
fn the_name_of_a_repository_holds_no_secret() {
    let folder = Folder::new();
    let (token, other) = (pat(53), pat(54));
    let planted = Planted::new(&[(token.clone(), 6), (other.clone(), 6)]);
    folder.write(format!("{token}/f.txt"), format!("x={other} {token}\n"));
    folder.git(&["init", "--quiet", "--initial-branch=main", &token]);
    folder.git(&["-C", &token, "add", "."]);
    folder.scan(&["--staged", &token]).expect(1);
    for step in ["staged", "committed", "broken", "lost"] {
        match step {
            "committed" => drop(folder.git(&["-C", &token, "commit", "--quiet", "-m", "one"])),
            "broken" => folder.write(format!("{token}/.git/index"), "garbage"),
            "lost" => folder.write(format!("{token}/.git/config"), format!("[{other}")),
            _ => {}
        }
        for format in Format::ALL.map(Format::word) {
            for arguments in [&[token.as_str()][..], &["--staged", &token]] {
                let run = folder.run(&[&["scan", "--format", format], arguments].concat());
                planted.must_not_be_in(step, &run.stdout);
                planted.must_not_be_in(step, &run.stderr);
            }
        }
    }
}

#[test]
fn secrets_are_shown_on_request_and_only_to_their_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let token = pat(61);
    folder.write("a", format!("key = {token};\n"));
    for format in Format::ALL.map(Format::word) {
        let report = format!("{format}=../home/report.{format}");
        let run =
            folder.run(&["scan", "--show-secrets", "-f", format, "--report", &report]).expect(1);
        assert!(run.stdout.contains(&token), "{format}");
        let path = folder.home().join(format!("report.{format}"));
        assert!(std::fs::read_to_string(&path).expect("the report").contains(&token));
        let mode = path.metadata().expect("the report").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{format}");
    }
}

#[test]
fn a_mask_shows_the_prefix_and_four_characters_and_never_the_end() {
    for token in with_prefix(71) {
        let folder = Folder::new();
        folder.write("a", &token.text);
        let finding = folder.scan(&[]).expect(1).finding();
        let shown = finding["secret"].as_str().expect("a mask");
        let prefix = finding["token"]["prefix"].as_str().expect("a prefix");
        let body = &token.text[prefix.len()..];
        assert_eq!(shown, format!("{prefix}{}****", &body[..4]), "{}", token.rule);
    }
}

#[test]
fn the_fingerprint_of_a_masked_report_is_that_of_the_whole_secret() {
    let folder = Folder::new();
    folder.write("a", pat(81));
    let masked = folder.scan(&[]).expect(1).finding();
    let shown = folder.scan(&["--show-secrets"]).expect(1).finding();
    assert_eq!(masked["fingerprint"], shown["fingerprint"]);
    // printf 'personal_access_token\0%s' TOKEN | sha256sum | cut -c1-32
    let mut command = std::process::Command::new("sh");
    let line =
        format!("printf 'personal_access_token\\000%s' '{}' | sha256sum | cut -c1-32", pat(81));
    let output = command.args(["-c", &line]).output().expect("sha256sum runs");
    let expected = String::from_utf8(output.stdout).expect("text");
    assert_eq!(masked["fingerprint"], expected.trim());
}
