//! The settings file: TOML, documented in README.md.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use serde::Deserialize;

/// What a settings file can say.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Prefixes that instances put before their tokens, such as `acme-glpat-`.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// Instances that may be asked about tokens. Only the operator's own settings may name any.
    #[serde(default)]
    pub instance: Vec<InstanceSetting>,
    /// What may be revoked. Only the operator's own settings have a say in it.
    pub revoke: Option<RevokeSetting>,
}

/// What may be revoked, and what may not.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RevokeSetting {
    /// Kinds that may be revoked without a terminal.
    pub kinds: Option<Vec<String>>,
    /// User names, or `project:7` and `group:3` for what these own.
    pub owners: Option<Vec<String>>,
    /// Hosts of instances.
    pub hosts: Option<Vec<String>>,
    /// How many tokens one run may revoke.
    pub max: Option<usize>,
    /// What is never touched.
    #[serde(default)]
    pub protect: Vec<ProtectSetting>,
}

/// What is never touched: one of the three, and why.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ProtectSetting {
    /// A fingerprint, as reports show it.
    pub fingerprint: Option<String>,
    /// A user name.
    pub user: Option<String>,
    /// A pattern for names of tokens.
    pub name: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// An instance, and where the operator's credential there is to be found.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct InstanceSetting {
    /// Its address.
    pub url: String,
    /// The environment variable that holds the credential.
    pub token_env: Option<String>,
    /// The file that holds it.
    pub token_file: Option<PathBuf>,
}

/// Where settings may come from, the first that is there wins.
pub struct Sources<'a> {
    /// `--config`.
    pub flag: Option<&'a Path>,
    /// The environment, by name.
    pub variable: &'a dyn Fn(&str) -> Option<std::ffi::OsString>,
    /// The tops of the repositories that are scanned.
    pub repositories: &'a [PathBuf],
}

impl Config {
    /// Reads the settings. A file that was named must be there.
    pub fn load(sources: &Sources<'_>) -> anyhow::Result<Self> {
        let named = sources.flag.map(Path::to_path_buf);
        let named = named.or_else(|| (sources.variable)("STANCH_CONFIG").map(PathBuf::from));
        if let Some(named) = named.filter(|path| path != Path::new("")) {
            let text = std::fs::read_to_string(&named)
                .with_context(|| format!("cannot read settings {}", named.display()))?;
            return Self::parse(&text, &named);
        }
        let users = users_file(sources.variable);
        let mut tops = sources.repositories.iter().map(|top| top.join(".stanch.toml"));
        let read = |file: &Path| {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read settings {}", file.display()))?;
            Self::parse(&text, file)
        };
        if let Some(file) = users.filter(|file| file.is_file()) {
            return read(&file);
        }
        let Some(file) = tops.find(|file| file.is_file()) else {
            return Ok(Self::default());
        };
        let config = read(&file)?;
        // Whoever can write to a repository must not say where its secrets are sent.
        let misplaced = match (config.instance.is_empty(), &config.revoke) {
            (false, _) => Some("[[instance]]"),
            (true, Some(_)) => Some("[revoke]"),
            (true, None) => None,
        };
        if let Some(what) = misplaced {
            anyhow::bail!(
                "settings {}: {what} has no place in a repository's own settings; write it into the \
                 user's settings (--config takes this file as yours)",
                file.display()
            );
        }
        Ok(config)
    }

    fn parse(text: &str, file: &Path) -> anyhow::Result<Self> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            anyhow!("settings {}:{line}: {}", file.display(), error.message().to_lowercase())
        })
    }
}

/// `stanch/config.toml` in the user's config folder (XDG Base Directory Specification).
fn users_file(variable: &dyn Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let absolute =
        |path: std::ffi::OsString| Some(PathBuf::from(path)).filter(|it| it.is_absolute());
    let folder = variable("XDG_CONFIG_HOME").and_then(absolute);
    let folder = folder.or_else(|| Some(absolute(variable("HOME")?)?.join(".config")))?;
    Some(folder.join("stanch").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Config;

    #[test]
    fn unknown_settings_are_refused_with_their_line() {
        let config = Config::parse("prefixes = [\"acme-\"]", Path::new("c.toml")).expect("good");
        assert_eq!(config.prefixes, ["acme-"]);
        let error = Config::parse("\nprefix = 1", Path::new("c.toml")).expect_err("unknown");
        assert!(error.to_string().starts_with("settings c.toml:2: unknown field"), "{error}");
    }
}
