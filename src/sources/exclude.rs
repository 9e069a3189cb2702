//! Paths that the operator does not want read, as globs in the syntax of gitignore(5).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Excluded paths, relative to a target or to the top of a repository.
#[derive(Clone, Debug)]
pub struct Exclude {
    globs: Gitignore,
    texts: Vec<String>,
}

/// A glob that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("not a glob: {0:?}")]
pub struct ExcludeError(pub String);

impl Exclude {
    /// Takes globs in.
    pub fn new(texts: &[String]) -> Result<Self, ExcludeError> {
        let mut builder = GitignoreBuilder::new("");
        for glob in texts {
            builder.add_line(None, glob).map_err(|_| ExcludeError(glob.clone()))?;
        }
        let globs = builder.build().map_err(|error| ExcludeError(error.to_string()))?;
        Ok(Self { globs, texts: texts.to_vec() })
    }

    /// The globs as they were typed.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// True when no path is excluded.
    pub fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// True for a path that is to be left out, or that lies below one. The path is relative.
    pub fn covers(&self, path: &[u8]) -> bool {
        self.covers_entry(path, false)
    }

    /// As [`Exclude::covers`]; globs that end in `/` cover folders only.
    pub fn covers_entry(&self, path: &[u8], is_folder: bool) -> bool {
        let path = Path::new(OsStr::from_bytes(path));
        !self.is_empty()
            && !path.has_root()
            && self.globs.matched_path_or_any_parents(path, is_folder).is_ignore()
    }
}

#[cfg(test)]
mod tests {
    use super::Exclude;

    #[test]
    fn globs_are_those_of_gitignore() {
        let globs = ["vendor/", "*.min.js", "/docs/**/old", "!keep.min.js"];
        let exclude = Exclude::new(&globs.map(String::from)).expect("good globs");
        let covers = |path: &str| exclude.covers(path.as_bytes());
        assert!(covers("a/vendor/x.c") && covers("b.min.js") && covers("docs/a/old/x"));
        assert!(!covers("vendor") && !covers("keep.min.js") && !covers("src/docs/a/old"));
        assert!(exclude.covers_entry(b"vendor", true));
        assert!(Exclude::new(&["a{b".to_owned()]).is_err());
        assert!(!Exclude::new(&[]).expect("nothing").covers(b"x"));
    }
}
