//! A whole pack of entries that the fuzzer writes, with an index that tells where they are: read
//! through all rooms of the pack reader, with little memory allowed.
#![no_main]

use std::io::{Read, Write};

use libfuzzer_sys::fuzz_target;
use stanch::git::database::Database;
use stanch::git::pack::PackError;
use stanch::git::pack::budget::Budget;
use stanch::git::pack::traverse::{How, Visitor};
use stanch::git::sweep::{Sweep, Turns};
use stanch::model::chunk::Hit;
use stanch::model::object::{Kind, ObjectId};
use stanch::model::seams::Seams;

#[derive(Default)]
struct Seen {
    objects: usize,
    bytes: u64,
}

impl Visitor for Seen {
    fn seams(&self) -> Seams {
        let mut seams = Seams::default();
        seams.add(b"aba");
        seams
    }

    fn search(&mut self, text: &[u8], hits: &mut Vec<Hit>) {
        let found = text.windows(3).enumerate().filter(|(_, it)| *it == b"aba");
        hits.extend(found.map(|(start, _)| Hit { start, keyword: 0, len: 3 }));
    }

    fn must_see(&self, _: Kind, _: [u8; 2]) -> bool {
        false
    }

    fn object(&mut self, _: ObjectId, _: Kind, bytes: &[u8], hits: &[Hit]) {
        let mut again = Vec::new();
        self.search(bytes, &mut again);
        assert_eq!(again, hits);
    }

    fn stream(&mut self, _: ObjectId, _: Kind, size: u64, bytes: &mut dyn Read) -> Result<(), PackError> {
        let read = std::io::copy(&mut bytes.take(size + 1), &mut std::io::sink());
        if !read.is_ok_and(|read| read == size) {
            return Err(PackError::Inflate);
        }
        self.objects += 1;
        Ok(())
    }

    fn read(&mut self, size: u64) {
        self.objects += 1;
        self.bytes += size;
    }

    fn failed(&mut self, _: ObjectId, _: &PackError) {
        self.objects += 1;
    }
}

// Up to twelve entries: type, claimed size, operand, data; compressed here, since the fuzzer
// would never find a checksum.
fuzz_target!(|entries: Vec<(u8, u16, u8, Vec<u8>)>| {
    let entries = &entries[..entries.len().min(12)];
    let mut pack = b"PACK\0\0\0\x02\0\0\0".to_vec();
    pack.push(entries.len() as u8);
    let mut offsets = Vec::new();
    for (number, (kind, size, operand, data)) in entries.iter().enumerate() {
        let offset = pack.len();
        offsets.push(offset);
        let kind = kind & 7;
        let size = if size & 1 == 0 { data.len() } else { usize::from(*size) };
        pack.push(0x80 | kind << 4 | (size & 15) as u8);
        pack.push(0x80 | (size >> 4 & 0x7F) as u8);
        pack.push((size >> 11) as u8);
        if kind == 6 {
            let base = offsets[usize::from(*operand) % (number + 1)];
            let back = (offset - base) as u64;
            let mut bytes = vec![(back & 0x7F) as u8];
            let mut rest = back >> 7;
            while rest > 0 {
                rest -= 1;
                bytes.push(0x80 | (rest & 0x7F) as u8);
                rest >>= 7;
            }
            pack.extend(bytes.iter().rev());
        }
        if kind == 7 {
            pack.extend([operand % 12; 20]);
        }
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).expect("memory");
        pack.extend(encoder.finish().expect("memory"));
    }
    pack.extend([9; 20]);
    let mut index = vec![0xFF, b't', b'O', b'c', 0, 0, 0, 2];
    for first in 0..256 {
        index.extend((entries.len().min(first + 1) as u32).to_be_bytes());
    }
    (0..entries.len()).for_each(|number| index.extend([number as u8; 20]));
    index.extend(vec![0; entries.len() * 4]);
    offsets.iter().for_each(|&offset| index.extend((offset as u32).to_be_bytes()));
    index.extend([9; 20]);
    index.extend([0; 20]);

    let folder = std::env::temp_dir().join(format!("stanch-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("pack")).expect("a folder");
    std::fs::write(folder.join("pack/pack-1.pack"), &pack).expect("a file");
    std::fs::write(folder.join("pack/pack-1.idx"), &index).expect("a file");
    let database = Database::open(vec![folder], 20);
    assert_eq!(database.packs().len(), 1, "{:?}", database.unreadable);
    let mut counts = Vec::new();
    for (how, memory) in [(How::Carried, 1 << 20), (How::Full, 1 << 20), (How::Carried, 200)] {
        let budget = Budget::new(memory);
        let turns = Turns::all(&database);
        let (database, budget) = (&database, &budget);
        let sweep =
            Sweep { database, turns: &turns, budget, wanted: |_| true, how, threads: 1 };
        let seen = sweep.run(&|_| Seen::default());
        let visitors = seen.iter().flat_map(|it| &it.visitors);
        counts.push(visitors.map(|it| it.objects).sum::<usize>());
    }
    // Every entry is read or said to have failed, whatever the way.
    assert!(counts.iter().all(|count| *count == entries.len()), "{counts:?}");
});
