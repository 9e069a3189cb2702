//! `stanch revoke`: the real binary against a GitLab on loopback whose tokens really die, and whose
//! other tokens must not.

mod canaries;
mod crash;
mod doubt;
mod journal;
mod kinds;
mod ladder;
mod manners;
mod plan;
mod policy;
mod property;
mod rotate;
mod session;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stanch::token::sample::Sampler;

use crate::support::gitlab::{GitLab, Place, Recorded, State};
use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;

/// A GitLab with people, places and tokens that nobody leaked, and a folder for those that somebody
/// did.
struct World {
    gitlab: GitLab,
    folder: Folder,
    /// An administrator's token.
    admin: String,
    /// The token of olga, who owns the group and is no administrator.
    owner: String,
    /// Tokens of every kind that must outlive every test.
    bystanders: Vec<String>,
}

/// Ann, whose tokens leak: a developer of the group.
const ANN: u64 = 5;
const OLGA: u64 = 4;
const GROUP: Place = Place::Group(3);
const PROJECT: Place = Place::Project(7);

impl World {
    /// Nobody has given the program a credential yet.
    fn new() -> Self {
        let gitlab = GitLab::start();
        let (admin, owner) = (pat(9001), pat(9002));
        let mut state = gitlab.state();
        state.user(OLGA, "olga");
        state.user(ANN, "ann");
        state.user(6, "bob");
        state.group(3, "group").member(OLGA, 50).member(ANN, 30);
        state.group(13, "other");
        state.project(7, "group/app");
        state.project(8, "other/thing").member(6, 40);
        state.admin(1, &admin);
        state.pat(&owner, OLGA, &["api"]);
        let bystanders = bystanders(&mut state);
        drop(state);
        Self { gitlab, folder: Folder::new(), admin, owner, bystanders }
    }

    /// The operator is an administrator.
    fn with_admin() -> Self {
        let mut world = Self::new();
        world.folder.set("STANCH_GITLAB_TOKEN", &world.admin);
        world
    }

    /// The operator owns the group.
    fn with_owner() -> Self {
        let mut world = Self::new();
        world.folder.set("STANCH_GITLAB_TOKEN", &world.owner);
        world
    }

    /// Puts these lines into the file that is scanned.
    fn leak(&self, lines: &[&str]) {
        self.folder.write("leak", lines.join("\n") + "\n");
    }

    /// Adds a personal access token of ann's, which has leaked alone.
    fn leaked_pat(&self, seed: u64, scopes: &[&str]) -> String {
        let token = pat(seed);
        self.gitlab.state().pat(&token, ANN, scopes);
        self.leak(&[&token]);
        token
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = self.folder.command();
        command.args(["revoke", "leak", "--format", "jsonl", "--gitlab-url", &self.gitlab.url()]);
        command.args(more);
        command
    }

    /// Plans or, if the arguments say so, does it.
    fn revoke(&self, more: &[&str]) -> Run {
        crate::support::program::run(self.command(more), b"")
    }

    /// Does it without a person.
    fn apply(&self, more: &[&str]) -> Run {
        self.revoke(&[&["--apply", "--yes"], more].concat())
    }

    /// Starts it, to be disturbed.
    fn start(&self, more: &[&str]) -> Child {
        let mut command = self.command(&[&["--apply", "--yes"], more].concat());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it starts")
    }

    fn lives(&self, token: &str) -> bool {
        self.gitlab.state().is_live(token)
    }

    /// Fails if anything died that was not leaked.
    #[track_caller]
    fn is_intact(&self) {
        let state = self.gitlab.state();
        for token in self.bystanders.iter().chain([&self.admin, &self.owner]) {
            assert!(state.is_live(token), "{}… died", &token[..token.len().min(9)]);
        }
    }

    /// The requests that change something, with their methods.
    fn changes(&self) -> Vec<String> {
        let all = self.gitlab.requests();
        all.iter().filter(|it| !is_question(it)).map(line).collect()
    }

    /// Where the journal is unless somebody says otherwise.
    fn journal(&self) -> PathBuf {
        self.folder.home().join(".local/state/stanch/journal.jsonl")
    }

    fn journal_lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.journal()).expect("a journal");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// The journal as its own command sees it.
    fn journal_is(&self, code: i32) -> Run {
        self.folder.run(&["journal", "verify"]).expect(code)
    }

    /// Waits until the server has had a request that begins so.
    #[track_caller]
    fn wait_for(&self, child: &mut Child, request: &str) {
        self.wait_until(child, || self.count(request) > 0);
    }

    /// Waits until then; the child must not have ended before.
    #[track_caller]
    fn wait_until(&self, child: &mut Child, reached: impl Fn() -> bool) {
        let begun = Instant::now();
        while !reached() {
            let requests: Vec<_> = self.gitlab.requests().iter().map(line).collect();
            let ended = child.try_wait().expect("a child").filter(|_| !reached());
            assert!(ended.is_none(), "it ended too early ({ended:?}): {requests:#?}");
            assert!(begun.elapsed() < Duration::from_secs(20), "{requests:#?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// How many requests have come that begin so.
    fn count(&self, request: &str) -> usize {
        self.gitlab.requests().iter().filter(|it| line(it).starts_with(request)).count()
    }
}

/// One of each kind: siblings of what leaks, and things of other people.
fn bystanders(state: &mut State) -> Vec<String> {
    let mut sampler = Sampler::new(9100);
    let mut made = |prefix: &str| [prefix, &sampler.friendly(20)].concat();
    let (own, bobs, bot, trigger) =
        (made("glpat-"), made("glpat-"), made("glpat-"), made("glptt-"));
    let (deploy, of_group, runner) = (made("gldt-"), made("gldt-"), made("glrt-"));
    let (job, feed, mail, flags) =
        (made("glcbt-64_"), made("glft-"), made("glimt-"), made("glffct-"));
    let (secret, oauth, scim, cookie) = (made("gloas-"), made("x"), made("glsoat-"), made("y"));
    let (agent, registration) = (made("glagent-"), made("GR1348941"));
    let key = ["SHA256:", &made("")].concat();
    state.pat(&own, ANN, &["api"]);
    state.pat(&bobs, 6, &["api"]);
    state.resource_token(&bot, PROJECT, &["api"], 40);
    state.trigger(&trigger, 7, OLGA);
    state.deploy_token(&deploy, PROJECT);
    state.deploy_token(&of_group, GROUP);
    state.runner(&runner, PROJECT);
    state.job(&job, 7, ANN);
    state.feed_token(&feed, 6);
    state.mail_token(&mail, 6);
    state.flags_client(&flags, 8);
    state.oauth_app("another-application", &secret);
    state.oauth_token(&oauth, 6, &["api"]);
    state.scim_token(&scim, Some("other"));
    state.session(&cookie, 6);
    state.deploy_key(&key, "aa:bb").opens(7, true);
    state.agent_token(&agent, 7, 9);
    state.registration_token(&registration, Place::Project(8));
    let (first, second) = ([own, bobs, bot, trigger, deploy, of_group], [runner, job, feed, mail]);
    let third = [flags, secret, oauth, scim, cookie, key, agent, registration];
    first.into_iter().chain(second).chain(third).collect()
}

/// A token of this prefix.
fn made(prefix: &str, seed: u64) -> String {
    [prefix, &Sampler::new(seed).friendly(20)].concat()
}

/// The lines of a report that are of this type.
#[track_caller]
fn lines(run: &Run, kind: &str) -> Vec<Value> {
    let parse = |line: &str| -> Value { serde_json::from_str(line).expect("JSON on each line") };
    run.stdout.lines().map(parse).filter(|it| it["type"] == kind).collect()
}

/// The only line of this type.
#[track_caller]
fn one(run: &Run, kind: &str) -> Value {
    let mut found = lines(run, kind);
    assert_eq!(found.len(), 1, "stdout:\n{}\nstderr:\n{}", run.stdout, run.stderr);
    found.remove(0)
}

/// How it ended for the token of this fingerprint.
#[track_caller]
fn outcome(run: &Run, fingerprint: &str) -> String {
    let mut found = lines(run, "receipt");
    found.retain(|it| it["fingerprint"] == fingerprint);
    assert_eq!(found.len(), 1, "stdout:\n{}\nstderr:\n{}", run.stdout, run.stderr);
    found[0]["outcome"].as_str().expect("a word").to_owned()
}

/// What a token of this kind is called wherever it must not be shown.
fn fingerprint(kind: &str, token: &str) -> String {
    let digest = Sha256::digest([kind.as_bytes(), &[0], token.as_bytes()].concat());
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of_pat(token: &str) -> String {
    fingerprint("personal_access_token", token)
}

/// A request as tests name it: its method and its path.
fn line(request: &Recorded) -> String {
    format!("{} {}", request.method, request.path)
}

/// True for what asks and changes nothing; some of it must be refused to be that.
fn is_question(request: &Recorded) -> bool {
    let asks = ["/api/v4/admin/token", "/api/v4/runners/verify", "/api/v4/runners", "/oauth/token"];
    let probe = request.path.ends_with("/trigger/pipeline");
    let post = request.method == "POST" && (probe || asks.contains(&request.path.as_str()));
    post || request.method == "GET"
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Sends a signal to a child, and to nothing else.
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success(), "no signal was sent");
}

/// Waits for the end of a child that was started with pipes.
fn finish(child: Child) -> Run {
    let output = child.wait_with_output().expect("it ends");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
