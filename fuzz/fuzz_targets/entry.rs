//! The head of a pack entry, of any bytes at any offset.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stanch::git::pack::entry::{Form, head};
use stanch::git::pack::inflate::{Buffer, Inflater, credible};

fuzz_target!(|input: (u16, &[u8])| {
    let (offset, pack) = input;
    for hash_len in [20, 32] {
        let Ok(head) = head(pack, u64::from(offset), hash_len) else { continue };
        assert!(head.data > usize::from(offset) && head.data <= pack.len());
        if let Form::OffsetDelta(base) = head.form {
            assert!(base < u64::from(offset));
        }
        let packed = &pack[head.data..];
        if let Ok(size) = credible(head.size, packed.len()) {
            assert!(size <= packed.len() * 1032 + 64);
            let mut buffer = Buffer::default();
            if Inflater::default().inflate(packed, size, &mut buffer).is_ok() {
                assert_eq!(buffer.len(), size);
            }
        }
    }
});
