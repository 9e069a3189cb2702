//! The REST API of GitLab as typed calls: a request is built, an answer is judged. Pure: who sends
//! the request, how often and when is others' business.
//!
//! Sources: GitLab's `doc/api/` pages and the Grape classes that they describe (`lib/api/`); what
//! each file rests on is named there.

pub mod answer;
pub mod changes;
pub mod effect;
pub mod entity;
pub mod judge;
pub mod ladder;
pub mod notes;
pub mod operator;
pub mod owners;
pub mod question;
pub mod remedy;
pub mod routes;
pub mod ways;
