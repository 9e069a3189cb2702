//! What was typed, with the settings in it, turned into what it means: one rule set and one options
//! struct for each room that needs one.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::args::{GlobalArgs, KnownArgs, ScanArgs};
use super::config::Config;
use super::config::place::Own;
use super::config::settle::Settled;
use crate::engine::Engine;
use crate::model::finding::Evidence;
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
        visibility: if args.show_secrets { Visibility::Shown } else { Visibility::Masked },
        threads: args.threads.map_or_else(processors, NonZeroUsize::get),
        ..small_options(args.evidence)
    }
}

/// The options for a text that was typed, or for a file of ours.
pub fn small_options(evidence: Evidence) -> Options {
    Options {
        evidence,
        visibility: Visibility::Masked,
        fingerprint_key: fingerprint_key(),
        threads: 1,
        shard: None,
        cache: None,
        at_paths: BTreeSet::new(),
    }
}

/// The key of fingerprints that nobody else can compute, if there is one.
pub fn fingerprint_key() -> Option<Secret> {
    let key = std::env::var_os(FINGERPRINT_KEY).filter(|key| !key.is_empty());
    key.map(|key| Secret::new(key.into_encoded_bytes()))
}

/// The settings that hold for these arguments, and the arguments with the settings in them.
pub fn settled(
    global: &GlobalArgs,
    scan: &ScanArgs,
    known: KnownArgs,
) -> anyhow::Result<(Config, Settled)> {
    let config = Config::load(global, Own::of(&scan.targets))?;
    let settled = config.settle(global, scan.clone(), known)?;
    Ok((config, settled))
}

/// The engine with the rules in these files, too, with those that the repository brings along, and with
/// these prefixes.
pub fn engine(files: &[PathBuf], prefixes: &[String], config: &Config) -> anyhow::Result<Engine> {
    let mut rules = builtin_rules()?;
    for file in files {
        let shown = file.display().to_string();
        rules.extend(&rule_file(file)?, &shown).map_err(|complaints| complained(&complaints))?;
    }
    for file in config.guest_rules() {
        let shown = file.display().to_string();
        let added = rules.extend_by_guests(&rule_file(&file)?, &shown);
        added.map_err(|complaints| complained(&complaints))?;
    }
    for prefix in prefixes {
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
