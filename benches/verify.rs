//! How long it takes to ask about two hundred live tokens, against what it must take at that number
//! of requests at a time: the real binary against the GitLab of the tests, which waits 20 ms before
//! it answers.
//!
//!     cargo bench --bench verify -- [RUNS]

#[path = "../tests/it/support/gitlab/mod.rs"]
#[allow(unreachable_pub, clippy::wildcard_imports, reason = "it is the tests'")]
mod gitlab;

use std::process::Command;
use std::time::{Duration, Instant};

use gitlab::GitLab;
use stanch::token::sample::Sampler;

const TOKENS: u64 = 200;
const LATENCY: Duration = Duration::from_millis(20);
const AT_ONCE: u32 = 4;

fn main() {
    let runs = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(5);
    let gitlab = GitLab::start();
    let mut sampler = Sampler::new(1);
    let tokens: Vec<String> =
        (0..TOKENS).map(|_| ["glpat-", &sampler.friendly(20)].concat()).collect();
    tokens.iter().for_each(|token| _ = gitlab.state().pat(token, 5, &["api"]));
    gitlab.latency(LATENCY);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config"), tokens.join("\n")).expect("a file");
    let url = gitlab.url();
    for _ in 0..runs {
        gitlab.clear_requests();
        let started = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_stanch"))
            .current_dir(folder.path())
            .args(["scan", "-q", "-f", "jsonl", "--verify", "--gitlab-url", &url, "config"])
            .output()
            .expect("it runs");
        let took = started.elapsed();
        let live = String::from_utf8_lossy(&output.stdout).matches("\"state\":\"live\"").count();
        let requests = u32::try_from(gitlab.requests().len()).expect("few");
        let ideal = LATENCY * requests / AT_ONCE;
        let ratio = took.as_secs_f64() / ideal.as_secs_f64();
        say(&format!(
            "{live} live, {requests} requests, {took:.2?}, ideal {ideal:.2?}: {ratio:.2}"
        ));
    }
}

#[expect(clippy::print_stdout, reason = "this is a program of its own")]
fn say(text: &str) {
    println!("{text}");
}
