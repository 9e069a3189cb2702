//! The floor: what it takes to unpack every blob, commit and tag entry of a repository's packs once,
//! and nothing more: no delta is applied, nothing is searched. The index and the heads of entries
//! are read, since without them nobody knows what there is to unpack.
//!
//!     cargo bench --bench floor -- FOLDER [THREADS]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use stanch::git::database::Database;
use stanch::git::pack::file::Pack;
use stanch::git::pack::forest::Forest;
use stanch::git::pack::inflate::{Buffer, Inflater, credible};
use stanch::model::object::Kind;

/// Entries that a thread takes at once.
const BATCH: usize = 64;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        return say("which repository? cargo bench --bench floor -- FOLDER [THREADS]");
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(cores);
    let started = Instant::now();
    let objects = ["objects", ".git/objects"].map(|it| folder.join(it));
    let objects = objects.into_iter().filter(|it| it.is_dir()).collect();
    let hash_len = 20;
    let database = Database::open(objects, hash_len);
    let (entries, bytes) = database.packs().iter().fold((0, 0), |(entries, bytes), pack| {
        let (more, larger) = unpack(pack, threads);
        (entries + more, bytes + larger)
    });
    let seconds = started.elapsed().as_secs_f64();
    say(&format!("{entries} entries, {bytes} bytes unpacked, {threads} threads: {seconds:.3} s"));
}

#[expect(clippy::print_stdout, reason = "this is a program of its own")]
fn say(text: &str) {
    println!("{text}");
}

/// Unpacks what is no tree; gives back how many entries and bytes that were.
fn unpack(pack: &Pack, threads: usize) -> (u64, u64) {
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(threads).build() else {
        return (0, 0);
    };
    let forest = pool.install(|| Forest::new(pack));
    let roots = forest.roots.iter().filter(|root| root.kind.is_some_and(|it| it != Kind::Tree));
    let mut nodes: Vec<u32> = roots.flat_map(|root| forest.tree(root.node)).collect();
    nodes.sort_unstable();
    let (next, entries, bytes) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    pool.broadcast(|_| {
        let (mut inflater, mut buffer) = (Inflater::default(), Buffer::default());
        while let Some(batch) = nodes.chunks(BATCH).nth(next.fetch_add(1, Ordering::Relaxed)) {
            for &node in batch {
                let Ok(head) = pack.head(forest.offset(node)) else { continue };
                let packed = &pack.body()[head.data..forest.end(node)];
                let Ok(size) = credible(head.size, packed.len()) else { continue };
                if inflater.inflate(packed, size, &mut buffer).is_ok() {
                    entries.fetch_add(1, Ordering::Relaxed);
                    bytes.fetch_add(size as u64, Ordering::Relaxed);
                }
            }
        }
    });
    (entries.into_inner(), bytes.into_inner())
}
