//! Where a settings file is looked for, and reading it: what stands there under its name may be
//! anything, above all in a repository.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure};

use super::super::known::canonical;
use super::super::settings::read_at_most;
use super::keys::Whose;
use crate::git::repository::Repository;

/// Its name at the top of a repository.
pub const NAME: &str = ".stanch.toml";
/// What names a file, the first before the second.
const NAMED: [&str; 2] = ["--config", "$STANCH_CONFIG"];
/// It is not larger.
const LARGEST: u64 = 1 << 20;

/// Reads the environment.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The settings of the repositories that are scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    /// There are none.
    None,
    /// Those of the repository with this top, and all that is scanned is in it.
    At(PathBuf),
    /// There are some, but they do not hold for all that is scanned.
    Several,
    /// Nobody wants to know.
    Unwanted,
}

/// A file that is there.
#[derive(Clone, Debug)]
pub struct File {
    /// Where.
    pub path: PathBuf,
    /// Who may have written it.
    pub whose: Whose,
    /// True when it was named, and not only found.
    pub is_named: bool,
}

/// A place that was looked at, and what came of it, in words.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The place.
    pub place: String,
    /// What came of it.
    pub result: &'static str,
}

impl Own {
    /// Looks for the settings of the repositories in which the targets are. That costs a handful of
    /// questions to the file system; only where a file is there, the repository is opened.
    pub fn of(targets: &[PathBuf]) -> Self {
        let targets = targets.iter().filter(|target| target.as_os_str() != "-");
        let mut tops: Vec<Option<PathBuf>> = targets.map(|target| top_of(target)).collect();
        tops.sort();
        tops.dedup();
        match (tops.pop(), tops.is_empty()) {
            (Some(Some(top)), true) => Self::At(top),
            // The greatest comes last, and nothing is less than something.
            (Some(Some(_)), false) => Self::Several,
            _ => Self::None,
        }
    }

    /// Those of one work tree.
    pub fn at(top: &Path) -> Self {
        let is_there = top.join(NAME).symlink_metadata().is_ok();
        if is_there { Self::At(canonical(top)) } else { Self::None }
    }
}

/// The top of the work tree around a target, if settings lie there.
fn top_of(target: &Path) -> Option<PathBuf> {
    let place = canonical(target);
    for folder in place.ancestors().filter(|folder| folder.join(".git").exists()) {
        folder.join(NAME).symlink_metadata().ok()?;
        match Repository::at(folder) {
            Ok(Some(repository)) => {
                let is_its = repository.work_tree().is_some_and(|top| canonical(top) == folder);
                return is_its.then(|| folder.to_path_buf());
            }
            // No repository, whatever it is called: there may be one around it.
            Ok(None) => {}
            Err(_) => return None,
        }
    }
    None
}

/// The file that holds, the first that is there, and where it was looked for.
pub fn find(
    flag: Option<&Path>,
    variable: Variable<'_>,
    own: &Own,
) -> anyhow::Result<(Option<File>, Vec<Looked>)> {
    let named = |path: &Path| !path.as_os_str().is_empty();
    let flag = flag.map(Path::to_path_buf).filter(|path| named(path));
    let told = variable("STANCH_CONFIG").map(PathBuf::from).filter(|path| named(path));
    let users = users_file(variable);
    let mut looked = Vec::new();
    let mut found: Option<File> = None;
    let mut look = |what: &str, path: Option<PathBuf>, is_there: bool, whose| {
        let Some(path) = path else {
            looked.push(Looked { place: what.to_owned(), result: "not given" });
            return;
        };
        let result = match (is_there, &found) {
            (false, _) => "not there",
            (true, Some(_)) => "not read, since another comes first",
            (true, None) => "read",
        };
        looked.push(Looked { place: format!("{what} {}", path.display()), result });
        if result == "read" {
            let is_named = NAMED.contains(&what);
            found = Some(File { path, whose, is_named });
        }
    };
    look(NAMED[0], flag, true, Whose::Operator);
    look(NAMED[1], told, true, Whose::Operator);
    let is_there = users.as_deref().is_some_and(|file| file.symlink_metadata().is_ok());
    look("your", users, is_there, Whose::Operator);
    match own {
        Own::At(top) => look("the repository's", Some(top.join(NAME)), true, Whose::Anyone),
        Own::None | Own::Several | Own::Unwanted => {
            let result = match own {
                Own::Several => "not read, since several folders are scanned",
                Own::Unwanted => "not looked for (--no-repo-config)",
                _ => "not there",
            };
            looked.push(Looked { place: format!("the repository's {NAME}"), result });
        }
    }
    Ok((found, looked))
}

/// `stanch/config.toml` in the user's config folder (XDG Base Directory Specification).
pub fn users_file(variable: Variable<'_>) -> Option<PathBuf> {
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|it| it.is_absolute());
    let folder = variable("XDG_CONFIG_HOME").and_then(absolute);
    let folder = folder.or_else(|| Some(absolute(variable("HOME")?)?.join(".config")))?;
    Some(folder.join("stanch").join("config.toml"))
}

/// The text of a settings file.
pub fn text(file: &File, shown: &str) -> anyhow::Result<String> {
    if file.whose == Whose::Anyone {
        let is_plain = file.path.symlink_metadata().is_ok_and(|it| it.is_file());
        ensure!(is_plain, "settings {shown} are no plain file; --no-repo-config leaves them out");
    }
    // Somebody may name a pipe.
    let is_folder = file.path.metadata().is_ok_and(|it| it.is_dir());
    ensure!(!is_folder, "settings {shown} are a folder; name a file");
    let bytes = read_at_most(&file.path, LARGEST, "settings")?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = 1 + good.filter(|&&byte| byte == b'\n').count();
        anyhow!("settings {shown}:{line}: this is not UTF-8")
    })
}

/// The path of a file of rules that a repository names: a plain file inside it, whatever links there
/// are on the way.
pub fn inside(top: &Path, text: &str) -> Result<PathBuf, String> {
    use std::path::Component;
    let path = Path::new(text);
    let stays = path.components().all(|it| matches!(it, Component::Normal(_) | Component::CurDir));
    if !stays {
        return Err(
            "a repository's own settings name files inside it alone: no absolute path, no \
                    .."
            .to_owned(),
        );
    }
    let place = top.join(path);
    let real = place.canonicalize().map_err(|_| "there is no such file".to_owned())?;
    if !real.starts_with(canonical(top)) {
        return Err("it is a link that leads out of the repository".to_owned());
    }
    match real.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(real),
        _ => Err("it is no plain file".to_owned()),
    }
}
