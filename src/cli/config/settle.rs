//! Puts the settings into what was typed: a flag goes before a variable, that before the file, that
//! before the default. Lists count together; of excludes the flag has the last word.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{anyhow, ensure};

use super::super::args::{FailOn, GlobalArgs, KnownArgs, ScanArgs, VerifyArgs, values};
use super::keys::{KEYS, Key};
use super::{Config, Given, Held, Origin};
use crate::model::coverage::Skip;
use crate::rules::prefix::InstancePrefix;
use crate::sources::exclude::Exclude;

/// Which flags were typed, by their names in the program, with what was typed behind them.
pub type Typed = BTreeMap<String, Vec<String>>;

/// Arguments of a scan, with the settings in them.
#[derive(Debug)]
pub struct Settled {
    /// What is scanned, and how. Its excludes are those that were typed.
    pub scan: ScanArgs,
    /// What is known already.
    pub known: KnownArgs,
    /// All excludes.
    pub exclude: Exclude,
    /// The top of the repository whose own settings hold.
    pub own_top: Option<PathBuf>,
    /// Whether what a repository says of itself holds.
    pub own: Held,
}

impl Config {
    /// The arguments with the settings in them.
    pub fn settle(
        &self,
        global: &GlobalArgs,
        mut scan: ScanArgs,
        mut known: KnownArgs,
    ) -> anyhow::Result<Settled> {
        for (key, given) in self.counting(&global.typed) {
            for given in given {
                // Rules of the repository are no rules of the operator's: see `guest_rules`.
                let is_files = matches!(given.origin, Origin::File(_));
                if key.name == "rules" && is_files && self.own_top().is_some() {
                    continue;
                }
                if key.name == "prefixes" && is_files && self.own_top().is_some() {
                    InstancePrefix::parse_of_guest(&given.text)
                        .map_err(|why| self.wrong(key, given, &why.to_string()))?;
                }
                set(key, &given.text, (&mut scan, &mut known))
                    .map_err(|why| self.wrong(key, given, &why))?;
            }
        }
        self.agree(&scan.verify)?;
        let exclude = self.exclude(&scan.exclude)?;
        let own_top = self.own_top().map(std::path::Path::to_path_buf);
        Ok(Settled { scan, known, exclude, own_top, own: self.own })
    }

    /// The same for a command that only asks.
    pub fn settle_verify(
        &self,
        global: &GlobalArgs,
        verify: &mut VerifyArgs,
    ) -> anyhow::Result<()> {
        for (key, given) in self.counting(&global.typed) {
            for given in given {
                set_verify(key.name, &given.text, verify)
                    .unwrap_or(Ok(()))
                    .map_err(|why| self.wrong(key, given, &why))?;
            }
        }
        self.agree(verify)
    }

    /// What counts of what was said beside the command line.
    fn counting<'a>(
        &'a self,
        typed: &'a Typed,
    ) -> impl Iterator<Item = (&'static Key, &'a [Given])> + 'a {
        KEYS.iter().map(|key| {
            let given = self.given(key);
            match (key.is_list(), typed.contains_key(&field(key))) {
                (true, _) => (key, given),
                (false, true) => (key, &given[..0]),
                (false, false) => (key, &given[..given.len().min(1)]),
            }
        })
    }

    fn wrong(&self, key: &Key, given: &Given, why: &str) -> anyhow::Error {
        anyhow!("`{}` ({}) cannot be used: {why}", key.name, self.shown(&given.origin))
    }

    /// Refuses settings that contradict what was typed.
    fn agree(&self, verify: &VerifyArgs) -> anyhow::Result<()> {
        ensure!(
            !(verify.intrusive && verify.no_side_effects),
            "--intrusive cannot be used: the settings say no_side_effects \
             (STANCH_NO_SIDE_EFFECTS=false undoes that)"
        );
        Ok(())
    }

    /// All excludes, the typed ones first.
    fn exclude(&self, typed: &[String]) -> anyhow::Result<Exclude> {
        let mut exclude = Exclude::default();
        let typed = exclude.add(Skip::Excluded, typed);
        typed.map_err(|error| {
            anyhow!("--exclude takes a glob in the syntax of .gitignore: {error}")
        })?;
        let all = KEYS.iter().filter(|key| key.name == "exclude").flat_map(|key| self.given(key));
        let from = |is_file: bool| -> Vec<&str> {
            let its = all.clone().filter(|it| matches!(it.origin, Origin::File(_)) == is_file);
            its.map(|it| it.text.as_str()).collect()
        };
        let whose = match self.own_top() {
            Some(_) => Skip::ExcludedByRepository,
            None => Skip::ExcludedBySettings,
        };
        // Each of them was checked when it was read.
        exclude.add(Skip::ExcludedBySettings, &from(false))?;
        exclude.add(whose, &from(true))?;
        Ok(exclude)
    }

    /// Where a value came from, in words.
    pub fn shown(&self, origin: &Origin) -> String {
        let file = self.file.as_ref().map_or("", |(_, name)| name.as_str());
        match origin {
            Origin::Flag(flag) => format!("--{flag}"),
            Origin::Variable(name) => format!("${name}"),
            Origin::File(line) => format!("{file}:{line}"),
            Origin::Default => "default".to_owned(),
        }
    }
}

/// The name of a key's flag in the program.
pub fn field(key: &Key) -> String {
    key.flag.unwrap_or_default().replace('-', "_")
}

/// Puts one value where its flag would put it.
fn set(
    key: &Key,
    text: &str,
    (scan, known): (&mut ScanArgs, &mut KnownArgs),
) -> Result<(), String> {
    if let Some(done) = set_verify(key.name, text, &mut scan.verify) {
        return done;
    }
    match key.name {
        // Who excludes what is kept apart.
        "exclude" => {}
        "prefixes" => scan.prefix.push(text.to_owned()),
        "rules" => scan.rules.push(text.into()),
        "evidence" => scan.evidence = values::parse_evidence(text)?,
        "fail_on" => {
            let fail_on = values::parse_fail_on(text)?;
            // Without asking nobody knows what lives.
            if fail_on != FailOn::Live || scan.verify.verify {
                scan.fail_on = fail_on;
            }
        }
        "max_file_size" => scan.max_file_size = Some(values::parse_size(text)?),
        "memory_limit" => scan.memory_limit = Some(values::parse_size(text)?),
        "threads" => scan.threads = Some(text.parse().map_err(|_| "write a number".to_owned())?),
        "baseline" => known.baseline = Some(text.into()),
        "ignore_file" if !known.ignore.no_ignore_file => {
            known.ignore.ignore_file = Some(text.into());
        }
        "ignore_file" => {}
        other => return Err(format!("{other} has no meaning")),
    }
    Ok(())
}

/// The same for what is about asking; `None` for what is not.
fn set_verify(key: &str, text: &str, verify: &mut VerifyArgs) -> Option<Result<(), String>> {
    let done = match key {
        "ca_file" => {
            verify.ca_file.push(text.into());
            Ok(())
        }
        "operator_only" => {
            verify.operator_only = text == "true";
            Ok(())
        }
        "no_side_effects" => {
            verify.no_side_effects = text == "true";
            Ok(())
        }
        "verify_concurrency" => {
            values::parse_at_once(text).map(|number| verify.verify_concurrency = number)
        }
        "verify_timeout" => values::parse_duration(text).map(|time| verify.verify_timeout = time),
        "verdict_cache" => {
            verify.verdict_cache = Some(text.into());
            Ok(())
        }
        "verdict_cache_age" => {
            values::parse_duration(text).map(|time| verify.verdict_cache_age = time)
        }
        _ => return None,
    };
    Some(done)
}

#[cfg(test)]
mod tests {
    use super::super::keys::{KEYS, Standard};
    use super::set;
    use crate::cli::args::{KnownArgs, scan_defaults};

    #[test]
    fn every_key_with_a_flag_has_a_meaning_and_its_default_is_that_of_the_flag() {
        for key in KEYS.iter().filter(|key| key.flag.is_some()) {
            let (mut scan, mut known) = (scan_defaults().expect("good"), KnownArgs::default());
            let before = format!("{scan:?} {known:?}");
            if let Standard::Value(text) = key.default {
                set(key, text, (&mut scan, &mut known)).expect("a meaning");
                assert_eq!(format!("{scan:?} {known:?}"), before, "{}", key.name);
            } else if !key.is_list() {
                set(key, "7", (&mut scan, &mut known)).expect("a meaning");
                assert_ne!(format!("{scan:?} {known:?}"), before, "{}", key.name);
            }
        }
    }
}
