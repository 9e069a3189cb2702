//! Packs: the files in which git keeps most objects (gitformat-pack(5)).

pub mod index;
