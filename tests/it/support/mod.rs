//! What the tests share: the binary, real git, and token builders.

pub(crate) mod program;
pub(crate) mod repository;
pub(crate) mod tokens;
