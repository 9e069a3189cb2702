//! `--ci`: which commits a GitLab job is to read, whether its clone has them, and what to do when it
//! has not. What was chosen is said before anything else, and less than that is never read: a clone
//! that lacks something is completed, or the job ends with 3 and the lines that it needs.

mod fetch;
pub mod note;
pub mod plan;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, ensure};

use super::args::ScanArgs;
use super::config::Config;
use super::config::settle::Settled;
use super::console::Console;
use super::instances;
use super::targets::{self, Targets};
use crate::git::range::{Range, RangeError, Start as RangeStart};
use crate::git::repository::Repository;
use crate::model::secret::Secret;
use crate::model::shard::Shard;
use crate::report::words::count;
use fetch::{REMOTE, Step};
use plan::{Pipeline, Start};

/// How far a clone is deepened: mostly a little is enough, and the whole history may be large.
const STEPS: [Step; 3] = [Step::Deepen(100), Step::Deepen(1000), Step::Unshallow];

/// Arguments of a scan, with what GitLab's variables add to them.
pub struct Applied {
    /// The arguments.
    pub args: ScanArgs,
    /// What the clone lacks.
    gap: Option<Gap>,
}

/// What a clone lacks, and what that means.
enum Gap {
    /// Nothing is to be read.
    Nothing(String),
    /// What there is is read, but it is not all.
    Part(String),
}

impl Applied {
    /// The targets. That of a job is one, and so is never divided.
    pub fn targets(&self, settled: &Settled, shard: Option<Shard>) -> Targets {
        let (mut targets, gap) = match &self.gap {
            None => return targets::look_at_shard(settled, shard),
            Some(Gap::Nothing(gap)) => (Targets::default(), gap),
            Some(Gap::Part(gap)) => (targets::look_at(settled), gap),
        };
        targets.work.coverage.gap(gap.clone());
        targets
    }
}

/// Finds out what a job is to read, has fetched what is lacking if it may, and says what was chosen
/// before anything else is said.
pub fn applied(args: &ScanArgs, console: &Console) -> anyhow::Result<Applied> {
    let mut args = args.clone();
    if !args.ci.ci {
        return Ok(Applied { args, gap: None });
    }
    let [target] = &args.targets[..] else {
        bail!("--ci reads the repository of the job, which is one target; name one");
    };
    ensure!(target.is_dir(), "--ci reads the repository of the job: give its folder");
    let pipeline = plan::pipeline(&|name| std::env::var(name).ok())?;
    let exclude = pipeline.exclude.clone();
    let job = Job::new(target, &args);
    let (lines, gap) = match job.choose(pipeline)? {
        Chosen::Everything(lines) => {
            // Of a folder in it, only that would be read.
            args.targets = vec![job.top()?];
            let failed = !job.notes.borrow().is_empty();
            let gap = "git could not fetch what this clone may lack".to_owned();
            (lines, failed.then_some(Gap::Part(gap)))
        }
        Chosen::Commits { range, commits, why } => {
            let line =
                format!("commits {} ({}): {why}", short(&range), count(commits as u64, "commit"));
            args.range = Some(range);
            (vec![line], None)
        }
        Chosen::Nothing(lines) => {
            let gap = lines.join("; ");
            (lines, Some(Gap::Nothing(gap)))
        }
    };
    console.tell("stanch: ", &lines);
    job.notes.take().iter().for_each(|note| console.note(note));
    if std::env::var_os("SECRET_DETECTION_LOG_OPTIONS").is_some_and(|it| !it.is_empty()) {
        console.note("SECRET_DETECTION_LOG_OPTIONS is not read; --range A..B names commits");
    }
    args.exclude.extend(exclude);
    Ok(Applied { args, gap })
}

/// The credentials that are no leak in a job: it was given them.
pub fn own(args: &ScanArgs, config: &Config) -> Vec<(String, Secret)> {
    let variable = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
    if args.ci.ci { instances::own(config, &variable) } else { Vec::new() }
}

/// What a job reads.
enum Chosen {
    /// All that the clone has: why, and what is to be said of a clone that is cut off.
    Everything(Vec<String>),
    /// The commits of a range.
    Commits { range: String, commits: usize, why: String },
    /// Not what it should. The lines say why, and what to do.
    Nothing(Vec<String>),
}

/// What a clone has of what a pipeline is about.
enum Found {
    /// All of it.
    Whole(Option<(String, usize)>),
    /// Not all of it: what is not there.
    Lacks(String),
}

/// A job that is looked at.
struct Job {
    target: PathBuf,
    /// The range that was typed.
    by_hand: Option<String>,
    fetches: bool,
    /// What went wrong on the way, told after what was chosen.
    notes: RefCell<Vec<String>>,
}

impl Job {
    fn new(target: &Path, args: &ScanArgs) -> Self {
        let (by_hand, fetches) = (args.range.clone(), args.ci.ci_fetch);
        Self { target: target.to_path_buf(), by_hand, fetches, notes: RefCell::default() }
    }

    /// The top of the repository: as it was typed, where it is that.
    fn top(&self) -> anyhow::Result<PathBuf> {
        let repository = self.open()?;
        let top = repository.work_tree().and_then(|top| top.canonicalize().ok());
        let is_top = top.is_none() || top == self.target.canonicalize().ok();
        let folder = top.filter(|_| !is_top).unwrap_or_else(|| self.target.clone());
        // GitLab wants paths from the top, which is mostly where a job stands.
        let here = Path::new(".").canonicalize();
        let is_here = here.is_ok_and(|here| folder.canonicalize().is_ok_and(|it| it == here));
        Ok(if is_here { PathBuf::from(".") } else { folder })
    }

    fn choose(&self, mut pipeline: Pipeline) -> anyhow::Result<Chosen> {
        if self.by_hand.is_some() {
            (pipeline.why, pipeline.start) = ("--range names them".to_owned(), Start::Everything);
        }
        loop {
            match self.completed(&pipeline)? {
                Found::Whole(None) => return self.everything(&pipeline),
                Found::Whole(Some((range, commits))) => {
                    return Ok(Chosen::Commits { range, commits, why: pipeline.why });
                }
                Found::Lacks(what) => {
                    let repository = self.open()?;
                    let is_whole = repository.shallow().is_none();
                    let next = if is_whole { elsewhere(&pipeline, &repository) } else { None };
                    match next {
                        Some(next) => pipeline = next,
                        None => return Ok(self.lacking(&pipeline, &repository, &what)),
                    }
                }
            }
        }
    }

    fn open(&self) -> anyhow::Result<Repository> {
        let shown = self.target.display();
        targets::found(&self.target).map_err(|why| anyhow!("{shown}: {why}"))
    }

    /// What the clone has, after git has fetched what it lacked, if it may.
    fn completed(&self, pipeline: &Pipeline) -> anyhow::Result<Found> {
        let mut steps = STEPS.into_iter();
        let mut named = Some(Step::Named);
        if self.fetches && self.by_hand.is_none() && !self.refreshed(pipeline)? {
            return Ok(match pipeline.start {
                // What there is is read all the same.
                Start::Everything => Found::Whole(None),
                _ => Found::Lacks("what git could not fetch".to_owned()),
            });
        }
        loop {
            let repository = self.open()?;
            let what = match self.look(&repository, pipeline)? {
                Found::Lacks(what) if self.fetches => what,
                found => return Ok(found),
            };
            let is_shallow = repository.shallow().is_some();
            let Some(step) = is_shallow.then(|| steps.next()).flatten().or_else(|| named.take())
            else {
                return Ok(Found::Lacks(what));
            };
            let folder = repository.work_tree().unwrap_or(repository.git_dir()).to_path_buf();
            drop(repository);
            if let Err(error) = fetch::fetch(&folder, step, pipeline) {
                // What is told of the clone says the rest.
                self.notes.borrow_mut().push(format!("{error:#}"));
                if step != Step::Named {
                    return Ok(Found::Lacks(what));
                }
            }
        }
    }

    /// Fetches what may be there but old: the branch from which commits are counted, or all branches.
    /// False when git could not.
    fn refreshed(&self, pipeline: &Pipeline) -> anyhow::Result<bool> {
        let repository = self.open()?;
        let step = match (&pipeline.start, repository.shallow().is_some()) {
            (Start::Commit { .. }, _) => return Ok(true),
            (Start::Everything, true) => Step::Unshallow,
            (Start::Branch(_), true) => STEPS[0],
            (_, false) => Step::Named,
        };
        let folder = repository.work_tree().unwrap_or(repository.git_dir()).to_path_buf();
        let done = fetch::fetch(&folder, step, pipeline);
        self.notes.borrow_mut().extend(done.as_ref().err().map(|error| format!("{error:#}")));
        Ok(done.is_ok())
    }

    /// What the clone has now.
    fn look(&self, repository: &Repository, pipeline: &Pipeline) -> anyhow::Result<Found> {
        let tip = pipeline.tip;
        if !repository.has_commit(tip) {
            return Ok(Found::Lacks(format!("commit {tip} (CI_COMMIT_SHA)")));
        }
        if let Some(tag) = &pipeline.tag
            && self.by_hand.is_none()
            && repository.tip(&format!("refs/tags/{tag}")).is_none()
        {
            // Its message is pushed with it.
            return Ok(Found::Lacks(format!("tag {tag}")));
        }
        let range = match (&self.by_hand, &pipeline.start) {
            (Some(range), _) => range.clone(),
            (None, Start::Everything) => {
                return Ok(match repository.shallow() {
                    // What such a clone has is read all the same: its end is then 3.
                    Some(_) if self.fetches => Found::Lacks("older commits".to_owned()),
                    _ => Found::Whole(None),
                });
            }
            (None, Start::Commit { id, variable }) if !repository.has_commit(*id) => {
                return Ok(Found::Lacks(format!("commit {id} ({variable})")));
            }
            (None, Start::Commit { id, .. }) => format!("{id}..{}", right(repository, pipeline)),
            (None, Start::Branch(branch)) => {
                let Some(left) = repository.branch_tip(REMOTE, branch) else {
                    return Ok(Found::Lacks(format!("branch {branch}")));
                };
                let right = right(repository, pipeline);
                match repository.merge_base(left, tip) {
                    Some(base) => format!("{base}..{right}"),
                    None if repository.shallow().is_some() => {
                        return Ok(Found::Lacks(format!("the commit at which it left {branch}")));
                    }
                    // They share nothing, so all of it is new.
                    None => format!("{}..{right}", "0".repeat(tip.to_string().len())),
                }
            }
        };
        match Range::resolve(repository, RangeStart::Range(&range), None) {
            Ok(resolved) => {
                let (commits, is_cut) = resolved.extent(repository)?;
                Ok(match is_cut {
                    false => Found::Whole(Some((range, commits))),
                    true => Found::Lacks("parents of some of the commits".to_owned()),
                })
            }
            Err(error @ RangeError::NoCommit(_)) if repository.shallow().is_some() => {
                Ok(Found::Lacks(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What is said of the whole history.
    fn everything(&self, pipeline: &Pipeline) -> anyhow::Result<Chosen> {
        let is_fetched = self.fetches && self.notes.borrow().is_empty();
        let what = if is_fetched { "the whole history" } else { "all that this clone has" };
        let mut lines = vec![format!("{what}: {}", pipeline.why)];
        if self.open()?.shallow().is_some() {
            lines.push("this clone lacks a part of it".to_owned());
            lines.extend(self.advice(true, None));
        }
        Ok(Chosen::Everything(lines))
    }

    /// The lines that a job needs.
    fn advice(&self, is_shallow: bool, refspec: Option<String>) -> Vec<String> {
        let mut lines = Vec::new();
        if is_shallow {
            lines.push("add to the job, under variables: GIT_DEPTH: \"0\"".to_owned());
        }
        if let Some(refspec) = refspec {
            lines
                .push(format!("add to the job, under before_script: git fetch {REMOTE} {refspec}"));
        }
        if !self.fetches {
            lines.push("or let stanch have it fetched: stanch scan --ci --ci-fetch".to_owned());
        }
        lines
    }

    /// Why nothing is read, and the lines that the job needs.
    fn lacking(&self, pipeline: &Pipeline, repository: &Repository, what: &str) -> Chosen {
        let branch = match &pipeline.start {
            Start::Branch(branch) if repository.branch_tip(REMOTE, branch).is_none() => {
                Some(fetch::refspec(branch))
            }
            _ => None,
        };
        let tag = pipeline.tag.as_ref().map(|tag| format!("refs/tags/{tag}"));
        let tag = tag.filter(|tag| repository.tip(tag).is_none());
        let refspecs: Vec<String> =
            branch.into_iter().chain(tag.map(|tag| format!("+{tag}:{tag}"))).collect();
        let refspecs = (!refspecs.is_empty()).then(|| refspecs.join(" "));
        let mut lines = vec![format!("nothing was read: this clone lacks {what}")];
        lines.extend(self.advice(repository.shallow().is_some(), refspecs));
        Chosen::Nothing(lines)
    }
}

/// Where the commits begin instead, when a clone that is not cut off lacks the commit at which they
/// should: a forced push has taken that out of every branch.
fn elsewhere(pipeline: &Pipeline, repository: &Repository) -> Option<Pipeline> {
    let Start::Commit { variable, .. } = &pipeline.start else { return None };
    if !repository.has_commit(pipeline.tip) {
        return None;
    }
    let gone = format!("{variable} is nowhere any more: was there a forced push?");
    let (start, since) = match &pipeline.default_branch {
        Some(branch) => (Start::Branch(branch.clone()), format!("since the commits left {branch}")),
        None => (Start::Everything, "everything".to_owned()),
    };
    let name = pipeline.why.split(',').next().unwrap_or_default();
    Some(Pipeline { start, why: format!("{name}, {since} ({gone})"), ..pipeline.clone() })
}

/// The end of a range: the tag, which has a message of its own, or the commit.
fn right(repository: &Repository, pipeline: &Pipeline) -> String {
    let tag = pipeline.tag.as_ref().map(|tag| format!("refs/tags/{tag}"));
    let tag = tag.filter(|tag| repository.tip(tag) == Some(pipeline.tip));
    tag.unwrap_or_else(|| pipeline.tip.to_string())
}

/// A range whose ids are cut, for people.
fn short(range: &str) -> String {
    let is_id =
        |side: &str| matches!(side.len(), 40 | 64) && side.bytes().all(|it| it.is_ascii_hexdigit());
    let side = |side: &str| if is_id(side) { side[..12].to_owned() } else { side.to_owned() };
    match range.split_once("..") {
        Some((left, right)) => format!("{}..{}", side(left), side(right)),
        None => side(range),
    }
}
