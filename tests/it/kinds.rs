//! Every kind is found, whole, whatever stands around it.

use crate::support::program::Folder;
use crate::support::tokens::{in_context, utf16, with_prefix};

/// What stands around a token: a template in which `@` is the token.
const AROUND: &[&str] = &[
    "@",
    "token = \"@\"\n",
    "token: '@'\n",
    "`@`",
    "**@** and _@_ and __@__",
    "https://oauth2:@@gitlab.example.com/a/b.git",
    "https://host/path?private=@&page=2",
    "https://host/path?x=%22@%22",
    "Authorization: Bearer @\r\nHost: x\r\n",
    "{\"text\":\"line\\n@\\nline\"}",
    "{\"text\":\"\\u0022@\\u0022\"}",
    "{\"text\":\"\\\\n@\\\\n\"}",
    "It was @.",
    "It was @, then (@) and <@>; really @!",
    "key\t@\tend",
    "a\r\n@\r\nb",
    "<token>@</token>",
    "\u{1b}[31m@\u{1b}[0m",
    "“@”",
    "x=\\\"@\\\"",
    "  - name: TOKEN\n    value: @\n",
    "\0\0@\0\0",
];

#[test]
fn every_token_with_a_prefix_is_found_whole_wherever_it_stands() {
    for token in with_prefix(1) {
        let folder = Folder::new();
        for (number, around) in AROUND.iter().enumerate() {
            // The address has a second @, which is its own.
            let text = around.replacen("@@", "\u{1}@", 1).replace('@', &token.text);
            let text = text.replace(&format!("\u{1}{}", token.text), &format!("{}@", token.text));
            folder.write(format!("{number:02}"), text);
        }
        folder.write("le", utf16(&format!("x = {}\r\n", token.text), false));
        folder.write("be", utf16(&format!("x = {}\r\n", token.text), true));
        let run = folder.scan(&["--show-secrets"]).expect(1);
        let finding = run.finding();
        assert_eq!(finding["secret"], token.text.as_str(), "{}", token.rule);
        assert_eq!(finding["kind"], token.kind);
        assert_eq!(finding["rule"], token.rule);
        assert_eq!(finding["evidence"], token.evidence);
        let mut files: Vec<&str> = finding["locations"]
            .as_array()
            .expect("locations")
            .iter()
            .map(|location| location["path"].as_str().expect("a path"))
            .collect();
        files.dedup();
        assert_eq!(files.len(), AROUND.len() + 2, "{} is missed in a file: {files:?}", token.rule);
    }
}

#[test]
fn un_prefixed_tokens_are_betrayed_by_what_stands_around_them() {
    for (kind, before, secret, after) in in_context(2) {
        let folder = Folder::new();
        folder.write("a", format!("{before}{secret}{after}"));
        folder.write("le", utf16(&format!("{before}{secret}{after}"), false));
        let run = folder.scan(&["--show-secrets"]).expect(1);
        let finding = run.finding();
        assert_eq!(finding["secret"], secret.as_str(), "{before}");
        assert_eq!(finding["kind"], kind, "{before}");
        let evidence = if kind == "session_cookie" { "shape" } else { "context" };
        assert_eq!(finding["evidence"], evidence, "{before}");
        assert_eq!(finding["occurrences"]["places"], 2, "{before}");
    }
}

#[test]
fn the_same_body_without_context_is_nothing() {
    let folder = Folder::new();
    let bodies: Vec<String> =
        in_context(3).into_iter().map(|(_, _, secret, _)| format!("value {secret}\n")).collect();
    folder.write("a", bodies.concat());
    let run = folder.scan(&["--evidence", "weak"]).expect(0);
    assert_eq!(run.summary()["weak"], 0);
}

#[test]
fn a_token_says_who_owns_it() {
    let folder = Folder::new();
    for (number, token) in with_prefix(4).into_iter().enumerate() {
        folder.write(format!("{number:02}"), token.text);
    }
    let run = folder.scan(&[]).expect(1);
    let owner = |rule: &str, prefix: &str| {
        let found = run
            .findings()
            .into_iter()
            .find(|finding| finding["rule"] == rule && finding["token"]["prefix"] == prefix);
        found.unwrap_or_else(|| panic!("{rule} {prefix}"))["token"].clone()
    };
    let pat = owner("gitlab_personal_access_token_routable_versioned", "glpat-");
    assert_eq!(pat["owner"], serde_json::json!({ "organization": 1, "user": 12345 }));
    let custom = owner("gitlab_personal_access_token_routable_versioned", "Corp@2024:");
    assert_eq!(custom["owner"]["user"], 12345);
    let runner = owner("gitlab_runner_auth_token_routable", "glrt-");
    let expected = serde_json::json!({
        "cell": 1, "organization": 1, "project": 278_964, "user": 12345, "runner_type": "project"
    });
    assert_eq!(runner["owner"], expected);
    let group_runner = owner("gitlab_runner_auth_token_routable", "glrtr-");
    assert_eq!(group_runner["owner"]["group"], 8);
    assert_eq!(group_runner["owner"]["runner_type"], "group");
    let job = owner("gitlab_ci_build_token_jwt", "glcbt-");
    let expected =
        serde_json::json!({ "organization": 1, "project": 278_964, "user": 12345, "job": 4711 });
    assert_eq!(job["owner"], expected);
    assert_eq!(job["host"], "gitlab.example.com");
    assert_eq!(job["expires"], "2030-03-17T17:46:40Z");
    let feed = owner("gitlab_feed_token_v2_path_bound", "glft-");
    assert_eq!(feed["owner"], serde_json::json!({ "user": 4242 }));
}

#[test]
fn an_address_says_project_and_host() {
    let folder = Folder::new();
    for (number, (_, before, secret, after)) in in_context(5).into_iter().enumerate() {
        folder.write(format!("{number:02}"), format!("{before}{secret}{after}"));
    }
    let run = folder.scan(&[]).expect(1);
    let of = |rule: &str| {
        let found = run.findings().into_iter().find(|finding| finding["rule"] == rule);
        found.unwrap_or_else(|| panic!("{rule}"))["token"].clone()
    };
    let mail = of("gitlab_incoming_email_address");
    assert_eq!(
        (&mail["owner"]["project"], &mail["host"]),
        (&278_964.into(), &"incoming.example.com".into())
    );
    let deploy = of("gitlab_deploy_token_credentials");
    assert_eq!(deploy["owner"]["deploy_token"], 7);
    assert_eq!(of("gitlab_url_credentials")["host"], "gitlab.example.com");
    assert_eq!(of("gitlab_pipeline_trigger_token_url")["owner"]["project"], 7);
}

#[test]
fn a_token_in_an_address_knows_its_host_too() {
    let folder = Folder::new();
    let token = crate::support::tokens::pat(6);
    folder.write("a", format!("https://oauth2:{token}@gitlab.example.com:8443/a.git"));
    let finding = folder.scan(&[]).expect(1).finding();
    assert_eq!(finding["evidence"], "shape");
    assert_eq!(finding["rule"], "gitlab_personal_access_token");
}

/// Real keys, made by real ssh-keygen and openssl, with the fingerprint that ssh-keygen prints.
mod keys {
    use std::process::Command;

    use crate::support::program::Folder;

    fn tool(folder: &Folder, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        folder.scrub(&mut command);
        let output = command.args(arguments).output().expect("the program is installed");
        assert!(output.status.success(), "{program} {arguments:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Makes a key; gives back its file's text and its fingerprint.
    fn made(folder: &Folder, arguments: &[&str], passphrase: &str) -> (String, String) {
        let mut all = vec!["-q", "-f", "key", "-C", "", "-N", passphrase];
        all.extend(arguments);
        tool(folder, "ssh-keygen", &all);
        let printed = tool(folder, "ssh-keygen", &["-l", "-f", "key.pub"]);
        let fingerprint = printed.split_whitespace().nth(1).expect("a fingerprint").to_owned();
        let text = std::fs::read_to_string(folder.path().join("key")).expect("the key");
        for name in ["key", "key.pub"] {
            std::fs::remove_file(folder.path().join(name)).expect("the key is there");
        }
        (text, fingerprint)
    }

    /// Algorithm, arguments for ssh-keygen, passphrase, what the key's file tells without it.
    const KEYS: &[(&str, &[&str], &str, bool)] = &[
        ("ssh-ed25519", &["-t", "ed25519"], "", true),
        ("ssh-ed25519", &["-t", "ed25519", "-a", "1"], "secret phrase", true),
        ("ssh-rsa", &["-t", "rsa", "-b", "2048"], "", true),
        ("ssh-rsa", &["-t", "rsa", "-b", "2048", "-m", "PEM"], "", true),
        ("ssh-rsa", &["-t", "rsa", "-b", "2048", "-m", "PEM"], "secret phrase", false),
        ("ssh-rsa", &["-t", "rsa", "-b", "2048", "-m", "PKCS8"], "", true),
        ("ssh-rsa", &["-t", "rsa", "-b", "2048", "-m", "PKCS8"], "secret phrase", false),
        ("ecdsa-sha2-nistp256", &["-t", "ecdsa", "-b", "256"], "", true),
        ("ecdsa-sha2-nistp384", &["-t", "ecdsa", "-b", "384", "-m", "PEM"], "", true),
        ("ecdsa-sha2-nistp521", &["-t", "ecdsa", "-b", "521", "-m", "PKCS8"], "", true),
    ];

    #[test]
    fn every_form_of_key_is_found_with_its_fingerprint() {
        for (algorithm, arguments, passphrase, tells) in KEYS {
            let folder = Folder::new();
            let (key, fingerprint) = made(&folder, arguments, passphrase);
            folder.write("key", &key);
            folder.write("crlf", key.replace('\n', "\r\n"));
            folder.write("values.json", format!("{{\"key\": \"{}\"}}", key.replace('\n', "\\n")));
            let indented: String = key.lines().map(|line| format!("    {line}\n")).collect();
            folder.write("values.yaml", format!("key: |\n{indented}"));
            for (number, mark) in ["+", "-", "# ", "> ", "// ", " * "].into_iter().enumerate() {
                let lines: String = key.lines().map(|line| format!("{mark}{line}\n")).collect();
                folder.write(format!("decorated{number}"), format!("before\n{lines}after\n"));
            }
            folder.write("joined", key.replace('\n', " "));
            let run = folder.scan(&[]).expect(1);
            let finding = run.finding();
            assert_eq!(finding["kind"], "deploy_key", "{arguments:?}");
            assert_eq!(finding["occurrences"]["places"], 11, "{arguments:?}");
            let about = &finding["token"]["key"];
            assert_eq!(about["encrypted"], !passphrase.is_empty(), "{arguments:?}");
            if *tells {
                assert_eq!(about["algorithm"], *algorithm, "{arguments:?}");
                assert_eq!(about["fingerprint"], fingerprint.as_str(), "{arguments:?}");
            } else {
                assert!(about.get("fingerprint").is_none());
            }
        }
    }

    #[test]
    fn ed25519_in_pkcs8_form_is_found_too() {
        let folder = Folder::new();
        let key = tool(&folder, "openssl", &["genpkey", "-algorithm", "ed25519"]);
        folder.write("key", key);
        let finding = folder.scan(&[]).expect(1).finding();
        assert_eq!(finding["token"]["key"]["algorithm"], "ssh-ed25519");
        let fingerprint = finding["token"]["key"]["fingerprint"].as_str().expect("a fingerprint");
        assert_eq!(fingerprint.len(), "SHA256:".len() + 43);
    }

    #[test]
    fn a_public_key_or_a_certificate_is_nothing() {
        let folder = Folder::new();
        tool(&folder, "ssh-keygen", &["-q", "-f", "key", "-N", "", "-t", "ed25519"]);
        std::fs::remove_file(folder.path().join("key")).expect("the key is there");
        folder.write("cert", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
        folder.write(
            "pgp",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----\n",
        );
        folder.scan(&["--evidence", "weak"]).expect(0);
    }
}
