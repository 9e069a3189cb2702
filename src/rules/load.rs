//! Reads a rule file: text in, rules or all complaints at once out, each with its line.
//! `super::fields` takes the TOML apart; this file says what a rule may hold.

use std::sync::Arc;

use regex_syntax::hir::{Hir, HirKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::bounds::{self, Bounds};
use super::complaint::{Complaint, line_at};
use super::fields::Fields;
use super::markers;
use super::parts::{self, Parts};
use super::rule::{Check, Example, GROUPS, Keyword, Rule};
use crate::model::finding::{Evidence, RuleCard, Severity};

/// The version of the format.
const SCHEMA: &str = "1";
/// What is wrong with a part of patterns that is none.
const PART: &str = "write parts as [parts], each as name = 'pattern', with a name of a-z and _";
/// A shorter keyword would stand everywhere and slow every scan down.
const SHORTEST_KEYWORD: usize = 3;
/// What to do about a secret of a rule that does not say.
const REMEDIATION: &str =
    "Revoke it where it was issued, issue a new one, and keep it out of the repository.";

/// What stands in a rule file.
#[derive(Debug)]
pub struct Loaded {
    /// Every rule that can be run, also when there are complaints about it.
    pub rules: Vec<Rule>,
    /// What is wrong, in the order of the file.
    pub complaints: Vec<Complaint>,
}

/// Reads the rules of `text`; `file` is its name in complaints.
pub fn load(text: &str, file: &str) -> Result<Vec<Rule>, Vec<Complaint>> {
    let Loaded { rules, complaints } = load_all(text, file);
    if complaints.is_empty() { Ok(rules) } else { Err(complaints) }
}

/// As [`load`], but gives back what can be run beside the complaints, so that the examples of a
/// rule are run whatever is wrong elsewhere.
pub fn load_all(text: &str, file: &str) -> Loaded {
    let (document, errors) = DeTable::parse_recoverable(text);
    let complain = |offset: usize, what: String| Complaint {
        file: file.to_owned(),
        line: line_at(text, offset),
        rule: None,
        what,
    };
    if !errors.is_empty() {
        let complaints = errors.iter().map(|error| {
            complain(error.span().map_or(0, |span| span.start), error.message().to_owned())
        });
        return Loaded { rules: Vec::new(), complaints: complaints.collect() };
    }
    let mut complaints = Vec::new();
    let mut tables = Vec::new();
    let mut parts = Parts::new();
    for (key, value) in document.get_ref() {
        let at = key.span().start;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("schema", DeValue::Integer(version)) if version.as_str() == SCHEMA => {}
            ("schema", _) => complaints.push(complain(at, format!("schema must be {SCHEMA}"))),
            ("rule", DeValue::Array(array)) => tables.extend(array.iter()),
            ("rule", _) => complaints.push(complain(at, "write each rule as [[rule]]".to_owned())),
            ("parts", DeValue::Table(table)) => {
                for (name, part) in table {
                    match (name.get_ref().as_ref(), part.get_ref()) {
                        (name, DeValue::String(part)) if parts::is_name(name) => {
                            parts.insert(name.to_owned(), part.as_ref().to_owned());
                        }
                        _ => complaints.push(complain(name.span().start, PART.to_owned())),
                    }
                }
            }
            ("parts", _) => complaints.push(complain(at, PART.to_owned())),
            (other, _) => complaints.push(complain(at, format!("unknown key {other:?}"))),
        }
    }
    let mut rules = Vec::new();
    for value in tables {
        let mut fields = Fields::new(text, file, value);
        rules.extend(rule(&mut fields, &parts));
        complaints.append(&mut fields.complaints);
    }
    if rules.is_empty() && complaints.is_empty() {
        complaints.push(complain(0, "no rule in it; a rule begins with [[rule]]".to_owned()));
    }
    complaints.sort();
    Loaded { rules, complaints }
}

/// Reads one rule; complaints are in `fields`. A rule whose pattern can be run is given back
/// whatever else is wrong with it.
fn rule(fields: &mut Fields<'_>, parts: &Parts) -> Option<Rule> {
    let card = card(fields);
    let evidence = fields.word("evidence", Some("shape"), &["shape", "context"]);
    let keywords = keywords(fields);
    let pattern = fields.string("pattern");
    let checks = checks(fields);
    let boundary = fields.boolean("boundary", true);
    let hits = examples(fields, "hits");
    let misses = examples(fields, "misses");
    if hits.as_ref().is_some_and(Vec::is_empty) {
        fields.complain("hits", "give at least one example that must be found");
    }
    fields.finish();
    let at = pattern.as_ref()?.span().start;
    let line = fields.line(at);
    let pattern = match parts::filled_in(pattern?.get_ref(), parts) {
        Ok(pattern) => pattern,
        Err(what) => {
            fields.complain_at(at, format!("pattern: {what}"));
            return None;
        }
    };
    let keywords = keywords?;
    let bounds = measured(fields, (at, &pattern), &keywords)?;
    Some(Rule {
        card: Arc::new(card),
        evidence: evidence.and_then(|word| Evidence::from_word(&word)).unwrap_or(Evidence::Shape),
        keywords,
        pattern,
        bounds,
        checks: checks?,
        boundary: boundary.unwrap_or(true),
        hits: hits.unwrap_or_default(),
        misses: misses.unwrap_or_default(),
        builtin: false,
        guest: false,
        place: (fields.file().into(), line),
    })
}

/// What findings carry of the rule; where a field is wrong, a stand-in for it.
fn card(fields: &mut Fields<'_>) -> RuleCard {
    let id = fields.string("id");
    if let Some(id) = &id {
        fields.name = Some(id.get_ref().clone());
        if !is_identifier(id.get_ref()) {
            fields.complain("id", "use 3 to 64 lower-case letters, digits, _ and -");
        }
    }
    let kind = fields.string("kind");
    if kind.as_ref().is_some_and(|kind| !is_identifier(kind.get_ref())) {
        fields.complain("kind", "use 3 to 64 lower-case letters, digits and _");
    }
    let words = Severity::ALL.map(Severity::word);
    let severity = fields.word("severity", None, &words);
    let title = fields.string("title");
    let remediation = fields.optional_string("remediation");
    let text = |text: Option<Spanned<String>>| text.map(Spanned::into_inner).unwrap_or_default();
    RuleCard {
        id: text(id),
        title: text(title),
        kind: text(kind),
        severity: severity.and_then(|word| Severity::from_word(&word)).unwrap_or(Severity::Info),
        remediation: remediation.map_or(REMEDIATION.to_owned(), Spanned::into_inner),
    }
}

fn is_identifier(text: &str) -> bool {
    (3..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

fn keywords(fields: &mut Fields<'_>) -> Option<Vec<Keyword>> {
    let words = fields.strings("keywords")?;
    let ignore_case = fields.boolean("ignore_case", false)?;
    if words.is_empty() {
        fields.complain("keywords", "give at least one word that stands in every match");
    }
    for word in &words {
        if word.get_ref().len() < SHORTEST_KEYWORD {
            let what = format!(
                "keyword {:?} is too short to search for; use at least {SHORTEST_KEYWORD} bytes",
                word.get_ref()
            );
            fields.complain_at(word.span().start, what);
        }
    }
    let bytes = |word: Spanned<String>| {
        let word = word.into_inner();
        if ignore_case { word.to_ascii_lowercase().into_bytes() } else { word.into_bytes() }
    };
    Some(words.into_iter().map(|word| Keyword { bytes: bytes(word), ignore_case }).collect())
}

fn checks(fields: &mut Fields<'_>) -> Option<Vec<Check>> {
    let words = fields.optional_strings("checks")?;
    let mut checks = Vec::new();
    for word in words {
        let at = word.span().start;
        match Check::from_word(word.get_ref()) {
            Some(check) => checks.push(check),
            None => fields.complain_at(
                at,
                format!(
                    "unknown check {:?}; use friendly, hex, base36, base64url, routable, \
                     routable_any_prefix, jwt, private_key or entropy:BITS",
                    word.get_ref()
                ),
            ),
        }
    }
    Some(checks)
}

fn examples(fields: &mut Fields<'_>, key: &'static str) -> Option<Vec<Example>> {
    let texts = fields.optional_strings(key)?;
    let mut examples = Vec::new();
    for text in texts {
        let at = text.span().start;
        match markers::check(text.get_ref()) {
            Ok(0) if key == "hits" => fields.complain_at(
                at,
                "mark the secret of the example with {{…}}, such as {{friendly:20}}".to_owned(),
            ),
            Ok(_) => {}
            Err(what) => {
                fields.complain_at(at, what);
                continue;
            }
        }
        examples.push(Example { line: fields.line(at), text: text.into_inner() });
    }
    Some(examples)
}

/// Measures a pattern, which stands at an offset in the file; `None` when it cannot be run.
fn measured(
    fields: &mut Fields<'_>,
    (at, pattern): (usize, &str),
    keywords: &[Keyword],
) -> Option<Bounds> {
    let parsed = bounds::parse(pattern);
    match parsed.and_then(|hir| Ok((bounds::measure(&hir, keywords)?, hir))) {
        Ok((bounds, hir)) => {
            for group in unknown_groups(&hir) {
                let known = GROUPS.join(", ");
                fields.complain_at(at, format!("unknown group {group:?}; known are {known}"));
            }
            if has_empty_secret(&hir) {
                let what = "pattern: the group \"secret\" can match the empty text; a secret must \
                            hold something";
                fields.complain_at(at, what.to_owned());
                return None;
            }
            Some(bounds)
        }
        // Complaints about keywords that are missing were made already.
        Err(bounds::BoundsError::Unguarded) if keywords.is_empty() => None,
        Err(error) => {
            fields.complain_at(at, error.to_string());
            None
        }
    }
}

/// True when the group `secret` can match nothing.
fn has_empty_secret(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) if capture.name.as_deref() == Some("secret") => {
            capture.sub.properties().minimum_len() == Some(0)
        }
        kind => kind.subs().iter().any(has_empty_secret),
    }
}

fn unknown_groups(hir: &Hir) -> Vec<String> {
    let mut names = Vec::new();
    if let HirKind::Capture(capture) = hir.kind() {
        names.extend(capture.name.iter().map(ToString::to_string));
    }
    names.retain(|name| !GROUPS.contains(&name.as_str()));
    names.extend(hir.kind().subs().iter().flat_map(unknown_groups));
    names
}

#[cfg(test)]
mod tests {
    use super::{load, load_all};

    const GOOD: &str = r#"
schema = 1
[[rule]]
id = "acme_key"
title = "Acme key"
kind = "acme_key"
severity = "high"
keywords = ["acme_"]
pattern = 'acme_(?<body>[a-z0-9]{16})'
checks = ["base36", "entropy:2.5"]
hits = ["key={{acme_ base36:16}}"]
"#;

    fn complaints(text: &str) -> Vec<String> {
        let list = load(text, "my.toml").expect_err("complaints");
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_file_is_a_rule() {
        let rules = load(GOOD, "my.toml").expect("a rule");
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].card.id, "acme_key");
        assert_eq!((rules[0].bounds.lookback, rules[0].bounds.longest), (0, 21));
    }

    #[test]
    fn all_complaints_come_at_once_with_their_lines() {
        let bad = "schema = 2\nextra = 1\n[[rule]]\nid = \"X\"\nkeywords = [\"ab\"]\n\
                   pattern = 'ab.*'\nseverity = \"huge\"\nhits = []\nsize = 3\nchecks = [\"magic\"]\n";
        let list = complaints(bad);
        for expected in [
            "my.toml:1: schema must be 1",
            "my.toml:2: unknown key \"extra\"",
            "my.toml:3: rule X: kind is missing",
            "my.toml:3: rule X: title is missing",
            "my.toml:4: rule X: id: use 3 to 64",
            "my.toml:5: rule X: keyword \"ab\" is too short",
            "my.toml:6: rule X: pattern: a match can be infinitely long",
            "my.toml:7: rule X: severity must be info, low, medium, high or critical",
            "my.toml:8: rule X: hits: give at least one",
            "my.toml:9: rule X: unknown key \"size\"",
            "my.toml:10: rule X: unknown check \"magic\"",
        ] {
            assert!(list.iter().any(|line| line.starts_with(expected)), "{expected}\n{list:#?}");
        }
        assert_eq!(list.len(), 11, "{list:#?}");
    }

    #[test]
    fn what_is_no_toml_is_a_complaint() {
        assert!(complaints("[[rule]\nid = ")[0].starts_with("my.toml:1: "));
        assert!(complaints("")[0].contains("no rule in it"));
        assert!(complaints("rule = 3")[0].contains("write each rule as [[rule]]"));
    }

    #[test]
    fn patterns_may_share_parts() {
        let with = |parts: &str, pattern: &str| {
            let text = GOOD.replace("schema = 1", &format!("schema = 1\n{parts}"));
            text.replace("acme_(?<body>[a-z0-9]{16})", pattern)
        };
        let shared = with("[parts]\nbody = '[a-z0-9]{16}'", "acme_(?<body>{{body}})");
        let rules = load(&shared, "my.toml").expect("a rule");
        assert_eq!(rules[0].pattern, "acme_(?<body>(?:[a-z0-9]{16}))");
        assert!(complaints(&with("", "acme_{{body}}"))[0].contains("no part is called \"body\""));
        assert!(complaints(&with("[parts]\nbody = 3", "acme_"))[0].contains("write parts as"));
        assert!(complaints(&with("parts = 3", "acme_"))[0].contains("write parts as"));
    }

    #[test]
    fn a_rule_that_can_be_run_is_given_back_beside_its_complaints() {
        let bad = GOOD.replace("\"high\"", "\"huge\"").replace("title", "titel");
        let loaded = load_all(&bad, "my.toml");
        assert_eq!((loaded.rules.len(), loaded.complaints.len()), (1, 3));
        assert_eq!(loaded.rules[0].card.id, "acme_key");
        let loaded = load_all(&bad.replace("{16}", "+"), "my.toml");
        assert_eq!((loaded.rules.len(), loaded.complaints.len()), (0, 4));
    }

    #[test]
    fn groups_and_keywords_must_make_sense() {
        let bad = GOOD.replace("?<body>", "?<boddy>");
        assert!(complaints(&bad)[0].contains("unknown group \"boddy\""));
        let bad = GOOD.replace("[\"acme_\"]", "[\"acme-\"]");
        assert!(complaints(&bad)[0].contains("without any of the keywords"));
        let bad = GOOD.replace("acme_(?<body>[a-z0-9]{16})", "acme_(?<secret>[a-z0-9]{0,16})");
        assert!(complaints(&bad)[0].contains("can match the empty text"));
        let bad = GOOD.replace("{{acme_ base36:16}}", "x");
        assert!(complaints(&bad)[0].contains("mark the secret"));
    }
}
