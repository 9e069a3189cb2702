//! The engine alone, on one core: ordinary source text, text in which keywords are frequent, and
//! text full of tokens. The source text is that of the crates this project is built from, so that
//! the bench runs anywhere the project was built. `benches/README.md` has the figures.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stanch::engine::Engine;
use stanch::rules::set::RuleSet;
use stanch::token::sample::Sampler;

/// How much source text is read: more than any cache holds.
const CORPUS: usize = 128 << 20;
/// What a source hands over at once.
const CHUNK: usize = 512 << 10;

/// Where cargo keeps the sources of crates; `STANCH_BENCH_CORPUS` names another folder.
fn corpus_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("STANCH_BENCH_CORPUS") {
        return folder.into();
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    home.unwrap_or_default().join("registry/src")
}

/// The text of source files below a folder, up to [`CORPUS`] bytes.
fn source_text(folder: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let is_source = path
                .extension()
                .is_some_and(|it| it == "rs" || it == "c" || it == "h" || it == "md");
            if path.is_dir() {
                folders.push(path);
            } else if is_source && text.len() < CORPUS {
                text.extend(std::fs::read(path).unwrap_or_default());
            }
        }
    }
    text
}

/// Ordinary lines with a token on every `every`th.
fn with_tokens(source: &[u8], every: usize) -> Vec<u8> {
    let mut sampler = Sampler::new(1);
    let mut text = Vec::new();
    for (number, line) in source.split_inclusive(|&byte| byte == b'\n').enumerate() {
        if text.len() > 16 << 20 {
            break;
        }
        text.extend_from_slice(line);
        if number % every == 0 {
            let token = sampler.routable("glpat-", "o:1\nu:9ix");
            text.extend_from_slice(format!("token = \"{token}\"\n").as_bytes());
        }
    }
    text
}

fn scan(engine: &Engine, text: &[u8]) -> usize {
    let mut hits = Vec::new();
    let mut found = 0;
    for chunk in text.chunks(CHUNK) {
        hits.clear();
        engine.hits(chunk, 0..chunk.len(), &mut hits);
        found += engine.confirm(chunk, &hits).len();
    }
    found
}

fn engine(criterion: &mut Criterion) {
    let engine = Engine::new(RuleSet::builtin().expect("good rules")).expect("small patterns");
    let source = source_text(&corpus_folder());
    assert!(source.len() > 1 << 20, "no source text found: name a folder in STANCH_BENCH_CORPUS");
    let texts = [
        ("source text", source.clone()),
        ("a token every 1000 lines", with_tokens(&source, 1000)),
        ("a token every 10 lines", with_tokens(&source, 10)),
        ("zeros", vec![0; 64 << 20]),
    ];
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(20);
    for (name, text) in &texts {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |bencher| bencher.iter(|| scan(&engine, black_box(text))));
    }
    group.finish();
}

fn start(criterion: &mut Criterion) {
    criterion.bench_function("start: rules and engine", |bencher| {
        bencher
            .iter(|| Engine::new(RuleSet::builtin().expect("good rules")).expect("small patterns"));
    });
}

criterion_group!(benches, engine, start);
criterion_main!(benches);
