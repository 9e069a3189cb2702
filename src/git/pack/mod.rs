//! Packs: the files in which git keeps most objects (gitformat-pack(5)). Reads them without git,
//! as the bytes of a stranger: whatever they claim is checked before it is believed.
//!
//! `index` and `midx` say where objects are, `entry` and `delta` how one is stored, `inflate`
//! unpacks it, `file` puts a pack and its index together, `forest` says which entry is a delta of
//! which, and `traverse` goes through all of them once.

pub mod budget;
pub mod carry;
pub mod delta;
pub mod entry;
pub mod file;
pub mod forest;
pub mod index;
pub mod inflate;
pub mod map;
pub mod midx;
pub mod traverse;

/// Why a pack, or an entry of it, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Not an index, or one of another version.
    #[error("pack index is damaged or of an unknown version (git index-pack writes a new one)")]
    IndexHeader,
    /// An index with a table that is cut or makes no sense.
    #[error("pack index is cut or damaged (git index-pack writes a new one)")]
    IndexTable,
    /// A multi-pack-index that is cut or makes no sense.
    #[error("multi-pack-index is cut or damaged (git multi-pack-index write makes a new one)")]
    MultiIndex,
    /// Not a pack, one of another version, or not the one that the index belongs to.
    #[error("pack is damaged, of an unknown version, or does not belong to its index")]
    Header,
    /// An entry begins outside the pack or is cut.
    #[error("pack entry is cut or out of range")]
    Cut,
    /// An entry of a type that does not exist.
    #[error("pack entry has an unknown type")]
    Type,
    /// Compressed data that does not unpack to what the entry says.
    #[error("object is corrupt (compressed data)")]
    Inflate,
    /// A delta that makes no sense, or not with its base.
    #[error("object is corrupt (delta)")]
    Delta,
    /// The base of a delta is not there, or leads back to the delta itself.
    #[error("base of a delta is missing or refers to itself")]
    Base,
    /// An object that needs more memory than it may have.
    #[error("object is too large for --memory-limit")]
    TooLarge,
}
