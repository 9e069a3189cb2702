//! Canary tokens of every kind, every command, every format, a server that misbehaves in every way:
//! then everything that was written is searched for them.

use std::path::Path;

use crate::support::gitlab::{Fault, GitLab, Place};
use crate::support::program::{Folder, Run};
use crate::support::tokens::{pat, with_prefix};
use stanch::report::Format;
use stanch::token::sample::Sampler;

/// What of a token must not be seen: a part that no mask shows.
fn hidden(token: &str) -> String {
    let end = token.trim_end().len();
    token[end.saturating_sub(12)..end].to_owned()
}

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()));
        }
    }
}

/// A GitLab that knows the canaries, one of which it tells back in what it says of it.
fn gitlab(operator: &str, canaries: &[String], named: &str) -> GitLab {
    let gitlab = GitLab::start();
    let mut state = gitlab.state();
    state.admin(1, operator);
    state.project(7, "group/app");
    for token in canaries {
        state.pat(token, 5, &["api"]);
        state.runner(token, Place::Project(7));
    }
    let told = state.pat(named, 5, &["api"]);
    told.name = named.to_owned();
    told.description = Some(format!("is {named}, asked by {operator}"));
    drop(state);
    gitlab
}

const FAULTS: [Option<Fault>; 13] = [
    None,
    Some(Fault::EchoToken),
    Some(Fault::Html200),
    Some(Fault::WrongJson200),
    Some(Fault::NotJson200),
    Some(Fault::CutBody),
    Some(Fault::CaptivePortal),
    Some(Fault::Status(502)),
    Some(Fault::TimeoutInBody),
    Some(Fault::Forbidden403Html),
    Some(Fault::CloseAtOnce),
    Some(Fault::RateLimited { retry_after: 1 }),
    Some(Fault::HugeBody),
];

/// Runs every command with every format against every fault.
fn run_all(folder: &mut Folder, gitlab: &GitLab, operator: &str, leak: &str) -> Vec<(String, Run)> {
    let url = gitlab.url();
    let mut said: Vec<(String, Run)> = Vec::new();
    for (number, fault) in FAULTS.into_iter().enumerate() {
        gitlab.heal();
        fault.iter().for_each(|fault| gitlab.fault(fault.clone()));
        folder.set("STANCH_GITLAB_TOKEN", if number % 2 == 0 { operator } else { "" });
        let asking = ["--verify", "--gitlab-url", &url, "--intrusive", "--verify-timeout", "3s"];
        let format = Format::ALL[number % Format::ALL.len()].word();
        let mut scan = vec!["scan", "leak", "--format", format, "--verdict-cache", "cache"];
        scan.extend(["--report", "json=report.json", "--report", "gitlab=gl.json"]);
        scan.extend(asking);
        said.push((format!("scan {fault:?}"), folder.run(&scan)));
        let mut inspect = vec!["inspect", "-f", if number % 2 == 0 { "human" } else { "json" }];
        inspect.extend(asking);
        said.push((format!("inspect {fault:?}"), folder.run_with(&inspect, leak.as_bytes())));
    }
    let plan = ["scan", "leak", "--egress-plan", "--gitlab-url", &url];
    said.push(("plan".to_owned(), folder.run(&plan)));
    said
}

#[test]
fn no_canary_leaves_the_cage() {
    // A credential that no rule knows by its form: what is known of it is all that can hide it.
    let (operator, named) = (Sampler::new(1).friendly(24), pat(3));
    let mut canaries: Vec<String> = with_prefix(2).into_iter().map(|it| it.text).collect();
    let gitlab = gitlab(&operator, &canaries, &named);
    canaries.push(named);
    let mut folder = Folder::new();
    folder.set("RUST_LOG", "trace");
    folder.set("RUST_BACKTRACE", "full");
    let leak = canaries.join("\n");
    folder.write("leak/config", &leak);
    let said = run_all(&mut folder, &gitlab, &operator, &leak);
    canaries.push(operator);
    std::fs::remove_dir_all(folder.path().join("leak")).expect("gone");
    let mut written = Vec::new();
    files(&folder.path(), &mut written);
    files(&folder.home(), &mut written);
    assert!(written.iter().any(|(name, _)| name.ends_with("report.json")));
    assert!(written.iter().any(|(name, _)| name.ends_with("cache")));
    for canary in &canaries {
        let hidden = hidden(canary);
        for (what, run) in &said {
            assert!(!run.stdout.contains(&hidden), "{what}: stdout has {hidden}");
            assert!(!run.stderr.contains(&hidden), "{what}: stderr has {hidden}");
        }
        for (name, bytes) in &written {
            assert!(memchr::memmem::find(bytes, hidden.as_bytes()).is_none(), "{name}: {hidden}");
        }
    }
    nothing_outside_the_plan(&gitlab, &canaries);
}

/// The server's own record: no token in an address but a feed's, and no path outside the plan.
fn nothing_outside_the_plan(gitlab: &GitLab, canaries: &[String]) {
    let allowed = [
        "/api/v4/personal_access_tokens/",
        "/api/v4/admin/token",
        "/api/v4/user",
        "/api/v4/job",
        "/api/v4/packages/conan/v1/users/check_credentials",
        "/api/v4/runners",
        "/api/v4/keys",
        "/api/scim/v2/application/Users",
        "/dashboard/issues.atom",
    ];
    for request in gitlab.requests() {
        assert!(allowed.iter().any(|it| request.path.starts_with(it)), "{}", request.path);
        let address = format!("{}?{}", request.path, request.query);
        for canary in canaries.iter().filter(|it| !it.starts_with("glft-")) {
            assert!(!address.contains(&hidden(canary)), "{address}");
        }
    }
}
