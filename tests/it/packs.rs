//! Every way in which git stores objects, and every way in which these files can be wrong.

use std::path::PathBuf;

use crate::support::program::Folder;
use crate::support::tokens::pat;

/// A repository with ten versions of a file, each with a token of its own, in one pack.
fn packed(options: &[&str]) -> Folder {
    let folder = Folder::repository();
    let filler: String = (0..200).map(|line| format!("line {line}\n")).collect();
    for number in 0..10 {
        folder.write("file", format!("{filler}{}\n{filler}", pat(number)));
        folder.commit("version");
    }
    folder.git(&[options, &["repack", "-adfq"]].concat());
    folder.git(&["prune-packed", "--quiet"]);
    folder
}

fn all_ten(folder: &Folder) {
    let run = folder.scan(&["--no-files"]).expect(1);
    assert_eq!(run.findings().len(), 10, "{}", run.stdout);
    assert_eq!(run.summary()["complete"], true, "{}", run.stdout);
    assert_eq!(run.summary()["coverage"]["objects"]["read"], 20);
}

/// The only file in the pack folder with this ending.
fn pack_file(folder: &Folder, ending: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder.path().join(".git/objects/pack")).expect("packs");
    let mut files = entries.flatten().map(|it| it.path());
    files.find(|it| it.extension().is_some_and(|it| it == ending)).expect("such a file")
}

/// Makes a file of git writable and changes it.
fn damage(path: &PathBuf, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).expect("a file");
    change(&mut bytes);
    std::fs::remove_file(path).expect("the file");
    std::fs::write(path, bytes).expect("the file");
}

#[test]
fn deltas_by_offset_and_by_name() {
    all_ten(&packed(&[]));
    all_ten(&packed(&["-c", "repack.useDeltaBaseOffset=false"]));
    all_ten(&packed(&["-c", "pack.depth=1"]));
}

#[test]
fn an_index_with_64_bit_offsets() {
    let folder = packed(&[]);
    let pack = pack_file(&folder, "pack");
    let index = pack_file(&folder, "idx");
    std::fs::remove_file(&index).expect("the index");
    let pack = pack.to_str().expect("UTF-8");
    folder.git(&["index-pack", "--index-version=2,0x40", pack]);
    all_ten(&folder);
}

#[test]
fn a_multi_pack_index_with_and_without_the_indexes() {
    let folder = packed(&[]);
    folder.write("other", "x");
    folder.commit("one more");
    folder.git(&["repack", "-dq"]);
    folder.git(&["multi-pack-index", "write"]);
    let count = |folder: &Folder| {
        let run = folder.scan(&["--no-files"]).expect(1);
        assert_eq!(run.summary()["complete"], true, "{}", run.stdout);
        run.findings().len()
    };
    assert_eq!(count(&folder), 10);
    for _ in 0..2 {
        std::fs::remove_file(pack_file(&folder, "idx")).expect("an index");
    }
    assert_eq!(count(&folder), 10);
    std::fs::remove_file(folder.path().join(".git/objects/pack/multi-pack-index")).expect("it");
    folder.scan(&["--no-files"]).expect(3);
}

#[test]
fn the_same_object_in_two_packs_counts_once() {
    let folder = packed(&[]);
    let objects = folder.git(&["rev-list", "--objects", "HEAD~3"]);
    let input = format!("{objects}\n");
    folder.git_with(&["pack-objects", "--quiet", ".git/objects/pack/pack"], input.as_bytes());
    all_ten(&folder);
    // And once more, loose.
    let pack = std::fs::read(pack_file(&folder, "pack")).expect("a pack");
    folder.git(&["init", "--quiet", "--bare", "../loose.git"]);
    folder.git_with(&["-C", "../loose.git", "unpack-objects", "-q"], &pack);
    let alternates = folder.path().join("../loose.git/objects");
    let alternates = alternates.to_str().expect("UTF-8");
    folder.write(".git/objects/info/alternates", format!("{alternates}\n"));
    all_ten(&folder);
}

#[test]
fn kept_and_cruft_packs_and_nested_alternates() {
    let folder = packed(&[]);
    std::fs::write(pack_file(&folder, "pack").with_extension("keep"), "").expect("a file");
    all_ten(&folder);
    // Unreachable objects in a cruft pack.
    let folder = packed(&[]);
    folder.git(&["checkout", "--quiet", "--orphan", "new"]);
    folder.write("file", "clean");
    folder.commit("clean");
    folder.git(&["branch", "-D", "main"]);
    folder.git(&["reflog", "expire", "--expire=now", "--all"]);
    folder.git(&["repack", "--cruft", "-d", "-q"]);
    let run = folder.scan(&["--no-files"]).expect(1);
    assert_eq!(run.findings().len(), 10);
    assert!(run.findings().iter().all(|it| it["exposure"] == "unreachable"), "{}", run.stdout);
    // A borrower of a borrower.
    let folder = packed(&[]);
    folder.git(&["clone", "--quiet", "--shared", "--bare", ".", "../one.git"]);
    folder.git(&["clone", "--quiet", "--shared", "--bare", "../one.git", "../two.git"]);
    let run = folder.scan(&["../two.git"]).expect(1);
    assert_eq!(run.findings().len(), 10);
}

#[test]
fn a_sha256_repository() {
    let folder = Folder::new();
    folder.git(&["init", "--quiet", "--object-format=sha256", "--initial-branch=main", "."]);
    let filler: String = (0..200).map(|line| format!("line {line}\n")).collect();
    for number in 0..10 {
        folder.write("d/file", format!("{filler}{}\n{filler}", pat(number)));
        folder.commit("version");
    }
    let check = |folder: &Folder| {
        all_ten(folder);
        let run = folder.scan(&["--no-files"]).expect(1);
        for finding in run.findings() {
            assert_eq!(finding["introduced"][0]["path"], "d/file");
            assert_eq!(finding["introduced"][0]["commit"].as_str().map(str::len), Some(64));
        }
    };
    check(&folder);
    folder.git(&["gc", "--quiet"]);
    check(&folder);
}

#[test]
fn what_is_pushed_lies_in_quarantine_until_the_hook_accepts_it() {
    let folder = Folder::repository();
    folder.git(&["init", "--quiet", "--bare", "../server.git"]);
    folder.write("f", "x");
    folder.commit("clean");
    folder.git(&["push", "--quiet", "../server.git", "main"]);
    let hook = folder.path().join("../server.git/hooks/pre-receive");
    let text = format!(
        "#!/bin/sh\n\"{}\" scan --quiet --format jsonl > ../seen 2>&1\necho $? > ../code\n",
        env!("CARGO_BIN_EXE_stanch")
    );
    std::fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
    std::fs::write(&hook, text).expect("a file");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("it");
    folder.write("f", pat(1));
    folder.commit("leak");
    folder.git(&["push", "--quiet", "../server.git", "main"]);
    let read = |name: &str| {
        std::fs::read_to_string(folder.path().join("..").join(name)).expect("the hook has run")
    };
    assert_eq!(read("code").trim(), "1", "{}", read("seen"));
    assert!(read("seen").contains("personal_access_token"));
}

#[test]
fn a_damaged_pack_is_never_clean_and_the_rest_is_read() {
    let folder = packed(&[]);
    folder.write("new", pat(99));
    folder.commit("loose");
    let whole = std::fs::read(pack_file(&folder, "pack")).expect("a pack");
    for at in (12..whole.len() - 20).step_by(whole.len() / 40) {
        damage(&pack_file(&folder, "pack"), |bytes| {
            bytes.clone_from(&whole);
            bytes[at] ^= 0x55;
        });
        let run = folder.scan(&["--no-files"]).expect(1);
        assert!(run.findings().iter().any(|it| it["introduced"] != serde_json::Value::Null));
        // A byte of a tree goes unnoticed by a scan that needs no trees; what was not read is
        // said in every other case.
        let read = run.summary()["coverage"]["objects"]["read"].as_u64().expect("a number");
        assert!(read == 22 || run.summary()["complete"] == false, "{at}: {}", run.stdout);
    }
    damage(&pack_file(&folder, "pack"), |bytes| bytes.truncate(whole.len() / 2));
    let run = folder.scan(&["--no-files"]).expect(1);
    assert_eq!(run.summary()["complete"], false);
    damage(&pack_file(&folder, "idx"), |bytes| bytes[1000] ^= 0xFF);
    assert_eq!(folder.scan(&["--no-files"]).expect(1).summary()["complete"], false);
}

#[test]
fn a_large_blob_is_read_with_little_memory() {
    let folder = Folder::repository();
    let line = "0123456789abcdef\n".repeat(60_000);
    let text = line.repeat(20);
    folder.write("large", format!("{text}{}\n{line}", pat(1)));
    folder.commit("large");
    for packed in [false, true] {
        if packed {
            folder.git(&["gc", "--quiet"]);
        }
        let run = folder.scan(&["--no-files", "--memory-limit", "4MB"]).expect(1);
        assert_eq!(run.summary()["complete"], true, "{}", run.stdout);
        assert_eq!(run.finding()["introduced"][0]["line"], 1_200_001);
    }
    // Deltas between such blobs need both, and more memory than was allowed.
    folder.write("large", format!("x{text}{}\n{line}", pat(1)));
    folder.commit("larger");
    folder.git(&["-c", "core.bigFileThreshold=1g", "gc", "--quiet"]);
    let run = folder.scan(&["--no-files", "--memory-limit", "4MB"]).expect(1);
    assert_eq!(run.summary()["complete"], false);
    assert!(run.stdout.contains("--memory-limit"), "{}", run.stdout);
    assert_eq!(folder.scan(&["--no-files"]).expect(1).summary()["complete"], true);
}

#[test]
fn lost_objects_are_never_clean() {
    let lost = |lose: &dyn Fn(&Folder)| {
        let folder = Folder::repository();
        folder.write("d/f", "x");
        folder.commit("first");
        folder.write("d/f", "y");
        folder.commit("second");
        folder.scan(&["--no-files"]).expect(0);
        lose(&folder);
        let run = folder.scan(&["--no-files"]).expect(3);
        assert_eq!(run.summary()["complete"], false);
    };
    let remove = |folder: &Folder, name: &str| {
        let id = folder.git(&["rev-parse", name]);
        let file = folder.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
        std::fs::remove_file(file).expect("a loose object");
    };
    // A commit that a ref names, a parent, an older tree, a tree and a blob of HEAD.
    for name in ["HEAD", "HEAD~1", "HEAD~1^{tree}", "HEAD:d", "HEAD:d/f"] {
        lost(&|folder| remove(folder, name));
    }
    lost(&|folder| {
        folder.git(&["gc", "--quiet"]);
        std::fs::remove_file(pack_file(folder, "pack")).expect("the pack");
    });
    lost(&|folder| folder.write(".git/refs/heads/gone", format!("{}\n", "1".repeat(40))));
}

#[test]
fn one_folder_that_cannot_be_read_hides_nothing_else() {
    let folder = packed(&[]);
    folder.write(".git/objects/00", "a file in the place of a folder");
    let run = folder.scan(&["--no-files"]).expect(1);
    assert_eq!((run.findings().len(), &run.summary()["complete"]), (10, &false.into()));
}

#[test]
fn an_object_that_another_pack_has_whole_is_counted_once() {
    let folder = Folder::repository();
    for version in ["1", "2"] {
        folder.write("file", version);
        folder.commit("version");
    }
    folder.git(&["repack", "-adq"]);
    let blob = folder.git(&["rev-parse", "HEAD:file"]) + "\n";
    let pack = ".git/objects/pack/pack";
    let name = folder.git_with(&["pack-objects", "--quiet", pack], blob.as_bytes());
    // The only entry begins behind the head of the pack; there is no type 5 (gitformat-pack(5)).
    damage(&folder.path().join(format!("{pack}-{name}.pack")), |bytes| {
        bytes[12] = bytes[12] & 0x8F | 0x50;
    });
    let run = folder.scan(&["--no-files"]).expect(0);
    assert_eq!(run.summary()["coverage"]["objects"]["read"], 4, "two commits, two blobs");
}
