//! The line of a place: what is shown of it, and whether a mark stands on it.

use std::collections::BTreeMap;

use crate::model::finding::{Excerpt, Place};

/// The line of a place.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// What is shown of it.
    pub(super) excerpt: Excerpt,
    /// True when a mark stands on it.
    pub(super) marked: bool,
}

/// Adds a place. One that has become the same as another has a mark only when both have one.
pub(super) fn add_line(places: &mut BTreeMap<Place, Line>, place: Place, mut line: Line) {
    line.marked &= places.get(&place).is_none_or(|old| old.marked);
    places.insert(place, line);
}
