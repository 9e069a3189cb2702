//! What was seen, by secret. Threads fill tables of their own; putting two together gives the
//! same whatever the order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Blobs, map_origin};
use crate::model::facts::Facts;
use crate::model::finding::{Evidence, Excerpt, Finding, Place, RuleCard};
use crate::model::object::ObjectId;
use crate::model::origin::Origin;
use crate::model::secret::Secret;
use crate::model::verdict::Verdict;
use crate::sources::Located;

/// Secrets by kind and bytes.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: HashMap<(String, Secret), Entry>,
}

/// One secret.
#[derive(Debug)]
pub(super) struct Entry {
    /// The word for its kind.
    pub(super) kind: String,
    /// The secret.
    pub(super) secret: Secret,
    best: Judged,
    /// What the token says of itself.
    facts: Facts,
    /// What stands around it at the first place where that says something.
    hints: Option<(Place, Facts)>,
    places: BTreeMap<Place, Excerpt>,
    occurrences: u64,
}

/// How a rule has judged a secret.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// How sure we are.
    pub(super) evidence: Evidence,
    /// Why the evidence is weak, if it is.
    pub(super) doubt: Option<&'static str>,
    /// The rule's place in its set.
    pub(super) rule: usize,
    /// The length of the prefix.
    pub(super) prefix: usize,
    /// What the finding carries of the rule.
    pub(super) card: Arc<RuleCard>,
}

impl Judged {
    /// Stronger evidence first; among equals always the same.
    fn order(&self) -> impl Ord {
        (Reverse(self.evidence), self.rule, self.prefix, self.doubt)
    }
}

/// A secret at one place.
#[derive(Debug)]
pub(super) struct Seen {
    /// How the rule has judged it.
    pub(super) judged: Judged,
    /// The secret.
    pub(super) secret: Secret,
    /// What the token says of itself.
    pub(super) facts: Facts,
    /// What stands around it.
    pub(super) hints: Facts,
    /// Where.
    pub(super) place: Place,
    /// The line there.
    pub(super) excerpt: Excerpt,
}

impl Table {
    /// True when nothing was seen.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a secret at one place.
    pub(super) fn add(&mut self, seen: Seen) {
        let kind = seen.judged.card.kind.clone();
        let hints = (seen.hints != Facts::default()).then(|| (seen.place.clone(), seen.hints));
        let entry = Entry {
            kind: kind.clone(),
            secret: seen.secret.clone(),
            best: seen.judged,
            facts: seen.facts,
            hints,
            places: BTreeMap::from([(seen.place, seen.excerpt)]),
            occurrences: 1,
        };
        self.insert((kind, seen.secret), entry);
    }

    /// Adds what another thread or source has seen.
    pub(super) fn merge(&mut self, other: Self) {
        for (key, entry) in other.entries {
            self.insert(key, entry);
        }
    }

    fn insert(&mut self, key: (String, Secret), entry: Entry) {
        match self.entries.entry(key) {
            std::collections::hash_map::Entry::Occupied(mut old) => old.get_mut().merge(entry),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(entry);
            }
        }
    }

    /// Leaves out every secret that `known` has; says how many those were.
    pub(super) fn forget(&mut self, known: &Self) -> u64 {
        let before = self.entries.len();
        self.entries.retain(|key, _| !known.entries.contains_key(key));
        (before - self.entries.len()) as u64
    }

    /// Says of every place in which repository it is.
    pub(super) fn name_repository(&mut self, label: Option<&Arc<[u8]>>) {
        let Some(label) = label else { return };
        for entry in self.entries.values_mut() {
            entry.map_places(|mut place| {
                if !matches!(place.origin, Origin::File { .. } | Origin::FileName { .. }) {
                    place.repository = Some(Arc::clone(label));
                }
                Some(place)
            });
        }
    }

    /// Replaces blobs by the places where they stand. `locate` is asked once, and only when
    /// there is something to ask.
    pub(super) fn place_blobs(&mut self, locate: impl FnOnce(&Blobs) -> Located) {
        let blobs: BTreeSet<ObjectId> = self
            .entries
            .values()
            .flat_map(|entry| entry.places.keys())
            .filter_map(blob_of)
            .collect();
        if blobs.is_empty() {
            return;
        }
        let located = locate(&blobs);
        for entry in self.entries.values_mut() {
            entry.map_places(|mut place| {
                if let Some(blob) = blob_of(&place) {
                    place.origin = match located.places.get(&blob) {
                        Some(origin) => origin.clone(),
                        None if located.excluded.contains(&blob) => return None,
                        None => Origin::Unreachable { object: blob },
                    };
                }
                Some(place)
            });
        }
        self.entries.retain(|_, entry| !entry.places.is_empty());
    }

    /// All secrets, in no order.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries.into_values().collect()
    }
}

fn blob_of(place: &Place) -> Option<ObjectId> {
    match place.origin {
        Origin::Blob { blob } => Some(blob),
        _ => None,
    }
}

impl Entry {
    /// The strongest evidence among its places.
    pub(super) fn evidence(&self) -> Evidence {
        self.best.evidence
    }

    /// The length of its prefix.
    pub(super) fn prefix(&self) -> usize {
        self.best.prefix
    }

    fn merge(&mut self, other: Self) {
        if other.best.order() < self.best.order() {
            self.best = other.best;
        }
        let hints = [self.hints.take(), other.hints].into_iter().flatten();
        self.hints = hints.min_by(|(a, _), (b, _)| a.cmp(b));
        self.occurrences += other.occurrences;
        self.places.extend(other.places);
        while self.places.len() > Finding::MAX_PLACES {
            self.places.pop_last();
        }
    }

    fn map_places(&mut self, mut change: impl FnMut(Place) -> Option<Place>) {
        if let Some((place, _)) = &mut self.hints {
            *place = change(place.clone()).unwrap_or_else(|| place.clone());
        }
        self.places = std::mem::take(&mut self.places)
            .into_iter()
            .filter_map(|(place, excerpt)| Some((change(place)?, excerpt)))
            .collect();
    }

    /// Rewrites every text beside the secret itself.
    pub(super) fn map_text(&mut self, clean: &dyn Fn(&[u8]) -> Vec<u8>) {
        let string = |text: &str| String::from_utf8_lossy(&clean(text.as_bytes())).into_owned();
        self.map_places(|mut place| {
            place.origin = map_origin(place.origin, clean);
            place.repository = place.repository.map(|label| Arc::from(clean(&label)));
            Some(place)
        });
        if let Some(mut first) = self.places.first_entry() {
            let excerpt = first.get_mut();
            excerpt.before = string(&excerpt.before);
            excerpt.after = string(&excerpt.after);
        }
        if let Some((_, hints)) = &mut self.hints {
            hints.host = hints.host.as_deref().map(string);
            hints.preceded_by = hints.preceded_by.as_deref().map(string);
        }
    }

    /// The finished finding.
    pub(super) fn into_finding(self, fingerprint: String) -> Finding {
        let mut facts = self.facts;
        if let Some((_, hints)) = &self.hints {
            facts.fill_from(hints);
        }
        let excerpt = self.places.first_key_value().map(|(_, excerpt)| excerpt.clone());
        Finding {
            rule: self.best.card,
            fingerprint,
            secret: self.secret,
            evidence: self.best.evidence,
            doubt: self.best.doubt,
            facts,
            verdict: Verdict::NotAsked,
            // A place that two targets share was seen twice, but is one.
            occurrences: match self.places.len() {
                Finding::MAX_PLACES => self.occurrences,
                count => count as u64,
            },
            places: self.places.into_keys().collect(),
            excerpt,
        }
    }
}
