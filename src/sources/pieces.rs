//! Reads a text of any size in pieces: memory is bounded by the piece, not by the text. Each
//! piece overlaps its neighbours by the engine's reach, so that what is found is the same as in
//! the whole.

use std::io::{self, Read};

use super::utf16::{Order, Utf16Reader};
use super::{Job, Worker};
use crate::model::chunk::Chunk;
use crate::model::origin::Origin;
use crate::model::span::Position;

/// Bytes of a piece, beside its overlap, which is about a tenth of it.
const PIECE: usize = 1024 * 1024;

/// A buffer that is used for one text after the other.
pub struct PieceReader<'a> {
    job: Job<'a>,
    buffer: Vec<u8>,
}

impl<'a> PieceReader<'a> {
    /// A reader for one thread.
    pub fn new(job: Job<'a>) -> Self {
        Self { job, buffer: vec![0; job.reach.before + PIECE + job.reach.after] }
    }

    /// Reads `input` to its end and hands it to `worker`. `size` is what is known of its length:
    /// when that many bytes were read there is no need to ask for more. Gives back the number of
    /// bytes that were read, before any decoding. After an error the worker has had what could
    /// be read.
    pub fn read(
        &mut self,
        mut input: impl Read,
        size: Option<u64>,
        origin: &Origin,
        worker: &mut dyn Worker,
    ) -> io::Result<u64> {
        let mut counted = Counted { input: &mut input, count: 0, size, job: self.job };
        let mut filled = 0;
        let first = fill(&mut counted, &mut self.buffer, &mut filled);
        let result = match Order::of(&self.buffer[..filled]) {
            Some(order) => {
                let head = self.buffer[2..filled].to_vec();
                let mut text = Utf16Reader::new(head.chain(&mut counted), order);
                filled = 0;
                let decoded = fill(&mut text, &mut self.buffer, &mut filled);
                first.and(self.chunks(&mut text, filled, decoded, (origin, worker)))
            }
            None => self.chunks(&mut counted, filled, first, (origin, worker)),
        };
        result.map(|()| counted.count)
    }

    /// Hands the text on, of which the first `filled` bytes are in the buffer already; `read`
    /// says how reading them went.
    fn chunks(
        &mut self,
        input: &mut impl Read,
        mut filled: usize,
        mut read: io::Result<()>,
        (origin, worker): (&Origin, &mut dyn Worker),
    ) -> io::Result<()> {
        let reach = self.job.reach;
        let (mut owned_from, mut offset, mut start) = (0, 0, Position::START);
        loop {
            let ended = filled < self.buffer.len() || read.is_err();
            let owned_to = if ended { filled } else { filled - reach.after };
            let bytes = &self.buffer[..filled];
            let owned = owned_from.min(owned_to)..owned_to;
            worker.chunk(origin, &Chunk { bytes, owned, offset, start });
            if ended {
                return read;
            }
            let from = owned_to - reach.before;
            start = start.after(&bytes[..from]);
            offset += from as u64;
            self.buffer.copy_within(from..filled, 0);
            filled -= from;
            owned_from = owned_to - from;
            read = fill(input, &mut self.buffer, &mut filled);
        }
    }
}

/// Fills the buffer from `filled` on, as far as the input goes.
fn fill(input: &mut impl Read, buffer: &mut [u8], filled: &mut usize) -> io::Result<()> {
    while *filled < buffer.len() {
        match input.read(&mut buffer[*filled..]) {
            Ok(0) => break,
            Ok(count) => *filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Counts what is read, and knows the end without asking when the size is known.
struct Counted<'a, R> {
    input: &'a mut R,
    count: u64,
    size: Option<u64>,
    job: Job<'a>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.size == Some(self.count) && self.count > 0 {
            return Ok(0);
        }
        let count = self.input.read(buffer)?;
        self.count += count as u64;
        self.job.progress.bytes(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::{PIECE, PieceReader};
    use crate::model::chunk::{Chunk, Hit, Reach};
    use crate::model::origin::Origin;
    use crate::model::seams::Seams;
    use crate::model::span::Position;
    use crate::sources::progress::Progress;
    use crate::sources::{Job, Worker};

    /// Puts the owned parts together again and checks what the chunks promise.
    #[derive(Default)]
    struct Rejoin {
        text: Vec<u8>,
        chunks: usize,
    }

    impl Worker for Rejoin {
        fn seams(&self) -> Seams {
            unreachable!("pieces are not searched here")
        }

        fn keywords(&self, _: &[u8], _: &mut Vec<Hit>) {
            unreachable!("pieces are not searched here")
        }

        fn searched(&mut self, _: &Origin, _: &[u8], _: &[Hit]) {
            unreachable!("pieces are not searched here")
        }

        fn seen(&self) -> u64 {
            0
        }

        fn forget(&mut self) {}

        fn chunk(&mut self, _: &Origin, chunk: &Chunk<'_>) {
            let from = usize::try_from(chunk.offset).expect("small") + chunk.owned.start;
            assert_eq!(from, self.text.len(), "owned parts follow each other");
            let start = usize::try_from(chunk.offset).expect("small");
            assert_eq!(chunk.start, Position::START.after(&self.text[..start]));
            assert!(chunk.owned.start >= REACH.before || chunk.offset == 0);
            self.text.extend_from_slice(&chunk.bytes[chunk.owned.clone()]);
            self.chunks += 1;
        }
    }

    const REACH: Reach = Reach { before: 100, after: 300 };

    fn rejoined(input: impl Read, size: Option<u64>) -> (Rejoin, io::Result<u64>) {
        let progress = Progress::default();
        let job = Job { threads: 1, reach: REACH, progress: &progress, cache: None };
        let mut rejoin = Rejoin::default();
        let read = PieceReader::new(job).read(input, size, &Origin::Stdin, &mut rejoin);
        (rejoin, read)
    }

    #[test]
    fn pieces_are_the_whole() {
        let buffer = PIECE + REACH.before + REACH.after;
        for len in [0, 1, 5, buffer - 1, buffer, buffer + 1, 2 * PIECE, 3 * buffer + 17] {
            let text: Vec<u8> =
                (0..len).map(|at| if at % 61 == 0 { b'\n' } else { b'a' }).collect();
            for size in [None, Some(len as u64)] {
                let (rejoin, read) = rejoined(text.as_slice(), size);
                assert!(rejoin.text == text, "{len}");
                assert_eq!(read.ok(), Some(len as u64));
            }
        }
    }

    /// Fails after some bytes, as a damaged disk does.
    struct Failing(usize);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("damaged"));
            }
            let count = self.0.min(buffer.len()).min(1000);
            buffer[..count].fill(b'x');
            self.0 -= count;
            Ok(count)
        }
    }

    #[test]
    fn what_could_be_read_before_an_error_is_handed_on() {
        for len in [10, PIECE + 5000] {
            let (rejoin, read) = rejoined(Failing(len), None);
            assert!(read.is_err());
            assert_eq!(rejoin.text.len(), len);
        }
    }

    #[test]
    fn utf16_is_handed_on_as_utf8() {
        let text = "é\n".repeat(PIECE);
        let raw: Vec<u8> =
            std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        let (rejoin, read) = rejoined(raw.as_slice(), Some(raw.len() as u64));
        assert!(rejoin.text == text.as_bytes() && rejoin.chunks > 1);
        assert_eq!(read.ok(), Some(raw.len() as u64));
    }
}
