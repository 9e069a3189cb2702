//! The fast way through a history against the plain one: what `stanch scan` finds in a repository
//! must be what the engine finds in every object that `git cat-file` prints, whatever git has
//! made of the objects.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;

use proptest::prelude::{ProptestConfig, Strategy, any, prop, proptest};
use stanch::engine::Engine;
use stanch::model::finding::Evidence;
use stanch::rules::set::RuleSet;
use stanch::token::key;
use stanch::token::sample::Sampler;

use crate::support::program::Folder;

/// One change of one file: which file, what, where, how much.
type Edit = (u8, u8, u16, u16);

/// What a repository is made of.
#[derive(Clone, Debug)]
struct Recipe {
    seed: u64,
    commits: Vec<Vec<Edit>>,
    /// `git repack`: depth, window, by name instead of offset, how many commits stay outside.
    depth: u8,
    window: u8,
    by_name: bool,
    outside: u8,
}

fn recipes() -> impl Strategy<Value = Recipe> {
    let edit = (0..3_u8, any::<u8>(), any::<u16>(), any::<u16>());
    let commits = prop::collection::vec(prop::collection::vec(edit, 1..4), 2..40);
    (any::<u64>(), commits, 0..60_u8, 1..20_u8, any::<bool>(), 0..6_u8).prop_map(
        |(seed, commits, depth, window, by_name, outside)| Recipe {
            seed,
            commits,
            depth,
            window,
            by_name,
            outside,
        },
    )
}

/// Lines as they stand in files, some of them with tokens, whole or in part.
fn line(sampler: &mut Sampler, what: u8) -> String {
    match what % 12 {
        0 => format!("key = glpat-{}\n", sampler.friendly(20)),
        1 => format!("url: https://oauth2:{}@host/x\n", sampler.friendly(20)),
        2 => format!("t={}\n", sampler.routable("acme-glrt-", "o:1\nt:2")),
        3 => format!("half a glpat-{}", sampler.friendly(9)),
        4 => sampler.friendly(12),
        5 => "glpat-glpat-".to_owned(),
        6 => format!("'{}'\n", sampler.routable("", "o:7\nu:9")),
        _ => format!("{} ordinary text {}\n", sampler.hex(8), sampler.base36(30)),
    }
}

fn edit(file: &mut Vec<u8>, (_, what, from, size): Edit, sampler: &mut Sampler) {
    let at = usize::from(from) % (file.len() + 1);
    let end = (at + usize::from(size) % 200).min(file.len());
    match what % 8 {
        // Into the middle of anything, tokens included.
        0..=2 => {
            let text = line(sampler, what / 8);
            file.splice(at..at, text.bytes());
        }
        3 => drop(file.drain(at..end)),
        4 => {
            let moved: Vec<u8> = file.drain(at..end).collect();
            let to = usize::from(size) % (file.len() + 1);
            file.splice(to..to, moved);
        }
        5 => {
            let copied = file[at..end].to_vec();
            file.extend(copied);
        }
        6 => {
            let text: String = (0..20).map(|number| line(sampler, what / 8 + number)).collect();
            file.extend(text.bytes());
        }
        // As Windows writes it.
        _ => {
            let text = String::from_utf8_lossy(file).into_owned();
            *file = [0xFF, 0xFE]
                .into_iter()
                .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
                .take(4000)
                .collect();
        }
    }
}

/// The repository of a recipe, made by `git fast-import`.
fn repository(recipe: &Recipe) -> Folder {
    let folder = Folder::repository();
    let mut sampler = Sampler::new(recipe.seed);
    let mut files: [Vec<u8>; 3] = Default::default();
    for file in &mut files {
        *file = (0..30).map(|number| line(&mut sampler, number)).collect::<String>().into_bytes();
    }
    let mut stream: Vec<u8> = Vec::new();
    for (number, edits) in recipe.commits.iter().enumerate() {
        edits.iter().for_each(|it| edit(&mut files[usize::from(it.0)], *it, &mut sampler));
        let message = if number % 7 == 3 { line(&mut sampler, 0) } else { "more\n".to_owned() };
        let mut head = String::new();
        write!(
            head,
            "commit refs/heads/main\ncommitter A <a@b> {} +0000\ndata {}\n{message}",
            1_700_000_000 + number,
            message.len()
        )
        .expect("a string");
        stream.extend(head.bytes());
        for (name, file) in files.iter().enumerate() {
            stream.extend(format!("M 644 inline d/f{name}\ndata {}\n", file.len()).bytes());
            stream.extend(file);
            stream.push(b'\n');
        }
    }
    let by_name = format!("repack.useDeltaBaseOffset={}", !recipe.by_name);
    folder.git_with(&["-c", "fastimport.unpackLimit=1000000", "fast-import", "--quiet"], &stream);
    let keep = recipe.commits.len().saturating_sub(recipe.outside.into()).max(1);
    let depth = format!("--depth={}", recipe.depth);
    let window = format!("--window={}", recipe.window);
    // First the older part, then all but what stays loose.
    for back in [recipe.commits.len() - keep.div_ceil(2), recipe.commits.len() - keep] {
        let older = folder.git(&["rev-parse", &format!("main~{back}")]);
        let objects = folder.git(&["rev-list", "--objects", &older]);
        let name = ["-c", &by_name, "pack-objects", "--quiet", &depth, &window];
        let offsets: &[&str] = if recipe.by_name { &[] } else { &["--delta-base-offset"] };
        let arguments = [&name[..], offsets, &[".git/objects/pack/pack"]].concat();
        folder.git_with(&arguments, format!("{objects}\n").as_bytes());
    }
    folder.git(&["prune-packed", "--quiet"]);
    folder
}

/// Every object but trees, as git prints it: name, type, content.
fn objects(folder: &Folder) -> Vec<(String, String, Vec<u8>)> {
    let mut command = Command::new("git");
    folder.scrub(&mut command);
    let output =
        command.args(["cat-file", "--batch-all-objects", "--batch"]).output().expect("git");
    let mut rest = &output.stdout[..];
    let mut objects = Vec::new();
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        let words: Vec<&str> = head.split(' ').collect();
        let size: usize = words[2].parse().expect("a size");
        let content = rest[end + 1..end + 1 + size].to_vec();
        rest = &rest[end + 1 + size + 1..];
        if words[1] != "tree" {
            objects.push((words[0].to_owned(), words[1].to_owned(), content));
        }
    }
    objects
}

/// The text of an object, as the engine is given it.
fn text(content: &[u8]) -> Vec<u8> {
    match content {
        [0xFF, 0xFE, 0, 0, ..] => content.to_vec(),
        [0xFF, 0xFE, rest @ ..] => {
            let units: Vec<u16> =
                rest.chunks_exact(2).map(|it| u16::from_le_bytes([it[0], it[1]])).collect();
            String::from_utf16_lossy(&units).into_bytes()
        }
        _ => content.to_vec(),
    }
}

/// Every secret that is worth reporting, with the blobs that hold it.
fn expected(engine: &Engine, folder: &Folder) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<(String, String), (Evidence, BTreeSet<String>)> = BTreeMap::new();
    for (id, kind, content) in objects(folder) {
        let text = text(&content);
        for it in engine.scan(&text) {
            let raw = it.secret.of(&text);
            let canonical = key::leading(raw).map(|block| block.canonical.expose().to_vec());
            let secret = String::from_utf8_lossy(&canonical.unwrap_or(raw.to_vec())).into_owned();
            let entry = found
                .entry((it.card.kind.clone(), secret))
                .or_insert((it.evidence, BTreeSet::new()));
            entry.0 = entry.0.max(it.evidence);
            if kind == "blob" {
                entry.1.insert(id.clone());
            }
        }
    }
    let reported = found.into_iter().filter(|(_, (evidence, _))| *evidence >= Evidence::Context);
    reported.map(|((_, secret), (_, blobs))| (secret, blobs)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: std::env::var("STANCH_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(12),
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_history_holds_what_its_objects_hold(recipe in recipes()) {
        let folder = repository(&recipe);
        let engine = Engine::new(RuleSet::builtin().expect("good")).expect("small");
        let expected = expected(&engine, &folder);
        let run = folder.scan(&["--no-files", "--show-secrets", "--threads", "2"]);
        assert_eq!(run.code, Some(i32::from(!expected.is_empty())), "{}", run.stdout);
        let blobs = |it: &BTreeSet<String>| it.len() as u64;
        let expected: BTreeMap<&str, u64> =
            expected.iter().map(|(secret, it)| (secret.as_str(), blobs(it))).collect();
        let findings = run.findings();
        let found: BTreeMap<&str, u64> = findings
            .iter()
            .map(|it| {
                let blobs = it["occurrences"]["blobs"].as_u64().expect("a number");
                (it["secret"].as_str().expect("a secret"), blobs)
            })
            .collect();
        assert_eq!(found, expected);
        let full = folder.scan(&["--no-files", "--show-secrets", "--threads", "1", "--full-scan"]);
        assert_eq!(full.findings(), findings);
        let small = folder.scan(&["--no-files", "--show-secrets", "--memory-limit", "16KB"]);
        assert_eq!(small.findings(), findings);
    }
}
