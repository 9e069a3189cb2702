//! Verdicts that are kept between runs.

use std::os::unix::fs::PermissionsExt as _;

use super::{verdict, verify};
use crate::support::gitlab::GitLab;
use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn the_dead_are_not_asked_about_again_and_the_living_always() {
    let gitlab = GitLab::start();
    let (live, dead) = (pat(1), pat(2));
    gitlab.state().pat(&live, 5, &["api"]);
    gitlab.state().pat(&dead, 5, &["api"]).revoke();
    let folder = Folder::new();
    folder.write("config", format!("{live}\n{dead}\n"));
    let cached = ["--verdict-cache", "../cache"];
    verify(&folder, &gitlab, &cached).expect(1);
    let file = folder.path().join("../cache");
    let mode = std::fs::metadata(&file).expect("it").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).expect("text");
    assert!(!text.contains(&dead[6..]) && !text.contains(&live[6..]));
    gitlab.clear_requests();
    let run = verify(&folder, &gitlab, &cached).expect(1);
    let tokens: Vec<String> = gitlab
        .requests()
        .iter()
        .filter_map(|it| Some(it.header("PRIVATE-TOKEN")?.to_owned()))
        .collect();
    assert!(!tokens.is_empty() && tokens.iter().all(|it| *it == live));
    let states: Vec<_> = run.findings().iter().map(|it| it["verdict"].clone()).collect();
    assert_eq!((&states[0]["state"], &states[1]["state"]), (&"live".into(), &"revoked".into()));
    assert_eq!(states[1]["cached"], true);
    // A token that dies between two runs is not served as alive.
    gitlab.state().pats.retain(|it| it.token != live);
    let run = verify(&folder, &gitlab, &cached).expect(1);
    assert!(run.findings().iter().any(|it| it["verdict"]["state"] == "unknown_here"));
}

#[test]
fn a_cache_that_cannot_be_trusted_is_refused() {
    let gitlab = GitLab::start();
    let folder = Folder::new();
    folder.write("config", pat(3));
    folder.write("cache", "{}");
    let run = verify(&folder, &gitlab, &["--verdict-cache", "cache"]).expect(2);
    assert!(run.stderr.contains("delete it"), "{}", run.stderr);
    std::fs::remove_file(folder.path().join("cache")).expect("gone");
    verdict(&verify(&folder, &gitlab, &["--verdict-cache", "cache"]).expect(1));
    let open = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(folder.path().join("cache"), open).expect("permissions");
    let run = verify(&folder, &gitlab, &["--verdict-cache", "cache"]).expect(2);
    assert!(run.stderr.contains("written by others"), "{}", run.stderr);
}
