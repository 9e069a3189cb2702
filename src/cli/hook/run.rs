//! `stanch hook run`: what an installed hook runs. Looks at what git is about to take in, and blocks
//! it when a token is there, or when it could not be looked at. Nothing is asked over a network.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::pushed;
use crate::cli::args::{self, FailOn, GlobalArgs, HookName, KnownArgs, OnTimeout, RunArgs};
use crate::cli::config::Config;
use crate::cli::config::place::Own;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::scan::now;
use crate::cli::targets::Targets;
use crate::cli::{known, settings, targets};
use crate::git::pushed::Receiver;
use crate::git::range::Range;
use crate::git::repository::Repository;
use crate::model::coverage::Coverage;
use crate::model::finding::Outcome;
use crate::report::blocked::{self, Gate};
use crate::scan::{self, Work};
use crate::sources::Source;
use crate::sources::exclude::Exclude;
use crate::sources::progress::Progress;
use crate::sources::range::CommitRange;
use crate::sources::staged::StagedChange;

/// Let everything pass.
const SKIP: &str = "STANCH_SKIP";
/// How long a server's hook may take when nothing else was said: what waits for it gives up after a
/// minute in GitLab.
const SERVERS_BUDGET: Duration = Duration::from_secs(50);

/// How to say that something is no secret.
const IGNORE: &str = "No secret? stanch ignore add FINGERPRINT --reason TEXT";

const COMMIT: Gate = Gate {
    what: "commit",
    todo: "Take it out and stage the file again (git add). If others may have seen it, revoke it, too.",
    ignore: Some(IGNORE),
    anyway: "Commit it on purpose, this once: STANCH_SKIP=1 git commit",
    all: "stanch scan --staged shows all",
};
const PUSH: Gate = Gate {
    what: "push",
    todo: "Take it out of the commits (git commit --amend, git rebase -i). If others may have seen it, \
           revoke it, too.",
    ignore: Some(IGNORE),
    anyway: "Push it on purpose, this once: STANCH_SKIP=1 git push",
    all: "stanch scan --range OLD..NEW shows all",
};
const RECEIVED: Gate = Gate {
    what: "push",
    todo: "Take it out of the commits (git commit --amend, git rebase -i) and push again. If others \
           may have seen it, revoke it, too.",
    ignore: None,
    anyway: "No secret, or on purpose? Ask those who run this server: STANCH_SKIP=1 lets it pass.",
    all: "stanch scan --range OLD..NEW shows all",
};

/// Looks, and says why something is blocked.
pub(super) fn run(args: &RunArgs, global: &GlobalArgs, console: &Console) -> Exit {
    let lead = lead(args.hook);
    if std::env::var_os(SKIP).is_some_and(|value| value == "1") {
        console.tell(lead, &["stanch: nothing was looked at: STANCH_SKIP=1 is set"]);
        return Exit::Clean;
    }
    match within(args, global, *console) {
        Ok(Some(outcome)) => {
            let mut lines = blocked::lines(&outcome, &gate(args.hook));
            lines.extend(blocked::left_out(&outcome));
            if let Some(first) = lines.first_mut() {
                first.insert_str(0, "stanch: ");
                console.tell(lead, &lines);
            }
            Exit::of(&outcome, FailOn::Any)
        }
        Ok(None) => timed_out(args, console),
        Err(error) => {
            let what = gate(args.hook).what;
            let why = format!("{error:#}");
            let mut lines: Vec<String> =
                why.lines().map(|line| format!("stanch: {line}")).collect();
            lines.push(format!("stanch: the {what} is blocked, since it could not be looked at"));
            lines.push(gate(args.hook).anyway.to_owned());
            console.tell(lead, &lines);
            Exit::Failed
        }
    }
}

/// What stands before each line. GitLab shows lines of a server's hook in its pages when they begin
/// like this.
fn lead(hook: HookName) -> &'static str {
    if hook == HookName::PreReceive { "GL-HOOK-ERR: " } else { "" }
}

fn gate(hook: HookName) -> Gate {
    match hook {
        HookName::PreCommit => COMMIT,
        HookName::PrePush => PUSH,
        HookName::PreReceive => RECEIVED,
    }
}

fn budget(args: &RunArgs) -> Option<Duration> {
    let servers = (args.hook == HookName::PreReceive).then_some(SERVERS_BUDGET);
    args.time.budget.or(servers)
}

fn timed_out(args: &RunArgs, console: &Console) -> Exit {
    let seconds = budget(args).unwrap_or_default().as_secs();
    let what = gate(args.hook).what;
    let unread =
        format!("stanch: not all of the {what} was looked at within {seconds} s (--budget)");
    match args.time.on_timeout {
        OnTimeout::Reject => {
            let smaller = "Push less at once, or give the hook more time.";
            let blocked = format!("{unread}: it is blocked (--on-timeout reject).");
            console.tell(lead(args.hook), &[blocked.as_str(), smaller]);
            Exit::Incomplete
        }
        OnTimeout::Accept => {
            let passed = format!("{unread}: it passes all the same (--on-timeout accept).");
            console.tell(lead(args.hook), &[passed]);
            Exit::Clean
        }
    }
}

/// Looks, for as long as that may take; `None` when the time is over. The thread that still looks
/// then ends with the program.
fn within(
    args: &RunArgs,
    global: &GlobalArgs,
    console: Console,
) -> anyhow::Result<Option<Outcome>> {
    let Some(budget) = budget(args) else {
        return look(args, global, &console).map(Some);
    };
    let (done, result) = channel();
    let (args, global) = (args.clone(), global.clone());
    std::thread::spawn(move || {
        // Nobody listens any more when the time is over.
        let _ = done.send(look(&args, &global, &console));
    });
    match result.recv_timeout(budget) {
        Ok(result) => result.map(Some),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => Err(anyhow!("looking ended early")),
    }
}

/// Looks at what git is about to take in.
fn look(args: &RunArgs, global: &GlobalArgs, console: &Console) -> anyhow::Result<Outcome> {
    let repository = open()?;
    let work_trees: Vec<PathBuf> =
        repository.work_tree().map(Path::to_path_buf).into_iter().collect();
    // What a push brings must not be able to excuse itself before a server.
    let own = match (args.hook, work_trees.first()) {
        (HookName::PreReceive, _) => Own::Unwanted,
        (_, top) => top.map_or(Own::None, |top| Own::at(top)),
    };
    let config = Config::load(global, own)?;
    let scan = args::scan_defaults().map_err(anyhow::Error::msg)?;
    let settled = config.settle(global, scan, KnownArgs::default())?;
    let scan = &settled.scan;
    let Some(source) = source(args, repository, settled.exclude.clone())? else {
        return Ok(nothing());
    };
    let engine = settings::engine(&scan.rules, &scan.prefix, &config)?;
    let mut options = settings::scan_options(scan);
    let targets = Targets { work_trees, ..Targets::default() };
    let known = known::load(&settled, &config, &targets, &options, (console, now()))?;
    options.at_paths = known.at_paths();
    let work = Work { sources: vec![source], coverage: Coverage::default() };
    let mut outcome = scan::run(&engine, work, &options, &Progress::default());
    known::apply(&mut outcome, &known, &engine, options.visibility);
    Ok(outcome)
}

/// What there is to read; `None` when nothing is brought in.
fn source(
    args: &RunArgs,
    repository: Repository,
    exclude: Exclude,
) -> anyhow::Result<Option<Box<dyn Source>>> {
    let objects = targets::quarantine();
    let unreadable = |error| anyhow!("{}", targets::repository_error(&error));
    repository.borrow_objects(&objects).map_err(unreadable)?;
    let told_to_us = |at: usize| args.rest.get(at).map(|it| it.to_string_lossy());
    let (name, address) = (told_to_us(0), told_to_us(1));
    let receiver = match args.hook {
        HookName::PreCommit => {
            // Git stands where a path in this variable begins.
            let index_file = told("GIT_INDEX_FILE").map(PathBuf::from);
            return Ok(Some(Box::new(StagedChange {
                repository,
                index_file,
                exclude,
                label: None,
            })));
        }
        HookName::PrePush => Receiver::Remote {
            name: name.as_deref().unwrap_or_default(),
            address: address.as_deref(),
        },
        HookName::PreReceive => Receiver::Here,
    };
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).context("cannot read standard input")?;
    let updates = pushed::parse(args.hook, &input)?;
    let range = Range::pushed(&repository, &updates, receiver)?;
    if range.is_empty() {
        return Ok(None);
    }
    let source = CommitRange::new(repository.git_dir(), range, exclude, None);
    Ok(Some(Box::new(source.borrowing(objects))))
}

/// The repository in which git runs the hook.
fn open() -> anyhow::Result<Repository> {
    let opened = match told("GIT_DIR") {
        Some(folder) => Repository::open(Path::new(&folder))
            .map_err(|error| format!("GIT_DIR: {}", targets::repository_error(&error))),
        None => targets::found(Path::new(".")),
    };
    opened.map_err(anyhow::Error::msg)
}

fn told(variable: &str) -> Option<OsString> {
    std::env::var_os(variable).filter(|value| !value.is_empty())
}

/// The result of reading nothing, since there is nothing to read.
fn nothing() -> Outcome {
    Outcome::default()
}
