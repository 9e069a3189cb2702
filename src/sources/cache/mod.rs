//! The cache of `--cache`: what earlier runs have read of histories, so that packs and loose objects
//! are not read again with the same rules by the same program. It holds names of objects and
//! counts, and of the way of secrets through a history (`trace`) what was looked through for
//! secrets before: no secret, no text in which one was found, and no hash but git's own names.
//!
//! An entry holds for exactly what its name was computed from ([`Cache::digest`]): the program, the
//! rules, and what was read. Whatever does not fit, is damaged, or could have been written by
//! somebody else is as good as not there. `codec` and the forms of entries are pure; `store` is the
//! folder.

pub mod codec;
pub mod loose;
pub mod pack;
mod store;
pub mod trace;

pub use store::{Cache, Mode};
