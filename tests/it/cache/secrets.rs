//! No secret lies in the cache, in whatever form.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sha2::{Digest as _, Sha256};

use super::{DIR, files, kind, same};
use crate::support::program::Folder;
use crate::support::tokens::pat;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fails when a file of the cache holds a token, a part of it, or something made of it.
#[track_caller]
fn holds_none(folder: &Folder, tokens: &[String]) {
    let report = folder.scan(&["--evidence", "weak"]);
    let mut banned: Vec<Vec<u8>> = Vec::new();
    for finding in report.findings() {
        banned.push(finding["fingerprint"].as_str().expect("a string").as_bytes().to_vec());
    }
    for token in tokens {
        let digest = Sha256::digest(token.as_bytes());
        // The ends of base64 depend on what stands beside.
        let coded = STANDARD.encode(token);
        banned.extend([token.as_bytes().to_vec(), token.as_bytes()[6..].to_vec()]);
        banned.extend([hex(token.as_bytes()).into_bytes(), hex(&digest).into_bytes()]);
        banned.extend([digest.to_vec(), coded.as_bytes()[..20].to_vec()]);
        banned.push(URL_SAFE.encode(token).as_bytes()[..20].to_vec());
    }
    assert!(banned.len() > tokens.len());
    for path in files(folder) {
        let bytes = std::fs::read(&path).expect("a file");
        for word in &banned {
            let found = bytes.windows(word.len()).any(|it| it == word);
            assert!(!found, "{} holds {word:?}", path.display());
        }
    }
}

#[test]
fn no_file_holds_a_secret() {
    let folder = Folder::repository();
    let tokens: Vec<String> = (0..6).map(pat).collect();
    folder.write("a", &tokens[0]);
    folder.commit(&format!("message {}", tokens[1]));
    folder.git(&["tag", "-a", "-m", &tokens[2], "v1"]);
    folder.git(&["repack", "-adq"]);
    folder.write("b", format!("PRIVATE-TOKEN: {}\n", &tokens[3][6..]));
    folder.commit("second");
    same(&folder, &[]).expect(1);
    assert_eq!(kind(&folder, "trace-").len(), 1, "what is kept holds paths and names");
    holds_none(&folder, &tokens);
    for path in [DIR.into(), [DIR, "/stanch-1"].concat()] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = folder.path().join(&path).metadata().expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{path}");
    }
}

#[test]
fn the_way_of_a_secret_is_not_kept_when_a_name_on_it_is_one() {
    let token = pat(1);
    // In a path, in the name of a branch, and of an author; and a body without its prefix.
    let places: [&dyn Fn(&Folder); 4] = [
        &|folder| {
            folder.write(format!("dir/{token}/file"), &token);
            folder.commit("path");
        },
        &|folder| {
            folder.write("file", &token);
            folder.commit("ref");
            folder.git(&["branch", &format!("feature/{token}")]);
        },
        &|folder| {
            folder.write("file", &token);
            folder.git(&["add", "file"]);
            let author = format!("--author={token} <a@example.com>");
            folder.git(&["commit", "--quiet", "-m", "author", &author]);
        },
        &|folder| {
            folder.write(format!("x{}", &token[6..]), &token);
            folder.commit("body");
        },
    ];
    for place in places {
        let folder = Folder::repository();
        place(&folder);
        for _ in 0..2 {
            same(&folder, &[]).expect(1);
        }
        assert_eq!(kind(&folder, "trace-").len(), 0);
        assert_eq!(kind(&folder, "loose-").len(), 1);
        holds_none(&folder, std::slice::from_ref(&token));
    }
}
