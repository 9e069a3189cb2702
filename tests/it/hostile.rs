//! Nothing of a scanned repository is run: settings that name programs, filters, hooks and helpers are
//! there, and none of them leaves its mark.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::gitlab::GitLab;
use crate::support::program::Folder;
use crate::support::tokens::pat;

/// Settings of git by which a repository could run a program: name, and value with the program in it.
const SETTINGS: &[(&str, &str)] = &[
    ("core.fsmonitor", "{}"),
    ("core.hooksPath", "{hooks}"),
    ("core.editor", "{}"),
    ("core.pager", "{}"),
    ("core.sshCommand", "{}"),
    ("core.gitProxy", "{}"),
    ("core.askPass", "{}"),
    ("core.alternateRefsCommand", "{}"),
    ("filter.evil.clean", "{}"),
    ("filter.evil.smudge", "{}"),
    ("filter.evil.process", "{}"),
    ("filter.evil.required", "true"),
    ("diff.external", "{}"),
    ("diff.evil.textconv", "{}"),
    ("diff.evil.command", "{}"),
    ("merge.evil.driver", "{}"),
    ("gpg.program", "{}"),
    ("credential.helper", "!{}"),
    ("uploadpack.packObjectsHook", "{}"),
    ("remote.origin.url", "ext::{} x"),
    ("remote.origin.uploadpack", "{}"),
    ("remote.origin.vcs", "evil"),
    ("submodule.evil.update", "!{}"),
    ("alias.status", "!{}"),
    ("include.path", "{config}"),
    ("extensions.partialClone", "origin"),
    ("remote.origin.promisor", "true"),
];

/// A repository that tries everything, with a token in it.
fn hostile() -> (Folder, String) {
    let folder = Folder::repository();
    let token = pat(1);
    folder.write("config", format!("A={token}\n"));
    folder.write(".gitattributes", "* filter=evil diff=evil merge=evil\n");
    folder.write(".gitmodules", "[submodule \"evil\"]\n\tpath = sub\n\turl = ext::sh -c evil\n");
    folder.commit("first");
    folder.write("more", format!("B={}\n", pat(2)));
    folder.git(&["add", "more"]);
    let program = folder.path().join("../evil");
    let mark = folder.path().join("../was-run");
    std::fs::write(&program, format!("#!/bin/sh\necho \"$0\" >> {}\n", mark.display()))
        .expect("a program");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, executable.clone()).expect("executable");
    let hooks = folder.path().join("../hooks");
    for place in [hooks.clone(), folder.path().join(".git/hooks")] {
        std::fs::create_dir_all(&place).expect("a folder");
        for hook in ["fsmonitor-watchman", "pre-commit", "post-checkout", "post-index-change"] {
            std::fs::copy(&program, place.join(hook)).expect("a hook");
            std::fs::set_permissions(place.join(hook), executable.clone()).expect("executable");
        }
    }
    let config = folder.path().join("../more-config");
    std::fs::write(&config, format!("[core]\n\tfsmonitor = {}\n", program.display())).expect("it");
    let mut text = std::fs::read_to_string(folder.path().join(".git/config")).expect("settings");
    for (name, value) in SETTINGS {
        let value = value
            .replace("{hooks}", &hooks.display().to_string())
            .replace("{config}", &config.display().to_string())
            .replace("{}", &program.display().to_string());
        let (section, key) = name.rsplit_once('.').expect("a name");
        let section = match section.split_once('.') {
            Some((section, sub)) => format!("{section} \"{sub}\""),
            None => section.to_owned(),
        };
        text += &format!("[{section}]\n\t{key} = {value}\n");
    }
    std::fs::write(folder.path().join(".git/config"), text).expect("settings");
    (folder, token)
}

#[test]
fn a_repository_runs_nothing() {
    let (folder, token) = hostile();
    let gitlab = GitLab::start();
    let url = gitlab.url();
    let ways: [&[&str]; 6] = [
        &["scan"],
        &["scan", "--staged"],
        &["scan", "--range", "HEAD"],
        &["scan", "--since", "3000d"],
        &["scan", "--verify", "--gitlab-url", &url],
        &["revoke", "--gitlab-url", &url],
    ];
    for way in ways {
        let run = folder.run(way);
        assert!(run.code.is_some_and(|code| code < 4), "{way:?}: {:?}{}", run.code, run.stderr);
        assert!(!folder.path().join("../was-run").exists(), "{way:?} has run something");
    }
    let found = folder.scan(&["--no-files"]);
    assert!(!found.findings().is_empty() && !found.stdout.contains(&token));
    // Git itself would have run it: what was tried is no straw man.
    let _ = std::process::Command::new("git")
        .args(["status", "--short"])
        .current_dir(folder.path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output();
    assert!(folder.path().join("../was-run").exists(), "git runs nothing either");
}

/// As git does, what belongs to somebody else is refused unless the user's own settings trust it. Only
/// root can give a folder away, so others pass this over.
#[test]
fn what_belongs_to_somebody_else_is_refused() {
    let folder = Folder::repository();
    folder.write("config", pat(3));
    folder.commit("first");
    let owner = ["-R", "65534:65534", "."];
    let given = std::process::Command::new("chown").args(owner).current_dir(folder.path()).status();
    if !given.is_ok_and(|status| status.success()) {
        return;
    }
    // A repository must not be able to trust itself.
    let config = folder.path().join(".git/config");
    let text = std::fs::read_to_string(&config).expect("settings");
    std::fs::write(&config, text + "[safe]\n\tdirectory = *\n").expect("settings");
    let run = folder.scan(&["--no-files"]).expect(2);
    assert!(run.stderr.contains("belongs to another user"), "{}", run.stderr);
    folder.write("../home/.gitconfig", "[safe]\n\tdirectory = *\n");
    assert_eq!(folder.scan(&["--no-files"]).expect(1).findings().len(), 1);
}
