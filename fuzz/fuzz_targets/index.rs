//! A pack index of any bytes: every answer is inside the file, and what is named is found.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stanch::git::pack::index::Index;

fuzz_target!(|bytes: &[u8]| {
    for hash_len in [20, 32] {
        // Most of an index is the head and the table of totals; the fuzzer writes the rest.
        let head = [0xFF, b't', b'O', b'c', 0, 0, 0, 2];
        for bytes in [bytes.to_vec(), [&head[..], &[0; 255 * 4], &[0, 0, 0, 3], bytes].concat()] {
            let Ok(index) = Index::new(bytes.as_slice(), hash_len) else { continue };
            assert!(index.count() * (hash_len + 8) <= bytes.len());
            for place in 0..index.count() {
                let id = index.id(place).to_vec();
                let _ = index.offset(place);
                if let Some(found) = index.find(&id) {
                    assert_eq!(index.id(found), id);
                }
            }
            assert_eq!(index.pack_checksum().len(), hash_len);
        }
    }
});
