//! Loose objects: files of their own, compressed, with a head that says type and size
//! (gitrepository-layout(5), `objects/[0-9a-f][0-9a-f]`; git's `object-file.c`).

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use flate2::bufread::ZlibDecoder;

use crate::model::object::{Kind, ObjectId};

/// Heads are shorter than this.
const LONGEST_HEAD: usize = 32;

/// A loose object, open at its first byte of content.
pub struct Loose {
    /// Its type.
    pub kind: Kind,
    /// How many bytes it says it has.
    pub size: u64,
    content: ZlibDecoder<BufReader<File>>,
}

impl Loose {
    /// Opens the file of an object.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut content = ZlibDecoder::new(BufReader::new(File::open(path)?));
        let mut head = Vec::with_capacity(LONGEST_HEAD);
        loop {
            let mut byte = [0];
            content.read_exact(&mut byte)?;
            if byte[0] == 0 {
                break;
            }
            if head.len() == LONGEST_HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
            head.push(byte[0]);
        }
        let parsed = parse(&head).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { kind: parsed.0, size: parsed.1, content })
    }

    /// Reads the whole content. An object that has not the size that it says is an error.
    pub fn bytes(self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let size = self.size;
        self.content.take(size.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// The content as a stream.
    pub fn stream(self) -> impl Read {
        self.content
    }
}

fn parse(head: &[u8]) -> Option<(Kind, u64)> {
    let space = memchr::memchr(b' ', head)?;
    let size = std::str::from_utf8(&head[space + 1..]).ok()?;
    let digits = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit());
    Some((Kind::from_word(&head[..space])?, size.parse().ok().filter(|_| digits)?))
}

/// The file of an object below an object folder.
pub fn path(folder: &Path, id: ObjectId) -> PathBuf {
    let name = id.to_string();
    folder.join(&name[..2]).join(&name[2..])
}

/// The names of all loose objects of an object folder, and the folders that cannot be read.
pub fn list(folder: &Path, hash_len: usize) -> (Vec<ObjectId>, Vec<(PathBuf, io::Error)>) {
    let (mut ids, mut unreadable) = (Vec::new(), Vec::new());
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return (ids, vec![(folder.to_path_buf(), error)]),
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(first) = hex(name.as_bytes()).filter(|first| first.len() == 1) else { continue };
        let files = match std::fs::read_dir(entry.path()) {
            Ok(files) => files,
            Err(error) => {
                unreadable.push((entry.path(), error));
                continue;
            }
        };
        for file in files.flatten() {
            // Temporary files have other names.
            let rest = hex(file.file_name().as_bytes()).filter(|rest| rest.len() + 1 == hash_len);
            let id = rest.and_then(|rest| ObjectId::from_bytes(&[&first, &rest[..]].concat()));
            ids.extend(id);
        }
    }
    (ids, unreadable)
}

/// The bytes that hexadecimal digits stand for.
fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::{hex, parse};
    use crate::model::object::Kind;

    #[test]
    fn heads_say_type_and_size() {
        assert_eq!(parse(b"blob 12"), Some((Kind::Blob, 12)));
        assert_eq!(parse(b"tag 0"), Some((Kind::Tag, 0)));
        for bad in ["", "blob", "blob ", "blob -1", "blob +1", "blub 1", "blob 1x"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(parse(format!("blob {}", u64::MAX as u128 + 1).as_bytes()), None);
    }

    #[test]
    fn names_are_hexadecimal() {
        assert_eq!(hex(b"0aFf"), Some(vec![10, 255]));
        assert_eq!((hex(b"0"), hex(b"+1"), hex(b"pack")), (None, None, None));
    }
}
