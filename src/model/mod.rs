//! The words that every other room shares: what a secret, a place, a finding and the coverage of a
//! run are. Imports nothing of ours, does no I/O, knows no format and no GitLab fact.

pub mod chunk;
pub mod coverage;
pub mod egress;
pub mod facts;
pub mod finding;
pub mod object;
pub mod origin;
pub mod provenance;
pub mod revocation;
pub mod seams;
pub mod secret;
pub mod shard;
pub mod span;
pub mod suppressed;
pub mod verdict;
