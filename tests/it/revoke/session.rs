//! A session to look at: what a person sees of a plan, of an end in the middle, and of the next run.
//! `cargo test --test it revoke::session -- --ignored --nocapture`

use crate::support::gitlab::{Fault, GitLab, Place};
use crate::support::program::Folder;
use crate::support::tokens::pat;
use stanch::token::sample::Sampler;

#[allow(clippy::print_stdout, reason = "it is for people to look at")]
fn show(folder: &Folder, arguments: &[&str]) {
    let run = folder.run(arguments);
    let all = arguments.join(" ");
    println!("$ stanch {all}\n{}{}[exit {:?}]\n", run.stdout, run.stderr, run.code);
}

/// A repository whose `origin` has everything.
fn repository(text: &str) -> Folder {
    let folder = Folder::repository();
    folder.write("deploy.env", text);
    folder.commit("deploy");
    folder.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    folder
}

#[test]
#[ignore = "prints what a person would see, for people to look at"]
#[allow(clippy::print_stdout, reason = "it is for people to look at")]
fn session() {
    let gitlab = GitLab::start();
    let (ann, bot) = (pat(1), Sampler::new(3).routable("glpat-", "o:1\nu:9ix"));
    let runner = ["glrt-t3_", &Sampler::new(5).friendly(20)].concat();
    let deploy = ["gldt-", &Sampler::new(7).friendly(20)].concat();
    {
        let mut state = gitlab.state();
        state.user(5, "ann");
        state.group(3, "acme").member(5, 50);
        state.project(7, "acme/shop").member(5, 40);
        state.pat(&ann, 5, &["api"]).expires_at = Some("2027-03-01".to_owned());
        state.resource_token(&bot, Place::Project(7), &["read_api"], 30);
        state.runner(&runner, Place::Project(7));
        state.deploy_token(&deploy, Place::Project(7));
    }
    let folder = repository(&format!("A={ann}\nB={bot}\nC={runner}\nD={deploy}\n"));
    let url = gitlab.url();
    show(&folder, &["revoke", "--gitlab-url", &url]);
    let apply = ["revoke", "--apply", "--yes", "--gitlab-url", &url];
    gitlab.fault_on_times(1, "DELETE /api/v4/personal_access_tokens", Fault::AnswerNeverComes);
    let mut child = folder.command().args(apply).spawn().expect("it starts");
    while !gitlab.requests().iter().any(|it| it.method == "DELETE") {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    println!("(killed while the first answer was under way)\n");
    show(&folder, &["journal", "verify"]);
    show(&folder, &apply);
    show(&folder, &["journal", "show"]);
}
