//! `--mr-note`: what the note on a merge request says goes into a file, or to GitLab.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};

use crate::cli::args::{MrNote, ScanArgs};
use crate::cli::config::Config;
use crate::cli::console::Console;
use crate::cli::instances::named;
use crate::cli::output::ReportFile;
use crate::cli::verify::authorities;
use crate::gitlab::notes::{self, MergeRequest, Page, Thread};
use crate::gitlab::routes;
use crate::model::finding::Outcome;
use crate::net::address::Address;
use crate::net::door::Door;
use crate::net::http::Client;
use crate::net::message::{Request, Response};
use crate::report::note::{About, Before, markdown, marker};

/// Time for all requests of a note.
const TIME: Duration = Duration::from_secs(60);

/// Where the note goes.
pub enum Note {
    /// Into this file.
    File(ReportFile),
    /// To a merge request.
    Post(Box<Post>),
}

/// A merge request that can be reached.
pub struct Post {
    address: Address,
    request: MergeRequest,
    client: Client,
    job: Option<String>,
}

impl Note {
    /// Looks at what was typed and at the job's variables, before any work is done. `None` when no
    /// note is wanted, or none can be posted: that is said.
    pub fn prepare(
        wanted: Option<&MrNote>,
        args: &ScanArgs,
        config: &Config,
        console: &Console,
    ) -> anyhow::Result<Option<Self>> {
        match wanted {
            None => Ok(None),
            Some(MrNote::File(file)) => {
                Ok(Some(Self::File(ReportFile::named("note", &PathBuf::from(file))?)))
            }
            Some(MrNote::Post) => match Post::prepare(args, config, console)? {
                Ok(post) => Ok(Some(Self::Post(Box::new(post)))),
                Err(why) => {
                    console.note(&format!("no note is posted: {why}"));
                    Ok(None)
                }
            },
        }
    }

    /// Writes or posts what a result comes to. When nothing was found and everything was read a thread
    /// that is there is resolved, and none is begun.
    pub fn tell(&self, outcome: &Outcome) -> anyhow::Result<()> {
        let base = blob_base();
        let job = job();
        let about = |before| About { blob_base: base.as_deref(), before, job: job.as_deref() };
        let text = |before| markdown(outcome, &about(before));
        match self {
            Self::File(file) => file.write(text(Before::Nothing).as_bytes(), false),
            Self::Post(post) => {
                let is_clean = outcome.findings.is_empty() && outcome.coverage.complete();
                // What another shard reads may hold more.
                post.tell(&text, is_clean && outcome.part.is_none())
            }
        }
    }
}

impl Post {
    /// The inner error says why there is no merge request, or no credential for it.
    fn prepare(
        args: &ScanArgs,
        config: &Config,
        console: &Console,
    ) -> anyhow::Result<Result<Self, &'static str>> {
        let variable = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        // A fork's pipeline runs in the fork, but the merge request is in the project it goes to.
        let project = set("CI_MERGE_REQUEST_PROJECT_ID").or_else(|| set("CI_PROJECT_ID"));
        let (Some(iid), Some(project)) = (set("CI_MERGE_REQUEST_IID"), project) else {
            return Ok(Err("this is no pipeline of a merge request"));
        };
        let Some(url) = set("CI_SERVER_URL") else {
            return Ok(Err("CI_SERVER_URL is not set"));
        };
        let address = Address::parse(&url)
            .map_err(|error| anyhow!("CI_SERVER_URL cannot be used: {error}"))?;
        let named = named(&args.verify.gitlab_url, config, &variable)?;
        if !args.verify.verify {
            named.notes.iter().for_each(|note| console.note(note));
        }
        let instance = named.instances.into_iter().find(|it| it.address == address);
        let Some(operator) = instance.and_then(|it| it.operator) else {
            return Ok(Err(
                "there is no credential of the operator's for the instance of this job \
                           (STANCH_GITLAB_TOKEN)",
            ));
        };
        let client = Client::new(&authorities(&args.verify.ca_file)?)?;
        let request = MergeRequest { project, iid, operator };
        Ok(Ok(Self { address, request, client, job: job() }))
    }

    fn tell(&self, text: &dyn Fn(Before) -> String, is_clean: bool) -> anyhow::Result<()> {
        let addresses = std::slice::from_ref(&self.address);
        // The time begins now, however long the scan has taken.
        let door = Door::new(self.client.clone(), addresses, 1, Instant::now() + TIME);
        let answer = self.ask(&door, &routes::current_user(&self.request.operator))?;
        let Some(user) = notes::user(&answer) else {
            let why = notes::refusal(&answer);
            bail!("the note is not posted: {}", why.unwrap_or("no user was named".to_owned()));
        };
        let thread = self.thread(&door, user)?;
        let text = text(if thread.is_some() { Before::Tokens } else { Before::Nothing });
        for change in notes::changes(thread.as_ref(), &text, is_clean) {
            let Some(request) = self.request.request(&change, thread.as_ref(), &text) else {
                continue;
            };
            if let Some(why) = notes::refusal(&self.ask(&door, &request)?) {
                bail!("the note is not posted: {why}");
            }
        }
        Ok(())
    }

    /// Our thread, if there is one.
    fn thread(&self, door: &Door, user: u64) -> anyhow::Result<Option<Thread>> {
        let mut page = 1;
        while page <= notes::PAGES {
            let answer = self.ask(door, &self.request.threads(page))?;
            match notes::ours(&answer, user, &marker(self.job.as_deref())) {
                Page::Ours(thread) => return Ok(Some(thread)),
                Page::Others => {}
                Page::None => {
                    let why = notes::refusal(&answer).unwrap_or("no list of notes".to_owned());
                    bail!("the note is not posted: {why}");
                }
            }
            match answer.next_page {
                Some(next) if next > page => page = next,
                _ => break,
            }
        }
        Ok(None)
    }

    fn ask(&self, door: &Door, request: &Request) -> anyhow::Result<Response> {
        let answer = door.ask(&self.address, request).answer;
        answer.map_err(|failure| anyhow!("the note is not posted: the instance {failure}"))
    }
}

/// Where GitLab shows the files of the commit that is scanned.
fn blob_base() -> Option<String> {
    let project = std::env::var("CI_PROJECT_URL").ok().filter(|url| !url.is_empty())?;
    let commit = std::env::var("CI_COMMIT_SHA").ok().filter(|id| !id.is_empty())?;
    Some(format!("{project}/-/blob/{commit}"))
}

/// The name of the job that is running.
fn job() -> Option<String> {
    std::env::var("CI_JOB_NAME").ok().filter(|name| !name.is_empty())
}
