//! The object database of a repository, read without git: packs, loose objects, and the folders
//! that it borrows from (gitrepository-layout(5), `objects/info/alternates`).
//!
//! libgit2 could read it, too. But it passes over a pack whose index it cannot open, miscounts
//! SHA-256 packs, and unpacks the base of a delta anew for every object: what must be complete
//! and fast is read here.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::loose;
use super::pack::PackError;
use super::pack::file::Pack;
use super::pack::forest::Forest;
use super::pack::map::Mapped;
use super::pack::midx::MultiIndex;
use super::quoting;
use crate::model::object::ObjectId;

/// Borrowing may go through this many repositories, as in git itself.
const DEEPEST: usize = 5;

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// At a place of a pack.
    Pack {
        /// Which pack.
        pack: usize,
        /// Which place in its index.
        place: usize,
    },
    /// A loose object below the folder with this number.
    Loose(usize),
}

/// Everything that the object folders hold.
#[derive(Debug, Default)]
pub struct Database {
    hash_len: usize,
    folders: Vec<PathBuf>,
    packs: Vec<Pack>,
    /// Which entries of each pack are deltas of which, once somebody has asked.
    forests: Vec<OnceLock<Forest>>,
    /// Loose objects that no pack has, each once, with the number of its folder; sorted.
    loose: Vec<(ObjectId, usize)>,
    /// Packs and folders that cannot be read, and why.
    pub unreadable: Vec<(Vec<u8>, String)>,
}

impl Database {
    /// Opens the database of these folders and of those that they borrow from. `hash_len` is the
    /// length of object names in bytes, 20 or 32.
    pub fn open(folders: Vec<PathBuf>, hash_len: usize) -> Self {
        let mut database = Self { hash_len, ..Self::default() };
        let mut left: Vec<(PathBuf, usize)> = folders.into_iter().map(|it| (it, 0)).collect();
        let mut seen = BTreeSet::new();
        while let Some((folder, depth)) = left.pop() {
            if !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
                continue;
            }
            match alternates(&folder) {
                Ok(borrowed) if depth < DEEPEST => {
                    left.extend(borrowed.into_iter().map(|path| (path, depth + 1)));
                }
                Ok(borrowed) if borrowed.is_empty() => {}
                Ok(_) => database.unreadable(&folder, "alternates are nested too deeply"),
                Err(error) => {
                    let why = format!("alternates cannot be read: {}", error.kind());
                    database.unreadable(&folder, &why);
                }
            }
            database.folder(&folder);
        }
        // The largest first: it is the one that needs no look whether another has the object.
        database
            .packs
            .sort_by(|a, b| b.count().cmp(&a.count()).then_with(|| a.path().cmp(b.path())));
        database.forests.resize_with(database.packs.len(), OnceLock::new);
        database.sort_loose();
        database
    }

    /// The packs, the one with the most objects first.
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    /// Bytes of the names of objects.
    pub fn hash_len(&self) -> usize {
        self.hash_len
    }

    /// How many objects there are, of all types; what several packs have counts as often.
    pub fn objects(&self) -> u64 {
        let packed: usize = self.packs.iter().map(Pack::count).sum();
        (packed + self.loose.len()) as u64
    }

    /// Which entries of a pack are deltas of which. Read once, however often the pack is gone
    /// through.
    pub fn forest(&self, pack: usize) -> &Forest {
        self.forests[pack].get_or_init(|| Forest::new(&self.packs[pack]))
    }

    /// Loose objects that no pack has, each with its file.
    pub fn loose(&self) -> impl ExactSizeIterator<Item = (ObjectId, PathBuf)> {
        self.loose.iter().map(|&(id, folder)| (id, loose::path(&self.folders[folder], id)))
    }

    /// True when one of these packs has the object.
    pub fn is_in(&self, packs: &[usize], id: &[u8]) -> bool {
        packs.iter().any(|&pack| self.packs[pack].find(id).is_some())
    }

    /// True when the object is here.
    pub fn has(&self, id: ObjectId) -> bool {
        self.packs.iter().any(|pack| pack.find(id.as_bytes()).is_some())
            || self.loose.binary_search_by_key(&id, |(id, _)| *id).is_ok()
    }

    /// Every place where an object is.
    pub fn find_all(&self, id: ObjectId) -> impl Iterator<Item = At> {
        let packed =
            self.packs.iter().enumerate().filter_map(move |(pack, it)| {
                Some(At::Pack { pack, place: it.find(id.as_bytes())? })
            });
        let folders = self.folders.iter().enumerate();
        let loose = folders.filter(move |(_, folder)| loose::path(folder, id).exists());
        packed.chain(loose.map(|(folder, _)| At::Loose(folder)))
    }

    /// The file of a loose object.
    pub fn loose_path(&self, folder: usize, id: ObjectId) -> PathBuf {
        loose::path(&self.folders[folder], id)
    }

    fn unreadable(&mut self, path: &Path, why: &str) {
        self.unreadable.push((path.as_os_str().as_bytes().to_vec(), why.to_owned()));
    }

    /// Takes in what lies in one folder. A part that cannot be read does not hide the others.
    fn folder(&mut self, folder: &Path) {
        let number = self.folders.len();
        self.folders.push(folder.to_path_buf());
        let (ids, unreadable) = loose::list(folder, self.hash_len);
        self.loose.extend(ids.into_iter().map(|id| (id, number)));
        for (path, error) in unreadable {
            let why = format!("object folder cannot be read: {}", error.kind());
            self.unreadable(&path, &why);
        }
        let folder_of_packs = folder.join("pack");
        let mut packs = Vec::new();
        match std::fs::read_dir(&folder_of_packs) {
            Ok(entries) => {
                let paths = entries.flatten().map(|entry| entry.path());
                packs.extend(paths.filter(|path| path.extension() == Some(OsStr::new("pack"))));
                // An index without its pack tells of a loss.
                self.report_lost_packs(&folder_of_packs);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let why = format!("object folder cannot be read: {}", error.kind());
                self.unreadable(&folder_of_packs, &why);
            }
        }
        packs.sort();
        self.open_packs(folder, packs);
    }

    fn report_lost_packs(&mut self, folder: &Path) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let indexes = entries.map(|entry| entry.path());
        for index in indexes.filter(|path| path.extension() == Some(OsStr::new("idx"))) {
            if !index.with_extension("pack").exists() {
                self.unreadable(&index, "the pack of this index is not here");
            }
        }
    }

    fn open_packs(&mut self, folder: &Path, packs: Vec<PathBuf>) {
        let mut without_index = Vec::new();
        for path in packs {
            let index = match Mapped::open(&path.with_extension("idx")) {
                Ok(index) => index,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    without_index.push(path);
                    continue;
                }
                Err(error) => {
                    let why = format!("pack index cannot be read: {}", error.kind());
                    self.unreadable(&path, &why);
                    continue;
                }
            };
            match Pack::with_index(&path, index, self.hash_len) {
                Ok(pack) => self.packs.push(pack),
                Err(error) => self.unreadable(&path, &error.to_string()),
            }
        }
        if !without_index.is_empty() {
            self.open_by_midx(folder, without_index);
        }
    }

    /// Opens packs that have no index of their own.
    fn open_by_midx(&mut self, folder: &Path, packs: Vec<PathBuf>) {
        let file = folder.join("pack/multi-pack-index");
        let midx = Mapped::open(&file).map_err(|_| PackError::MultiIndex);
        let midx = midx.and_then(|bytes| MultiIndex::new(bytes, self.hash_len));
        let mut rows: BTreeMap<&[u8], Vec<(&[u8], u64)>> = BTreeMap::new();
        if let Ok(midx) = &midx {
            let names: Vec<&[u8]> = midx.pack_names().collect();
            for (id, pack, offset) in midx.objects() {
                let name = names.get(pack as usize).and_then(|name| name.strip_suffix(b".idx"));
                if let (Some(name), Some(offset)) = (name, offset) {
                    rows.entry(name).or_default().push((id, offset));
                }
            }
        }
        for path in packs {
            let stem = path.file_stem().map(OsStr::as_bytes).unwrap_or_default();
            let opened = match rows.remove(stem) {
                Some(rows) => Pack::with_rows(&path, rows.into_iter(), self.hash_len),
                None => {
                    self.unreadable(&path, "pack has no index (git index-pack writes one)");
                    continue;
                }
            };
            match opened {
                Ok(pack) => self.packs.push(pack),
                Err(error) => self.unreadable(&path, &error.to_string()),
            }
        }
    }

    fn sort_loose(&mut self) {
        let mut loose = std::mem::take(&mut self.loose);
        loose.sort_unstable();
        loose.dedup_by_key(|(id, _)| *id);
        loose.retain(|(id, _)| !self.packs.iter().any(|pack| pack.find(id.as_bytes()).is_some()));
        self.loose = loose;
    }
}

/// The object folders that `folder` borrows from. A path is relative to the folder; one that
/// begins with a quote is written as in C (git's `unquote_c_style`).
fn alternates(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let text = match std::fs::read(folder.join("info/alternates")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let lines = text.split(|&byte| byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty() && line[0] != b'#');
    Ok(lines.map(|line| folder.join(OsStr::from_bytes(&quoting::unquoted(line)))).collect())
}
