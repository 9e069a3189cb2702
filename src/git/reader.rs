//! Reads single objects out of the database, whatever they are deltas of. Slower than going
//! through a pack from its roots, and with little memory: never more than an object, its base
//! and the delta between them.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::database::{At, Database};
use super::loose::Loose;
use super::pack::PackError;
use super::pack::budget::Budget;
use super::pack::delta::Script;
use super::pack::entry::Form;
use super::pack::inflate::{Buffer, Inflater, credible};
use crate::model::object::{Kind, ObjectId};

/// A chain of deltas may be this long: git makes none over 4095.
const LONGEST_CHAIN: usize = 100_000;

/// Reads objects. Each thread has its own.
pub struct Reader<'a> {
    database: &'a Database,
    budget: &'a Budget,
    inflater: Inflater,
}

/// The bottom of a chain of deltas.
enum Bottom {
    Entry { pack: usize, offset: u64, kind: Kind },
    Loose(Kind, Vec<u8>),
}

impl<'a> Reader<'a> {
    /// A reader that unpacks nothing that `budget` would never allow.
    pub fn new(database: &'a Database, budget: &'a Budget) -> Self {
        Self { database, budget, inflater: Inflater::default() }
    }

    /// Reads an object, from whichever place has it whole.
    pub fn read(&mut self, id: ObjectId) -> Result<(Kind, Vec<u8>), PackError> {
        let mut result = Err(PackError::Base);
        for at in self.database.find_all(id) {
            result = match at {
                At::Loose(folder) => self.loose(folder, id),
                At::Pack { pack, place } => match self.database.packs()[pack].offset(place) {
                    Some(offset) => self.entry(pack, offset),
                    None => Err(PackError::Cut),
                },
            };
            if result.is_ok() {
                break;
            }
        }
        result
    }

    /// True when the object is here.
    pub fn has(&self, id: ObjectId) -> bool {
        self.database.has(id)
    }

    /// The type of an object.
    pub fn kind_of(&self, id: ObjectId) -> Result<Kind, PackError> {
        match self.database.find_all(id).next().ok_or(PackError::Base)? {
            At::Loose(folder) => {
                let loose = Loose::open(&self.database.loose_path(folder, id));
                loose.map(|loose| loose.kind).map_err(|_| PackError::Inflate)
            }
            At::Pack { pack, place } => {
                let offset = self.database.packs()[pack].offset(place).ok_or(PackError::Cut)?;
                self.kind(pack, offset)
            }
        }
    }

    fn loose(&self, folder: usize, id: ObjectId) -> Result<(Kind, Vec<u8>), PackError> {
        let loose = Loose::open(&self.database.loose_path(folder, id));
        let loose = loose.map_err(|_| PackError::Inflate)?;
        if !usize::try_from(loose.size).is_ok_and(|size| self.budget.allows(size)) {
            return Err(PackError::TooLarge);
        }
        let kind = loose.kind;
        Ok((kind, loose.bytes().map_err(|_| PackError::Inflate)?))
    }

    /// Reads the object whose entry begins at an offset of a pack.
    pub fn entry(&mut self, pack: usize, offset: u64) -> Result<(Kind, Vec<u8>), PackError> {
        let (mut chain, bottom) = self.chain(pack, offset)?;
        let (kind, mut bytes) = match bottom {
            Bottom::Loose(kind, bytes) => (kind, bytes),
            Bottom::Entry { pack, offset, kind } => {
                let mut buffer = Buffer::default();
                self.unpack(pack, offset, &mut buffer)?;
                (kind, buffer.to_vec())
            }
        };
        let (mut packed, mut script) = (Buffer::default(), Script::default());
        while let Some((pack, offset)) = chain.pop() {
            self.unpack(pack, offset, &mut packed)?;
            script.read(&packed, bytes.len())?;
            let needed = bytes.len() + packed.len();
            if !self.budget.allows(needed.saturating_add(script.result_size())) {
                return Err(PackError::TooLarge);
            }
            let mut result = vec![0; script.result_size()];
            script.apply(&packed, &bytes, &mut result);
            bytes = result;
        }
        Ok((kind, bytes))
    }

    /// Type, size and content of an object that is too large to be unpacked as a whole. That works
    /// for what is no delta.
    pub fn stream(
        &self,
        pack: usize,
        offset: u64,
    ) -> Result<(Kind, u64, impl Read + use<'a>), PackError> {
        let pack = &self.database.packs()[pack];
        let head = pack.head(offset)?;
        let Form::Whole(kind) = head.form else { return Err(PackError::TooLarge) };
        let packed = pack.body().get(head.data..).ok_or(PackError::Cut)?;
        Ok((kind, head.size, ZlibDecoder::new(packed)))
    }

    /// The type of an entry, without unpacking anything (but a loose base).
    pub fn kind(&self, pack: usize, offset: u64) -> Result<Kind, PackError> {
        self.chain(pack, offset).map(|(_, bottom)| match bottom {
            Bottom::Loose(kind, _) | Bottom::Entry { kind, .. } => kind,
        })
    }

    /// Follows an entry down to what is no delta. The entries on the way, and the bottom.
    fn chain(&self, pack: usize, offset: u64) -> Result<(Vec<(usize, u64)>, Bottom), PackError> {
        let mut chain = Vec::new();
        let (mut pack, mut offset) = (pack, offset);
        loop {
            match self.database.packs()[pack].head(offset)?.form {
                Form::Whole(kind) => return Ok((chain, Bottom::Entry { pack, offset, kind })),
                Form::OffsetDelta(base) => {
                    chain.push((pack, offset));
                    offset = base;
                }
                Form::NameDelta(id) => {
                    chain.push((pack, offset));
                    match self.database.find_all(id).next().ok_or(PackError::Base)? {
                        At::Pack { pack: other, place } => {
                            pack = other;
                            let found = self.database.packs()[other].offset(place);
                            offset = found.ok_or(PackError::Cut)?;
                        }
                        At::Loose(folder) => {
                            let (kind, bytes) = self.loose(folder, id)?;
                            return Ok((chain, Bottom::Loose(kind, bytes)));
                        }
                    }
                }
            }
            if chain.len() > LONGEST_CHAIN {
                return Err(PackError::Base);
            }
        }
    }

    fn unpack(&mut self, pack: usize, offset: u64, out: &mut Buffer) -> Result<(), PackError> {
        let pack = &self.database.packs()[pack];
        let head = pack.head(offset)?;
        let packed = pack.body().get(head.data..).ok_or(PackError::Cut)?;
        let size = credible(head.size, packed.len())?;
        if !self.budget.allows(size) {
            return Err(PackError::TooLarge);
        }
        self.inflater.inflate(packed, size, out)
    }
}
