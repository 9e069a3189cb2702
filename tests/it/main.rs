//! Tests of the real binary in fresh folders, with a scrubbed environment, on repositories that
//! real git made. One target, since linking is slow.

mod bad_input;
mod cache;
mod ci;
mod ci_formats;
mod cli;
mod config;
mod contract;
mod differential;
mod files;
mod fixtures;
mod git_folders;
mod gitlab_server;
mod history;
mod hook;
mod hostile;
mod kinds;
mod look_alikes;
mod merge;
mod odd_indexes;
mod output;
mod packs;
mod prefixes;
mod provenance;
mod range;
mod range_repositories;
mod reports;
mod revoke;
mod rooms;
mod rules;
mod secrets_stay_inside;
mod staged;
mod support;
mod suppress;
mod verify;
