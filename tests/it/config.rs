//! Settings: which file holds, what it may say, and that what it says goes behind a variable and a
//! flag. The real binary, on repositories of real git.

mod odd;
mod other_tools;
mod repository;
mod schema;
mod show;
mod sources;

use crate::support::program::{Folder, Run};

/// The name of a repository's own settings.
const OWN: &str = ".stanch.toml";

/// Writes the user's own settings.
fn users(folder: &Folder, text: &str) {
    let place = folder.home().join(".config/stanch");
    std::fs::create_dir_all(&place).expect("a folder");
    std::fs::write(place.join("config.toml"), text).expect("a file");
}

/// Of what was left out for this reason, the names.
fn left_out(run: &Run, reason: &str) -> Vec<String> {
    let skipped = run.summary()["coverage"]["skipped"].clone();
    let skipped = skipped.as_array().expect("a list").iter();
    let its = skipped.filter(|it| it["reason"] == reason);
    its.flat_map(|it| it["names"].as_array().expect("a list").clone())
        .map(|name| name.as_str().expect("a string").to_owned())
        .collect()
}

/// What is said of what a repository excludes.
const BY_REPOSITORY: &str = "excluded by the repository's .stanch.toml";
/// What is said of what the operator's settings exclude.
const BY_SETTINGS: &str = "excluded by your settings";
