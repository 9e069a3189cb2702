//! The machine-readable form of how a secret came into a history, and of how often it stands
//! anywhere. Part of the form whose version is `super::SCHEMA`.

use serde::Serialize;

use super::{base64, lossy};
use crate::model::finding::Finding;
use crate::model::provenance::{Change, Provenance};
use crate::report::when;

/// How often a secret stands anywhere. Blobs and paths are 0 where no history was looked at.
#[derive(Debug, Serialize)]
pub(in crate::report) struct WireOccurrences {
    places: u64,
    blobs: u64,
    paths: u64,
}

impl WireOccurrences {
    /// The form of a finding's numbers.
    pub(in crate::report) fn new(finding: &Finding) -> Self {
        let (blobs, paths) = finding.provenance.as_ref().map_or((0, 0), |it| (it.blobs, it.paths));
        Self { places: finding.occurrences, blobs, paths }
    }
}

/// Fields of a finding that was found in a history.
#[derive(Debug, Serialize)]
pub(in crate::report) struct WireProvenance {
    introduced: Vec<WireChange>,
    introduced_count: u64,
    removed: Vec<WireChange>,
    removed_count: u64,
    in_head: bool,
    refs: Vec<String>,
    refs_count: u64,
    exposure: &'static str,
}

#[derive(Debug, Serialize)]
struct WireChange {
    commit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The bytes of a path that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u64>,
    author: String,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
}

impl WireProvenance {
    /// The form of a finding's provenance.
    pub(in crate::report) fn new(provenance: &Provenance) -> Self {
        // What a commit has taken out has no line in it.
        let removed = |change| WireChange { line: None, column: None, ..WireChange::new(change) };
        Self {
            introduced: provenance.introduced.iter().map(WireChange::new).collect(),
            introduced_count: provenance.introduced_count,
            removed: provenance.removed.iter().map(removed).collect(),
            removed_count: provenance.removed_count,
            in_head: provenance.in_head,
            refs: provenance.refs.iter().map(|name| lossy(name)).collect(),
            refs_count: provenance.refs_count,
            exposure: provenance.exposure.word(),
        }
    }
}

impl WireChange {
    fn new(change: &Change) -> Self {
        let path = change.path.as_deref();
        Self {
            commit: change.commit.to_string(),
            path: path.map(lossy),
            path_base64: path.and_then(base64),
            line: change.position.map(|position| position.line),
            column: change.position.map(|position| position.column),
            author: lossy(&change.author.name),
            email: lossy(&change.author.email),
            date: when::rfc3339(change.author.when),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::model::finding::Finding;
    use crate::model::span::Position;
    use crate::report::sample;
    use crate::report::wire::WireFinding;

    fn wire(finding: &Finding) -> Value {
        json!(WireFinding::new(finding, &sample::context()))
    }

    #[test]
    fn provenance_has_the_documented_form() {
        let mut finding = sample::finding();
        let provenance = finding.provenance.as_mut().expect("its provenance");
        provenance.refs = vec![Box::from(*b"refs/heads/main"), Box::from(*b"refs/tags/v1")];
        // A line of a removal, if one is known, is that of another commit: it is not written.
        provenance.removed[0].position = Some(Position::START);
        let value = wire(&finding);
        let ann = |commit: &str, date: &str| {
            json!({
                "commit": commit.repeat(20), "path": "config/deploy.env",
                "author": "Ann Example", "email": "ann@example.com", "date": date,
            })
        };
        let mut introduced = ann("11", "2025-03-02T10:00:00+01:00");
        introduced["line"] = json!(2);
        introduced["column"] = json!(14);
        assert_eq!(value["introduced"], json!([introduced]));
        assert_eq!(value["removed"], json!([ann("22", "2025-05-21T10:00:00+01:00")]));
        assert_eq!(value["introduced_count"], 3);
        assert_eq!(value["removed_count"], 1);
        assert_eq!(value["in_head"], true);
        assert_eq!(value["refs"], json!(["refs/heads/main", "refs/tags/v1"]));
        assert_eq!(value["refs_count"], 5);
        assert_eq!(value["exposure"], "pushed");
        assert_eq!(value["occurrences"], json!({ "places": 2, "blobs": 4, "paths": 2 }));
    }

    #[test]
    fn a_path_that_is_not_utf8_is_given_in_bytes_too() {
        let mut finding = sample::finding();
        let provenance = finding.provenance.as_mut().expect("its provenance");
        provenance.introduced[0].path = Some(Box::from(*b"a\xff"));
        provenance.removed[0].path = None;
        let value = wire(&finding);
        assert_eq!(value["introduced"][0]["path"], "a\u{fffd}");
        assert_eq!(value["introduced"][0]["path_base64"], "Yf8=");
        assert_eq!(value["removed"][0].get("path"), None);
    }

    #[test]
    fn without_a_history_there_is_no_provenance() {
        let mut finding = sample::finding();
        finding.provenance = None;
        let value = wire(&finding);
        for field in ["introduced", "introduced_count", "removed", "in_head", "refs", "exposure"] {
            assert_eq!(value.get(field), None, "{field}");
        }
        assert_eq!(value["occurrences"], json!({ "places": 2, "blobs": 0, "paths": 0 }));
    }
}
