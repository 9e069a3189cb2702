//! Paths that are not to be read, as globs in the syntax of gitignore(5), and who does not want them
//! read.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::model::coverage::Skip;

/// Excluded paths, relative to a target or to the top of a repository. Who has excluded them is kept
/// apart, since reports say it.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    /// The strongest first: the first that says something of a path is the one that counts.
    layers: Vec<Layer>,
}

/// The globs of one voice.
#[derive(Clone, Debug)]
struct Layer {
    why: Skip,
    globs: Gitignore,
    /// What stands before each path: these globs are written for the top of a repository, and the
    /// target may lie below it.
    below: Vec<u8>,
}

/// A glob that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("not a glob: {0:?}")]
pub struct ExcludeError(pub String);

impl Exclude {
    /// Adds globs that are weaker than those before; `why` is what reports say of what they cover.
    pub fn add<G: AsRef<str>>(&mut self, why: Skip, globs: &[G]) -> Result<(), ExcludeError> {
        let mut builder = GitignoreBuilder::new("");
        for glob in globs {
            let glob = glob.as_ref();
            builder.add_line(None, glob).map_err(|_| ExcludeError(glob.to_owned()))?;
        }
        let globs = builder.build().map_err(|error| ExcludeError(error.to_string()))?;
        if !globs.is_empty() {
            self.layers.push(Layer { why, globs, below: Vec::new() });
        }
        Ok(())
    }

    /// True when no path is excluded.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The same for a folder of the repository, given relative to its top. Somebody who names a folder
    /// that the repository excludes wants it read.
    pub fn inside(&self, folder: &[u8]) -> Self {
        let is_its = |layer: &Layer| layer.why == Skip::ExcludedByRepository && !folder.is_empty();
        let kept =
            self.layers.iter().filter(|it| !is_its(it) || it.says(folder, true) != Some(true));
        let mut layers: Vec<Layer> = kept.cloned().collect();
        for layer in layers.iter_mut().filter(|layer| is_its(layer) && !folder.is_empty()) {
            layer.below = [folder, b"/"].concat();
        }
        Self { layers }
    }

    /// The same without what the repository excludes.
    pub fn without_repository(&self) -> Self {
        let mut layers = self.layers.clone();
        layers.retain(|layer| layer.why != Skip::ExcludedByRepository);
        Self { layers }
    }

    /// True for a path that is to be left out, or that lies below one. The path is relative.
    pub fn covers(&self, path: &[u8]) -> bool {
        self.why(path, false).is_some()
    }

    /// By whom a path is to be left out, if it is; globs that end in `/` cover folders only.
    pub fn why(&self, path: &[u8], is_folder: bool) -> Option<Skip> {
        let said = self.layers.iter().find_map(|it| Some((it.why, it.says(path, is_folder)?)));
        said.filter(|(_, covers)| *covers).map(|(why, _)| why)
    }
}

impl Layer {
    /// Whether a path is to be left out; `None` when nothing is said of it.
    fn says(&self, path: &[u8], is_folder: bool) -> Option<bool> {
        let whole = [&self.below, path].concat();
        let path = Path::new(OsStr::from_bytes(&whole));
        if path.has_root() {
            return None;
        }
        match self.globs.matched_path_or_any_parents(path, is_folder) {
            Match::None => None,
            said => Some(said.is_ignore()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exclude;
    use crate::model::coverage::Skip;

    fn of(layers: &[(Skip, &[&str])]) -> Exclude {
        let mut exclude = Exclude::default();
        layers.iter().for_each(|(why, globs)| exclude.add(*why, globs).expect("good globs"));
        exclude
    }

    #[test]
    fn globs_are_those_of_gitignore() {
        let globs = ["vendor/", "*.min.js", "/docs/**/old", "!keep.min.js"];
        let exclude = of(&[(Skip::Excluded, &globs)]);
        let covers = |path: &str| exclude.covers(path.as_bytes());
        assert!(covers("a/vendor/x.c") && covers("b.min.js") && covers("docs/a/old/x"));
        assert!(!covers("vendor") && !covers("keep.min.js") && !covers("src/docs/a/old"));
        assert_eq!(exclude.why(b"vendor", true), Some(Skip::Excluded));
        assert!(Exclude::default().add(Skip::Excluded, &["a{b"]).is_err());
        assert!(!Exclude::default().covers(b"x") && of(&[(Skip::Excluded, &[])]).is_empty());
    }

    #[test]
    fn the_strongest_voice_counts() {
        let exclude = of(&[
            (Skip::Excluded, &["!b/x", "c"]),
            (Skip::ExcludedBySettings, &["d"]),
            (Skip::ExcludedByRepository, &["/b/", "c", "d", "e"]),
        ]);
        let why = |path: &str| exclude.why(path.as_bytes(), false);
        assert_eq!(why("b/x"), None);
        assert_eq!(why("b/y"), Some(Skip::ExcludedByRepository));
        assert_eq!([why("c"), why("d")], [Some(Skip::Excluded), Some(Skip::ExcludedBySettings)]);
        let alone = exclude.without_repository();
        assert!(alone.covers(b"d") && !alone.covers(b"e"));
    }

    #[test]
    fn what_a_repository_excludes_is_counted_from_its_top() {
        let globs: &[&str] = &["/sub/gen/", "*.lock"];
        let exclude = of(&[(Skip::Excluded, &["/own"]), (Skip::ExcludedByRepository, globs)]);
        let inside = exclude.inside(b"sub");
        assert!(inside.covers(b"gen/x") && inside.covers(b"a.lock") && inside.covers(b"own"));
        assert!(!inside.covers(b"sub/gen/x"));
        // Named, it is read.
        assert!(!exclude.inside(b"sub/gen").covers(b"x"));
        assert!(exclude.inside(b"").covers(b"sub/gen/x"));
    }
}
