//! `stanch hook test`: proves that an installed hook blocks a token. A repository of its own is made,
//! a generated token is committed or pushed there with the hook of the repository in which we stand,
//! and git itself runs it. Nothing of that repository is touched.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};

use super::place::{Folder, Kind};
use super::script::{self, State};
use crate::cli::args::{HookName, WhichArgs};
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::git;
use crate::model::secret::mask;
use crate::token::sample::Sampler;

/// What a token begins with.
const PREFIX: &str = "glpat-";
/// Settings of a repository that change what its hook finds.
const SETTINGS: [&str; 2] = [".stanch.toml", ".stanch-ignore.toml"];
/// Lines that are shown of what was printed.
const SHOWN: usize = 12;
/// Options of git that make a commit whatever the user's settings are.
const PLAIN: [&str; 14] = [
    "-c",
    "user.name=stanch",
    "-c",
    "user.email=stanch@example.com",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "init.defaultBranch=main",
    "-c",
    "push.gpgSign=false",
    "-c",
    "push.pushOption=",
    "-c",
    "protocol.file.allow=always",
];

/// Tests hooks. Ends with 0 only when each of them blocked the token.
pub(super) fn run(which: &WhichArgs, console: &Console) -> anyhow::Result<Exit> {
    let folder = match which.global {
        true => Folder::of_user()?.context("core.hooksPath is not set in your git settings")?,
        false => Folder::of_repository()?,
    };
    let installed = HookName::ALL.into_iter().filter(|it| folder.place(*it).kind == Kind::Ours);
    let hooks = match which.hooks.is_empty() {
        true => installed.collect(),
        false => which.hooks.clone(),
    };
    if hooks.is_empty() {
        bail!("no hook of ours is in {} (stanch hook install)", folder.path.display());
    }
    let top = git::ask(&["rev-parse", "--show-toplevel"]).unwrap_or_default();
    let mut exit = Exit::Clean;
    if let Some(elsewhere) = which.global.then(|| folder.overridden()).flatten() {
        console.print_quoting(&elsewhere)?;
        exit = Exit::Found;
    }
    for hook in hooks {
        let trial = Trial::new(&folder, hook, Path::new(&top))?;
        let (blocked, said) = trial.run()?;
        let name = hook.word();
        let path = folder.place(hook).path;
        let path = path.display();
        let verdict = match (blocked, said.contains(&trial.mask)) {
            (true, true) => {
                console.print_quoting(&format!(
                    "{name}: blocks: a planted token did not pass {path}"
                ))?;
                continue;
            }
            (true, false) => {
                format!("{name}: blocks, but not because of the planted token: {path}")
            }
            (false, _) => {
                format!("{name}: DOES NOT BLOCK: a planted token passed. {}", trial.why(&folder))
            }
        };
        exit = Exit::Found;
        let shown = said.lines().take(SHOWN).map(|line| format!("    {line}"));
        let lines: Vec<String> = std::iter::once(verdict).chain(shown).collect();
        console.print_quoting(&lines.join("\n"))?;
    }
    Ok(exit)
}

/// A repository with a planted token, and the hook.
struct Trial {
    root: tempfile::TempDir,
    hook: HookName,
    mask: String,
}

impl Trial {
    fn new(folder: &Folder, hook: HookName, top: &Path) -> anyhow::Result<Self> {
        let root = tempfile::tempdir().context("cannot make a temporary folder")?;
        let (work, hooks) = (root.path().join("work"), root.path().join("hooks"));
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let seed = u64::try_from(seed & u128::from(u64::MAX)).unwrap_or_default();
        let token = Sampler::new(seed).routable(PREFIX, "o:1\nu:1");
        let prepare = || -> std::io::Result<()> {
            std::fs::create_dir_all(&work)?;
            std::fs::create_dir_all(&hooks)?;
            // A link, so that git itself decides whether it runs, and no other hook does.
            std::os::unix::fs::symlink(folder.place(hook).path, hooks.join(hook.word()))?;
            for name in SETTINGS {
                let from = top.join(name);
                if from.is_file() {
                    std::fs::copy(from, work.join(name))?;
                }
            }
            std::fs::write(work.join("planted.txt"), format!("token = {token}\n"))
        };
        prepare().context("cannot prepare a temporary repository")?;
        Ok(Self { hook, mask: mask(token.as_bytes(), PREFIX.len()), root })
    }

    /// True when the token was blocked; and all that was printed.
    fn run(&self) -> anyhow::Result<(bool, String)> {
        let hooks = self.root.path().join("hooks");
        let hooks = format!("core.hooksPath={}", hooks.display());
        let (with, without) = (hooks.as_str(), "core.hooksPath=/dev/null");
        self.must(&["init", "--quiet", "--template=", "."])?;
        self.must(&["add", "--force", "planted.txt"])?;
        let commit = ["commit", "--quiet", "--message", "planted"];
        if self.hook == HookName::PreCommit {
            return self.blocked(&[&["-c", with][..], &commit].concat());
        }
        self.must(&[&["-c", without][..], &commit].concat())?;
        self.must(&["init", "--quiet", "--template=", "--bare", "../server.git"])?;
        // The longest match counts, so that what the user's settings put for a path does not.
        let server = self.root.path().join("server.git").display().to_string();
        let same = ["insteadOf", "pushInsteadOf"].map(|it| format!("url.{server}.{it}={server}"));
        let [reads, writes] = &same;
        let push = ["push", "--quiet", &server, "HEAD:refs/heads/planted"];
        let push = [&["-c", reads, "-c", writes][..], &push].concat();
        if self.hook == HookName::PrePush {
            return self.blocked(&[&["-c", with][..], &push].concat());
        }
        let path = self.root.path().join("hooks").display().to_string();
        self.must(&["--git-dir=../server.git", "config", "core.hooksPath", &path])?;
        self.blocked(&[&["-c", without][..], &push].concat())
    }

    fn blocked(&self, arguments: &[&str]) -> anyhow::Result<(bool, String)> {
        let (passed, said) = self.git(arguments)?;
        Ok((!passed, said))
    }

    fn must(&self, arguments: &[&str]) -> anyhow::Result<()> {
        match self.git(arguments)? {
            (true, _) => Ok(()),
            (false, said) => bail!("git {}: {}", arguments.join(" "), said.trim()),
        }
    }

    fn git(&self, arguments: &[&str]) -> anyhow::Result<(bool, String)> {
        git::try_in(&self.root.path().join("work"), &[&PLAIN[..], arguments].concat())
    }

    /// Why a token may have passed.
    fn why(&self, folder: &Folder) -> String {
        let place = folder.place(self.hook);
        let path = place.path.display();
        let name = self.hook.word();
        match place.kind {
            Kind::Ours if !place.runs => format!("It is not executable: chmod +x {path}"),
            Kind::Ours if std::env::var_os("STANCH_SKIP").is_some_and(|value| value == "1") => {
                "STANCH_SKIP=1 is set: take it out of your environment".to_owned()
            }
            Kind::Ours => match script::state(self.hook, &place.text) {
                State::Changed(line) => format!(
                    "From line {line} on it is not what stanch writes: {path} (stanch hook install \
                     {name} writes it anew, and keeps a copy)"
                ),
                _ => format!("Install it again: stanch hook install {name}"),
            },
            Kind::Foreign => format!(
                "{path} is not ours: stanch hook install {name} keeps it, and runs it first"
            ),
            Kind::Nothing | Kind::Forward => format!("There is none: stanch hook install {name}"),
        }
    }
}
