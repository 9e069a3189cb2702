//! What was seen, by secret. Threads fill tables of their own; putting two together gives the
//! same whatever the order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::line::{Line, add_line};
use crate::model::facts::Facts;
use crate::model::finding::{Evidence, Excerpt, Finding, Place, RuleCard};
use crate::model::object::ObjectId;
use crate::model::origin::Origin;
use crate::model::provenance::Provenance;
use crate::model::secret::Secret;
use crate::model::verdict::Verdict;
use crate::sources::{Traced, Wanted};

/// Secrets by kind and bytes.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: HashMap<(String, Secret), Entry>,
    /// Secrets that a change has not brought in.
    known: HashSet<(String, Secret)>,
}

/// One secret.
#[derive(Debug)]
pub(super) struct Entry {
    /// The word for its kind.
    pub(super) kind: String,
    /// The secret.
    pub(super) secret: Secret,
    best: Judged,
    /// Where in an object database it stands.
    wanted: Wanted,
    /// What the token says of itself.
    facts: Facts,
    /// What stands around it at the first place where that says something.
    hints: Option<(Place, Facts)>,
    places: BTreeMap<Place, Line>,
    /// True when a place that is counted but not kept has no mark.
    unmarked: bool,
    occurrences: u64,
    /// How it came into the history, once a source has said so.
    pub(super) provenance: Option<Provenance>,
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
    /// True when a mark stands on the line there.
    pub(super) marked: bool,
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
        let wanted = wanted(&seen.place);
        let line = Line { excerpt: seen.excerpt, marked: seen.marked };
        let entry = Entry {
            kind: kind.clone(),
            wanted,
            secret: seen.secret.clone(),
            best: seen.judged,
            facts: seen.facts,
            hints,
            places: BTreeMap::from([(seen.place, line)]),
            unmarked: false,
            occurrences: 1,
            provenance: None,
        };
        self.insert((kind, seen.secret), entry);
    }

    /// Adds what another thread or source has seen.
    pub(super) fn merge(&mut self, other: Self) {
        for (key, entry) in other.entries {
            self.insert(key, entry);
        }
        self.known.extend(other.known);
    }

    fn insert(&mut self, key: (String, Secret), entry: Entry) {
        match self.entries.entry(key) {
            std::collections::hash_map::Entry::Occupied(mut old) => old.get_mut().merge(entry),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(entry);
            }
        }
    }

    /// Leaves out every secret that `known` has and that may be `forgettable`. A place without a mark is
    /// not excused by one that had a mark.
    pub(super) fn forget(&mut self, known: &Self, forgettable: impl Fn(&(String, Secret)) -> bool) {
        let is_known = |key: &(String, Secret), entry: &Entry| {
            let before = known.entries.get(key);
            let is_known = before.is_some_and(|it| entry.is_marked() || !it.is_marked());
            is_known && forgettable(key)
        };
        let forgotten = self.entries.extract_if(|key, entry| is_known(key, entry));
        self.known.extend(forgotten.map(|(key, _)| key));
    }

    /// Secrets that were left out and stand nowhere else: kind and bytes, in no order.
    pub(super) fn known(&self) -> impl Iterator<Item = &(String, Secret)> {
        self.known.iter().filter(|key| !self.entries.contains_key(*key))
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

    /// The best evidence for each secret, added to what is known already.
    pub(super) fn note_evidence(&self, best: &mut HashMap<(String, Secret), Evidence>) {
        for (key, entry) in &self.entries {
            let evidence = best.entry(key.clone()).or_insert(entry.best.evidence);
            *evidence = entry.best.evidence.max(*evidence);
        }
    }

    /// Asks for the history of every secret that is `worth` it, once and only when there is one,
    /// and replaces blobs by the places where they stand.
    pub(super) fn trace(
        &mut self,
        worth: impl Fn(&(String, Secret)) -> bool,
        trace: impl FnOnce(&[Wanted]) -> Traced,
    ) {
        let asked = |(key, entry): &(&(String, Secret), &mut Entry)| {
            entry.wanted != Wanted::default() && worth(key)
        };
        let mut entries: Vec<_> = self.entries.iter_mut().filter(asked).collect();
        if entries.is_empty() {
            return;
        }
        entries.sort_by(|(a, _), (b, _)| (&a.0, a.1.expose()).cmp(&(&b.0, b.1.expose())));
        let wanted: Vec<Wanted> =
            entries.iter_mut().map(|(_, entry)| std::mem::take(&mut entry.wanted)).collect();
        let traced = trace(&wanted);
        let provenances = traced.provenances.into_iter().map(Some).chain(std::iter::repeat(None));
        for ((_, entry), provenance) in entries.into_iter().zip(provenances) {
            entry.provenance = provenance;
            entry.map_places(|mut place| {
                if let Some(blob) = blob_of(&place) {
                    place.origin = match traced.places.get(&blob) {
                        Some(origin) => origin.clone(),
                        None if traced.excluded.contains(&blob) => return None,
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

/// What has to be known of a place's history.
fn wanted(place: &Place) -> Wanted {
    let mut wanted = Wanted::default();
    match place.origin {
        Origin::Blob { blob } => {
            wanted.blobs.insert(blob, place.position);
        }
        Origin::CommitMessage { commit, .. } | Origin::CommitHeader { commit, .. } => {
            wanted.commits.insert(commit);
        }
        Origin::TagMessage { tag, .. } | Origin::TagHeader { tag, .. } => {
            wanted.tags.insert(tag);
        }
        _ => {}
    }
    wanted
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

    /// True when a mark stands on its line at every place.
    fn is_marked(&self) -> bool {
        !self.unmarked && self.places.values().all(|line| line.marked)
    }

    fn merge(&mut self, other: Self) {
        if other.best.order() < self.best.order() {
            self.best = other.best;
        }
        let hints = [self.hints.take(), other.hints].into_iter().flatten();
        self.hints = hints.min_by(|(a, _), (b, _)| a.cmp(b));
        self.occurrences += other.occurrences;
        self.wanted.merge(other.wanted);
        self.provenance = match (self.provenance.take(), other.provenance) {
            (Some(ours), Some(theirs)) => Some(ours.merge(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        self.unmarked |= other.unmarked;
        other.places.into_iter().for_each(|(place, line)| add_line(&mut self.places, place, line));
        while self.places.len() > Finding::MAX_PLACES {
            self.unmarked |= self.places.pop_last().is_some_and(|(_, line)| !line.marked);
        }
    }

    fn map_places(&mut self, mut change: impl FnMut(Place) -> Option<Place>) {
        if let Some((place, _)) = &mut self.hints {
            *place = change(place.clone()).unwrap_or_else(|| place.clone());
        }
        for (place, line) in std::mem::take(&mut self.places) {
            if let Some(place) = change(place) {
                add_line(&mut self.places, place, line);
            }
        }
    }

    /// Rewrites every text beside the secret itself.
    pub(super) fn map_text(&mut self, clean: &dyn Fn(&[u8]) -> Vec<u8>) {
        let string = |text: &str| String::from_utf8_lossy(&clean(text.as_bytes())).into_owned();
        self.map_places(|place| Some(place.map_text(clean)));
        if let Some(mut first) = self.places.first_entry() {
            let excerpt = &mut first.get_mut().excerpt;
            excerpt.before = string(&excerpt.before);
            excerpt.after = string(&excerpt.after);
        }
        if let Some((_, hints)) = &mut self.hints {
            hints.host = hints.host.as_deref().map(string);
            hints.preceded_by = hints.preceded_by.as_deref().map(string);
        }
        if let Some(provenance) = &mut self.provenance {
            provenance.map_text(clean);
        }
    }

    /// The finished finding.
    pub(super) fn into_finding(self, fingerprint: String) -> Finding {
        let marked = self.is_marked();
        let mut facts = self.facts;
        let hinted_at = self.hints.map(|(place, hints)| {
            facts.fill_from(&hints);
            place
        });
        let excerpt = self.places.first_key_value().map(|(_, line)| line.excerpt.clone());
        Finding {
            rule: self.best.card,
            fingerprint,
            secret: self.secret,
            evidence: self.best.evidence,
            doubt: self.best.doubt.map(Into::into),
            mask: None,
            facts,
            hinted_at,
            verdict: Verdict::default(),
            receipt: None,
            // A place that two targets share was seen twice, but is one.
            occurrences: match self.places.len() {
                Finding::MAX_PLACES => self.occurrences,
                count => count as u64,
            },
            places: self.places.into_keys().collect(),
            marked,
            excerpt,
            provenance: self.provenance,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Judged, Seen, Table};
    use crate::model::facts::Facts;
    use crate::model::finding::{Evidence, Excerpt, Place, RuleCard, Severity};
    use crate::model::origin::Origin;
    use crate::model::provenance::{Exposure, Provenance};
    use crate::model::secret::Secret;
    use crate::model::span::Position;

    /// A table that has seen one secret on standard input, and knows how it came in.
    fn table(provenance: Option<&Provenance>) -> Table {
        let card = Arc::new(RuleCard {
            id: "rule".to_owned(),
            title: "A rule".to_owned(),
            kind: "kind".to_owned(),
            severity: Severity::High,
            remediation: "Do it.".to_owned(),
        });
        let mut table = Table::default();
        table.add(Seen {
            judged: Judged { evidence: Evidence::Shape, doubt: None, rule: 0, prefix: 0, card },
            secret: Secret::new(*b"open sesame"),
            facts: Facts::default(),
            hints: Facts::default(),
            place: Place { repository: None, origin: Origin::Stdin, position: Position::START },
            marked: false,
            excerpt: Excerpt {
                before: String::new(),
                secret: "****".to_owned(),
                after: String::new(),
            },
        });
        table.entries.values_mut().for_each(|entry| entry.provenance = provenance.cloned());
        table
    }

    fn provenance(name: &str, exposure: Exposure) -> Provenance {
        Provenance {
            introduced: Vec::new(),
            introduced_count: 0,
            removed: Vec::new(),
            removed_count: 0,
            in_head: false,
            refs: vec![Box::from(name.as_bytes())],
            refs_count: 1,
            exposure,
            blobs: 1,
            paths: 1,
        }
    }

    #[test]
    fn provenance_of_two_sources_is_put_together_and_cleaned() {
        let sources = [
            Some(provenance("refs/heads/b", Exposure::Unreachable)),
            None,
            Some(provenance("refs/heads/a", Exposure::LocalOnly)),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut all = Table::default();
            order.into_iter().for_each(|at: usize| all.merge(table(sources[at].as_ref())));
            let mut entry = all.into_entries().pop().expect("one secret");
            entry.map_text(&|text| text.to_ascii_uppercase());
            let found = entry.into_finding(String::new()).provenance.expect("its provenance");
            let refs: Vec<&[u8]> = found.refs.iter().map(|name| &**name).collect();
            assert_eq!(refs, [b"REFS/HEADS/A", b"REFS/HEADS/B"]);
            assert_eq!((found.refs_count, found.exposure), (2, Exposure::LocalOnly));
        }
    }
}
