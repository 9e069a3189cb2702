//! Encryption: the authority must be known, the name must be right, and nothing turns that off.

use super::verdict;
use crate::support::gitlab::{Ca, GitLab, Leaf};
use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn only_who_can_prove_it_is_told_a_token() {
    let ca = Ca::new();
    let file = ca.file().to_str().expect("UTF-8").to_owned();
    let token = pat(1);
    let folder = Folder::new();
    folder.write("config", &token);
    for (leaf, authority, state) in [
        (Leaf::Right, Some(&file), "live"),
        (Leaf::Right, None, "inconclusive"),
        (Leaf::WrongName, Some(&file), "inconclusive"),
        (Leaf::SelfSigned, Some(&file), "inconclusive"),
    ] {
        let gitlab = GitLab::start_tls(&ca, leaf);
        gitlab.state().pat(&token, 5, &["api"]);
        let url = gitlab.url();
        let mut arguments = vec!["--verify", "--gitlab-url", &url];
        arguments.extend(authority.iter().flat_map(|file| ["--ca-file", file.as_str()]));
        let found = verdict(&folder.scan(&arguments).expect(1));
        assert_eq!(found["state"], state, "{found}");
        if state == "inconclusive" {
            let why = found["reason"].as_str().expect("why");
            assert!(why.contains("certificate"), "{why}");
            assert!(gitlab.requests().is_empty());
        }
    }
}

#[test]
fn a_file_without_a_certificate_is_refused() {
    let folder = Folder::new();
    folder.write("config", pat(2));
    folder.write("ca.pem", "not a certificate");
    let run = folder.scan(&["--verify", "--gitlab-url", "a.example", "--ca-file", "ca.pem"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("ca.pem holds no certificate"), "{}", run.stderr);
    let run = folder.scan(&["--verify", "--gitlab-url", "a.example", "--ca-file", "none.pem"]);
    assert_eq!(run.code, Some(2));
}
