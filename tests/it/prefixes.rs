//! Prefixes that an administrator chose.

use stanch::token::sample::Sampler;

use crate::support::program::Folder;

fn body(seed: u64) -> String {
    Sampler::new(seed).friendly(20)
}

#[test]
fn an_unknown_prefix_is_found_by_the_checksum_alone() {
    let mut sampler = Sampler::new(31);
    for prefix in ["", "acme-glpat-", "Corp@2024:", "a+b=c/d.", "x", "my-company-gldt-", "Z9_"] {
        let folder = Folder::new();
        let token = sampler.routable(prefix, "o:1\nu:9ix");
        folder.write("a", format!("key = \"{token}\"\n"));
        let finding = folder.scan(&["--show-secrets"]).expect(1).finding();
        assert_eq!(finding["secret"], token.as_str(), "{prefix}");
        assert_eq!(finding["token"]["prefix"], prefix);
        let kind = if prefix.ends_with("gldt-") { "deploy_token" } else { "personal_access_token" };
        assert_eq!(finding["kind"], kind, "{prefix}");
    }
}

#[test]
fn a_prefix_of_the_instance_makes_classic_bodies_whole() {
    let folder = Folder::new();
    let (acme, corp) = (format!("acme-glpat-{}", body(32)), format!("corp-{}", body(33)));
    folder.write("a", format!("{acme}\n{corp}\n"));
    let run = folder.scan(&["--show-secrets", "--prefix", "acme-glpat-", "--prefix", "corp-"]);
    let findings = run.expect(1).findings();
    let whole: Vec<_> = findings
        .iter()
        .map(|finding| (finding["secret"].as_str(), finding["token"]["prefix"].as_str()))
        .collect();
    assert_eq!(whole, [(Some(&*acme), Some("acme-glpat-")), (Some(&*corp), Some("corp-"))]);
    for finding in &findings {
        assert_eq!(finding["kind"], "personal_access_token");
        assert_eq!(finding["evidence"], "shape");
    }
}

#[test]
fn a_prefix_of_the_instance_stands_before_every_kind() {
    let folder = Folder::new();
    let deploy = format!("acme-gldt-{}", body(34));
    let job = format!("acme-glcbt-64_{}", body(35));
    folder.write("a", format!("{deploy} {job}"));
    let run = folder.scan(&["--show-secrets", "--prefix", "acme-glpat-"]).expect(1);
    let mut secrets = run.secrets();
    secrets.sort();
    assert_eq!(secrets, [job, deploy]);
}

#[test]
fn a_prefix_of_the_instance_stands_before_a_json_web_token() {
    let mut sampler = Sampler::new(38);
    for prefix in ["acme-", "acme-glpat-", "acme-glcbt-"] {
        let folder = Folder::new();
        let job = format!("acme-glcbt-{}", sampler.job_jwt("host", 1, 2));
        let access = format!("acme-gliamat-{}", sampler.jwt("{\"exp\":1900000000}"));
        folder.write("a", format!("{job}\n{access}\n"));
        let run = folder.scan(&["--show-secrets", "--prefix", prefix]).expect(1);
        let mut secrets = run.secrets();
        secrets.sort();
        assert_eq!(secrets, [job, access]);
        for finding in run.findings() {
            let found = finding["token"]["prefix"].as_str().expect("a prefix");
            assert!(found == "acme-glcbt-" || found == "acme-gliamat-", "{found}");
            assert_eq!(finding["token"].get("preceded_by"), None);
            assert!(finding["token"]["expires"].is_string());
        }
        let unnamed = folder.scan(&[]).expect(1);
        assert!(unnamed.findings().iter().all(|it| it["token"]["preceded_by"] == "acme-"));
    }
}

#[test]
fn a_token_without_a_version_is_proven_behind_every_known_prefix() {
    let mut sampler = Sampler::new(39);
    let prefixes = stanch::token::kinds::KINDS.iter().flat_map(|kind| kind.prefixes);
    for prefix in prefixes.chain(&["acme-glpat-", "my-company-glrt-", "corp-", "a+b=c/d."]) {
        let folder = Folder::new();
        let token = sampler.routable_v0(prefix, "o:1\nu:9ix");
        folder.write("a", format!("key = \"{token}\"\n"));
        let arguments = ["--show-secrets", "--prefix", "corp-", "--prefix", "a+b=c/d."];
        let finding = folder.scan(&arguments).expect(1).finding();
        assert_eq!(finding["secret"], token.as_str(), "{prefix}");
        assert_eq!(finding["evidence"], "checksum", "{prefix}");
        assert_eq!(finding["token"]["prefix"], *prefix);
        assert_eq!(finding["token"]["owner"]["user"], 12345, "{prefix}");
    }
}

#[test]
fn an_unknown_prefix_without_a_version_is_found_behind_a_name_of_gitlabs() {
    let token = Sampler::new(40).routable_v0("corp-", "o:1\nu:9ix");
    for (before, after) in
        [("GITLAB_TOKEN=", "\n"), ("PRIVATE-TOKEN: ", "\""), ("https://oauth2:", "@host/a.git")]
    {
        let folder = Folder::new();
        folder.write("a", format!("{before}{token}{after}"));
        let finding = folder.scan(&["--show-secrets"]).expect(1).finding();
        assert_eq!(
            (&finding["secret"], &finding["evidence"]),
            (&(*token).into(), &"checksum".into())
        );
        assert_eq!(finding["kind"], "personal_access_token");
    }
}

#[test]
fn a_prefix_nobody_named_is_hinted_at() {
    let folder = Folder::new();
    folder.write("a", format!("acme-glpat-{}\n", body(36)));
    let finding = folder.scan(&[]).expect(1).finding();
    assert_eq!(finding["token"]["prefix"], "glpat-");
    assert_eq!(finding["token"]["preceded_by"], "acme-");
    let human = folder.run(&["scan"]).expect(1);
    assert!(human.stdout.contains("--prefix acme-glpat-"), "{}", human.stdout);
}

#[test]
fn prefixes_come_from_settings_files_too() {
    let token = format!("corp-{}", body(37));
    let settings = "prefixes = [\"corp-\"]\n";
    let scan = |folder: &Folder, arguments: &[&str]| {
        folder.write("a", &token);
        folder.scan(arguments).expect(1).finding()
    };

    let folder = Folder::new();
    folder.write("stanch.toml", settings);
    assert_eq!(scan(&folder, &["--config", "stanch.toml", "."])["token"]["prefix"], "corp-");

    let mut folder = Folder::new();
    folder.write("stanch.toml", settings);
    folder.set("STANCH_CONFIG", "stanch.toml");
    assert_eq!(scan(&folder, &[])["token"]["prefix"], "corp-");

    let folder = Folder::new();
    std::fs::create_dir_all(folder.home().join(".config/stanch")).expect("a folder");
    std::fs::write(folder.home().join(".config/stanch/config.toml"), settings).expect("a file");
    assert_eq!(scan(&folder, &[])["token"]["prefix"], "corp-");

    let folder = Folder::repository();
    folder.write(".stanch.toml", settings);
    assert_eq!(scan(&folder, &[])["token"]["prefix"], "corp-");
}

#[test]
fn a_prefix_that_cannot_be_is_refused() {
    let folder = Folder::new();
    for prefix in ["", "x", "with space", &"x".repeat(40)] {
        let run = folder.run(&["scan", "--prefix", prefix]).expect(2);
        assert!(run.stderr.contains("prefix"), "{}", run.stderr);
    }
}
