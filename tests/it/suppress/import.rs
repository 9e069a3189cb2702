//! Taking over what gitleaks has found.

use serde_json::json;

use super::fingerprint;
use crate::support::program::Folder;
use crate::support::tokens::{in_context, pat};

#[test]
fn the_report_of_gitleaks_becomes_a_baseline() {
    let folder = Folder::repository();
    let (kind, before, secret, behind) = in_context(1).swap_remove(0);
    folder.write("a", format!("{}\n{}\n", pat(1), pat(2)));
    folder.write("b", format!("{before}{secret}{behind}\n"));
    folder.commit("first");
    let leak = |secret: &str, text: &str| {
        json!({
            "RuleID": "gitlab-pat", "Secret": secret, "Match": text, "File": "a", "StartLine": 1,
            "Commit": "", "Fingerprint": "c:a:r:1", "Entropy": 3.5, "Tags": [],
        })
    };
    let report = json!([
        leak(&pat(1), &format!("T={}", pat(1))),
        leak(&secret, &format!("{before}{secret}")),
        leak("REDACTED", "T=REDACTED"),
        leak("AKIAnotours", "AKIAnotours"),
    ]);
    folder.write("../report.json", report.to_string());
    let import = ["baseline", "import", "../known.json", "--gitleaks", "../report.json"];
    let run = folder.run(&import).expect(0);
    assert!(run.stdout.contains("2 secrets added from 4 findings"), "{}", run.stdout);
    assert!(run.stderr.contains("2 findings could not be taken over"), "{}", run.stderr);
    let text = std::fs::read_to_string(folder.path().join("../known.json")).expect("it");
    assert!(text.contains(kind) && text.contains(&fingerprint(&pat(1))), "{text}");
    for shown in [&text, &run.stdout, &run.stderr] {
        assert!(!shown.contains(&pat(1)[12..]) && !shown.contains(&secret));
    }
    let run = folder.scan(&["--baseline", "../known.json", "--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(2)]);
    // Again it adds nothing; what is no report is refused without a word of it.
    let again = folder.run(&import).expect(0);
    assert!(again.stdout.contains("0 secrets added"), "{}", again.stdout);
    folder.write("../report.json", format!("[\n\"{}\"]", pat(4)));
    let run = folder.run(&import).expect(2);
    assert!(run.stderr.contains("report.json:2: this is no JSON report"), "{}", run.stderr);
    assert!(!run.stderr.contains(&pat(4)[8..]), "{}", run.stderr);
}

#[test]
fn what_stands_at_the_places_of_a_list_becomes_a_baseline() {
    let folder = Folder::repository();
    folder.write("conf/a:b.env", format!("one\nkey = {}\nkey = {}\n", pat(1), pat(2)));
    let old = folder.commit("first");
    folder.write("conf/a:b.env", format!("key = {}\n", pat(3)));
    folder.write("other", format!("key = {}\n", pat(4)));
    folder.commit("second");
    let outside = folder.home().join("outside");
    std::fs::write(&outside, pat(5)).expect("a file");
    std::os::unix::fs::symlink(&outside, folder.path().join("link")).expect("a link");
    let lines = [
        "# what we know".to_owned(),
        String::new(),
        format!("{old}:conf/a:b.env:gitlab-pat:3"),
        "other:generic-api-key:1".to_owned(),
        "other:gitlab-pat:2".to_owned(),
        "none:gitlab-pat:1".to_owned(),
        "link:gitlab-pat:1".to_owned(),
        "../home/outside:gitlab-pat:1".to_owned(),
        format!("{}:other:gitlab-pat:1", "ab".repeat(20)),
        "other:aws-access-token:7".to_owned(),
        "nonsense".to_owned(),
    ];
    folder.write(".gitleaksignore", lines.join("\r\n"));
    let import = ["baseline", "import", "../known.json", "--gitleaksignore", ".gitleaksignore"];
    let run = folder.run(&import).expect(0);
    assert!(run.stdout.contains("2 secrets added from 9 findings"), "{}", run.stdout);
    for line in 5..=9 {
        let said = format!(".gitleaksignore:{line}: no GitLab token stands there");
        assert!(run.stderr.contains(&said), "{}", run.stderr);
    }
    assert!(run.stderr.contains(".gitleaksignore:11: this is no line such as"), "{}", run.stderr);
    assert!(run.stderr.contains("1 line of rules about other secrets"), "{}", run.stderr);
    let text = std::fs::read_to_string(folder.path().join("../known.json")).expect("it");
    for number in [2, 4] {
        assert!(text.contains(&fingerprint(&pat(number))), "{text}");
    }
    for number in 1..=5 {
        assert!(!text.contains(&pat(number)[12..]) && !run.stderr.contains(&pat(number)[12..]));
    }
    let run = folder.scan(&["--baseline", "../known.json", "--show-secrets"]).expect(1);
    assert_eq!(run.secrets().len(), 2, "{:?}", run.secrets());
    // Exactly one of the two is imported, and what is no list is refused.
    folder.run(&["baseline", "import", "../known.json"]).expect(2);
    folder.write("nonsense", "x\ny\n");
    folder.run(&["baseline", "import", "../k.json", "--gitleaksignore", "nonsense"]).expect(2);
}

#[test]
fn a_list_of_places_is_not_honoured_and_that_is_said() {
    let folder = Folder::repository();
    folder.write("a", format!("{}\n", pat(1)));
    folder.write(".gitleaksignore", "a:gitlab-pat:1\n");
    let run = folder.scan(&[]).expect(1);
    assert!(run.stderr.contains(".gitleaksignore is not read"), "{}", run.stderr);
}
