//! Which instances the operator named, and with which credential of the operator's. Nothing that was
//! scanned has a say in it. A credential is never an argument, since other users of the machine can
//! see those: it comes from the environment or from a file.

use std::path::Path;

use anyhow::{anyhow, bail, ensure};

use super::config::{Config, InstanceSetting};
use super::settings;
use crate::model::secret::Secret;
use crate::net::address::Address;
use crate::verify::Instance;

/// Names an instance.
const URL: &str = "STANCH_GITLAB_URL";
/// So does the server that runs a job.
const OF_JOB: &str = "CI_SERVER_URL";
/// So do the settings and the command line.
const SETTING: &str = "[[instance]]";
const FLAG: &str = "--gitlab-url";
/// Holds the operator's credential.
const TOKEN: &str = "STANCH_GITLAB_TOKEN";
/// A credential is not longer: a job token of GitLab's has 8 KiB at most.
const LONGEST: u64 = 16 << 10;

/// The job's own token. GitLab has it under other names, too, but what a job's author puts there is not
/// the job's (docs.gitlab.com/ci/variables/predefined_variables).
const JOB_TOKEN: &str = "CI_JOB_TOKEN";

/// Reads the environment.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the operator named.
#[derive(Debug, Default)]
pub struct Named {
    /// The instances, each once.
    pub instances: Vec<Instance>,
    /// Every credential that could be read, also those for other instances.
    pub own: Vec<Secret>,
    /// What the operator should know: credentials that are not used, or not there.
    pub notes: Vec<String>,
}

/// The instances of `--gitlab-url` if there are any; else that of the environment and those of the
/// settings; else, inside a GitLab job, the one that runs the job.
pub fn named(typed: &[String], config: &Config, variable: Variable<'_>) -> anyhow::Result<Named> {
    let distinct = addresses(typed, config, variable)?;
    let distinct: Vec<Address> = distinct.into_iter().map(|(address, _)| address).collect();
    let variable = |name: &str| set(variable, name);
    let of_environment = variable(URL).map(|url| parse(&url, URL)).transpose()?;
    let of_settings = of_settings(config)?;
    ensure!(
        !distinct.is_empty(),
        "no instance is named that may be asked: give --gitlab-url URL (https://gitlab.com, say), \
         set {URL}, or write [[instance]] into your settings"
    );
    let general = variable(TOKEN).map(|token| secret(token.as_bytes(), TOKEN)).transpose()?;
    ensure!(
        general.is_none() || of_environment.is_some() || distinct.len() == 1,
        "{TOKEN} is set, but several instances are named: say in {URL} which one it is for, or \
         give each its own token_env in [[instance]]"
    );
    let mut named = Named { own: general.iter().cloned().collect(), ..Named::default() };
    let mut of_setting = Vec::new();
    for (address, setting) in &of_settings {
        let own = credential(setting, &variable, &mut named.notes)?;
        named.own.extend(own.clone());
        of_setting.extend(own.map(|own| (address, own)));
    }
    // The job's own token is ours, too.
    let in_job = variable("GITLAB_CI").is_some_and(|value| value == "true");
    let of_job = variable(JOB_TOKEN).filter(|_| in_job);
    named.own.extend(of_job.map(|token| Secret::new(token.as_bytes())));
    // A credential without an address is for the instance that the environment names, or for the
    // only one: never for several.
    let is_its = |address: &Address| of_environment.as_ref().is_none_or(|known| known == address);
    for address in distinct {
        let own = of_setting.iter().find(|(known, _)| **known == address);
        let own = own.map(|(_, own)| own.clone());
        let operator = own.or_else(|| general.clone().filter(|_| is_its(&address)));
        named.instances.push(Instance { address, operator });
    }
    if general.is_some() && !named.instances.iter().any(|it| is_its(&it.address)) {
        named
            .notes
            .push(format!("{TOKEN} is not used: {URL} says that it is for another instance"));
    }
    Ok(named)
}

/// The credentials of the job that is running and of the operator, each with the name of the variable
/// or setting that holds it. What cannot be read is passed over: whoever needs it complains.
pub fn own(config: &Config, variable: Variable<'_>) -> Vec<(String, Secret)> {
    let of_variables = [JOB_TOKEN, TOKEN].into_iter();
    let of_settings = config.instance.iter().filter_map(|it| it.token_env.as_deref());
    let mut own: Vec<(String, Secret)> = of_variables
        .chain(of_settings)
        .filter_map(|name| Some((name, variable(name)?)))
        .filter_map(|(name, value)| Some((name.to_owned(), secret(value.as_bytes(), name).ok()?)))
        .collect();
    let files = config.instance.iter().filter_map(|it| it.token_file.as_deref());
    own.extend(files.filter_map(|file| Some((file.display().to_string(), read(file).ok()?))));
    own
}

/// A variable that says something.
fn set(variable: Variable<'_>, name: &str) -> Option<String> {
    variable(name).filter(|value| !value.trim().is_empty())
}

fn of_settings(config: &Config) -> anyhow::Result<Vec<(Address, &InstanceSetting)>> {
    let settings = config.instance.iter();
    settings.map(|setting| Ok((parse(&setting.url, SETTING)?, setting))).collect()
}

/// The addresses that were named, each once, and where: see [`named`].
pub fn addresses(
    typed: &[String],
    config: &Config,
    variable: Variable<'_>,
) -> anyhow::Result<Vec<(Address, &'static str)>> {
    let mut addresses = Vec::new();
    for url in typed {
        addresses.push((parse(url, FLAG)?, FLAG));
    }
    let of_environment = set(variable, URL).map(|url| parse(&url, URL)).transpose()?;
    let of_settings = of_settings(config)?;
    if addresses.is_empty() {
        addresses.extend(of_environment.map(|address| (address, URL)));
        addresses.extend(of_settings.into_iter().map(|(address, _)| (address, SETTING)));
    }
    let in_job = set(variable, "GITLAB_CI").is_some_and(|value| value == "true");
    if addresses.is_empty() && in_job {
        let url = set(variable, OF_JOB);
        addresses.extend(
            url.map(|url| Ok::<_, anyhow::Error>((parse(&url, OF_JOB)?, OF_JOB))).transpose()?,
        );
    }
    let mut distinct: Vec<(Address, &'static str)> = Vec::new();
    for (address, whence) in addresses {
        if !distinct.iter().any(|(known, _)| *known == address) {
            distinct.push((address, whence));
        }
    }
    Ok(distinct)
}

/// True when a setting is about the instance at this address.
pub fn is_at(setting: &InstanceSetting, address: &Address) -> bool {
    Address::parse(&setting.url).is_ok_and(|its| its == *address)
}

fn parse(url: &str, whence: &str) -> anyhow::Result<Address> {
    Address::parse(url).map_err(|error| anyhow!("{whence} cannot be used: {error}"))
}

/// The credential that a setting points to.
fn credential(
    setting: &InstanceSetting,
    variable: &dyn Fn(&str) -> Option<String>,
    notes: &mut Vec<String>,
) -> anyhow::Result<Option<Secret>> {
    match (&setting.token_env, &setting.token_file) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => bail!("[[instance]] has token_env and token_file; keep one of them"),
        (Some(name), None) => match variable(name) {
            Some(token) => secret(token.as_bytes(), "the variable of token_env").map(Some),
            // A job that has no credential can still ask with the tokens themselves.
            None => {
                let why = "is not set, so there is no credential of yours";
                notes.push(format!("the variable of token_env {why} for {}", setting.url));
                Ok(None)
            }
        },
        (None, Some(file)) => read(file).map(Some),
    }
}

fn read(file: &Path) -> anyhow::Result<Secret> {
    let text = zeroize::Zeroizing::new(settings::read_at_most(file, LONGEST, "token_file")?);
    secret(&text, "token_file")
}

fn secret(text: &[u8], whence: &str) -> anyhow::Result<Secret> {
    let text = text.trim_ascii();
    let is_token =
        !text.is_empty() && text.len() as u64 <= LONGEST && text.iter().all(u8::is_ascii_graphic);
    ensure!(is_token, "{whence} holds no credential: one word was expected");
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::named;
    use crate::cli::config::{Config, InstanceSetting};

    fn shown(typed: &[&str], settings: &[&str], variables: &[(&str, &str)]) -> String {
        let typed: Vec<String> = typed.iter().map(|it| (*it).to_owned()).collect();
        let setting = |url: &&str| InstanceSetting {
            url: (*url).to_owned(),
            token_env: Some("OTHER".to_owned()),
            token_file: None,
        };
        let config =
            Config { instance: settings.iter().map(setting).collect(), ..Config::default() };
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        let variable = |name: &str| variables.get(name).map(|it| (*it).to_owned());
        match named(&typed, &config, &variable) {
            Ok(named) => {
                let shown = named.instances.iter().map(|it| {
                    let secret = it.operator.as_ref().map(|it| it.expose().to_vec());
                    let secret = String::from_utf8(secret.unwrap_or_default()).expect("text");
                    format!("{}={secret}", it.address.host())
                });
                shown.collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string().split(':').next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn what_was_typed_goes_before_all_else() {
        let all = [("STANCH_GITLAB_URL", "https://env"), ("STANCH_GITLAB_TOKEN", "t")];
        let job = [("GITLAB_CI", "true"), ("CI_SERVER_URL", "https://ci")];
        assert_eq!(shown(&["https://a"], &["https://b"], &all), "a=");
        assert_eq!(shown(&["https://env", "env"], &["https://b"], &all), "env=t");
        assert_eq!(shown(&[], &["https://b"], &all), "env=t b=");
        assert_eq!(shown(&[], &["https://b"], &[("OTHER", "o")]), "b=o");
        assert_eq!(shown(&[], &[], &job), "ci=");
        assert_eq!(shown(&[], &[], &job[1..]), "no instance is named that may be asked");
        assert_eq!(shown(&["a"], &["https://a"], &[("OTHER", "o"), all[1]]), "a=o");
    }

    #[test]
    fn a_credential_goes_to_one_instance() {
        let token = [("STANCH_GITLAB_TOKEN", "t")];
        assert_eq!(shown(&["https://a"], &[], &token), "a=t");
        let complaint = "STANCH_GITLAB_TOKEN is set, but several instances are named";
        assert_eq!(shown(&["https://a", "https://b"], &[], &token), complaint);
        let odd = [("STANCH_GITLAB_TOKEN", "two words")];
        let complaint = "STANCH_GITLAB_TOKEN holds no credential";
        assert_eq!(shown(&["https://a"], &[], &odd), complaint);
    }
}
