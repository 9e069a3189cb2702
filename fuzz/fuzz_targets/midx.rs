//! A multi-pack-index: any bytes, and any bytes behind a header and a table of chunks that point
//! into them, which a fuzzer would hardly ever write by itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stanch::git::pack::midx::MultiIndex;

const CHUNKS: [&[u8; 4]; 5] = [b"OIDF", b"PNAM", b"OIDL", b"OOFF", b"LOFF"];
/// Header, table with its end, fan-out.
const AHEAD: usize = 12 + 6 * 12 + 1024;

fuzz_target!(|input: (u8, u8, [u16; 6], &[u8])| {
    let (count, moved, starts, body) = input;
    read(body);
    let mut bytes = b"MIDX\x01".to_vec();
    bytes.extend([1 + (count >> 7), 5, 0, 0, 0, 0, 1]);
    for (number, start) in starts.iter().enumerate() {
        bytes.extend(CHUNKS.get(number).map_or(&[0; 4], |id| *id));
        // The fan-out comes first and in its place, unless it is moved.
        let ordered = if number == 0 { AHEAD - 1024 } else { AHEAD + usize::from(*start) };
        let start = if moved >> number & 1 == 1 { usize::from(*start) } else { ordered };
        bytes.extend((start as u64).to_be_bytes());
    }
    for _ in 0..256 {
        bytes.extend([0, 0, 0, count & 0x7F]);
    }
    bytes.extend(body);
    read(&bytes);
});

fn read(bytes: &[u8]) {
    for hash_len in [20, 32] {
        let Ok(index) = MultiIndex::new(bytes, hash_len) else { continue };
        let names = index.pack_names().count();
        let objects = index.objects().inspect(|(id, _, _)| assert_eq!(id.len(), hash_len)).count();
        assert!(names <= bytes.len() && objects <= bytes.len());
    }
}
