//! A delta of any bytes on a base of any bytes: what is carried over from the base is what a
//! search of the whole result finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stanch::git::pack::carry::{Carrier, Recipe};
use stanch::git::pack::delta::Script;
use stanch::model::chunk::Hit;
use stanch::model::seams::Seams;

const KEYWORDS: [&[u8]; 4] = [b"a", b"aba", b"bbab", b"cccccc"];

fn search(text: &[u8], hits: &mut Vec<Hit>) {
    for start in 0..text.len() {
        for (keyword, bytes) in (0..).zip(KEYWORDS) {
            if text[start..].starts_with(bytes) {
                hits.push(Hit { start, keyword, len: bytes.len() as u32 });
            }
        }
    }
}

fuzz_target!(|input: (&[u8], &[u8])| {
    let (base, delta) = input;
    let mut script = Script::default();
    // As it is; and with the sizes that it must have, so that more of it makes sense.
    let size = |mut size: usize| {
        let mut bytes = Vec::new();
        loop {
            let more = size >= 128;
            bytes.push((size & 0x7F) as u8 | if more { 0x80 } else { 0 });
            size >>= 7;
            if !more {
                return bytes;
            }
        }
    };
    let mut made = 0;
    let mut at = 0;
    while at < delta.len() {
        let first = delta[at];
        at += 1;
        if first & 0x80 == 0 {
            made += usize::from(first);
            at += usize::from(first);
        } else {
            let operands: Vec<u8> = delta[at..].iter().take((first & 0x7F).count_ones() as usize).copied().collect();
            at += operands.len();
            let mut operands = operands.into_iter();
            let mut len = 0;
            for bit in 0..7 {
                if first & 1 << bit != 0 {
                    let byte = usize::from(operands.next().unwrap_or(0));
                    if bit >= 4 {
                        len |= byte << (8 * (bit - 4));
                    }
                }
            }
            made += if len == 0 { 0x1_0000 } else { len };
        }
    }
    for delta in [delta.to_vec(), [size(base.len()), size(made), delta.to_vec()].concat()] {
        if script.read(&delta, base.len()).is_err() || script.result_size() > 1 << 20 {
            continue;
        }
        let mut result = vec![0; script.result_size()];
        script.apply(&delta, base, &mut result);
        let beginning = script.beginning(&delta, base);
        assert!(result.iter().zip(beginning).all(|(a, b)| *a == b));
        if result.len() > 1 << 14 {
            continue;
        }
        let (mut of_base, mut expected, mut hits) = (Vec::new(), Vec::new(), Vec::new());
        search(base, &mut of_base);
        search(&result, &mut expected);
        let recipe = Recipe { script: &script, delta: &delta, base, hits: &of_base };
        let mut seams = Seams::default();
        KEYWORDS.iter().for_each(|keyword| seams.add(keyword));
        Carrier::new(seams).hits(recipe, &mut search, &mut hits);
        assert_eq!(hits, expected);
    }
});
