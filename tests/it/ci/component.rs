//! `templates/stanch.yml`: what GitLab would make of it is made here, and its script is run as GitLab
//! Runner runs it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use super::{Project, ZEROS};
use crate::support::program::{Run, run};
use crate::support::tokens::pat;

/// The component: its inputs, and the text of the configuration.
fn template() -> (Yaml, String) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/stanch.yml");
    let text = std::fs::read_to_string(file).expect("the component");
    let documents = YamlLoader::load_from_str(&text).expect("YAML");
    assert_eq!(documents.len(), 2, "the head and the configuration");
    let (_, configuration) = text.split_once("\n---\n").expect("two documents");
    (documents[0]["spec"]["inputs"].clone(), configuration.to_owned())
}

/// The job that GitLab makes of the component with these inputs.
fn job(inputs: &[(&str, &str)]) -> Yaml {
    let (known, mut text) = template();
    // The only one that has no default.
    let inputs = [&[("binary", "stanch")][..], inputs].concat();
    for (name, _) in &inputs {
        assert!(!known[*name].is_badvalue(), "{name} is no input");
    }
    for (name, input) in known.as_hash().expect("inputs") {
        let name = name.as_str().expect("a name");
        assert!(!input["description"].as_str().unwrap_or_default().is_empty(), "{name}");
        let given = inputs.iter().rfind(|(it, _)| *it == name);
        let value = match (given, &input["default"]) {
            (Some((_, value)), _) => (*value).to_owned(),
            (None, Yaml::Boolean(value)) => value.to_string(),
            (None, value) => value.as_str().expect("a default").to_owned(),
        };
        let place = format!("$[[ inputs.{name} ]]");
        assert!(text.contains(&place), "{name} is used nowhere");
        text = text.replace(&place, &value);
    }
    assert!(!text.contains("$[["), "an input that is not declared");
    let configuration = YamlLoader::load_from_str(&text).expect("YAML").remove(0);
    let jobs = configuration.as_hash().expect("jobs");
    assert_eq!(jobs.len(), 1);
    jobs.values().next().expect("a job").clone()
}

/// Runs the script of the job in a clone, with these variables beside those of a job.
fn run_job(project: &Project, clone: &str, job: &Yaml, variables: &[(&str, &str)]) -> Run {
    let lines = job["script"].as_vec().expect("a list").iter();
    let lines: Vec<&str> = lines.map(|line| line.as_str().expect("a line")).collect();
    let mut command = Command::new("bash");
    project.folder.scrub(&mut command);
    // As `shells/bash.go` of GitLab Runner begins a script.
    command.args(["-c", &format!("set -eo pipefail\nset +o noclobber\n{}", lines.join("\n"))]);
    command.current_dir(project.folder.path().join(clone));
    for (name, value) in job["variables"].as_hash().expect("variables") {
        command.env(name.as_str().expect("a name"), value.as_str().expect("a value"));
    }
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_stanch"));
    let folder = binary.parent().expect("a folder").display().to_string();
    let path = std::env::var("PATH").expect("a path");
    command.env("PATH", format!("{folder}:{path}"));
    let tip = project.folder.git(&["-C", clone, "rev-parse", "HEAD"]);
    command.env("GITLAB_CI", "true").env("CI_COMMIT_SHA", tip);
    command.env("CI_DEFAULT_BRANCH", "main").env("CI_PIPELINE_SOURCE", "push");
    command.envs(variables.iter().copied());
    run(command, b"")
}

fn artifact(project: &Project, path: &str) -> String {
    std::fs::read_to_string(project.folder.path().join(path)).expect("an artifact")
}

/// A branch with a secret (2) on a main branch with another (1), in a shallow clone called `job`.
fn topic() -> Project {
    let project = Project::new(3);
    project.folder.git(&["checkout", "--quiet", "-b", "topic"]);
    project.leak(2);
    project.work("more");
    project.push("topic");
    project.job("job", "topic", 1);
    project
}

const NEW: [(&str, &str); 2] = [("CI_COMMIT_BRANCH", "topic"), ("CI_COMMIT_BEFORE_SHA", ZEROS)];

#[test]
fn the_script_makes_every_artifact_that_the_job_promises() {
    let project = topic();
    let job = job(&[]);
    assert_eq!(job["stage"].as_str(), Some("test"));
    let done = run_job(&project, "job", &job, &NEW).expect(1);
    assert!(done.stderr.starts_with("stanch: commits "), "{}", done.stderr);
    let secret = pat(2);
    assert!(done.stdout.contains(&secret[..10]) && !done.stdout.contains(&secret));
    let reports = job["artifacts"]["reports"].as_hash().expect("reports");
    let names: Vec<&str> = reports.keys().filter_map(Yaml::as_str).collect();
    assert_eq!(names, ["secret_detection", "codequality", "junit"]);
    for report in reports.values() {
        let text = artifact(&project, &format!("job/{}", report.as_str().expect("a path")));
        assert!(text.contains("leak2.env") && !text.contains(&secret), "{text}");
    }
    let report: Value =
        serde_json::from_str(&artifact(&project, "job/gl-secret-detection-report.json"))
            .expect("JSON");
    assert_eq!(report["vulnerabilities"].as_array().map(Vec::len), Some(1));
}

#[test]
fn each_input_does_what_it_says() {
    let project = topic();
    let done = run_job(&project, "job", &job(&[("fail-on", "none")]), &NEW).expect(0);
    assert!(done.stdout.contains(&pat(2)[..10]), "{}", done.stdout);
    let done = run_job(&project, "job", &job(&[("range", "HEAD~1..HEAD")]), &NEW).expect(0);
    assert!(done.stderr.contains("--range names them"), "{}", done.stderr);
    let arguments = job(&[("arguments", "--exclude leak* --exclude *.txt")]);
    run_job(&project, "job", &arguments, &NEW).expect(0);
    let prefixes = job(&[("prefixes", "acme- shop-"), ("fail-on", "none")]);
    run_job(&project, "job", &prefixes, &NEW).expect(0);
    let wrong = run_job(&project, "job", &job(&[("prefixes", "acme- -")]), &NEW).expect(2);
    assert!(wrong.stderr.contains("prefix"), "{}", wrong.stderr);
    let noted = run_job(&project, "job", &job(&[("mr-note", "true")]), &NEW).expect(1);
    assert!(noted.stderr.contains("no note is posted"), "{}", noted.stderr);
    // Nobody is named that could be asked.
    let done = run_job(&project, "job", &job(&[("verify", "true")]), &NEW).expect(2);
    assert!(done.stderr.contains("no instance is named"), "{}", done.stderr);
    let done = run_job(&project, "job", &job(&[("revoke", "true")]), &NEW).expect(1);
    assert!(done.stderr.contains("nothing is revoked here"), "{}", done.stderr);
    let done = run_job(&project, "job", &job(&[("binary", "stench")]), &NEW).expect(2);
    assert!(done.stderr.contains("stench is not in this image"), "{}", done.stderr);
    let fetched = job(&[("binary", "https://127.0.0.1:9/stanch")]);
    let done = run_job(&project, "job", &fetched, &NEW).expect(2);
    assert!(done.stderr.contains("sha256 must say"), "{}", done.stderr);
    let sum = "0".repeat(64);
    let fetched = job(&[("binary", "https://127.0.0.1:9/stanch"), ("sha256", &sum)]);
    let done = run_job(&project, "job", &fetched, &NEW);
    assert!(done.code != Some(0) && done.stdout.is_empty(), "{}", done.stdout);
    let named = job(&[("stage", "scan"), ("image", "registry.example.com/x:1"), ("job-name", "x")]);
    assert_eq!(named["stage"].as_str(), Some("scan"));
    assert_eq!(named["image"].as_str(), Some("registry.example.com/x:1"));
}
