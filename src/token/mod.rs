//! What GitLab tokens are: their kinds and prefixes, the alphabets of their bodies, the routable
//! checksum and payload, JWT claims, private keys. Pure: bytes in, facts out. Knows no rule, no
//! place and no server; facts are from GitLab's source and documents, named where they are used.

pub mod alphabet;
pub mod describe;
pub mod jwt;
pub mod key;
pub mod keyform;
pub mod kinds;
pub mod placeholder;
pub mod routable;
pub mod sample;
