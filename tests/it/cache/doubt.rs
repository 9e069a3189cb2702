//! Whatever is wrong with the cache: the scan goes on, says so, and finds the same.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::{DIR, files, kind, packs, said, same, scan};
use crate::support::program::{Folder, is_root, run_unprivileged};
use crate::support::tokens::pat;

/// A repository with one pack, one loose object that tells something, and a cache of it.
fn cached() -> Folder {
    let folder = Folder::repository();
    folder.write("a", "nothing");
    folder.commit("first");
    folder.git(&["repack", "-adq"]);
    folder.write("b", pat(1));
    folder.commit("second");
    same(&folder, &[]).expect(1);
    for name in ["pack-", "loose-", "trace-"] {
        assert_eq!(kind(&folder, name).len(), 1, "{name}");
    }
    folder
}

/// Spoils each file of the cache in turn; the report is the same, a note says what is wrong, and what
/// was spoilt is written anew.
fn spoilt(spoil: impl Fn(&Path), note: &str) {
    let folder = cached();
    for path in files(&folder) {
        spoil(&path);
        let run = same(&folder, &[]).expect(1);
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let noted = |line: &str| line.contains(&name) && line.contains(note);
        assert!(run.stderr.lines().any(noted), "{name}: {}", run.stderr);
        let run = same(&folder, &[]).expect(1);
        assert_eq!(run.stderr, "", "{name} was written anew");
        let mode = path.symlink_metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }
}

#[test]
fn damaged_files() {
    let private = |path: &Path| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    };
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        Vec::clear,
        |bytes| *bytes.last_mut().expect("a byte") ^= 1,
        |bytes| bytes[50] ^= 0x40,
    ];
    for damage in damages {
        spoilt(
            |path| {
                super::change(path, damage);
                private(path);
            },
            "it is damaged",
        );
    }
    // Whole, but of another kind or place.
    let other = Folder::repository();
    other.write("a", "something else");
    other.commit("first");
    same(&other, &[]).expect(0);
    let stranger = kind(&other, "loose-").remove(0);
    let replace = |path: &Path| {
        let bytes = std::fs::read(&stranger).expect("a file");
        std::fs::write(path, bytes).expect("the file");
    };
    spoilt(replace, "it is damaged");
}

#[test]
fn files_of_others() {
    let mode = |mode: u32| {
        move |path: &Path| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(path, mode).expect("a mode");
        }
    };
    spoilt(mode(0o660), "open to others");
    spoilt(mode(0o602), "open to others");
    // So is what git takes out of a repository: somebody's commit is no entry.
    spoilt(mode(0o644), "open to others");
    let link = |path: &Path| {
        let target = path.with_file_name("elsewhere");
        std::fs::rename(path, &target).expect("the file");
        symlink(&target, path).expect("a link");
    };
    spoilt(link, "it is a symbolic link");
    if is_root() {
        let give = |path: &Path| {
            let status = std::process::Command::new("chown").arg("65534").arg(path).status();
            assert!(status.expect("chown runs").success());
        };
        spoilt(give, "it is another's");
    }
}

#[test]
fn a_folder_where_a_file_should_be() {
    let folder = cached();
    let pack = kind(&folder, "pack-").remove(0);
    std::fs::remove_file(&pack).expect("the file");
    std::fs::create_dir(&pack).expect("a folder");
    let run = same(&folder, &[]).expect(1);
    assert!(run.stderr.contains("it is no file of ours"), "{}", run.stderr);
    assert!(run.stderr.contains("cannot be written"), "{}", run.stderr);
}

#[test]
fn a_cache_that_cannot_be_used_is_said_and_changes_nothing() {
    let folder = cached();
    folder.write("../home/file", "");
    for dir in ["../home/file", "../home/file/below"] {
        let run = scan(&folder, &["--cache", dir]).expect(1);
        assert_eq!(said(&run), said(&scan(&folder, &[])));
        assert!(run.stderr.contains("cannot be used, everything is read"), "{}", run.stderr);
        let quiet = scan(&folder, &["--quiet", "--cache", dir]).expect(1);
        assert_eq!(quiet.stderr, "");
    }
    let ours = folder.path().join(DIR).join("stanch-1");
    std::fs::set_permissions(&ours, std::fs::Permissions::from_mode(0o777)).expect("a mode");
    let run = same(&folder, &[]).expect(1);
    assert!(run.stderr.contains("open to others"), "{}", run.stderr);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_only_when_there_is_something_to_write() {
    let folder = cached();
    folder.give_away();
    // The owner's own, and nobody may write.
    let ours = folder.path().join(DIR).join("stanch-1");
    std::fs::set_permissions(&ours, std::fs::Permissions::from_mode(0o500)).expect("a mode");
    let args = ["scan", "--format", "json", "--cache", DIR];
    let run = run_unprivileged(&folder, &args).expect(1);
    assert_eq!(run.stderr, "", "everything is known");
    let other = run_unprivileged(&folder, &[&args[..], &["--prefix", "acme-"]].concat()).expect(1);
    let note = "cannot be written, what was read is not kept: permission denied";
    assert!(other.stderr.contains(note), "{}", other.stderr);
    assert_eq!(said(&other), said(&run));
    std::fs::set_permissions(&ours, std::fs::Permissions::from_mode(0o700)).expect("a mode");
}

#[test]
fn a_pack_of_another_size_or_checksum_is_read() {
    let folder = cached();
    let pack = packs(&folder).remove(0);
    super::change(&pack, |bytes| bytes.push(0));
    same(&folder, &[]);
    super::change(&pack, |bytes| {
        bytes.pop();
        *bytes.last_mut().expect("a byte") ^= 1;
    });
    same(&folder, &[]);
    super::change(&pack, |bytes| *bytes.last_mut().expect("a byte") ^= 1);
    same(&folder, &[]).expect(1);
}

#[test]
fn several_runs_at_once() {
    let folder = cached();
    let plain = said(&scan(&folder, &[]));
    for name in files(&folder) {
        std::fs::remove_file(name).expect("a file");
    }
    std::thread::scope(|scope| {
        let run = || said(&scan(&folder, &["--cache", DIR]));
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        runs.into_iter().for_each(|it| assert_eq!(it.join().expect("a run"), plain));
    });
    assert_eq!(files(&folder).len(), 3, "nothing temporary is left");
    assert_eq!(same(&folder, &[]).stderr, "");
}

#[test]
fn a_cache_inside_the_work_tree_is_neither_scanned_nor_committed() {
    let folder = Folder::repository();
    folder.write("a", pat(1));
    folder.commit("first");
    let plain = said(&scan(&folder, &[]));
    let cache = [".cache/stanch", ".cache"];
    for _ in 0..2 {
        for dir in cache {
            assert_eq!(said(&scan(&folder, &["--cache", dir])), plain);
        }
    }
    assert_eq!(folder.git(&["status", "--porcelain"]), "");
    // Whatever else lies there is scanned, and so is what is tracked.
    folder.write(".cache/leak", pat(2));
    folder.write(".cache/stanch-1/leak", pat(3));
    folder.git(&["add", "--force", ".cache/stanch-1/leak"]);
    let run = folder.scan(&["--no-history", "--cache", ".cache"]).expect(1);
    assert_eq!(run.findings().len(), 3);
}
