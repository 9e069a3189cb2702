//! Settings that are none: mistakes, and what else may lie where a file is looked for.

use std::process::Command;

use super::{OWN, users};
use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn a_mistake_is_named_with_its_line_and_a_suggestion() {
    let folder = Folder::new();
    folder.write("a", "nothing\n");
    folder.write("c.toml", "\nprefix = []\nthreads = 0\n[[instance]]\nulr = \"https://a\"\n");
    let run = folder.scan(&["--config", "c.toml"]).expect(2);
    let lines = [
        "settings c.toml:2: unknown key `prefix`: did you mean `prefixes`?",
        "settings c.toml:3: `threads`: write a number from 1 to 65535",
        "settings c.toml:4: [[instance]] needs `url`: its address",
        "settings c.toml:5: unknown key `ulr` in [[instance]]: did you mean `url`?",
    ];
    for line in lines {
        assert!(run.stderr.contains(line), "{line}\n{}", run.stderr);
    }
    for arguments in [&["inspect"][..], &["hook", "run", "pre-commit"], &["config", "show"]] {
        let all: Vec<&str> = ["--config", "c.toml"].iter().chain(arguments).copied().collect();
        folder.git(&["init", "--quiet", "."]);
        let run = folder.run_with(&all, b"").expect(2);
        assert!(run.stderr.contains(lines[0]), "{arguments:?} {}", run.stderr);
    }
}

#[test]
fn a_secret_in_the_settings_is_not_repeated() {
    let folder = Folder::repository();
    folder.write("a", "nothing\n");
    let token = pat(7);
    let password = "hunter2-is-my-password";
    let texts = [
        format!("{token} = 1\n"),
        format!("\"{token}\" = \"{token}\"\n"),
        format!("evidence = \"{token}\"\n"),
        format!("{password} = 1\n"),
        format!("evidence = \"{password}\"\n"),
        format!("threads = \"{password}\"\n"),
        format!("prefixes = [\"{password} {token}\"]\n"),
        format!("[[ignore]]\nfingerprint = \"{password}\"\nreason = \"x\"\n"),
        format!("[[instance]]\nurl = \"https://ann:{password}@gitlab.example.com\"\n"),
        format!("[revoke]\nkinds = [\"{password}\"]\n"),
        format!("evidence = {password}\n"),
    ];
    for text in texts {
        for file in [OWN, "c.toml"] {
            folder.write(OWN, "");
            folder.write(file, &text);
            let flag: &[&str] = if file == OWN { &[] } else { &["--config", "c.toml"] };
            for command in
                [&["scan"][..], &["config", "show"], &["config", "show", "--format", "json"]]
            {
                let all: Vec<&str> = command.iter().chain(flag).copied().collect();
                let run = folder.run(&all).expect(2);
                for out in [&run.stdout, &run.stderr] {
                    assert!(
                        !out.contains(password) && !out.contains(&token[10..]),
                        "{text}: {out}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_a_repository_calls_its_settings_may_be_anything() {
    let folder = Folder::repository();
    folder.write("a", "nothing\n");
    let place = folder.path().join(OWN);
    let refused = |what: &str| {
        let run = folder.scan(&[]).expect(2);
        assert!(run.stderr.contains(what), "{}", run.stderr);
        folder.scan(&["--no-repo-config"]).expect(0);
    };
    std::os::unix::fs::symlink("/dev/zero", &place).expect("a link");
    refused("no plain file");
    std::fs::remove_file(&place).expect("gone");
    std::os::unix::fs::symlink("nowhere", &place).expect("a link");
    refused("no plain file");
    std::fs::remove_file(&place).expect("gone");
    assert!(Command::new("mkfifo").arg(&place).status().expect("it runs").success());
    refused("no plain file");
    std::fs::remove_file(&place).expect("gone");
    std::fs::create_dir(&place).expect("a folder");
    refused("no plain file");
    std::fs::remove_dir(&place).expect("gone");
    std::fs::write(&place, "# x\n".repeat(300_000)).expect("a file");
    refused("larger than 1024 KiB");
    std::fs::write(&place, b"exclude = []\n# \xff\n").expect("a file");
    refused("settings .stanch.toml:2: this is not UTF-8");
}

#[test]
fn what_was_named_must_be_a_file() {
    let folder = Folder::new();
    folder.write("a", "nothing\n");
    folder.write("folder/x", "");
    let run = folder.scan(&["--config", "folder"]).expect(2);
    assert!(run.stderr.contains("settings folder are a folder; name a file"), "{}", run.stderr);
    let run = folder.scan(&["--config", "/dev/zero"]).expect(2);
    assert!(run.stderr.contains("larger than 1024 KiB"), "{}", run.stderr);
    // A folder where the user's file should be is said, and not passed over.
    users(&folder, "");
    let place = folder.home().join(".config/stanch/config.toml");
    std::fs::remove_file(&place).expect("gone");
    std::fs::create_dir(&place).expect("a folder");
    folder.scan(&[]).expect(2);
}
