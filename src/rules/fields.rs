//! Takes a table of a TOML document apart, field by field, and collects what is wrong with it.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::complaint::{Complaint, line_at};

/// The fields of one table. Every field is asked for once; what was never asked for is unknown.
pub struct Fields<'a> {
    text: &'a str,
    file: &'a str,
    start: usize,
    table: Option<&'a DeTable<'a>>,
    asked: BTreeSet<&'static str>,
    /// The rule's name in complaints, once it is known.
    pub name: Option<String>,
    /// What was wrong so far.
    pub complaints: Vec<Complaint>,
}

impl<'a> Fields<'a> {
    /// The fields of `value`, which must be a table of the document `text`.
    pub fn new(text: &'a str, file: &'a str, value: &'a Spanned<DeValue<'a>>) -> Self {
        let mut fields = Self {
            text,
            file,
            start: value.span().start,
            table: value.get_ref().as_table(),
            asked: BTreeSet::new(),
            name: None,
            complaints: Vec::new(),
        };
        if fields.table.is_none() {
            fields.complain_at(fields.start, "write each rule as [[rule]]".to_owned());
        }
        fields
    }

    /// The file, as the operator named it.
    pub fn file(&self) -> &'a str {
        self.file
    }

    /// The line on which the byte at `offset` stands.
    pub fn line(&self, offset: usize) -> usize {
        line_at(self.text, offset)
    }

    /// Adds a complaint about the place `offset`.
    pub fn complain_at(&mut self, offset: usize, what: String) {
        self.complaints.push(Complaint {
            file: self.file.to_owned(),
            line: self.line(offset),
            rule: self.name.clone(),
            what,
        });
    }

    /// Adds a complaint about the field `key`.
    pub fn complain(&mut self, key: &'static str, what: &str) {
        let at =
            self.table.and_then(|table| table.get(key)).map_or(self.start, |it| it.span().start);
        self.complain_at(at, format!("{key}: {what}"));
    }

    /// Complains about every field that nobody asked for. To be called last.
    pub fn finish(&mut self) {
        let unknown: Vec<(usize, String)> = self
            .table
            .into_iter()
            .flatten()
            .filter(|(key, _)| !self.asked.contains(key.get_ref().as_ref()))
            .map(|(key, _)| (key.span().start, format!("unknown key {:?}", key.get_ref())))
            .collect();
        for (at, what) in unknown {
            self.complain_at(at, what);
        }
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.insert(key);
        self.table?.get(key)
    }

    fn missing(&mut self, key: &'static str) {
        if self.table.is_some() {
            self.complain_at(self.start, format!("{key} is missing"));
        }
    }

    /// A text, which may be absent.
    pub fn optional_string(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let value = self.get(key)?;
        let text = spanned_string(value);
        if text.is_none() {
            self.complain(key, "must be a string");
        }
        text
    }

    /// A text, which must be there.
    pub fn string(&mut self, key: &'static str) -> Option<Spanned<String>> {
        if self.get(key).is_none() {
            self.missing(key);
            return None;
        }
        self.optional_string(key)
    }

    /// One of `words`; `default` when it is absent.
    pub fn word(
        &mut self,
        key: &'static str,
        default: Option<&str>,
        words: &[&str],
    ) -> Option<String> {
        if self.get(key).is_none()
            && let Some(default) = default
        {
            return Some(default.to_owned());
        }
        let text = self.string(key)?;
        if words.contains(&text.get_ref().as_str()) {
            return Some(text.into_inner());
        }
        let (last, others) = words.split_last()?;
        let what = format!("{key} must be {} or {last}", others.join(", "));
        self.complain_at(text.span().start, what);
        None
    }

    /// True or false; `default` when it is absent.
    pub fn boolean(&mut self, key: &'static str, default: bool) -> Option<bool> {
        let Some(value) = self.get(key) else {
            return Some(default);
        };
        let value = value.get_ref().as_bool();
        if value.is_none() {
            self.complain(key, "must be true or false");
        }
        value
    }

    /// A list of texts; empty when it is absent.
    pub fn optional_strings(&mut self, key: &'static str) -> Option<Vec<Spanned<String>>> {
        let Some(value) = self.get(key) else {
            return Some(Vec::new());
        };
        let list = value.get_ref().as_array();
        let texts = list.and_then(|list| list.iter().map(spanned_string).collect());
        if texts.is_none() {
            self.complain(key, "must be a list of strings");
        }
        texts
    }

    /// A list of texts, which must be there.
    pub fn strings(&mut self, key: &'static str) -> Option<Vec<Spanned<String>>> {
        if self.get(key).is_none() {
            self.missing(key);
            return None;
        }
        self.optional_strings(key)
    }
}

fn spanned_string(value: &Spanned<DeValue<'_>>) -> Option<Spanned<String>> {
    let text = value.get_ref().as_str()?;
    Some(Spanned::new(value.span(), text.to_owned()))
}
