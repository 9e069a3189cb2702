//! What a job was given to work with is no leak of the job's.

use super::Project;
use crate::support::tokens::pat;

#[test]
fn the_jobs_and_the_operators_credentials_are_no_findings() {
    let project = Project::new(1);
    for number in 2..6 {
        project.leak(number);
    }
    let (job, operator, file, registry) = (pat(2), pat(3), pat(4), pat(5));
    let home = project.folder.home();
    std::fs::write(home.join("credential"), format!("{file}\n")).expect("a file");
    let settings = format!(
        "[[instance]]\nurl = \"https://gitlab.example.com\"\ntoken_file = \"{}/credential\"\n",
        home.display()
    );
    std::fs::write(home.join("settings.toml"), settings).expect("a file");
    let settings = home.join("settings.toml").display().to_string();
    let variables = [
        ("CI_COMMIT_BRANCH", "main"),
        ("CI_JOB_TOKEN", &*job),
        ("STANCH_GITLAB_TOKEN", &*operator),
        // What a job's author writes into it is no credential of the job's.
        ("CI_REGISTRY_PASSWORD", &*registry),
        ("STANCH_CONFIG", &*settings),
    ];
    let run = project.scan(".", &variables, &["--show-secrets"]).expect(1);
    let mut secrets = run.secrets();
    secrets.sort();
    let mut others = [pat(1), pat(5)];
    others.sort();
    assert_eq!(secrets, others);
    let suppressed = run.summary()["suppressed"].clone();
    assert_eq!(suppressed["own"], 3);
    let which = suppressed["which"].as_array().expect("a list");
    let names: Vec<&str> = which.iter().filter_map(|it| it["reason"].as_str()).collect();
    assert!(names.contains(&"CI_JOB_TOKEN") && names.contains(&"STANCH_GITLAB_TOKEN"), "{names:?}");
    // It is said, and none of them is shown.
    let run = project.scan(".", &variables, &["--format", "human"]).expect(1);
    assert!(run.stdout.contains("Left out: 3 secrets (credentials of the job's"), "{}", run.stdout);
    for own in [&job, &operator, &file] {
        assert!(!run.stdout.contains(&own[..10]) && !run.stderr.contains(&own[..10]));
    }
    // Outside of a job a credential in a history is a leak like any other.
    let mut command = project.folder.command();
    command.args(["scan", "--format", "jsonl"]).envs(variables);
    assert_eq!(crate::support::program::run(command, b"").findings().len(), 5);
}
