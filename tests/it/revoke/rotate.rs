//! A successor takes the place of what leaked: it is kept where nobody else reads it, it works, and
//! only then the old one counts as done.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use super::{ANN, PROJECT, World, fingerprint, line, lines, made, of_pat, one, outcome};
use crate::support::gitlab::{Fault, Recorded};
use crate::support::program::Run;
use crate::support::tokens::pat;

const SELF: &str = "POST /api/v4/personal_access_tokens/self/rotate";
const INTO_FILE: &[&str] = &["--rotate", "--rotate-file", "../successors"];
const INTO_VARIABLE: &[&str] = &["--rotate", "--rotate-into", "group/app:TOKEN"];

/// The lines of the file of successors: fingerprint and token.
fn successors(world: &World) -> Vec<(String, String)> {
    let path = world.folder.path().join("../successors");
    let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(path).expect("text");
    let pair = |line: &str| {
        let (fingerprint, token) = line.split_once(' ').expect("two words");
        (fingerprint.to_owned(), token.to_owned())
    };
    text.lines().map(pair).collect()
}

/// The only successor, which works while the old token is dead.
#[track_caller]
fn replaced(world: &World, kind: &str, old: &str, run: &Run) -> String {
    assert_eq!(outcome(run, &fingerprint(kind, old)), "rotated", "{}", run.stderr);
    let mut all = successors(world);
    assert_eq!(all.len(), 1);
    let (named, new) = all.remove(0);
    assert_eq!(named, fingerprint(kind, old));
    assert!(new != old && world.lives(&new) && !world.lives(old));
    is_not_told(world, run, &new);
    world.is_intact();
    new
}

/// Nothing but the file or the variable knows the successor.
#[track_caller]
fn is_not_told(world: &World, run: &Run, new: &str) {
    let journal = std::fs::read_to_string(world.journal()).expect("a journal");
    for (name, text) in [("stdout", &run.stdout), ("stderr", &run.stderr), ("journal", &journal)] {
        assert!(!text.contains(&new[new.len() - 12..]), "{name}: {text}");
    }
}

#[test]
fn a_token_that_may_rotates_itself() {
    for scope in ["api", "self_rotate"] {
        let world = World::new();
        let old = world.leaked_pat(1, &[scope]);
        let step = one(&world.revoke(INTO_FILE).expect(1), "step");
        assert_eq!((&step["action"], &step["method"]), (&"rotate".into(), &"POST".into()));
        assert_eq!(world.changes(), [""; 0]);
        let run = world.apply(INTO_FILE).expect(0);
        replaced(&world, "personal_access_token", &old, &run);
        assert_eq!(world.changes(), [SELF]);
        assert!(world.journal_lines().iter().any(|it| it["action"] == "rotate"));
    }
}

#[test]
fn a_token_that_may_not_is_rotated_by_its_administrator() {
    let world = World::with_admin();
    let old = world.leaked_pat(2, &["read_api"]);
    let id = world.gitlab.state().pats.iter().find(|it| it.token == old).expect("it").id;
    let run = world.apply(INTO_FILE).expect(0);
    replaced(&world, "personal_access_token", &old, &run);
    assert_eq!(world.changes(), [format!("POST /api/v4/personal_access_tokens/{id}/rotate")]);
    // Without one there is no way, and the token is left as it is.
    let world = World::new();
    let old = world.leaked_pat(3, &["read_api"]);
    let run = world.apply(INTO_FILE).expect(1);
    assert!(one(&run, "refusal")["reason"].is_string());
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&old));
}

#[test]
fn a_projects_token_is_rotated_by_its_owner() {
    let world = World::with_owner();
    let old = pat(4);
    let id = world.gitlab.state().resource_token(&old, PROJECT, &["read_api"], 30).id;
    world.leak(&[&old]);
    let run = world.apply(INTO_FILE).expect(0);
    replaced(&world, "personal_access_token", &old, &run);
    assert_eq!(world.changes(), [format!("POST /api/v4/projects/7/access_tokens/{id}/rotate")]);
}

#[test]
fn a_runner_gets_a_new_token() {
    for by_admin in [false, true] {
        let world = if by_admin { World::with_admin() } else { World::new() };
        let old = made("glrt-", 5);
        let id = world.gitlab.state().runner(&old, PROJECT).id;
        world.leak(&[&old]);
        let run = world.apply(INTO_FILE).expect(0);
        let new = replaced(&world, "runner_authentication_token", &old, &run);
        assert!(world.gitlab.state().runners.iter().any(|it| it.id == id && it.token == new));
        let sent = world.changes();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].ends_with("/reset_authentication_token"), "{sent:?}");
    }
}

#[test]
fn a_variable_keeps_what_hides_it() {
    for (masked, protected) in [(true, true), (true, false), (false, true), (false, false)] {
        let world = World::with_admin();
        let old = world.leaked_pat(6, &["api"]);
        {
            let mut state = world.gitlab.state();
            let variable = state.variable(7, "TOKEN", &old);
            (variable.masked, variable.protected) = (masked, protected);
            state.variable(7, "OTHER", "another value");
        }
        let run = world.apply(INTO_VARIABLE).expect(0);
        assert_eq!(outcome(&run, &of_pat(&old)), "rotated");
        let variable = world.gitlab.state().variables[0].clone();
        assert!(variable.value != old && world.lives(&variable.value) && !world.lives(&old));
        assert_eq!((variable.masked, variable.protected), (masked, protected));
        assert_eq!(world.gitlab.state().variables[1].value, "another value");
        let changes = world.changes();
        assert_eq!(changes.len(), 2, "{changes:?}");
        assert!(changes[1].starts_with("PUT /api/v4/projects/"), "{changes:?}");
        assert!(changes[1].ends_with("/variables/TOKEN"), "{changes:?}");
        is_not_told(&world, &run, &variable.value);
        world.is_intact();
    }
}

#[test]
fn a_variable_that_is_not_there_is_made_and_hidden() {
    let world = World::with_admin();
    let old = world.leaked_pat(7, &["api"]);
    let run = world.apply(INTO_VARIABLE).expect(0);
    assert_eq!(outcome(&run, &of_pat(&old)), "rotated");
    let variable = world.gitlab.state().variables[0].clone();
    assert_eq!((variable.project_id, variable.key.as_str()), (7, "TOKEN"));
    assert!(variable.masked && variable.protected && world.lives(&variable.value));
    is_not_told(&world, &run, &variable.value);
}

/// GitLab revokes the whole family when a dead token is rotated.
#[test]
fn a_dead_token_is_never_rotated() {
    let world = World::with_admin();
    let (old, new) = (world.leaked_pat(8, &["api"]), pat(9));
    {
        let mut state = world.gitlab.state();
        let dead = state.pats.iter_mut().find(|it| it.token == old).expect("it").revoke();
        let family = dead.family;
        state.pat(&new, ANN, &["api"]).family = family;
    }
    world.apply(INTO_FILE).expect(0);
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&new));
}

#[test]
fn a_token_that_dies_meanwhile_is_not_rotated() {
    let world = World::with_admin();
    let (old, new) = (world.leaked_pat(10, &["api"]), pat(11));
    world.gitlab.latency(Duration::from_millis(250));
    let mut child = world.start(INTO_FILE);
    let has_verified = |it: &Recorded| line(it) == "GET /api/v4/users/5";
    // The last thing that is asked before the plan is made.
    world.wait_until(&mut child, || world.gitlab.requests().iter().any(has_verified));
    {
        let mut state = world.gitlab.state();
        let dead = state.pats.iter_mut().find(|it| it.token == old).expect("it").revoke();
        let family = dead.family;
        state.pat(&new, ANN, &["api"]).family = family;
    }
    world.gitlab.latency(Duration::ZERO);
    let run = super::finish(child).expect(0);
    assert_eq!(outcome(&run, &of_pat(&old)), "already_dead");
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&new));
}

#[test]
fn without_a_place_for_the_successor_nothing_is_sent() {
    let world = World::with_admin();
    let old = world.leaked_pat(12, &["api"]);
    world.folder.write("folder/file", "x");
    for more in [
        &["--rotate"][..],
        &["--rotate-file", "file"],
        &["--rotate", "--rotate-file", "/dev/full"],
        &["--rotate", "--rotate-file", "folder"],
        &["--rotate", "--rotate-file", "none/there/file"],
        &["--rotate", "--rotate-into", "group/app"],
        &["--rotate", "--rotate-into", "nobody/knows:TOKEN"],
    ] {
        let run = world.apply(more);
        assert!(matches!(run.code, Some(1 | 2)), "{more:?}: {:?}{}", run.code, run.stdout);
        assert_eq!(world.changes(), [""; 0], "{more:?}");
        assert!(world.lives(&old), "{more:?}");
    }
    world.is_intact();
}

#[test]
fn a_folder_that_only_reads_takes_no_successor() {
    let world = World::with_admin();
    let old = world.leaked_pat(13, &["api"]);
    world.folder.write("closed/file", "x");
    world.folder.give_away();
    let closed = world.folder.path().join("closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).expect("rights");
    let url = world.gitlab.url();
    let run = crate::support::program::run_unprivileged(
        &world.folder,
        &[
            "revoke",
            "leak",
            "--apply",
            "--yes",
            "--rotate",
            "--rotate-file",
            "closed/new",
            "--gitlab-url",
            &url,
        ],
    );
    assert!(matches!(run.code, Some(1 | 2)), "{:?}{}{}", run.code, run.stdout, run.stderr);
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&old));
}

#[test]
fn what_cannot_be_rotated_is_refused() {
    let world = World::with_admin();
    let deploy = made("gldt-", 14);
    world.gitlab.state().deploy_token(&deploy, PROJECT);
    world.leak(&[&deploy]);
    let run = world.apply(INTO_FILE).expect(1);
    assert_eq!(one(&run, "refusal")["kind"], "deploy_token");
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&deploy));
}

/// Both are wanted: when one fails, the other holds what would be lost.
#[test]
fn a_successor_survives_a_variable_that_is_not_taken() {
    let world = World::with_admin();
    let old = world.leaked_pat(15, &["api"]);
    world.gitlab.state().variable(7, "TOKEN", &old);
    let put = "PUT /api/v4/projects/";
    world.gitlab.fault_on(put, Fault::Says(400, "{\"message\":\"400 Bad request\"}".to_owned()));
    let run = world.apply(&[INTO_FILE, &["--rotate-into", "group/app:TOKEN"]].concat()).expect(1);
    assert_ne!(outcome(&run, &of_pat(&old)), "rotated");
    let all = successors(&world);
    assert!(all.len() == 1 && world.lives(&all[0].1), "the successor is lost");
    is_not_told(&world, &run, &all[0].1);
}

/// A second request would kill what the first has made.
#[test]
fn a_rotation_whose_answer_is_lost_is_not_repeated() {
    let world = World::new();
    let old = world.leaked_pat(16, &["api"]);
    world.gitlab.fault_on_times(1, SELF, Fault::AnswerLost);
    let run = world.apply(INTO_FILE);
    assert_eq!(world.changes(), [SELF]);
    assert_ne!(outcome(&run, &of_pat(&old)), "rotated", "{}", run.stdout);
    assert!(!world.lives(&old));
    // The family was not harmed.
    let state = world.gitlab.state();
    assert!(state.pats.iter().any(|it| it.user_id == ANN && it.token != old && !it.revoked));
}

#[test]
fn several_successors_stand_one_on_a_line() {
    let world = World::with_admin();
    let old = [pat(17), pat(18), made("glrt-", 19)];
    {
        let mut state = world.gitlab.state();
        state.pat(&old[0], ANN, &["api"]);
        state.pat(&old[1], ANN, &["api"]);
        state.runner(&old[2], PROJECT);
    }
    world.leak(&old.each_ref().map(String::as_str));
    let run = world.apply(INTO_FILE).expect(0);
    assert_eq!(lines(&run, "receipt").len(), 3);
    let all = successors(&world);
    assert_eq!(all.len(), 3);
    for (_, new) in &all {
        assert!(world.lives(new));
        is_not_told(&world, &run, new);
    }
    assert!(old.iter().all(|it| !world.lives(it)));
    world.is_intact();
}
