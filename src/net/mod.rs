//! The one door: the only room from which anything leaves the machine. It knows addresses that the
//! operator named, requests and answers as plain data, and how fast a host may be asked; it knows
//! nothing of GitLab.

pub mod address;
pub mod door;
pub mod http;
pub mod message;
pub mod pace;
