//! `--verify` and `--egress-plan`: what was typed turned into instances and options, before anything
//! is read; then verdicts for what was found.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::args::VerifyArgs;
use super::config::Config;
use super::console::Console;
use super::instances::named;
use super::verdict_cache::CacheFile;
use super::{interrupt, settings};
use crate::engine::Engine;
use crate::engine::scrub::Scrub;
use crate::gitlab::ladder::{Home, Policy};
use crate::model::egress::Egress;
use crate::model::finding::{Finding, Outcome};
use crate::model::secret::Secret;
use crate::net::address::{Address, host_of};
use crate::net::door::Door;
use crate::net::http::Client;
use crate::sources::progress::Progress;
use crate::verify::{self, Means, Options};

/// So many characters are kept of each text that an instance tells.
const LONGEST_TEXT: usize = 300;
/// A certificate file is not larger.
const LARGEST: u64 = 16 << 20;

/// Everything that is needed to ask.
pub struct Verifier {
    options: Options,
    authorities: Vec<(String, Vec<u8>)>,
    cache: Option<CacheFile>,
}

impl Verifier {
    /// Looks at what was typed; `None` when nobody is to be asked. `remotes` are addresses of remotes.
    pub fn prepare(
        args: &VerifyArgs,
        config: &Config,
        remotes: &[String],
        (console, now): (&Console, i64),
    ) -> anyhow::Result<Option<Self>> {
        if !args.verify && !args.egress_plan {
            return Ok(None);
        }
        // What is no UTF-8 is no address and no credential: it is refused, not passed over.
        let variable = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
        let named = named(&args.gitlab_url, config, &variable)?;
        named.notes.iter().for_each(|note| console.note(note));
        let authorities = authorities(&args.ca_file)?;
        let open = |path| CacheFile::open(path, args.verdict_cache_age, now);
        let cache = args.verdict_cache.as_deref().map(open).transpose()?;
        let mut seen = BTreeSet::new();
        let hosts = remotes.iter().filter_map(|url| remote_host(url));
        let options = Options {
            instances: named.instances,
            own: named.own,
            remotes: hosts.filter(|host| seen.insert(host.clone())).collect(),
            policy: Policy {
                intrusive: args.intrusive,
                no_side_effects: args.no_side_effects,
                operator_only: args.operator_only,
            },
            home: Home::default(),
            at_once: args.verify_concurrency,
            time: args.verify_timeout,
            now,
        };
        Ok(Some(Self { options, authorities, cache }))
    }

    /// Where the operator says that tokens belong.
    pub fn at_home(&mut self, home: Home) {
        self.options.home = home;
    }

    /// How it asks.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// A way out to the named instances, for as long as verifying may take and a little more.
    pub fn door(&self, more: Duration) -> anyhow::Result<Door> {
        let client = Client::new(&self.authorities)?;
        let addresses: Vec<Address> =
            self.options.instances.iter().map(|it| it.address.clone()).collect();
        let deadline = std::time::Instant::now() + self.options.time + more;
        Ok(Door::new(client, &addresses, self.options.at_once, deadline))
    }

    /// What would be sent.
    pub fn plan(&self, findings: &[Finding]) -> Egress {
        verify::plan(findings, &self.options, self.cache.as_ref().map(|file| &file.cache))
    }

    /// Gives every finding its verdict.
    pub fn run(
        &mut self,
        outcome: &mut Outcome,
        engine: &Engine,
        show_secrets: bool,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        let started = std::time::Instant::now();
        let findings = &mut outcome.findings;
        if findings.is_empty() {
            outcome.asked = Some(crate::model::verdict::Asked::default());
            return Ok(());
        }
        let client = Client::new(&self.authorities)?;
        let interrupted = interrupt::watch();
        let means = Means { client, interrupted: Arc::clone(&interrupted) };
        progress.begin("asking GitLab about tokens".to_owned());
        progress.expect(findings.len() as u64);
        let cache = self.cache.as_mut().map(|file| &mut file.cache);
        let asked = verify::run(findings, &self.options, means, cache, &|_| progress.text());
        // From here on one Ctrl-C is enough to end the program.
        interrupted.store(true, Ordering::Relaxed);
        clean(findings, &self.options.own, engine, show_secrets);
        Finding::sort(findings);
        outcome.asked = Some(asked);
        outcome.elapsed += started.elapsed();
        match &self.cache {
            Some(file) => file.save(),
            None => Ok(()),
        }
    }
}

/// The certificates in these files, with the names of the files.
pub fn authorities(files: &[PathBuf]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let read = |file: &PathBuf| {
        let certificates = settings::read_at_most(file, LARGEST, "certificates")?;
        Ok((file.display().to_string(), certificates))
    };
    files.iter().map(read).collect()
}

/// An instance may quote a token in what it says of it, or the operator's credential, which nobody
/// has asked to see.
fn clean(findings: &mut [Finding], own: &[Secret], engine: &Engine, show_secrets: bool) {
    let found = findings.iter().map(|it| (it.secret.clone(), it.facts.prefix.len()));
    let secrets: Vec<(Secret, usize)> = found.filter(|_| !show_secrets).collect();
    let known = secrets.iter().map(|(secret, prefix)| (secret.expose(), *prefix));
    // Of a credential the part behind its prefix is hidden, too.
    let own = own.iter().flat_map(|secret| {
        let dash = secret.expose().iter().rposition(|&byte| byte == b'-');
        let prefix = dash.map_or(0, |dash| dash + 1).min(secret.expose().len() / 2);
        [(secret.expose(), 0), (secret.expose(), prefix)]
    });
    let scrub = match show_secrets {
        true => Scrub::of_known(engine, own),
        false => Scrub::new(engine, known.chain(own)),
    };
    let text = |text: &str| {
        let clean = String::from_utf8_lossy(&scrub.clean(text.as_bytes())).into_owned();
        match clean.char_indices().nth(LONGEST_TEXT) {
            Some((end, _)) => format!("{}…", &clean[..end]),
            None => clean,
        }
    };
    for finding in findings {
        finding.verdict = std::mem::take(&mut finding.verdict).map_text(&text);
    }
}

/// The host of a remote: a URL, or `user@host:path`.
fn remote_host(url: &str) -> Option<String> {
    if url.contains("://") {
        return host_of(url);
    }
    let (host, _) = url.split_once(':')?;
    host_of(host.rsplit_once('@').map_or(host, |(_, host)| host))
}
