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
fn a_list_of_places_is_not_honoured_and_that_is_said() {
    let folder = Folder::repository();
    folder.write("a", format!("{}\n", pat(1)));
    folder.write(".gitleaksignore", "a:gitlab-pat:1\n");
    let run = folder.scan(&[]).expect(1);
    assert!(run.stderr.contains(".gitleaksignore is not read"), "{}", run.stderr);
}
