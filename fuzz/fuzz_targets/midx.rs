//! A multi-pack-index of any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stanch::git::pack::midx::MultiIndex;

fuzz_target!(|bytes: &[u8]| {
    for hash_len in [20, 32] {
        let Ok(index) = MultiIndex::new(bytes, hash_len) else { continue };
        let names = index.pack_names().count();
        let objects = index.objects().inspect(|(id, _, _)| assert_eq!(id.len(), hash_len)).count();
        assert!(names <= bytes.len() && objects <= bytes.len());
    }
});
