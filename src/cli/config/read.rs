//! The text of a settings file, held against the table of keys. Everything that is wrong is said at
//! once, each with its line; what somebody wrote as a value is never repeated.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key, Kind, Need};

/// What is wrong, and on which line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The line, the first being 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

/// A value, written as on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The value; of a table nothing.
    pub text: String,
    /// Its line.
    pub line: usize,
}

/// What a file says: its top-level keys.
#[derive(Debug, Default)]
pub struct Document {
    /// The values of each key, in their order. An empty list is a value, too.
    pub items: BTreeMap<&'static str, Vec<Item>>,
    /// The line of each key.
    pub lines: BTreeMap<&'static str, usize>,
}

/// A name that may be repeated in a complaint is not longer.
const LONGEST_NAME: usize = 32;

/// Reads a text, or says all that is wrong with it.
pub fn read(text: &str) -> Result<Document, Vec<Complaint>> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        vec![Complaint { line, what: error.message().to_lowercase() }]
    })?;
    let mut reading = Reading { text, complaints: Vec::new() };
    let mut document = Document::default();
    for (key, name, value) in reading.known(table.get_ref(), KEYS, "") {
        let items = reading.value(key, value, "");
        document.lines.insert(key.name, line_at(text, name));
        document.items.insert(key.name, items);
    }
    reading.complaints.sort();
    match reading.complaints.is_empty() {
        true => Ok(document),
        false => Err(reading.complaints),
    }
}

/// The line of a byte.
pub fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count()
}

struct Reading<'a> {
    text: &'a str,
    complaints: Vec<Complaint>,
}

impl Reading<'_> {
    fn complain(&mut self, offset: usize, what: String) {
        self.complaints.push(Complaint { line: line_at(self.text, offset), what });
    }

    /// The entries of a table whose keys there are, each with the place of its name.
    fn known<'v>(
        &mut self,
        table: &'v DeTable<'_>,
        keys: &'static [Key],
        place: &str,
    ) -> Vec<(&'static Key, usize, &'v Spanned<DeValue<'v>>)> {
        let mut known = Vec::new();
        for (name, value) in table {
            let at = name.span().start;
            match keys.iter().find(|key| key.name == name.get_ref().as_ref()) {
                Some(key) => known.push((key, at, value)),
                None => self.complain(at, unknown(name.get_ref(), keys, place)),
            }
        }
        known
    }

    /// A table inside the file, and what it must hold.
    fn table(&mut self, table: &DeTable<'_>, keys: &'static [Key], (place, at): (&str, usize)) {
        for (key, _, value) in self.known(table, keys, place) {
            self.value(key, value, place);
        }
        let is_there = |key: &&Key| table.keys().any(|name| name.get_ref() == key.name);
        for key in keys.iter().filter(|key| key.need == Need::Always && !is_there(key)) {
            self.complain(at, format!("{place} needs `{}`: {}", key.name, key.about));
        }
        let of = |need: Need| keys.iter().filter(move |key| key.need == need);
        let names = |need: Need| of(need).map(|key| key.name).collect::<Vec<_>>().join(", ");
        if of(Need::OneOfThese).next().is_some()
            && of(Need::OneOfThese).filter(is_there).count() != 1
        {
            self.complain(at, format!("{place} takes one of {}", names(Need::OneOfThese)));
        }
        if of(Need::NotTogether).filter(is_there).count() > 1 {
            let names = names(Need::NotTogether);
            self.complain(at, format!("{place} has more than one of {names}; keep one of them"));
        }
    }

    fn value(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>, place: &str) -> Vec<Item> {
        let at = value.span().start;
        let inner = inside(place, key);
        match (&key.kind, value.get_ref()) {
            (Kind::Table(keys), DeValue::Table(table)) => {
                self.table(table, keys, (&inner, at));
                vec![self.item(String::new(), at)]
            }
            (Kind::Tables(keys), DeValue::Array(all)) => {
                let mut items = Vec::new();
                for one in all {
                    let at = one.span().start;
                    match one.get_ref() {
                        DeValue::Table(table) => self.table(table, keys, (&inner, at)),
                        _ => {
                            self.wrong_type(key, at, place);
                        }
                    }
                    items.push(self.item(String::new(), at));
                }
                items
            }
            (Kind::List(_), DeValue::Array(all)) => {
                let items = all.iter().map(|one| self.scalar(key, one, place));
                items.collect::<Vec<_>>().into_iter().flatten().collect()
            }
            (Kind::Table(_) | Kind::Tables(_) | Kind::List(_), _) => {
                self.wrong_type(key, at, place);
                Vec::new()
            }
            _ => self.scalar(key, value, place).into_iter().collect(),
        }
    }

    fn scalar(&mut self, key: &Key, value: &Spanned<DeValue<'_>>, place: &str) -> Option<Item> {
        let at = value.span().start;
        let text = match (&key.kind, value.get_ref()) {
            (Kind::Switch, DeValue::Boolean(switch)) => Some(switch.to_string()),
            (Kind::Number(..) | Kind::Size | Kind::Time, DeValue::Integer(number)) => {
                let number = u64::from_str_radix(number.as_str(), number.radix());
                Some(number.map_or_else(|_| String::new(), |number| number.to_string()))
            }
            (Kind::Switch | Kind::Number(..), _) => None,
            (_, DeValue::String(text)) => Some(text.to_string()),
            _ => None,
        };
        let Some(text) = text else {
            self.wrong_type(key, at, place);
            return None;
        };
        match key.kind.check(&text) {
            Ok(()) => Some(self.item(text, at)),
            Err(why) => {
                self.complain(at, format!("{}: {why}", named(key, place)));
                None
            }
        }
    }

    fn wrong_type(&mut self, key: &Key, at: usize, place: &str) {
        self.complain(at, format!("{} takes {}", named(key, place), key.kind.words()));
    }

    fn item(&self, text: String, at: usize) -> Item {
        Item { text, line: line_at(self.text, at) }
    }
}

/// A key, with the table that it stands in.
fn named(key: &Key, place: &str) -> String {
    let gap = if place.is_empty() { "" } else { " " };
    format!("{place}{gap}`{}`", key.name)
}

/// How a table is written in a file.
fn inside(place: &str, key: &Key) -> String {
    let outer = place.trim_matches(['[', ']']);
    let dot = if outer.is_empty() { "" } else { "." };
    match key.kind {
        Kind::Tables(_) => format!("[[{outer}{dot}{}]]", key.name),
        _ => format!("[{outer}{dot}{}]", key.name),
    }
}

/// What is said of a key that there is not.
fn unknown(name: &str, keys: &[Key], place: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
    let may_be_said = name.len() <= LONGEST_NAME && name.bytes().all(is_plain) && !name.is_empty();
    let shown =
        if may_be_said { format!("unknown key `{name}`") } else { "unknown key".to_owned() };
    let within = if place.is_empty() { String::new() } else { format!(" in {place}") };
    let near = keys.iter().map(|key| (distance(name, key.name), key.name)).min();
    let most = (name.len() / 3).max(1);
    if let Some((_, near)) = near.filter(|(distance, _)| *distance <= most) {
        return format!("{shown}{within}: did you mean `{near}`?");
    }
    if let Some(home) = home(name) {
        return format!("{shown}{within}: it belongs {home}");
    }
    let all: Vec<&str> = keys.iter().map(|key| key.name).collect();
    format!("{shown}{within}: there are {}", all.join(", "))
}

/// Where a key has its place that stands in the wrong one.
fn home(name: &str) -> Option<String> {
    if KEYS.iter().any(|key| key.name == name) {
        return Some("above the first table".to_owned());
    }
    KEYS.iter().find_map(|key| match key.kind {
        Kind::Table(keys) | Kind::Tables(keys) => {
            let is_its = keys.iter().any(|key| key.name == name);
            is_its.then(|| format!("into {}", inside("", key)))
        }
        _ => None,
    })
}

/// How many letters must be changed, put in, taken out or swapped with the next to make one word the
/// other.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().take(LONGEST_NAME * 2).collect();
    let other: Vec<char> = other.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    let cell = |rows: &[Vec<usize>], row: usize, at: usize| -> usize {
        rows.get(row).and_then(|row| row.get(at)).copied().unwrap_or_default()
    };
    for row in 1..=one.len() {
        rows.push(vec![row]);
        for at in 1..=other.len() {
            let is_same = one.get(row - 1) == other.get(at - 1);
            let changed = cell(&rows, row - 1, at - 1) + usize::from(!is_same);
            let taken = cell(&rows, row - 1, at) + 1;
            let put = cell(&rows, row, at - 1) + 1;
            let is_swap = row > 1
                && at > 1
                && one.get(row - 1) == other.get(at - 2)
                && one.get(row - 2) == other.get(at - 1);
            let swapped = if is_swap { cell(&rows, row - 2, at - 2) + 1 } else { usize::MAX };
            let least = changed.min(taken).min(put).min(swapped);
            rows.last_mut().into_iter().for_each(|last| last.push(least));
        }
    }
    cell(&rows, one.len(), other.len())
}

#[cfg(test)]
mod tests {
    use super::{distance, read};

    /// What is wrong with a text, a line each.
    fn wrong(text: &str) -> Vec<String> {
        let complaints = read(text).expect_err("wrong");
        complaints.iter().map(|it| format!("{}: {}", it.line, it.what)).collect()
    }

    #[test]
    fn unknown_keys_get_a_suggestion_at_every_level() {
        let text = "\nprefix = 1\n[[instance]]\nurl = \"https://a\"\ntoken_envs = \"A\"\n\
                    prefixes = []\n[revoke]\nkind = []\n[[revoke.protect]]\nfingerprnt = \"\"\n\
                    [[ignore]]\nraeson = \"x\"\n";
        assert_eq!(
            wrong(text),
            [
                "2: unknown key `prefix`: did you mean `prefixes`?",
                "5: unknown key `token_envs` in [[instance]]: did you mean `token_env`?",
                "6: unknown key `prefixes` in [[instance]]: it belongs above the first table",
                "8: unknown key `kind` in [revoke]: did you mean `kinds`?",
                "9: [[revoke.protect]] takes one of fingerprint, user, name",
                "10: unknown key `fingerprnt` in [[revoke.protect]]: did you mean `fingerprint`?",
                "11: [[ignore]] needs `fingerprint`: whose, as reports show it",
                "11: [[ignore]] needs `reason`: why it is accepted",
                "12: unknown key `raeson` in [[ignore]]: did you mean `reason`?",
            ]
        );
        assert_eq!(
            wrong("token_file = \"x\""),
            ["1: unknown key `token_file`: it belongs into [[instance]]"]
        );
        let both = "[[instance]]\nurl = \"a\"\ntoken_env = \"A\"\ntoken_file = \"b\"\n\
                    [[revoke.protect]]\nreason = \"why\"\n[[revoke.protect]]\nuser = \"@\"\n";
        assert_eq!(
            wrong(both),
            [
                "1: [[instance]] has more than one of token_env, token_file; keep one of them",
                "5: [[revoke.protect]] takes one of fingerprint, user, name",
                "8: [[revoke.protect]] `user`: this is no user name",
            ]
        );
        // What looks like a secret is not repeated.
        assert!(wrong("hunter2hunter2 = 1")[0].starts_with("1: unknown key: there are exclude, "));
    }

    #[test]
    fn what_is_wrong_with_a_value_is_said_without_it() {
        let cases = [
            ("evidence = \"hunter\"", "1: `evidence`: use checksum, shape, context, weak"),
            ("evidence = 3", "1: `evidence` takes one of the words checksum, shape, context, weak"),
            (
                "\nexclude = [\n\"a{b\"]",
                "3: `exclude`: this is no glob in the syntax of .gitignore",
            ),
            (
                "exclude = \"a\"",
                "1: `exclude` takes a list, each of it a glob in the syntax of .gitignore in quotes",
            ),
            (
                "max_file_size = \"x\"",
                "1: `max_file_size`: write a number and a unit, such as 10MB or 4GiB",
            ),
            ("threads = 0", "1: `threads`: write a number from 1 to 65535"),
            ("threads = -3", "1: `threads`: write a number from 1 to 65535"),
            (
                "verify_timeout = \"soon\"",
                "1: `verify_timeout`: write a number and a unit, such as 30s, 5m or 1h",
            ),
            ("operator_only = \"yes\"", "1: `operator_only` takes true or false"),
            ("revoke = 3", "1: `revoke` takes a table"),
            ("instance = [3]", "1: `instance` takes tables in double brackets"),
            (
                "prefixes = [\"a b\"]",
                "1: `prefixes`: a prefix is made of letters, digits and _ + = / @ : . -",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(wrong(text), [expected], "{text}");
        }
        assert_eq!(wrong("a = ").len(), 1);
    }

    #[test]
    fn values_are_as_on_the_command_line() {
        let text =
            "max_file_size = 5000\nexclude = [\"a\",\n\"b\"]\noperator_only = true\nthreads = 0x10";
        let document = read(text).expect("good");
        let items = |key: &str| -> Vec<(String, usize)> {
            document.items[key].iter().map(|it| (it.text.clone(), it.line)).collect()
        };
        assert_eq!(items("exclude"), [("a".to_owned(), 2), ("b".to_owned(), 3)]);
        assert_eq!(items("max_file_size"), [("5000".to_owned(), 1)]);
        assert_eq!(items("threads"), [("16".to_owned(), 5)]);
        assert_eq!(items("operator_only"), [("true".to_owned(), 4)]);
    }

    #[test]
    fn distances_count_letters() {
        assert_eq!([distance("a", "a"), distance("abc", "acb"), distance("", "ab")], [0, 1, 2]);
        assert_eq!(distance("prefix", "prefixes"), 2);
    }
}
