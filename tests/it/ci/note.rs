//! The note on a merge request: in a file, and posted to a GitLab on loopback.

use super::{Project, ZEROS};
use crate::support::gitlab::{Discussion, Fault, GitLab};
use crate::support::program::Run;
use crate::support::tokens::pat;

/// A project with a merge request, and its GitLab.
struct Review {
    project: Project,
    gitlab: GitLab,
    base: String,
    operator: String,
}

impl Review {
    fn new() -> Self {
        let project = Project::new(2);
        project.folder.git(&["checkout", "--quiet", "-b", "topic"]);
        let base = project.id("main");
        let gitlab = GitLab::start();
        let operator = pat(90);
        {
            let mut state = gitlab.state();
            state.user(4, "bot");
            state.user(5, "mallory");
            state.project(7, "acme/shop").members = vec![(4, 30), (5, 30)];
            state.pat(&operator, 4, &["api"]);
            state.pat(&pat(91), 5, &["api"]);
        }
        Self { project, gitlab, base, operator }
    }

    /// Scans what the branch has now.
    fn scan(&self, arguments: &[&str]) -> Run {
        self.scan_as(&self.operator, arguments)
    }

    fn scan_as(&self, operator: &str, arguments: &[&str]) -> Run {
        let url = self.gitlab.url();
        let variables = [
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*self.base),
            ("CI_COMMIT_BEFORE_SHA", ZEROS),
            ("CI_MERGE_REQUEST_IID", "3"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "7"),
            ("CI_PROJECT_ID", "8"),
            ("CI_SERVER_URL", &url),
            ("CI_PROJECT_URL", "https://gitlab.example.com/acme/shop"),
            ("STANCH_GITLAB_TOKEN", operator),
        ];
        self.project.scan(".", &variables, arguments)
    }

    /// The texts of all threads, and whether each is resolved.
    fn threads(&self) -> Vec<(String, bool)> {
        let state = self.gitlab.state();
        state.discussions.iter().map(|it| (it.body.clone(), it.resolved)).collect()
    }

    fn changes(&self) -> usize {
        let requests = self.gitlab.requests();
        requests.iter().filter(|it| it.method != "GET").count()
    }
}

#[test]
fn one_note_is_written_again_and_resolved_when_it_is_clean() {
    let review = Review::new();
    // Nothing found, and no note before: none is begun.
    review.project.work("clean");
    review.scan(&["--mr-note"]).expect(0);
    assert_eq!(review.threads(), []);
    review.project.leak(2);
    review.scan(&["--mr-note"]).expect(1);
    let [(first, false)] = &review.threads()[..] else { panic!("{:?}", review.threads()) };
    let secret = pat(2);
    assert!(first.contains("leak2.env") && first.contains(&secret[..10]), "{first}");
    assert!(!first.contains(&secret));
    // The same again changes nothing.
    let changes = review.changes();
    review.scan(&["--mr-note"]).expect(1);
    assert_eq!((review.threads().len(), review.changes()), (1, changes));
    review.project.leak(4);
    review.scan(&["--mr-note"]).expect(1);
    let [(second, false)] = &review.threads()[..] else { panic!("{:?}", review.threads()) };
    assert!(second.contains("leak2.env") && second.contains("leak4.env"), "{second}");
    // The commits are taken out of the branch.
    review.project.folder.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    review.scan(&["--mr-note"]).expect(0);
    let [(clean, true)] = &review.threads()[..] else { panic!("{:?}", review.threads()) };
    assert!(!clean.contains("leak2.env"), "{clean}");
    review.project.leak(2);
    review.scan(&["--mr-note"]).expect(1);
    assert!(matches!(&review.threads()[..], [(text, false)] if text.contains("leak2.env")));
}

#[test]
fn a_note_of_somebody_else_is_not_touched() {
    let review = Review::new();
    review.project.leak(2);
    review.scan_as(&pat(91), &["--mr-note"]).expect(1);
    let before = review.threads();
    review.scan(&["--mr-note"]).expect(1);
    assert_eq!(review.threads().len(), 2);
    assert_eq!(review.threads()[0], before[0]);
    // Many threads have many pages.
    {
        let mut state = review.gitlab.state();
        let ours = state.discussions.pop().expect("ours");
        let other = state.discussions[0].clone();
        for number in 0..250_u64 {
            let id = format!("{number:040x}");
            state.discussions.push(Discussion { id, ..other.clone() });
        }
        state.discussions.push(ours);
    }
    let changes = review.changes();
    review.scan(&["--mr-note"]).expect(1);
    assert_eq!((review.threads().len(), review.changes()), (252, changes));
}

#[test]
fn what_cannot_be_posted_is_said() {
    let review = Review::new();
    review.project.leak(2);
    let run = review.scan_as("", &["--mr-note"]).expect(1);
    assert!(run.stderr.contains("no note is posted: there is no credential"), "{}", run.stderr);
    let run = review.scan_as(&pat(92), &["--mr-note"]).expect(2);
    assert!(run.stderr.contains("the note is not posted: the operator's credential is not taken"));
    assert!(run.stdout.contains(&pat(2)[..10]), "what was found is told all the same");
    review.gitlab.state().projects[0].members = vec![(4, 10)];
    let run = review.scan(&["--mr-note"]).expect(2);
    assert!(run.stderr.contains("the note is not posted: "), "{}", run.stderr);
    review.gitlab.fault(Fault::Status(500));
    let run = review.scan(&["--mr-note"]).expect(2);
    assert!(run.stderr.contains("the note is not posted: the instance answered with 500"));
    for secret in [pat(90), pat(92), pat(2)] {
        assert!(!run.stderr.contains(&secret) && !run.stdout.contains(&secret));
    }
    // Outside of a merge request there is nothing to write to.
    let variables = [("CI_COMMIT_BRANCH", "main")];
    let run = review.project.scan(".", &variables, &["--mr-note"]).expect(1);
    assert!(run.stderr.contains("no note is posted: this is no pipeline of a merge request"));
}

#[test]
fn the_note_can_be_a_file() {
    let review = Review::new();
    review.project.leak(2);
    review.scan(&["--mr-note=note.md"]).expect(1);
    assert_eq!((review.changes(), review.threads().len()), (0, 0));
    let text = std::fs::read_to_string(review.project.folder.path().join("note.md")).expect("it");
    assert!(text.contains("leak2.env") && !text.contains(&pat(2)), "{text}");
    let commit = review.project.id("HEAD");
    let link = format!("https://gitlab.example.com/acme/shop/-/blob/{commit}/leak2.env#L1");
    assert!(text.contains(&link), "{text}");
    // Whole secrets never go there.
    review.scan(&["--mr-note=note.md", "--show-secrets"]).expect(2);
    let text = std::fs::read_to_string(review.project.folder.path().join("note.md")).expect("it");
    assert!(!text.contains(&pat(2)), "{text}");
}
