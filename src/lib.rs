//! stanch

pub mod cli;
pub mod engine;
pub mod git;
pub mod model;
pub mod report;
pub mod rules;
pub mod scan;
pub mod sources;
pub mod token;
