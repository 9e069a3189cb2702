//! Which part of the targets this run reads: as was typed, or as GitLab tells a job with `parallel:`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use anyhow::anyhow;
use sha2::{Digest as _, Sha256};

use super::console::Console;
use crate::model::shard::Shard;

/// The variables in which GitLab tells a job which of how many it is (`doc/ci/variables/`).
const INDEX: &str = "CI_NODE_INDEX";
const TOTAL: &str = "CI_NODE_TOTAL";

/// Which part this run reads of so many targets; `None` when it reads them all.
pub fn of(
    typed: Option<Shard>,
    targets: usize,
    console: &Console,
) -> anyhow::Result<Option<Shard>> {
    let told = match typed {
        Some(_) => None,
        None => told(|name| std::env::var_os(name))?,
    };
    if let Some(told) = told.filter(|_| targets == 1) {
        // Jobs of a matrix differ in what they scan: whoever gives one target wants it scanned.
        console.note(&format!(
            "{INDEX} and {TOTAL} say that this is job {told}; there is only one target, and so every \
             job scans it (--shard {told} leaves it to the first)"
        ));
        return Ok(None);
    }
    let Some(shard) = typed.or(told).filter(|shard| shard.of() > 1) else { return Ok(None) };
    let own = (0..targets).filter(|place| shard.owns(*place)).count();
    let who = if told.is_some() { format!(" ({INDEX} and {TOTAL})") } else { String::new() };
    console.note(&match own {
        0 => format!("shard {shard} has no target: there are only {targets}{who}"),
        _ => format!("shard {shard} reads {own} of {targets} targets{who}"),
    });
    Ok(Some(shard))
}

/// What tells a list of targets from others: shards of different lists do not make a whole.
pub fn targets(targets: &[PathBuf]) -> String {
    let mut digest = Sha256::new();
    for target in targets {
        digest.update(target.as_os_str().as_bytes());
        digest.update([0]);
    }
    let digest = digest.finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// What GitLab tells. `parallel:` is set where there is more than one job.
fn told(variable: impl Fn(&str) -> Option<OsString>) -> anyhow::Result<Option<Shard>> {
    let is_job = variable("GITLAB_CI").is_some_and(|it| it == "true");
    let (Some(index), Some(total)) = (variable(INDEX), variable(TOTAL)) else { return Ok(None) };
    if !is_job || total == "1" {
        return Ok(None);
    }
    let text = index.to_str().zip(total.to_str()).map(|(index, total)| format!("{index}/{total}"));
    let shard = text.and_then(|text| Shard::parse(&text)).ok_or_else(|| {
        anyhow!("{INDEX} and {TOTAL} are no such thing as 1 and 2; --shard 1/1 scans every target")
    })?;
    Ok(Some(shard).filter(|shard| shard.of() > 1))
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn only_a_job_with_siblings_is_told() {
        let told = |ci: &str, index: &str, total: &str| {
            told(|name| {
                let value = match name {
                    "GITLAB_CI" => ci,
                    "CI_NODE_INDEX" => index,
                    _ => total,
                };
                (!value.is_empty()).then(|| value.into())
            })
            .map(|shard| shard.map(|it| it.to_string()))
            .map_err(|error| error.to_string())
        };
        assert_eq!(told("true", "2", "3"), Ok(Some("2/3".to_owned())));
        for (ci, index, total) in
            [("", "2", "3"), ("true", "", "3"), ("true", "", "1"), ("true", "1", "1")]
        {
            assert_eq!(told(ci, index, total), Ok(None));
        }
        for (index, total) in [("0", "3"), ("4", "3"), ("x", "3"), ("1", "0"), ("1", "many")] {
            assert!(told("true", index, total).is_err_and(|it| it.contains("CI_NODE_INDEX")));
        }
    }
}
