//! What GitLab's variables say of a pipeline, and so which commits its job is to read. A function of
//! the variables; what the clone has of the commits is `super`'s
//! (docs.gitlab.com/ci/variables/predefined_variables).

use anyhow::{anyhow, ensure};

use crate::git::complete::is_branch_name;
use crate::model::object::ObjectId;

/// Reads the environment.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a pipeline is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// The commit for which it runs.
    pub tip: ObjectId,
    /// The tag for which it runs.
    pub tag: Option<String>,
    /// Which commits are not to be read.
    pub start: Start,
    /// Why it is these.
    pub why: String,
    /// The branch from which the commits are counted when that from which they should be is gone.
    pub default_branch: Option<String>,
    /// Paths that GitLab's own variable leaves out, in the syntax of .gitignore.
    pub exclude: Vec<String>,
}

/// Where the commits begin that are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Nothing is left out.
    Everything,
    /// What this commit leads to is left out.
    Commit {
        /// The commit.
        id: ObjectId,
        /// The variable that names it.
        variable: &'static str,
    },
    /// What the tip and this branch share is left out.
    Branch(String),
}

/// Reads the variables. Errors name the variable that is missing or makes no sense.
pub fn pipeline(variable: Variable<'_>) -> anyhow::Result<Pipeline> {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    ensure!(
        variable("GITLAB_CI").is_some_and(|value| value == "true"),
        "--ci reads the variables of a GitLab job, and GITLAB_CI is not set: are you in one? \
         (--range A..B names commits by hand)"
    );
    let tip = id(&variable, "CI_COMMIT_SHA")?;
    let tip = tip.ok_or_else(|| anyhow!("CI_COMMIT_SHA is not set: --ci knows no commit"))?;
    let default_branch = branch(&variable, "CI_DEFAULT_BRANCH")?;
    let (start, why) = start(&variable, default_branch.as_deref())?;
    Ok(Pipeline {
        tip,
        tag: branch(&variable, "CI_COMMIT_TAG")?,
        start,
        why,
        default_branch,
        exclude: excluded(&variable("SECRET_DETECTION_EXCLUDED_PATHS").unwrap_or_default()),
    })
}

/// Which commits are not to be read, and why.
fn start(
    variable: &dyn Fn(&str) -> Option<String>,
    default_branch: Option<&str>,
) -> anyhow::Result<(Start, String)> {
    const BASE: &str = "CI_MERGE_REQUEST_DIFF_BASE_SHA";
    const BEFORE: &str = "CI_COMMIT_BEFORE_SHA";
    if variable("SECRET_DETECTION_HISTORIC_SCAN").is_some_and(|value| value == "true") {
        return Ok((Start::Everything, "SECRET_DETECTION_HISTORIC_SCAN is set".to_owned()));
    }
    if let Some(base) = id(variable, BASE)? {
        let request = variable("CI_MERGE_REQUEST_IID").unwrap_or_else(|| "?".to_owned());
        let target = variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
        let target = target.map(|target| format!(" into {target}")).unwrap_or_default();
        let why = format!("merge request !{request}{target}");
        return Ok((Start::Commit { id: base, variable: BASE }, why));
    }
    if variable("CI_PIPELINE_SOURCE").is_some_and(|source| source == "schedule") {
        return Ok((Start::Everything, "the pipeline was started by a schedule".to_owned()));
    }
    let branch = branch(variable, "CI_COMMIT_BRANCH")?;
    let Some(default_branch) = default_branch else {
        let why = "CI_DEFAULT_BRANCH is not set, so nothing is known to have been read before";
        return Ok((Start::Everything, why.to_owned()));
    };
    if branch.as_deref() == Some(default_branch) {
        return Ok((Start::Everything, format!("{default_branch} is the default branch")));
    }
    let name = match (&branch, variable("CI_COMMIT_TAG")) {
        (Some(branch), _) => format!("branch {branch}"),
        (None, Some(tag)) => format!("tag {tag}"),
        (None, None) => "a pipeline without a branch".to_owned(),
    };
    Ok(match id(variable, BEFORE)? {
        Some(before) => {
            let why = format!("{name}, since it was pushed before ({BEFORE})");
            (Start::Commit { id: before, variable: BEFORE }, why)
        }
        None => {
            let why = format!("{name}, since it left {default_branch} ({BEFORE} is zeros)");
            (Start::Branch(default_branch.to_owned()), why)
        }
    })
}

/// The id in a variable. Zeros stand for none.
fn id(variable: &dyn Fn(&str) -> Option<String>, name: &str) -> anyhow::Result<Option<ObjectId>> {
    let Some(value) = variable(name) else { return Ok(None) };
    let id = ObjectId::from_hex(value.trim().as_bytes());
    let id = id.ok_or_else(|| anyhow!("{name} is no id of a commit: {:?}", cut(&value)))?;
    Ok(Some(id).filter(|id| id.as_bytes().iter().any(|byte| *byte != 0)))
}

/// The name in a variable: that of a branch, or of a tag.
fn branch(variable: &dyn Fn(&str) -> Option<String>, name: &str) -> anyhow::Result<Option<String>> {
    let Some(value) = variable(name) else { return Ok(None) };
    ensure!(is_branch_name(&value), "{name} is no name of a branch or tag: {:?}", cut(&value));
    Ok(Some(value))
}

/// The beginning of a value that may be anything.
fn cut(value: &str) -> String {
    value.chars().take(80).collect()
}

/// `SECRET_DETECTION_EXCLUDED_PATHS` in the syntax of .gitignore. GitLab holds its patterns, divided
/// by commas, against whole paths from the top and the folders in them
/// (docs.gitlab.com/user/application_security/secret_detection/pipeline/configure).
fn excluded(paths: &str) -> Vec<String> {
    let path = |path: &str| path.trim().trim_start_matches("./").trim_matches('/').to_owned();
    // What is left empty would mean everything.
    let paths = paths.split(',').map(path).filter(|path| !matches!(&**path, "" | "." | "**"));
    paths.map(|path| format!("/{path}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Start, pipeline};
    use crate::model::object::ObjectId;

    const TIP: &str = "cccccccccccccccccccccccccccccccccccccccc";
    const OLD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const ZEROS: &str = "0000000000000000000000000000000000000000";

    /// What is read of these variables beside the usual ones: the start and why.
    fn start(variables: &[(&str, &str)]) -> (Start, String) {
        let found = read(variables).expect("a pipeline");
        assert_eq!(found.tip.to_string(), TIP);
        (found.start, found.why)
    }

    fn read(variables: &[(&str, &str)]) -> anyhow::Result<super::Pipeline> {
        let usual = [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", TIP), ("CI_DEFAULT_BRANCH", "main")];
        let all: BTreeMap<&str, &str> = usual.iter().chain(variables).copied().collect();
        pipeline(&|name| all.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn each_kind_of_pipeline_has_its_commits() {
        let old = ObjectId::from_hex(OLD.as_bytes()).expect("an id");
        let (push, request) = ("CI_COMMIT_BEFORE_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA");
        let branch = ("CI_COMMIT_BRANCH", "topic");
        // GitLab gives a merge request's pipeline zeros, and no branch.
        let request_variables = [
            (request, OLD),
            (push, ZEROS),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ];
        let (found, why) = start(&request_variables);
        assert_eq!(found, Start::Commit { id: old, variable: request });
        assert_eq!(why, "merge request !7 into main");
        let (found, why) = start(&[branch, (push, OLD)]);
        assert_eq!(found, Start::Commit { id: old, variable: push });
        assert_eq!(why, "branch topic, since it was pushed before (CI_COMMIT_BEFORE_SHA)");
        let (found, why) = start(&[branch, (push, ZEROS)]);
        assert_eq!(found, Start::Branch("main".to_owned()));
        assert_eq!(why, "branch topic, since it left main (CI_COMMIT_BEFORE_SHA is zeros)");
        let (found, why) = start(&[("CI_COMMIT_TAG", "v1"), (push, ZEROS)]);
        assert_eq!(found, Start::Branch("main".to_owned()));
        assert!(why.starts_with("tag v1, since it left main"), "{why}");
        let (found, why) = start(&[("CI_COMMIT_BRANCH", "main"), (push, OLD)]);
        assert_eq!((found, &*why), (Start::Everything, "main is the default branch"));
        let (found, why) = start(&[branch, (push, OLD), ("CI_PIPELINE_SOURCE", "schedule")]);
        assert_eq!((found, &*why), (Start::Everything, "the pipeline was started by a schedule"));
        let (found, _) = start(&[branch, (push, ZEROS), ("CI_DEFAULT_BRANCH", "")]);
        assert_eq!(found, Start::Everything);
        let (found, _) = start(&[(request, OLD), ("SECRET_DETECTION_HISTORIC_SCAN", "true")]);
        assert_eq!(found, Start::Everything);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let said = |variables: &[(&str, &str)]| read(variables).expect_err("bad").to_string();
        assert!(said(&[("GITLAB_CI", "")]).contains("GITLAB_CI is not set"));
        assert!(said(&[("CI_COMMIT_SHA", "")]).contains("CI_COMMIT_SHA is not set"));
        assert_eq!(
            said(&[("CI_COMMIT_SHA", "HEAD")]),
            "CI_COMMIT_SHA is no id of a commit: \"HEAD\""
        );
        let odd = [("CI_DEFAULT_BRANCH", "--upload-pack=x")];
        assert!(
            said(&odd).starts_with("CI_DEFAULT_BRANCH is no name of a branch"),
            "{}",
            said(&odd)
        );
        let odd = [("CI_COMMIT_BEFORE_SHA", "..main"), ("CI_COMMIT_BRANCH", "x")];
        assert!(said(&odd).starts_with("CI_COMMIT_BEFORE_SHA is no id"));
    }

    #[test]
    fn gitlabs_excluded_paths_hold_from_the_top() {
        let paths =
            [("SECRET_DETECTION_EXCLUDED_PATHS", "doc, spec/**/*.json ,,./x, ./, /, ., build/")];
        assert_eq!(
            read(&paths).expect("good").exclude,
            ["/doc", "/spec/**/*.json", "/x", "/build"]
        );
    }
}
