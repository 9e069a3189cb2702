//! Holds the house to its plan: who may import whom, what may be named where, how long a file may
//! be, and that paths in prose exist. The plan is the table in `src/lib.rs`, checked here against
//! the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

type Room =
    (&'static str, &'static [&'static str], &'static [(&'static str, Option<&'static str>)]);

/// Room, rooms that it may import, crates that only it may name (with the file or folder, if only one
/// may).
const ROOMS: &[Room] = &[
    ("model", &[], &[("zeroize", None)]),
    (
        "token",
        &["model"],
        &[
            ("zeroize", None),
            ("crc32fast", None),
            ("ssh_key", None),
            ("pkcs1", None),
            ("pkcs8", None),
            ("sec1", None),
        ],
    ),
    ("rules", &["model", "token"], &[("regex_syntax", None)]),
    ("engine", &["model", "token", "rules"], &[("regex", None), ("aho_corasick", None)]),
    (
        "git",
        &["model"],
        &[
            ("git2", None),
            ("rayon", None),
            ("flate2", None),
            ("libdeflater", Some("inflate.rs")),
            ("memmap2", Some("map.rs")),
        ],
    ),
    (
        "sources",
        &["model", "git"],
        &[
            ("ignore", None),
            ("rayon", None),
            ("libc", None),
            ("zeroize", None),
            // The cache is believed only if its owner wrote it, and is never half written.
            ("rustix", Some("store.rs")),
            ("tempfile", Some("store.rs")),
        ],
    ),
    ("report", &["model", "token", "rules"], &[("jiff", None), ("anstyle", None)]),
    // It reads what the writers write: their version, and dates as they have them.
    ("merge", &["model", "report"], &[]),
    ("scan", &["model", "token", "rules", "engine", "sources"], &[("hmac", None)]),
    (
        "net",
        &["model"],
        &[
            ("reqwest", Some("http.rs")),
            ("rustls", Some("http.rs")),
            ("url", Some("address.rs")),
            ("zeroize", None),
        ],
    ),
    ("gitlab", &["model", "token", "net"], &[("zeroize", None)]),
    ("verify", &["model", "token", "net", "gitlab"], &[("hmac", None)]),
    (
        "revoke",
        &["model", "token", "net", "gitlab", "verify"],
        &[("globset", None), ("zeroize", None)],
    ),
    ("suppress", &["model"], &[("globset", None)]),
    (
        "cli",
        &[
            "model", "token", "rules", "engine", "git", "sources", "report", "merge", "scan",
            "net", "gitlab", "verify", "revoke", "suppress",
        ],
        &[
            ("clap", Some("args")),
            ("clap_complete", Some("args")),
            ("clap_mangen", Some("args")),
            ("jiff", Some("since.rs")),
            ("anyhow", None),
            ("indicatif", None),
            ("tempfile", None),
            ("terminal_size", Some("console.rs")),
            ("ctrlc", Some("interrupt.rs")),
            ("rustix", None),
            ("zeroize", None),
        ],
    ),
];

/// Rooms that touch nothing outside themselves.
const PURE: &[&str] =
    &["model", "token", "rules", "engine", "report", "merge", "scan", "gitlab", "suppress"];
/// What a pure room may not name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "println!",
    "eprintln!",
    "print!",
    "log::",
];

/// Files may be a little over the house's 400 lines, not more.
const LONGEST: usize = 420;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, with its text.
fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The room that a file belongs to; `None` for `lib.rs` and `main.rs`.
fn room(path: &Path) -> Option<String> {
    let below = path.strip_prefix(root().join("src")).expect("below src");
    let first = below.components().next()?.as_os_str().to_str()?;
    (!first.ends_with(".rs")).then(|| first.to_owned())
}

/// The text without comments and without the unit tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn rooms_import_only_what_the_plan_allows() {
    let import = Regex::new(r"\bcrate::([a-z_]+)").expect("a pattern");
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in rust_files("src") {
        let Some(room) = room(&path) else { continue };
        let (_, allowed, _) = ROOMS
            .iter()
            .find(|(name, ..)| *name == room)
            .unwrap_or_else(|| panic!("no room {room}"));
        for found in import.captures_iter(&code(&text)) {
            let other = &found[1];
            if other == room {
                continue;
            }
            assert!(allowed.contains(&other), "{}: {room} may not import {other}", path.display());
            seen.entry(room.clone()).or_default().insert(other.to_owned());
        }
    }
    // A plan that allows what nobody does is no plan.
    assert!(seen["cli"].contains("scan") && seen["engine"].contains("rules"));
}

#[test]
fn rooms_do_not_import_each_other_in_a_ring() {
    for (room, imports, _) in ROOMS {
        for other in *imports {
            let (_, theirs, _) = ROOMS.iter().find(|(name, ..)| name == other).expect("a room");
            assert!(!theirs.contains(room), "{room} and {other} import each other");
        }
    }
}

#[test]
fn crates_are_named_only_in_their_room() {
    let mut owners: BTreeMap<&str, Vec<(&str, Option<&str>)>> = BTreeMap::new();
    for (owner, _, crates) in ROOMS {
        for (name, file) in *crates {
            owners.entry(name).or_default().push((owner, *file));
        }
    }
    for (path, text) in rust_files("src") {
        let room = room(&path).unwrap_or_default();
        let text = code(&text);
        for (name, owners) in &owners {
            let named = Regex::new(&format!(r"\b{name}::")).expect("a pattern").is_match(&text);
            let may = owners.iter().any(|(owner, file)| {
                let is_there = |file: &str| {
                    path.ends_with(file) || path.parent().is_some_and(|it| it.ends_with(file))
                };
                room == *owner && file.is_none_or(is_there)
            });
            assert!(!named || may, "{} names {name}, which is {owners:?}'s", path.display());
        }
    }
}

#[test]
fn pure_rooms_touch_nothing() {
    for (path, text) in rust_files("src") {
        if room(&path).is_none_or(|room| !PURE.contains(&room.as_str())) {
            continue;
        }
        let text = code(&text);
        for word in IMPURE {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn every_file_opens_with_its_promise_and_stays_short() {
    for folder in ["src", "tests", "benches"] {
        for (path, text) in rust_files(folder) {
            assert!(text.starts_with("//! "), "{} says nothing of itself", path.display());
            let lines = text.lines().count();
            assert!(lines <= LONGEST, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn the_map_names_every_room() {
    let map = std::fs::read_to_string(root().join("src/lib.rs")).expect("the map");
    for (room, ..) in ROOMS {
        assert!(map.contains(&format!("pub mod {room};")), "no pub mod {room}");
        assert!(map.contains(&format!("`{room}`")), "the map says nothing of {room}");
    }
    let folders = std::fs::read_dir(root().join("src")).expect("src").flatten();
    let folders = folders.filter(|entry| entry.path().is_dir()).count();
    assert_eq!(folders, ROOMS.len());
}

#[test]
fn paths_in_prose_exist() {
    let path = Regex::new(r"`((?:src|tests|rules|benches|fixtures|fuzz|\.ci)/[A-Za-z0-9_./-]*)`")
        .expect("a pattern");
    let mut texts = rust_files("src");
    for name in ["README.md", "CHANGELOG.md", "benches/README.md"] {
        let text = std::fs::read_to_string(root().join(name)).expect("prose");
        texts.push((root().join(name), text));
    }
    let mut count = 0;
    for (file, text) in texts {
        for found in path.captures_iter(&text) {
            count += 1;
            assert!(root().join(&found[1]).exists(), "{} names {}", file.display(), &found[1]);
        }
    }
    assert!(count > 0);
}

#[test]
fn what_reads_secrets_is_easy_to_count() {
    let rooms: BTreeSet<String> = rust_files("src")
        .into_iter()
        .filter(|(_, text)| code(text).contains(".expose()"))
        .filter_map(|(path, _)| room(&path))
        .collect();
    let rooms_allowed = ["report", "scan", "net", "gitlab", "verify", "cli"];
    let allowed = rooms_allowed.map(str::to_owned).into();
    assert!(rooms.is_subset(&allowed), "{rooms:?}");
}
