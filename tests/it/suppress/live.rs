//! A token that lives is reported in spite of marks and entries; revoking and inspecting know neither.

use serde_json::json;

use super::{FILE, counts, entry, fingerprint};
use crate::support::gitlab::GitLab;
use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;

fn verify(folder: &Folder, gitlab: &GitLab, more: &[&str]) -> Run {
    let url = gitlab.url();
    let mut arguments = vec!["--verify", "--no-history", "--gitlab-url", &url];
    arguments.extend(more);
    folder.scan(&arguments)
}

#[test]
fn what_lives_is_reported_unless_the_entry_accepts_that() {
    let gitlab = GitLab::start();
    let (live, dead, marked) = (pat(1), pat(2), pat(3));
    gitlab.state().pat(&live, 5, &["api"]);
    gitlab.state().pat(&marked, 5, &["api"]);
    gitlab.state().pat(&dead, 5, &["api"]).revoke();
    let folder = Folder::new();
    folder.write("a", format!("{live}\n{dead}\n{marked} # stanch:allow\n"));
    folder.write(FILE, entry(&live, "") + &entry(&dead, ""));
    folder.scan(&[]).expect(0);
    let run = verify(&folder, &gitlab, &["--show-secrets"]).expect(1);
    let mut secrets = run.secrets();
    secrets.sort();
    let mut expected = [live.clone(), marked.clone()];
    expected.sort();
    assert_eq!(secrets, expected);
    assert_eq!(counts(&run), [1, 0, 0]);
    let mut overruled = [fingerprint(&live), fingerprint(&marked)];
    overruled.sort();
    assert_eq!(run.summary()["suppressed"]["overruled"], json!(overruled));
    let url = gitlab.url();
    let human = folder.run(&["scan", "--verify", "--gitlab-url", &url]).expect(1).stdout;
    assert!(human.contains("in spite of an entry or a mark, since it lives"), "{human}");

    folder.write("a", format!("{live}\n{dead}\n"));
    folder.write(FILE, entry(&live, "accept_live = true") + &entry(&dead, ""));
    let run = verify(&folder, &gitlab, &["--fail-on", "live"]).expect(0);
    assert_eq!(counts(&run)[0], 2);
    assert_eq!(run.summary()["suppressed"]["live"], 1);
}

#[test]
fn a_baseline_holds_for_what_lives_and_says_so() {
    let gitlab = GitLab::start();
    gitlab.state().pat(&pat(1), 5, &["api"]);
    let folder = Folder::new();
    folder.write("a", format!("{}\n", pat(1)));
    folder.run(&["baseline", "create", "../known.json"]).expect(0);
    let run = verify(&folder, &gitlab, &["--baseline", "../known.json"]).expect(0);
    assert_eq!(run.summary()["suppressed"]["live"], 1);
    assert_eq!(counts(&run)[1], 1);
}

#[test]
fn revoke_and_inspect_are_silenced_by_nothing() {
    let gitlab = GitLab::start();
    let (ignored, marked) = (pat(1), pat(2));
    gitlab.state().pat(&ignored, 5, &["api"]);
    gitlab.state().pat(&marked, 5, &["api"]);
    let folder = Folder::new();
    folder.write("a", format!("{ignored}\n{marked} # stanch:allow\n"));
    folder.write(FILE, entry(&ignored, "accept_live = true"));
    let url = gitlab.url();
    let revoke = ["revoke", "--format", "jsonl", "--gitlab-url", &url];
    let plan = folder.run(&revoke).expect(1);
    assert_eq!(plan.summary()["steps"], 2, "{}", plan.stdout);
    for flag in [["--ignore-file", FILE], ["--baseline", FILE]] {
        folder.run(&[&revoke[..], &flag[..]].concat()).expect(2);
    }
    let inspect = folder.run_with(
        &["inspect", "--verify", "--gitlab-url", &url],
        format!("{ignored} # stanch:allow").as_bytes(),
    );
    assert!(inspect.expect(1).stdout.contains("LIVE"));
}
