//! What the tests share: the binary, real git, token builders, and a GitLab on loopback.

pub(crate) mod gitlab;
pub(crate) mod program;
pub(crate) mod repository;
pub(crate) mod tokens;
