//! A GitLab on loopback that remembers: it answers as the reference says, changes its state as
//! GitLab would, records every request, and misbehaves on demand.
//!
//! Nothing here opens a way out of the machine: it listens on 127.0.0.1, on a port of the
//! system's choice. Never hold the guard of [`GitLab::state`] while a request is under way: the
//! server needs the same lock to answer.

#![allow(dead_code, reason = "a bench uses parts of it, and tests read back what they need")]
#![allow(unused_imports, reason = "tests name only the parts that they need")]

mod answers;
mod auth;
mod build;
mod faults;
mod http;
mod records;
mod routes;
mod server;
mod state;
mod tls;

pub(crate) use faults::Fault;
pub(crate) use http::Recorded;
pub(crate) use records::{Discussion, Place, RateLimit, Standing};
pub(crate) use server::GitLab;
pub(crate) use state::State;
pub(crate) use tls::{Ca, Leaf};
