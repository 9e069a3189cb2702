//! What only looks like a token raises no alarm.

use stanch::rules::markers;
use stanch::token::sample::Sampler;

use crate::support::program::Folder;
use crate::support::tokens::{Token, pat, with_prefix};

/// Prefix and what follows, apart so that no scanner takes this file for a leak. Seen in the wild
/// or in documents.
const SEEN: &[(&str, &str)] = &[
    ("glpat-", "your-admin-token-here"),
    ("glpat-", "mock-token-instance-1"),
    ("glpat-", "token-for-gitlab-com"),
    ("glpat-", "your_access_token_here"),
    ("glpat-", "xxxxxxxxxxxxxxxxxxxx"),
    ("glpat-", "ZZZZZZZZZZZZZZZZZZZZ"),
    ("glpat-", "********************"),
    ("glpat-", "--------------------"),
    ("glpat-", "____________________"),
    ("glpat-", "00000000000000000000"),
    ("glpat-", "1234567890abcdefghij"),
    ("glpat-", "12345678901234567890"),
    ("glpat-", "abcdefghijklmnopqrst"),
    ("glpat-", "ABCDEFGHIJKLMNOPQRST"),
    ("glpat-", "aaaaaaaaaaaaaaaaaaaa"),
    ("glpat-", "abcabcabcabcabcabcab"),
    ("glpat-", "REPLACE_ME_WITH_YOUR"),
    ("glpat-", "<your token>"),
    ("glpat-", "${GITLAB_TOKEN}"),
    ("glpat-", "..."),
    ("glpat-", "xxx"),
    ("glpat-", "[0-9a-zA-Z_-]{20}"),
    ("glpat-", "[0-9a-zA-Z_-]{27,300}\\.[0-9a-z]{2}\\.[0-9a-z]{9}"),
    ("glrt-", "detector-based-target"),
    ("viking-fk-bodo-glimt-", "vs-rosenborg-bk-2024-05-16"),
    ("gl-", "button-text-secondary-hover"),
    ("glptt-", "1234567890abcdefghij"),
    ("glptt-", "0123456789abcdef0123456789abcdef01234567"),
    ("gloas-", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("glagent-", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ("_gitlab_session=", "00000000000000000000000000000000"),
    ("PRIVATE-TOKEN: ", "<your_access_token>"),
    ("PRIVATE-TOKEN: ", "$GITLAB_ACCESS_TOKEN_PROJECT"),
    ("PRIVATE-TOKEN: ", "your_access_token_ab"),
    ("private_token=", "get_the_token_from_x"),
    ("https://oauth2:", "${CI_JOB_TOKEN_VALUE}@gitlab.com/a.git"),
    ("https://gitlab-ci-token:", "$CI_JOB_TOKEN@gitlab.com/a.git"),
    ("registration_token = ", "fetch_registration_t"),
    ("[[runners]]\n  token = ", "\"__REPLACED_AT_START__\""),
    ("released on 10", ".01.2024"),
    ("version 1", ".01.abcdefghi"),
    ("glpat-", "a1b2c3d4e5f6g7h8i9j0"),
    ("glptt-", "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"),
    ("registrationToken: ", "deviceRegistrationId"),
    ("- name: GITLAB_TOKEN\n  value: ", "$GITLAB_API_TOKEN_XY"),
    ("\"key\": \"PRIVATE-TOKEN\", \"value\": \"", "{{gitlab_token_value}}\""),
    ("fk-bodo-glimt-", "kvartsfinaleeuropaligaenx-2025"),
];

#[test]
fn look_alikes_raise_no_alarm() {
    for (before, after) in SEEN {
        let folder = Folder::new();
        folder.write("a.md", format!("x {before}{after} y\n"));
        let run = folder.scan(&[]);
        assert_eq!(run.code, Some(0), "{before} {after}: {}", run.stdout);
    }
}

#[test]
fn what_is_left_out_as_weak_is_counted_and_can_be_seen() {
    let folder = Folder::new();
    let (prefix, body) = ("glpat-", "your-admin-token-here");
    folder.write("a.md", format!("x {prefix}{body} y\n"));
    assert_eq!(folder.scan(&[]).expect(0).summary()["weak"], 1);
    let run = folder.scan(&["--evidence", "weak"]).expect(1);
    let finding = run.finding();
    assert_eq!(
        (&finding["evidence"], &finding["doubt"]),
        (&"weak".into(), &"made of words".into())
    );
    assert_eq!(run.summary()["weak"], 0);
    let human = folder.run(&["scan"]).expect(0);
    assert!(human.stdout.contains("Left out: 1 weak match (--evidence weak shows them)"));
}

#[test]
fn letters_or_digits_that_touch_a_token_make_it_weak() {
    for token in with_prefix(21).into_iter().filter(|token| token.evidence == "shape") {
        if token.text.contains(".") {
            continue;
        }
        // A body of hexadecimal digits or base 36 has no dash or underscore: there it ends.
        let plain = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
        let behind = match &token.text[6..] {
            _ if token.rule.ends_with("path_bound") => "x",
            body if body.bytes().all(plain) => "99",
            _ => "_9",
        };
        for text in [
            format!("x{}", token.text),
            format!("{}X", token.text),
            format!("{}{behind}", token.text),
        ] {
            let folder = Folder::new();
            folder.write("a", format!("key {text}\n"));
            let run = folder.scan(&[]);
            assert_eq!(run.code, Some(0), "{}: {}", token.rule, run.stdout);
            assert_eq!(run.summary()["weak"], 1, "{}", token.rule);
        }
    }
}

#[test]
fn a_dash_or_an_underscore_ends_a_body_that_can_hold_neither() {
    for marker in ["glimt- base36:25", "glptt- hex:40", "gloas- hex:64", "glft- hex:64 -4242"] {
        let token = markers::expand(&format!("{{{{{marker}}}}}"), &mut Sampler::new(27));
        let token = token.expect("a good marker").text;
        for behind in ["_old", "-x", "-9", "--x"] {
            let folder = Folder::new();
            folder.write("a", format!("key {token}{behind}\n"));
            let run = folder.scan(&["--show-secrets"]).expect(1);
            assert_eq!(run.secrets(), [token.as_str()], "{behind}");
        }
    }
}

#[test]
fn tokens_that_are_glued_together_are_found_each() {
    let whole = |token: &Token| !token.text.contains('.') && token.evidence == "shape";
    let tokens: Vec<Token> = with_prefix(26).into_iter().filter(whole).collect();
    let other = pat(126);
    for token in &tokens {
        // One digit less is a body, too: the prefix behind it gives the last one away.
        let ambiguous = token.rule == "gitlab_incoming_email_token" && token.text.len() == 30;
        for text in [format!("{other}{}", token.text), format!("{}{other}", token.text)] {
            if ambiguous && text.starts_with(&token.text) {
                continue;
            }
            let folder = Folder::new();
            folder.write("a", format!("keys {text}\n"));
            let run = folder.scan(&["--show-secrets"]).expect(1);
            let mut expected = [other.clone(), token.text.clone()];
            let mut found = run.secrets();
            expected.sort();
            found.sort();
            assert_eq!(found, expected, "{}", token.rule);
        }
    }
}

#[test]
fn a_token_behind_a_signature_is_its_own() {
    let folder = Folder::new();
    let jwt = format!("glcbt-{}", Sampler::new(28).job_jwt("host", 1, 2));
    folder.write("a", format!("keys {jwt}{}{}\n", pat(28), pat(29)));
    let mut found = folder.scan(&["--show-secrets"]).expect(1).secrets();
    found.sort();
    let mut expected = [jwt, pat(28), pat(29)];
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_body_outside_the_alphabet_is_weak() {
    let folder = Folder::new();
    let body = Sampler::new(22).friendly(20);
    for (number, letter) in ["l", "I", "O", "0"].into_iter().enumerate() {
        folder.write(format!("{number}"), format!("glpat-{}{letter}{}\n", &body[..9], &body[10..]));
    }
    let run = folder.scan(&["--evidence", "weak"]).expect(1);
    let findings = run.findings();
    assert_eq!(findings.len(), 4);
    for finding in findings {
        assert_eq!(finding["doubt"], "not made of the characters that GitLab uses");
    }
}

#[test]
fn a_body_of_another_length_is_no_token() {
    let folder = Folder::new();
    let mut sampler = Sampler::new(23);
    let (short, long) = (sampler.friendly(19), sampler.friendly(26));
    folder.write("a", format!("glpat-{short}\nglpat-{long}\nglagent-{long}\ngloas-{long}\n"));
    folder.scan(&[]).expect(0);
}

#[test]
fn a_wrong_checksum_is_weak_at_best() {
    let folder = Folder::new();
    for (number, token) in with_prefix(24).into_iter().enumerate() {
        if token.evidence != "checksum" {
            continue;
        }
        let mut broken = token.text.clone();
        let last = broken.pop();
        broken.push(if last == Some('x') { 'y' } else { 'x' });
        folder.write(format!("{number:02}"), format!("PRIVATE-TOKEN: {broken}\n"));
    }
    let run = folder.scan(&[]).expect(0);
    assert!(run.summary()["weak"].as_u64() > Some(5), "{}", run.stdout);
}

#[test]
fn a_token_with_a_placeholder_beside_it_is_still_found() {
    let folder = Folder::new();
    let token = pat(25);
    folder.write("a", format!("glpat-{} or {token}\n", "x".repeat(20)));
    assert_eq!(folder.scan(&["--show-secrets"]).expect(1).secrets(), [token]);
}
