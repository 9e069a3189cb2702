//! What was typed, the settings file and the environment, turned into what it means: one rule
//! set and one options struct for each room that needs one.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::args::{GlobalArgs, ScanArgs};
use super::config::{Config, Sources};
use crate::engine::Engine;
use crate::model::secret::Secret;
use crate::rules::complaint::Complaint;
use crate::rules::prefix::InstancePrefix;
use crate::rules::set::RuleSet;
use crate::scan::{Options, Visibility};

/// A rule file can be this large, in bytes; ours has a twentieth of it.
const LARGEST_RULE_FILE: u64 = 1024 * 1024;
/// The variable that keys fingerprints.
const FINGERPRINT_KEY: &str = "STANCH_FINGERPRINT_KEY";

/// The options of a scan.
pub fn scan_options(args: &ScanArgs) -> Options {
    let processors = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Options {
        evidence: args.evidence,
        visibility: if args.show_secrets { Visibility::Shown } else { Visibility::Masked },
        fingerprint_key: fingerprint_key(),
        threads: args.threads.map_or_else(processors, NonZeroUsize::get),
        shard: None,
        at_paths: BTreeSet::new(),
    }
}

/// The key of fingerprints that nobody else can compute, if there is one.
pub fn fingerprint_key() -> Option<Secret> {
    let key = std::env::var_os(FINGERPRINT_KEY).filter(|key| !key.is_empty());
    key.map(|key| Secret::new(key.into_encoded_bytes()))
}

/// The settings file. `repositories` are the tops of the work trees that are scanned.
pub fn config(global: &GlobalArgs, repositories: &[PathBuf]) -> anyhow::Result<Config> {
    Config::load(&Sources {
        flag: global.config.as_deref(),
        variable: &|name| std::env::var_os(name),
        repositories,
    })
}

/// The engine with the rules in these files, too, and with these prefixes and those of the settings.
pub fn engine(files: &[PathBuf], prefixes: &[String], config: &Config) -> anyhow::Result<Engine> {
    let mut rules = builtin_rules()?;
    for file in files {
        let shown = file.display().to_string();
        rules.extend(&rule_file(file)?, &shown).map_err(|complaints| complained(&complaints))?;
    }
    for prefix in prefixes.iter().chain(&config.prefixes) {
        let prefix = InstancePrefix::parse(prefix)
            .with_context(|| format!("prefix {prefix:?} cannot be used"))?;
        rules.add_prefix(&prefix);
    }
    Engine::new(rules).map_err(|complaints| complained(&complaints))
}

/// The text of a rule file.
pub fn rule_file(file: &Path) -> anyhow::Result<String> {
    let text = read_at_most(file, LARGEST_RULE_FILE, "rules")?;
    String::from_utf8(text).with_context(|| format!("cannot read rules {}", file.display()))
}

/// The bytes of a file. A device or a mistaken name may be endless: no more is read than such a file
/// can have. `what` it is, for complaints.
pub fn read_at_most(file: &Path, most: u64, what: &str) -> anyhow::Result<Vec<u8>> {
    let shown = file.display();
    let context = || format!("cannot read {what} {shown}");
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).with_context(context)?;
    opened.take(most + 1).read_to_end(&mut bytes).with_context(context)?;
    anyhow::ensure!(
        bytes.len() as u64 <= most,
        "{what} {shown} are larger than {} KiB: is this the right file?",
        most / 1024
    );
    Ok(bytes)
}

/// The rules that come with the binary.
pub fn builtin_rules() -> anyhow::Result<RuleSet> {
    RuleSet::builtin().map_err(|complaints| complained(&complaints))
}

/// All complaints, a line each.
pub fn complained(complaints: &[Complaint]) -> anyhow::Error {
    let lines: Vec<String> = complaints.iter().map(ToString::to_string).collect();
    anyhow!("{}", lines.join("\n"))
}
