//! Random lives of repositories: after every step a report with the cache, and another one, are those
//! without it.

use std::path::{Path, PathBuf};

use super::{change, packs, said, scan};
use crate::support::program::Folder;
use crate::support::tokens::{pat, utf16};

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's MMIX, of which the upper bits are good.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    fn of<'a, T: ?Sized>(&mut self, these: &[&'a T]) -> &'a T {
        these[self.below(these.len())]
    }
}

/// A repository, one beside it, and a cache.
struct Life {
    folder: Folder,
    dice: Dice,
    cache: &'static str,
    step: u64,
    /// What a step has done to a file for a while only.
    undo: Option<(PathBuf, PathBuf)>,
}

impl Life {
    fn new(seed: u64) -> Self {
        let folder = Folder::new();
        let format = if seed % 3 == 2 { "sha256" } else { "sha1" };
        let format = format!("--object-format={format}");
        for path in [".", "../home/other"] {
            folder.git(&["init", "--quiet", "--initial-branch=main", &format, path]);
        }
        folder.git(&["config", "fetch.unpackLimit", "1"]);
        folder.git(&["config", "gc.auto", "0"]);
        let cache = if seed.is_multiple_of(2) { "../home/cache" } else { ".cache" };
        let mut life = Self { folder, dice: Dice(seed), cache, step: 0, undo: None };
        life.other(&["commit", "--quiet", "--allow-empty", "-m", "other"]);
        life.commit();
        life
    }

    fn other(&self, arguments: &[&str]) {
        self.folder.git(&[&["-C", "../home/other"], arguments].concat());
    }

    fn text(&mut self) -> Vec<u8> {
        let token = pat(self.dice.below(8) as u64);
        let filler = "some line of text\n".repeat(self.dice.below(400));
        let version = self.step;
        match self.dice.below(7) {
            0 => format!("{filler}{token}\n{filler}{version}").into_bytes(),
            1 => format!("PRIVATE-TOKEN: {}\n{version}", &token[6..]).into_bytes(),
            2 => utf16(&format!("{token} {version}"), false),
            3 => format!("version https://git-lfs.github.com/spec/v1\nsize {version}\n").into(),
            4 => format!("glpat-{version}xxxxxxxxxxxxxxxxxxxx").into_bytes(),
            _ => format!("{filler}{version}\n{filler}").into_bytes(),
        }
    }

    fn commit(&mut self) {
        for _ in 0..=self.dice.below(3) {
            let file = self.dice.of(&["a", "b", "dir/c", "dir/d", "dir/deep/e"]);
            let text = self.text();
            self.folder.write(file, text);
        }
        let message = match self.dice.below(6) {
            0 => format!("with {}", pat(20)),
            _ => format!("step {}", self.step),
        };
        self.folder.commit(&message);
    }

    /// One step of a repository's life.
    fn live(&mut self) {
        self.step += 1;
        if let Some((path, away)) = self.undo.take() {
            let _ = std::fs::remove_file(&path);
            std::fs::rename(away, path).expect("a file that was put away");
        }
        match self.dice.below(17) {
            0..4 => self.commit(),
            4 => drop(self.folder.git(&["repack", "-dq"])),
            5 => drop(self.folder.git(&["repack", "-aq"])),
            6 => drop(self.folder.git(&["repack", "-adfq", "--depth=3"])),
            7 => drop(self.folder.git(&["gc", "--quiet", "--prune=now"])),
            8 => drop(self.folder.git(&["commit", "--amend", "--quiet", "-m", "amended"])),
            9 => self.tag(),
            10 => self.fetch(),
            11 => self.overlap(),
            12 => self.lose_object(),
            13 => self.damage_pack(),
            14 => self.borrow(),
            15 => self.lose_index(),
            _ => self.index_all(),
        }
    }

    fn tag(&mut self) {
        let name = format!("v{}", self.step);
        let message = if self.dice.below(2) == 0 { pat(21) } else { "a tag".to_owned() };
        self.folder.git(&["tag", "-a", "-m", &message, &name]);
    }

    /// Something new in the other repository, and all of it from there, in a pack.
    fn fetch(&mut self) {
        let text = self.text();
        self.folder.write("../home/other/file", text);
        self.other(&["add", "file"]);
        self.other(&["commit", "--quiet", "--allow-empty", "-m", "there"]);
        self.folder.git(&["fetch", "--quiet", "../home/other", "+main:refs/remotes/other/main"]);
    }

    /// Some objects in a pack of their own, which others may have, too.
    fn overlap(&mut self) {
        let all = self.folder.git(&["rev-list", "--objects", "--all"]);
        let ids = all.lines().filter(|_| self.dice.below(2) == 0);
        let ids: Vec<&str> = ids.map(|line| line.split(' ').next().expect("an id")).collect();
        let input = ids.join("\n") + "\n";
        let pack = ".git/objects/pack/pack";
        self.folder.git_with(&["pack-objects", "--quiet", pack], input.as_bytes());
        if self.dice.below(2) == 0 {
            self.folder.git(&["prune-packed"]);
        }
    }

    fn put_away(&mut self, path: PathBuf) {
        let away = self.folder.home().join("away");
        std::fs::copy(&path, &away).expect("a copy");
        self.undo = Some((path, away));
    }

    fn lose_object(&mut self) {
        let mut loose = Vec::new();
        let objects = self.folder.path().join(".git/objects");
        for folder in list(&objects) {
            if folder.file_name().is_some_and(|name| name.len() == 2) {
                loose.extend(list(&folder));
            }
        }
        if !loose.is_empty() {
            let path = loose.swap_remove(self.dice.below(loose.len()));
            self.put_away(path.clone());
            std::fs::remove_file(path).expect("a loose object");
        }
    }

    /// Damages a pack that no run has seen yet, or cuts one.
    fn damage_pack(&mut self) {
        let before = packs(&self.folder);
        self.commit();
        self.folder.git(&["repack", "-dq"]);
        let fresh = packs(&self.folder).into_iter().find(|it| !before.contains(it));
        let Some(path) = fresh else { return };
        self.put_away(path.clone());
        let at = self.dice.below(1000);
        change(&path, |bytes| {
            let len = bytes.len();
            if at.is_multiple_of(4) {
                bytes.truncate(len - 1);
            } else {
                let middle = 12 + at % (len - 12 - 32 - 4);
                bytes[middle..middle + 4].iter_mut().for_each(|byte| *byte ^= 0x5A);
            }
        });
    }

    fn index_all(&self) {
        if !packs(&self.folder).is_empty() {
            self.folder.git(&["multi-pack-index", "write"]);
        }
    }

    /// A pack without an index of its own: only the index of all packs says what is in it, if there
    /// is one.
    fn lose_index(&mut self) {
        let mut packs = packs(&self.folder);
        if !packs.is_empty() {
            let pack = packs.swap_remove(self.dice.below(packs.len()));
            let index = pack.with_extension("idx");
            self.put_away(index.clone());
            std::fs::remove_file(index).expect("an index");
        }
    }

    fn borrow(&mut self) {
        let path = self.folder.home().join("other/.git/objects");
        let path = format!("{}\n", path.display());
        std::fs::write(self.folder.path().join(".git/objects/info/alternates"), path).expect("it");
    }

    /// Scans without the cache, with it, and once more.
    fn compare(&mut self, seed: u64) {
        let options: &[&str] = match self.dice.below(8) {
            0 => &["--evidence", "weak"],
            1 => &["--prefix", "acme-"],
            2 => &["--show-secrets", "--threads", "1"],
            3 => &["--exclude", "dir"],
            4 => &["--full-scan"],
            5 => &["--no-files", "../home/other", "."],
            _ => &[],
        };
        let plain = scan(&self.folder, options);
        let cached = [options, &["--cache", self.cache]].concat();
        for turn in ["first", "second"] {
            let run = scan(&self.folder, &cached);
            let place = format!("seed {seed}, step {}, {turn}, {options:?}", self.step);
            assert_eq!(said(&run), said(&plain), "{place}: {}", run.stderr);
            assert_eq!(run.stderr, plain.stderr, "{place}");
        }
    }
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut paths: Vec<PathBuf> = entries.map(|it| it.path()).collect();
    paths.sort();
    paths
}

fn lives(seeds: std::ops::Range<u64>, steps: usize) {
    for seed in seeds {
        let mut life = Life::new(seed);
        for _ in 0..steps {
            life.compare(seed);
            life.live();
        }
        life.compare(seed);
    }
}

#[test]
fn a_report_with_the_cache_is_that_without_it() {
    lives(0..3, 10);
}

/// The same for an hour's worth of lives: `cargo test --test it -- --ignored lives`.
#[test]
#[ignore = "takes minutes"]
fn many_lives() {
    lives(100..140, 25);
}
