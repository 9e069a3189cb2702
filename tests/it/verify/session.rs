//! A session to look at: what a person sees. `cargo test --test it session -- --ignored --nocapture`

use crate::support::gitlab::{GitLab, Place};
use crate::support::program::Folder;
use crate::support::tokens::pat;
use stanch::token::sample::Sampler;

#[test]
#[ignore = "prints what a person would see, for people to look at"]
fn session() {
    let gitlab = GitLab::start();
    let (live, old, operator) = (pat(1), pat(2), pat(4));
    let bot = Sampler::new(3).routable("glpat-", "o:1\nu:9ix");
    let deploy = ["gldt-", &Sampler::new(5).friendly(20)].concat();
    let mail = ["glimt-", &Sampler::new(6).base36(25)].concat();
    {
        let mut state = gitlab.state();
        state.user(5, "ann");
        state.admin(1, &operator);
        state.group(3, "acme").member(5, 50);
        state.project(7, "acme/shop").member(5, 40);
        state.pat(&live, 5, &["api", "read_user"]).expires_at = Some("2027-03-01".to_owned());
        state.pat(&old, 5, &["api"]).revoke();
        state.resource_token(&bot, Place::Project(7), &["read_api"], 30);
    }
    let mut folder = Folder::new();
    folder.write("deploy.env", format!("A={live}\nB={old}\nC={bot}\nD={deploy}\nE={mail}\n"));
    let url = gitlab.url();
    let show = |folder: &Folder, arguments: &[&str], input: &str| {
        let run = folder.run_with(arguments, input.as_bytes());
        println!(
            "$ stanch {}\n{}{}[exit {:?}]\n",
            arguments.join(" "),
            run.stdout,
            run.stderr,
            run.code
        );
    };
    show(&folder, &["scan", "--egress-plan", "--gitlab-url", &url], "");
    show(&folder, &["scan", "--verify", "--gitlab-url", &url], "");
    folder.set("STANCH_GITLAB_TOKEN", &operator);
    show(&folder, &["inspect", "--verify", "--gitlab-url", &url], &bot);
    show(&folder, &["scan", "--verify", "--gitlab-url", "http://127.0.0.1:9"], "");
}
