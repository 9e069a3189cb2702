//! The baseline: what is known since some day, by fingerprint. A JSON file without secrets, one secret
//! a line, sorted, so that two of them can be compared and merged. Documented in README.md.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Complaint, is_fingerprint};

/// What the file says that it is.
const TYPE: &str = "stanch_baseline";
/// The version of its form.
const SCHEMA: u32 = 1;

/// What is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// What the key of the fingerprints makes of a constant; `None` when there is no key.
    pub key: Option<String>,
    /// Fingerprints, and what helps people.
    pub known: BTreeMap<String, Help>,
}

/// What is said of a secret for people alone: nothing is compared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// The word for its kind.
    pub kind: String,
    /// Where it stood first when it was added.
    pub first: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    r#type: String,
    schema: u32,
    key: Option<String>,
    known: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    fingerprint: String,
    kind: String,
    #[serde(default)]
    first: String,
}

impl Baseline {
    /// Reads the file, or says what is wrong with it first.
    pub fn parse(text: &str) -> Result<Self, Complaint> {
        if text.trim_start().starts_with('[') {
            let what = "this looks like a report of gitleaks; stanch baseline import FILE --gitleaks \
                        REPORT makes a baseline of it";
            return Err(Complaint { line: 1, what: what.to_owned() });
        }
        let document: Document = serde_json::from_str(text)
            .map_err(|error| Complaint { line: error.line().max(1), what: error.to_string() })?;
        let wrong = |what: &str| Complaint { line: 1, what: what.to_owned() };
        if document.r#type != TYPE {
            return Err(wrong("this is no baseline; stanch baseline create makes one"));
        }
        if document.schema != SCHEMA {
            return Err(wrong(
                "another version of stanch has made this; make it anew with this one",
            ));
        }
        let mut known = BTreeMap::new();
        for line in document.known {
            if !is_fingerprint(&line.fingerprint) {
                let at = text.find(&format!("{:?}", line.fingerprint)).unwrap_or_default();
                return Err(Complaint::at(text, at, "a fingerprint has 32 hexadecimal digits"));
            }
            known.insert(line.fingerprint, Help { kind: line.kind, first: line.first });
        }
        Ok(Self { key: document.key, known })
    }

    /// As it stands in a file.
    pub fn written(&self) -> String {
        let line = |(fingerprint, help): (&String, &Help)| {
            let Help { kind, first } = help.clone();
            let line = Line { fingerprint: fingerprint.clone(), kind, first };
            "    ".to_owned() + &serde_json::to_string(&line).unwrap_or_default()
        };
        let lines: Vec<String> = self.known.iter().map(line).collect();
        let known = match lines.join(",\n") {
            empty if empty.is_empty() => "[]".to_owned(),
            lines => format!("[\n{lines}\n  ]"),
        };
        let key = serde_json::to_string(&self.key).unwrap_or_default();
        format!(
            "{{\n  \"type\": \"{TYPE}\",\n  \"schema\": {SCHEMA},\n  \"key\": {key},\n  \"known\": {known}\n}}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, Help};

    #[test]
    fn what_is_written_can_be_read() {
        let mut baseline = Baseline { key: Some("k".to_owned()), ..Baseline::default() };
        assert_eq!(Baseline::parse(&baseline.written()), Ok(baseline.clone()));
        for (digit, first) in [("b", "a \"b\"\u{7}:1"), ("a", "x:2")] {
            let help = Help { kind: "kind".to_owned(), first: first.to_owned() };
            baseline.known.insert(digit.repeat(32), help);
        }
        let text = baseline.written();
        assert_eq!(Baseline::parse(&text), Ok(baseline));
        assert_eq!(text.lines().count(), 9);
        assert!(!text.contains('\u{7}'));
    }

    #[test]
    fn what_is_no_baseline_is_refused_with_its_line() {
        let good = Baseline::default().written();
        let wrong = [
            ("[]".to_owned(), 1, "report of gitleaks"),
            ("{".to_owned(), 1, "EOF"),
            (good.replace("stanch_baseline", "x"), 1, "no baseline"),
            (good.replace("\"schema\": 1", "\"schema\": 2"), 1, "version"),
            (good.replace("\"key\"", "\"kee\""), 4, "unknown field"),
            (good.replace("[]", "[\n{\"fingerprint\":\"x\",\"kind\":\"k\"}]"), 6, "32"),
        ];
        for (text, line, what) in wrong {
            let complaint = Baseline::parse(&text).expect_err(&text);
            assert_eq!(complaint.line, line, "{complaint:?}");
            assert!(complaint.what.contains(what), "{complaint:?}");
        }
    }
}
