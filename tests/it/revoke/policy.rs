//! What may be touched without a person, and what never.

use super::{ANN, PROJECT, World, made, of_pat, one};
use crate::support::gitlab::GitLab;
use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;

/// The token was refused and not touched.
#[track_caller]
fn is_left_alone(world: &World, run: &Run, token: &str, why: &str) {
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    let refusal = one(run, "refusal");
    assert_eq!(refusal["fingerprint"], of_pat(token));
    assert!(refusal["reason"].as_str().is_some_and(|it| !it.is_empty()), "{refusal}");
    assert!(refusal.to_string().contains(why), "{refusal}");
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(token));
    world.is_intact();
}

const WITH_SETTINGS: &[&str] = &["--config", "mine.toml"];

#[test]
fn what_is_protected_is_never_touched() {
    let name = "ci-deploy";
    for entry in [
        format!("fingerprint = \"{}\"", of_pat(&pat(1))),
        "user = \"ann\"".to_owned(),
        "name = \"ci-*\"".to_owned(),
        "name = \"ci-deploy\"".to_owned(),
    ] {
        let world = World::with_admin();
        let token = world.leaked_pat(1, &["api"]);
        world.gitlab.state().pats.last_mut().expect("it").name = name.to_owned();
        let settings = format!("[[revoke.protect]]\n{entry}\nreason = \"by hand on Fridays\"\n");
        world.folder.write("mine.toml", settings);
        is_left_alone(&world, &world.revoke(WITH_SETTINGS), &token, "by hand on Fridays");
        is_left_alone(&world, &world.apply(WITH_SETTINGS), &token, "by hand on Fridays");
    }
}

#[test]
fn what_is_not_protected_is_touched() {
    for entry in [
        format!("fingerprint = \"{}\"", of_pat(&pat(99))),
        "user = \"an\"".to_owned(),
        "name = \"ci-*\"".to_owned(),
        "name = \"laptop\"".to_owned(),
    ] {
        let world = World::with_admin();
        let token = world.leaked_pat(1, &["api"]);
        world.gitlab.state().pats.last_mut().expect("it").name = "my ci-laptop".to_owned();
        world.folder.write("mine.toml", format!("[[revoke.protect]]\n{entry}\nreason = \"x\"\n"));
        world.apply(WITH_SETTINGS).expect(0);
        assert!(!world.lives(&token), "{entry}");
    }
}

/// Whether the settings let a token be revoked without a person.
fn unattended(settings: &str, token_of_project: bool) -> bool {
    let world = World::with_admin();
    let token = pat(2);
    if token_of_project {
        world.gitlab.state().resource_token(&token, PROJECT, &["api"], 30);
    } else {
        world.gitlab.state().pat(&token, ANN, &["api"]);
    }
    world.leak(&[&token]);
    let port = world.gitlab.url().rsplit(':').next().expect("a port").to_owned();
    world.folder.write("mine.toml", settings.replace("PORT", &port));
    let run = world.apply(WITH_SETTINGS);
    if run.code == Some(0) {
        assert!(!world.lives(&token));
        world.is_intact();
        return true;
    }
    is_left_alone(&world, &run, &token, "");
    false
}

#[test]
fn kinds_owners_and_hosts_are_bounded_without_a_person() {
    for (settings, allowed) in [
        ("kinds = [\"personal_access_token\"]", true),
        ("kinds = [\"deploy_token\", \"feed_token\"]", false),
        ("owners = [\"ann\"]", true),
        ("owners = [\"bob\", \"project:7\"]", false),
        ("owners = []", false),
        ("hosts = [\"127.0.0.1\", \"127.0.0.1:PORT\"]", true),
        ("hosts = [\"gitlab.example.com\"]", false),
        ("kinds = [\"personal_access_token\"]\nowners = [\"bob\"]", false),
    ] {
        assert_eq!(unattended(&format!("[revoke]\n{settings}\n"), false), allowed, "{settings}");
    }
    for (settings, allowed) in
        [("owners = [\"project:7\"]", true), ("owners = [\"project:8\", \"group:7\"]", false)]
    {
        assert_eq!(unattended(&format!("[revoke]\n{settings}\n"), true), allowed, "{settings}");
    }
}

#[test]
fn too_many_at_once_are_a_case_for_a_person() {
    let world = World::with_admin();
    let tokens: Vec<String> = (0..26).map(|seed| pat(100 + seed)).collect();
    for token in &tokens {
        world.gitlab.state().pat(token, ANN, &["api"]);
    }
    world.leak(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
    world.folder.write("two.toml", "[revoke]\nmax = 2\n");
    world.folder.write("many.toml", "[revoke]\nmax = 26\n");
    let many = ["--config", "many.toml", "--max-revocations", "25"];
    for more in [&[][..], &["--config", "two.toml"], &many] {
        let run = world.apply(more).expect(2);
        assert!(run.stderr.contains("26"), "{}", run.stderr);
        assert_eq!(world.changes(), [""; 0]);
        assert!(tokens.iter().all(|it| world.lives(it)));
    }
    // To plan is free.
    world.revoke(&[]).expect(1);
    let run = world.apply(&["--max-revocations", "30"]).expect(0);
    assert_eq!(run.summary()["outcomes"]["revoked"], 26);
    assert!(tokens.iter().all(|it| !world.lives(it)));
    world.is_intact();
}

/// A repository whose only commit leaks the token, and a bare copy of it.
fn committed(world: &mut World, token: &str) {
    world.folder = Folder::repository();
    world.folder.set("STANCH_GITLAB_TOKEN", &world.admin);
    world.folder.write("f", format!("{token}\n"));
    world.folder.commit("leak");
    world.folder.git(&["clone", "--quiet", "--bare", ".", "../server.git"]);
}

fn in_repository(folder: &Folder, gitlab: &GitLab, more: &[&str]) -> Run {
    let url = gitlab.url();
    let all = ["revoke", "--format", "jsonl", "--gitlab-url", &url, "--apply", "--yes"];
    folder.run(&[&all, more].concat())
}

#[test]
fn what_never_left_the_machine_is_spared() {
    let (mut world, token) = (World::with_admin(), pat(3));
    world.gitlab.state().pat(&token, ANN, &["api"]);
    committed(&mut world, &token);
    let run = in_repository(&world.folder, &world.gitlab, &[]);
    is_left_alone(&world, &run, &token, "--include-local");
    in_repository(&world.folder, &world.gitlab, &["--include-local"]).expect(0);
    assert!(!world.lives(&token));
    world.is_intact();
}

#[test]
fn what_a_remote_has_is_revoked() {
    let (mut world, token) = (World::with_admin(), pat(4));
    world.gitlab.state().pat(&token, ANN, &["api"]);
    committed(&mut world, &token);
    world.folder.git(&["remote", "add", "origin", "../server.git"]);
    world.folder.git(&["fetch", "--quiet", "origin"]);
    in_repository(&world.folder, &world.gitlab, &[]).expect(0);
    assert!(!world.lives(&token));
    world.is_intact();
}

#[test]
fn the_operators_own_credential_is_no_target() {
    let world = World::with_admin();
    world.leak(&[&world.admin]);
    let run = world.apply(&[]).expect(1);
    assert_eq!(one(&run, "refusal")["fingerprint"], of_pat(&world.admin));
    assert_eq!(world.changes(), [""; 0]);
    world.is_intact();
    // Nor is one that is meant for another instance.
    let mut world = World::with_admin();
    let elsewhere = world.leaked_pat(5, &["api"]);
    world.folder.set("OTHER", &elsewhere);
    let settings = "[[instance]]\nurl = \"https://other.example\"\ntoken_env = \"OTHER\"\n";
    world.folder.write("mine.toml", settings);
    is_left_alone(&world, &world.apply(WITH_SETTINGS), &elsewhere, "");
}

#[test]
fn a_repository_cannot_say_what_is_revoked() {
    let mut world = World::with_admin();
    let token = pat(6);
    world.gitlab.state().pat(&token, ANN, &["api"]);
    committed(&mut world, &token);
    for settings in [
        "[revoke]\nmax = 1000\n",
        "[revoke]\nkinds = [\"personal_access_token\"]\n",
        "[[revoke.protect]]\nuser = \"ann\"\n",
    ] {
        world.folder.write(".stanch.toml", settings);
        let run = in_repository(&world.folder, &world.gitlab, &["--include-local"]).expect(2);
        assert!(run.stderr.contains("repository's own settings"), "{}", run.stderr);
        assert!(world.gitlab.requests().is_empty());
    }
    assert!(world.lives(&token));
}

#[test]
fn settings_with_mistakes_are_no_settings() {
    let world = World::with_admin();
    let token = world.leaked_pat(7, &["api"]);
    for mistake in [
        "[revoke]\nkind = [\"personal_access_token\"]\n",
        "[revoke]\nkinds = [\"personal_acess_token\"]\n",
        "[revoke]\nmax = -1\n",
        "[revoke]\nowners = \"ann\"\n",
        "[[revoke.protect]]\nreason = \"protects nothing\"\n",
        "[[revoke.protect]]\nusers = \"ann\"\n",
    ] {
        world.folder.write("mine.toml", mistake);
        let run = world.apply(WITH_SETTINGS);
        assert_eq!(run.code, Some(2), "{mistake}: {}{}", run.stdout, run.stderr);
        assert!(world.gitlab.requests().is_empty(), "{mistake}");
    }
    assert!(world.lives(&token));
}

#[test]
fn only_what_lives_for_sure_is_touched() {
    let world = World::with_admin();
    let (expired, weak) = (pat(8), made("glpat-", 9));
    world.gitlab.state().pat(&expired, ANN, &["api"]).expires("2026-01-01");
    world.leak(&[&expired, &format!("x{weak}"), &pat(10)]);
    let run = world.apply(&["--evidence", "weak"]);
    assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
    assert_eq!(world.changes(), [""; 0]);
    assert_eq!((&run.summary()["dead"], &run.summary()["unknown_here"]), (&1.into(), &1.into()));
}

/// An entry that can fit nothing would protect nothing.
#[test]
fn protection_that_protects_nothing_is_refused() {
    let world = World::new();
    let token = world.leaked_pat(4, &["api"]);
    let whole = of_pat(&token);
    let entries = [
        format!("fingerprint = \"{}\"", &whole[..16]),
        format!("fingerprint = \" {whole}\""),
        format!("fingerprint = \"sha256:{whole}\""),
        "fingerprint = \"\"".to_owned(),
        "user = \" ann\"".to_owned(),
        "user = \"@\"".to_owned(),
        "user = \"ann@example.com\"".to_owned(),
        "name = \"\"".to_owned(),
        "name = \" n\"".to_owned(),
    ];
    for entry in entries {
        world.folder.write("../c.toml", format!("[[revoke.protect]]\n{entry}\n"));
        let run = world.apply(&["--config", "../c.toml"]).expect(2);
        assert!(run.stderr.contains("[[revoke.protect]]"), "{entry}: {}", run.stderr);
    }
    assert!(world.lives(&token));
}

/// In a job of GitLab's what commits hold has been pushed; what lies beside them has not.
#[test]
fn in_a_job_only_commits_have_been_pushed() {
    let mut world = World::new();
    world.folder = Folder::repository();
    let (committed, beside) = (pat(4), pat(5));
    for token in [&committed, &beside] {
        world.gitlab.state().pat(token, ANN, &["api"]);
    }
    world.folder.write("config", &committed);
    world.folder.commit("first");
    world.folder.write("successors", &beside);
    world.folder.set("GITLAB_CI", "true");
    let url = world.gitlab.url();
    let arguments = ["revoke", ".", "--format", "jsonl", "--gitlab-url", &url, "--apply", "--yes"];
    let run = world.folder.run(&arguments).expect(1);
    assert_eq!(one(&run, "receipt")["fingerprint"], of_pat(&committed));
    assert_eq!(one(&run, "refusal")["fingerprint"], of_pat(&beside));
    assert!(!world.lives(&committed) && world.lives(&beside));
}
