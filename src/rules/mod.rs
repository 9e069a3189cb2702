//! Rules are data: TOML text goes in, a checked [`set::RuleSet`] or a list of complaints comes out.
//! Our own rules are `rules/gitlab.toml`, embedded in the binary. Does no I/O and runs no rule:
//! matching is the engine's.

pub mod bounds;
pub mod complaint;
pub mod fields;
pub mod load;
pub mod markers;
pub mod parts;
pub mod prefix;
pub mod prepared;
pub mod rule;
pub mod set;
