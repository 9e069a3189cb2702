//! The settings: TOML, documented in README.md. Which file holds, what it says, and whether whoever wrote
//! it may say so. A file in a repository is written by whoever can write there, and so may only say what
//! is left out and what else is looked for; what it leaves out, reports name.

pub mod keys;
pub mod place;
pub mod read;
pub mod schema;
pub mod settle;
pub mod show;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure};
use serde::Deserialize;

use super::args::GlobalArgs;
use super::known::{canonical, shown};
use crate::suppress::list::IgnoreList;
use keys::{KEYS, Key, Whose};
use place::{File, Looked, Own, Variable};
use read::{Complaint, Document};

/// What the settings say.
#[derive(Debug, Default)]
pub struct Config {
    /// The file that was read, and how it is named to people.
    pub file: Option<(File, String)>,
    /// Where files were looked for.
    pub looked: Vec<Looked>,
    /// Instances that may be asked about tokens.
    pub instance: Vec<InstanceSetting>,
    /// What may be revoked.
    pub revoke: Option<RevokeSetting>,
    /// Secrets that are accepted.
    pub ignore: IgnoreList,
    /// Whether what a repository says of itself holds.
    pub own: Held,
    /// What the operator should know.
    pub notes: Vec<String>,
    /// What was said of each key that has a flag; what counts more comes first.
    pub(in crate::cli) given: BTreeMap<&'static str, Vec<Given>>,
    /// The lines of keys and tables in the file.
    pub(in crate::cli) document: Document,
}

/// Whether something holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Held {
    /// It does.
    #[default]
    Holds,
    /// It does not.
    LeftOut,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The value, as on the command line.
    pub text: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag(&'static str),
    /// A variable.
    Variable(String),
    /// This line of the file.
    File(usize),
    /// Nobody has said anything.
    Default,
}

/// What may be revoked, and what may not.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
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
pub struct InstanceSetting {
    /// Its address.
    pub url: String,
    /// The environment variable that holds the credential.
    pub token_env: Option<String>,
    /// The file that holds it.
    pub token_file: Option<PathBuf>,
}

/// The tables of a file, which are checked by the time they are read in this way.
#[derive(Default, Deserialize)]
struct Tables {
    #[serde(default)]
    instance: Vec<InstanceSetting>,
    revoke: Option<RevokeSetting>,
}

impl Config {
    /// Finds the settings and reads them. What the repository says that is scanned holds only when
    /// nobody else has said anything.
    pub fn load(global: &GlobalArgs, own: Own) -> anyhow::Result<Self> {
        let own = if global.no_repo_config { Own::Unwanted } else { own };
        Self::read(global.config.as_deref(), &|name| std::env::var_os(name), &own)
    }

    fn read(flag: Option<&Path>, variable: Variable<'_>, own: &Own) -> anyhow::Result<Self> {
        let (file, looked) = place::find(flag, variable, own)?;
        let mut config = Self { looked, ..Self::default() };
        if *own == Own::Unwanted {
            config.own = Held::LeftOut;
        }
        // Somebody who has named a file knows which one holds.
        let is_named = file.as_ref().is_some_and(|file| file.is_named);
        if *own == Own::Several && !is_named {
            config.notes.push(format!(
                "several folders are scanned, and none of their {} holds; name one with --config",
                place::NAME
            ));
        }
        for key in KEYS {
            config.take_variable(key, variable)?;
        }
        let Some(file) = file else { return Ok(config) };
        if file.whose == Whose::Operator && matches!(own, Own::At(_)) && !is_named {
            config.notes.push(format!(
                "the repository's {} is not read, since {} comes first",
                place::NAME,
                file.path.display()
            ));
        }
        let name = match file.whose {
            Whose::Operator => file.path.display().to_string(),
            Whose::Anyone => shown(&file.path, &canonical(Path::new("."))),
        };
        config.take_file(&file, &name, variable)?;
        config.file = Some((file, name));
        Ok(config)
    }

    fn take_variable(&mut self, key: &'static Key, variable: Variable<'_>) -> anyhow::Result<()> {
        let Some(name) = key.variable() else { return Ok(()) };
        let Some(value) = variable(&name).filter(|value| !value.is_empty()) else { return Ok(()) };
        let Ok(value) = value.into_string() else {
            anyhow::bail!("{name} cannot be used: it is not UTF-8");
        };
        let values: Vec<&str> = match key.is_list() {
            true => value.split(',').map(str::trim).filter(|it| !it.is_empty()).collect(),
            false => vec![value.trim()],
        };
        for text in values {
            key.kind.check(text).map_err(|why| anyhow!("{name} cannot be used: {why}"))?;
            let origin = Origin::Variable(name.clone());
            self.given.entry(key.name).or_default().push(Given { text: text.to_owned(), origin });
        }
        Ok(())
    }

    fn take_file(&mut self, file: &File, name: &str, variable: Variable<'_>) -> anyhow::Result<()> {
        let text = place::text(file, name)?;
        let read = read::read(&text).map_err(|complaints| complained(name, &complaints));
        let document = match (read, file.whose) {
            (Err(error), Whose::Anyone) => {
                return Err(anyhow!("{error}\n--no-repo-config leaves this file out"));
            }
            (read, _) => read?,
        };
        if file.whose == Whose::Anyone {
            may_say(&document, name, variable)?;
        }
        let top = file.path.parent().unwrap_or(Path::new(""));
        for key in KEYS.iter().filter(|key| key.flag.is_some()) {
            for item in document.items.get(key.name).into_iter().flatten() {
                let mut text = item.text.clone();
                if key.is_path() && file.whose == Whose::Anyone {
                    let place = place::inside(top, &text).map_err(|why| {
                        anyhow!("settings {name}:{}: `{}`: {why}", item.line, key.name)
                    })?;
                    text = place.display().to_string();
                } else if key.is_path() {
                    text = top.join(text).display().to_string();
                }
                let given = Given { text, origin: Origin::File(item.line) };
                self.given.entry(key.name).or_default().push(given);
            }
        }
        let tables: Tables = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| read::line_at(&text, span.start));
            anyhow!("settings {name}:{line}: {}", error.message().to_lowercase())
        })?;
        self.instance = tables.instance;
        for instance in &mut self.instance {
            instance.token_file = instance.token_file.take().map(|it| top.join(it));
        }
        self.revoke = tables.revoke;
        self.ignore = IgnoreList::among(&text)
            .map_err(|wrong| anyhow!("settings {name}:{}: {}", wrong.line, wrong.what))?;
        self.document = document;
        Ok(())
    }

    /// The top of the repository whose own settings hold.
    pub fn own_top(&self) -> Option<&Path> {
        let (file, _) = self.file.as_ref()?;
        file.path.parent().filter(|_| file.whose == Whose::Anyone)
    }

    /// The files of rules that the repository brings along.
    pub fn guest_rules(&self) -> Vec<PathBuf> {
        let rules = KEYS.iter().filter(|key| key.name == "rules" && self.own_top().is_some());
        let given = rules.flat_map(|key| self.given(key));
        let its = given.filter(|given| matches!(given.origin, Origin::File(_)));
        its.map(|given| PathBuf::from(&given.text)).collect()
    }

    /// What was said of a key, what counts more first.
    fn given(&self, key: &Key) -> &[Given] {
        self.given.get(key.name).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Refuses what only the operator may say.
fn may_say(document: &Document, name: &str, variable: Variable<'_>) -> anyhow::Result<()> {
    let operators = KEYS.iter().filter(|key| key.whose == Whose::Operator);
    let mut refused: Vec<(usize, &str)> =
        operators.filter_map(|key| Some((*document.lines.get(key.name)?, key.name))).collect();
    refused.sort_unstable();
    let mut lines: Vec<String> = refused
        .iter()
        .map(|(line, key)| {
            format!("settings {name}:{line}: `{key}` has no place in a repository's own settings")
        })
        .collect();
    let users = place::users_file(variable);
    let users = users.map_or_else(String::new, |file| format!(" ({})", file.display()));
    lines.push(format!(
        "whoever can write to a repository could set them: write them into your own settings{users}; \
         --config takes this file as yours, --no-repo-config leaves it out"
    ));
    ensure!(refused.is_empty(), "{}", lines.join("\n"));
    Ok(())
}

fn complained(name: &str, complaints: &[Complaint]) -> anyhow::Error {
    let lines: Vec<String> =
        complaints.iter().map(|it| format!("settings {name}:{}: {}", it.line, it.what)).collect();
    anyhow!("{}", lines.join("\n"))
}
