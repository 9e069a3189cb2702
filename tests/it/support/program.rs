//! The binary, in a fresh folder with nothing of the caller's environment but PATH.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A fresh folder. `work` is where the binary runs, `home` is its HOME.
pub(crate) struct Folder {
    root: TempDir,
    variables: Vec<(OsString, OsString)>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        for name in ["work", "home"] {
            std::fs::create_dir(root.path().join(name)).expect("a folder");
        }
        Self { root, variables: Vec::new() }
    }

    /// The folder in which the binary runs.
    pub(crate) fn path(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The user's home folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Sets a variable for every later run.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.variables.push((name.into(), value.as_ref().into()));
    }

    /// Writes a file, with the folders it needs.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, content).expect("a file");
    }

    /// The binary with the scrubbed environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stanch"));
        self.scrub(&mut command);
        command
    }

    /// Takes the caller's environment away from a command and puts it into the folder.
    pub(crate) fn scrub(&self, command: &mut Command) {
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Runs the binary.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Run {
        self.run_with(arguments, b"")
    }

    /// Runs the binary with `input` on stdin.
    pub(crate) fn run_with<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> Run {
        let mut command = self.command();
        command.args(arguments);
        run(command, input)
    }

    /// Gives the folder to the user as whom [`run_unprivileged`] runs the binary.
    pub(crate) fn give_away(&self) {
        if is_root() {
            let mut command = Command::new("chown");
            command.args(["-R", "65534:65534"]).arg(self.root.path());
            assert!(command.status().expect("chown runs").success());
        }
    }

    /// Scans with JSONL on stdout.
    pub(crate) fn scan(&self, arguments: &[&str]) -> Run {
        let all: Vec<&str> =
            ["scan", "--format", "jsonl"].iter().chain(arguments).copied().collect();
        self.run(&all)
    }
}

/// Runs a command with `input` on stdin.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // A program that does not read its input is no failure of the test.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the program ends");
    feeder.join().expect("the feeder ends");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// True when permissions do not apply to us.
pub(crate) fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id runs");
    output.stdout == b"0\n"
}

/// Runs the binary as a user to whom permissions apply.
pub(crate) fn run_unprivileged(folder: &Folder, arguments: &[&str]) -> Run {
    if !is_root() {
        return folder.run(arguments);
    }
    // The folders above must let others through, and the binary must be where they can read it.
    for path in [folder.path(), folder.home(), folder.path().join("..")] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
            .expect("permissions");
    }
    // Another process writes the copy: whatever another test starts meanwhile would inherit a file
    // that this one has open for writing, and such a file cannot be run.
    let binary = folder.home().join("stanch");
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_stanch")).arg(&binary).status();
    assert!(copied.expect("cp runs").success(), "no copy");
    let mut command = Command::new("setpriv");
    folder.scrub(&mut command);
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&binary).args(arguments);
    run(command, b"")
}

/// What a run has left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Fails unless the program ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).expect("a JSON object on each line");
        self.stdout.lines().map(parse).collect()
    }

    /// The findings of a JSONL report.
    #[track_caller]
    pub(crate) fn findings(&self) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["type"] == "finding").collect()
    }

    /// The only finding of a JSONL report.
    #[track_caller]
    pub(crate) fn finding(&self) -> Value {
        let mut findings = self.findings();
        assert_eq!(findings.len(), 1, "{}", self.stdout);
        findings.remove(0)
    }

    /// The summary of a JSONL report, which must be its last line.
    #[track_caller]
    pub(crate) fn summary(&self) -> Value {
        let last = self.lines().pop().expect("a summary");
        assert_eq!(last["type"], "summary", "{}", self.stdout);
        last
    }

    /// The secrets of a JSONL report made with `--show-secrets`, in order.
    #[track_caller]
    pub(crate) fn secrets(&self) -> Vec<String> {
        let secret = |finding: &Value| finding["secret"].as_str().expect("a string").to_owned();
        self.findings().iter().map(secret).collect()
    }
}
