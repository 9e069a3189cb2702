//! `--cache`: a report with it is byte for byte that without it, and what was read is not read again.
//! The real binary on repositories of real git.

mod doubt;
mod property;
mod reading;
mod secrets;

use std::path::PathBuf;

use crate::support::program::{Folder, Run};

/// Where the cache of these tests lies, seen from the work tree.
const DIR: &str = "../home/cache";

/// What a run has said, but how long it took.
fn said(run: &Run) -> (Option<i32>, String) {
    let lines = run.stdout.lines().filter(|line| !line.contains("\"elapsed_ms\""));
    (run.code, lines.collect::<Vec<_>>().join("\n"))
}

/// Scans, with the cache or without it.
fn scan(folder: &Folder, options: &[&str]) -> Run {
    folder.run(&[&["scan", "--format", "json"], options].concat())
}

/// Scans with the cache, and holds the report against one without it. The cached run.
#[track_caller]
fn same(folder: &Folder, options: &[&str]) -> Run {
    let plain = scan(folder, options);
    let cached = scan(folder, &[options, &["--cache", DIR]].concat());
    assert_eq!(said(&cached), said(&plain), "{}", cached.stderr);
    cached
}

/// The files of the cache, but `.gitignore`.
fn files(folder: &Folder) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.path().join(DIR).join("stanch-1"));
    let paths = entries.into_iter().flatten().flatten().map(|it| it.path());
    let mut paths: Vec<PathBuf> = paths.filter(|it| !it.ends_with(".gitignore")).collect();
    paths.sort();
    paths
}

/// The files of the cache of this kind.
fn kind(folder: &Folder, kind: &str) -> Vec<PathBuf> {
    let name = |it: &PathBuf| it.file_name().expect("a name").to_string_lossy().into_owned();
    files(folder).into_iter().filter(|it| name(it).starts_with(kind)).collect()
}

/// Changes a file of git, which may not be writable.
fn change(path: &std::path::Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).expect("a file");
    change(&mut bytes);
    std::fs::remove_file(path).expect("the file");
    std::fs::write(path, bytes).expect("the file");
}

/// The packs of the repository.
fn packs(folder: &Folder) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.path().join(".git/objects/pack")).expect("packs");
    let paths = entries.flatten().map(|it| it.path());
    let mut packs: Vec<_> =
        paths.filter(|it| it.extension().is_some_and(|it| it == "pack")).collect();
    packs.sort();
    packs
}

/// Makes the entries of these objects unreadable. The sizes of the packs and their checksums stay.
fn ruin(folder: &Folder, ids: &[String]) {
    for pack in packs(folder) {
        let index = std::fs::read(pack.with_extension("idx")).expect("an index");
        let listed = folder.git_with(&["show-index"], &index);
        let entry = |line: &str| {
            let (offset, rest) = line.split_once(' ').expect("an offset");
            (offset.parse::<usize>().expect("a number"), rest[..40].to_owned())
        };
        let mut entries: Vec<(usize, String)> = listed.lines().map(entry).collect();
        entries.sort();
        change(&pack, |bytes| {
            let ends = entries.iter().skip(1).map(|(offset, _)| *offset).chain([bytes.len() - 20]);
            for ((offset, _), end) in
                entries.iter().zip(ends).filter(|((_, id), _)| ids.contains(id))
            {
                // The head of an entry of this size is not longer than three bytes.
                bytes[offset + 3..end].fill(0xFF);
            }
        });
    }
}
