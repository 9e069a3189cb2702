//! What is accepted at one place alone does not excuse the same secret at another, be it that it only
//! moved there.

use super::{FILE, counts, entry};
use crate::support::program::Folder;
use crate::support::tokens::pat;

fn accepted_below(folder: &str) -> String {
    entry(&pat(1), &format!("path = \"{folder}/**\""))
}

#[test]
fn an_entry_for_a_path_does_not_excuse_another_path_in_the_same_change() {
    let folder = Folder::repository();
    folder.write(FILE, accepted_below("tests"));
    folder.write("tests/a", format!("T={}\n", pat(1)));
    folder.commit("accepted");
    folder.scan(&["--range", "HEAD"]).expect(0);
    folder.write("tests/a", format!("more\nT={}\n", pat(1)));
    folder.git(&["add", "."]);
    assert_eq!(counts(&folder.scan(&["--staged"]).expect(0)), [1, 0, 0]);
    folder.write("src/prod.env", format!("T={}\n", pat(1)));
    folder.git(&["add", "."]);
    folder.scan(&["--staged"]).expect(1);
    folder.run(&["hook", "run", "pre-commit"]).expect(1);
    folder.commit("in production");
    let run = folder.scan(&["--range", "HEAD"]).expect(1);
    assert_eq!(run.finding()["occurrences"]["places"], 2);
    folder.scan(&[]).expect(1);
}

#[test]
fn an_entry_for_a_path_does_not_go_with_a_file_that_moves() {
    let folder = Folder::repository();
    folder.write(FILE, accepted_below("tests"));
    folder.commit("first");
    folder.write("tests/a", format!("T={}\n", pat(1)));
    folder.commit("accepted");
    folder.git(&["mv", "tests/a", "tests/b"]);
    folder.commit("moved where it is accepted");
    folder.scan(&["--range", "HEAD~2..HEAD"]).expect(0);
    std::fs::create_dir(folder.path().join("src")).expect("a folder");
    folder.git(&["mv", "tests/b", "src/prod.env"]);
    folder.scan(&["--staged"]).expect(1);
    folder.commit("moved where it is not");
    folder.scan(&["--range", "HEAD~3..HEAD"]).expect(1);
    folder.scan(&["--range", "HEAD"]).expect(1);
    // An entry that is over accepts nothing: a move is a move again.
    folder.write(FILE, accepted_below("tests") + "expires = \"2020-01-01\"\n");
    assert_eq!(folder.scan(&["--range", "HEAD"]).expect(0).summary()["known"], 1);
}

#[test]
fn a_mark_that_is_taken_off_does_not_go_on_excusing() {
    let folder = Folder::repository();
    folder.write("a", "first\n");
    folder.commit("first");
    folder.write("a", format!("T={} # stanch:allow\n", pat(1)));
    folder.commit("marked");
    folder.write("a", format!("T={}\n", pat(1)));
    folder.git(&["add", "."]);
    folder.scan(&["--staged"]).expect(1);
    folder.run(&["hook", "run", "pre-commit"]).expect(1);
    folder.commit("not marked");
    folder.scan(&["--range", "HEAD"]).expect(1);
    let run = folder.scan(&["--range", "HEAD~2..HEAD"]).expect(1);
    assert_eq!(counts(&run), [0, 0, 0]);
    // Now it stands there without one: that it moves, or is marked again, brings in nothing.
    folder.git(&["mv", "a", "b"]);
    folder.commit("moved");
    folder.scan(&["--range", "HEAD"]).expect(0);
    folder.write("b", format!("T={} # stanch:allow\n", pat(1)));
    folder.commit("marked again");
    assert_eq!(folder.scan(&["--range", "HEAD"]).expect(0).summary()["known"], 1);
}

#[test]
fn the_same_file_at_two_paths_stands_at_both() {
    let folder = Folder::repository();
    folder.write(FILE, accepted_below("fixtures"));
    folder.commit("first");
    for path in ["fixtures/deep/t.env", "fixtures/t.env"] {
        folder.write(path, format!("T={}\n", pat(1)));
    }
    folder.commit("accepted");
    let run = folder.scan(&["--range", "HEAD"]).expect(0);
    // The commit and the blob, which was read once.
    assert_eq!(run.summary()["coverage"]["objects"]["read"], 2);
    // The same file beside the others, and a folder that is the same as another.
    for path in ["src/t.env", "src/deep/t.env"] {
        folder.write(path, format!("T={}\n", pat(1)));
        folder.git(&["add", "."]);
        folder.git(&["commit", "--quiet", "--amend", "--no-edit"]);
        folder.scan(&["--range", "HEAD"]).expect(1);
    }
    let run = folder.scan(&["--range", "HEAD", "--no-ignore-file"]).expect(1);
    let places = run.finding()["locations"].as_array().expect("a list").clone();
    let paths: Vec<_> = places.iter().map(|place| place["path"].as_str().expect("text")).collect();
    assert_eq!(paths, ["fixtures/deep/t.env", "fixtures/t.env", "src/deep/t.env", "src/t.env"]);
}

#[test]
fn folders_that_hold_the_same_again_and_again_are_no_trouble() {
    let folder = Folder::repository();
    folder.write("leak", format!("T={}\n", pat(1)));
    let blob = folder.git(&["hash-object", "-w", "leak"]);
    let mut tree = folder.git_with(&["mktree"], format!("100644 blob {blob}\tleak\n").as_bytes());
    // Ten to the power of ten files.
    for _ in 0..10 {
        let entries: String = (0..10).map(|it| format!("040000 tree {tree}\t{it}\n")).collect();
        tree = folder.git_with(&["mktree"], entries.as_bytes());
    }
    let commit = folder.git(&["commit-tree", "-m", "x", &tree]);
    // More places than are listed, and so not all of them accepted.
    folder.write(FILE, accepted_below("0"));
    let run = folder.scan(&["--range", &commit]).expect(1);
    assert_eq!(run.finding()["locations"].as_array().expect("a list").len(), 1000);
    assert_eq!(run.finding()["occurrences"]["places"], 1001);
}
