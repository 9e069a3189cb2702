//! Asking GitLab about tokens: the real binary against a GitLab on loopback that remembers, and that
//! misbehaves on demand.

mod cache;
mod canaries;
mod faults;
mod inspect;
mod instances;
mod kinds;
mod manners;
mod session;
mod tls;

use serde_json::Value;

use crate::support::gitlab::GitLab;
use crate::support::program::{Folder, Run};

/// Scans the folder and asks this GitLab.
fn verify(folder: &Folder, gitlab: &GitLab, more: &[&str]) -> Run {
    let url = gitlab.url();
    let mut arguments = vec!["--verify", "--no-history", "--gitlab-url", &url];
    arguments.extend(more);
    folder.scan(&arguments)
}

/// The only verdict.
#[track_caller]
fn verdict(run: &Run) -> Value {
    run.finding()["verdict"].clone()
}

/// The paths of all requests, with their methods.
fn paths(gitlab: &GitLab) -> Vec<String> {
    gitlab.requests().iter().map(|it| format!("{} {}", it.method, it.path)).collect()
}
