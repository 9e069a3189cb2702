//! Files as they stand in real repositories, with markers where the tokens were: `fixtures/leaky`
//! holds only what must be found, `fixtures/clean` only what must not.

use std::collections::BTreeSet;
use std::path::PathBuf;

use stanch::rules::markers;
use stanch::token::key;
use stanch::token::sample::Sampler;

use crate::support::program::Folder;

fn fixtures(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let entries = std::fs::read_dir(folder).expect("the fixtures").flatten();
    let mut files: Vec<(PathBuf, String)> = entries
        .map(|entry| (entry.path(), std::fs::read_to_string(entry.path()).expect("text")))
        .collect();
    files.sort();
    files
}

/// A secret as reports show it: keys lose their indentation and escapes.
fn canonical(secret: &str) -> String {
    match key::leading(secret.as_bytes()) {
        Some(block) => String::from_utf8_lossy(block.canonical.expose()).into_owned(),
        None => secret.to_owned(),
    }
}

#[test]
fn real_files_show_every_secret_whole_and_nothing_else() {
    let files = fixtures("leaky");
    assert!(files.len() >= 7);
    for (seed, (path, template)) in (0..).zip(files) {
        let expanded = markers::expand(&template, &mut Sampler::new(seed)).expect("good markers");
        let name = path.file_name().expect("a name");
        let folder = Folder::new();
        folder.write(name, &expanded.text);
        let run = folder.scan(&["--show-secrets"]).expect(1);
        let found: BTreeSet<String> = run.secrets().into_iter().collect();
        let planted: BTreeSet<String> = expanded
            .secrets
            .iter()
            .map(|span| canonical(&expanded.text[span.start..span.end]))
            .collect();
        assert_eq!(found, planted, "{}", path.display());
    }
}

#[test]
fn documents_and_code_without_secrets_raise_no_alarm() {
    for (path, template) in fixtures("clean") {
        let expanded = markers::expand(&template, &mut Sampler::new(1)).expect("good markers");
        let folder = Folder::new();
        folder.write(path.file_name().expect("a name"), &expanded.text);
        let run = folder.scan(&[]);
        assert_eq!(run.code, Some(0), "{}: {}", path.display(), run.stdout);
    }
}
