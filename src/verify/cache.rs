//! Verdicts on dead tokens, kept between runs. A token is known by a keyed hash (HMAC-SHA-256), whose
//! key the file itself holds: it hides which tokens were asked about from whoever sees an entry, not
//! from whoever has the file and a token to try. Nothing that lives, and nothing that was not proven,
//! is ever served from here. Pure: reading and writing the file is others' business.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{Options, Task};
use crate::model::facts::OwnerField;
use crate::model::verdict::{AskedWith, State, Verdict};

/// Bytes of the key.
const KEY: usize = 32;
/// The version of the file that this code reads and writes.
const VERSION: u32 = 1;

/// What is remembered.
pub struct Cache {
    key: [u8; KEY],
    /// Entries older than this, in seconds, do not count.
    age: i64,
    /// Seconds since 1970.
    now: i64,
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    asked_with: String,
    at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    key: String,
    entries: BTreeMap<String, Entry>,
}

impl Cache {
    /// An empty cache with a fresh random key.
    pub fn new(key: [u8; KEY], age: i64, now: i64) -> Self {
        Self { key, age, now, entries: BTreeMap::new() }
    }

    /// Reads the text of a file. The error says what is wrong with it.
    pub fn parse(text: &str, age: i64, now: i64) -> Result<Self, &'static str> {
        const DAMAGED: &str = "it is damaged, or is no verdict cache";
        let file: File = serde_json::from_str(text).map_err(|_| DAMAGED)?;
        if file.version != VERSION {
            return Err("another version of stanch wrote it");
        }
        let key = unhex(&file.key).ok_or(DAMAGED)?;
        Ok(Self { key, age, now, entries: file.entries })
    }

    /// The text of the file, without what is too old.
    pub fn text(&self) -> String {
        let entries = self.entries.iter().filter(|(_, entry)| self.is_fresh(entry));
        let entries = entries.map(|(name, entry)| (name.clone(), entry.clone())).collect();
        let file = File { version: VERSION, key: hex(&self.key), entries };
        serde_json::to_string(&file).unwrap_or_default() + "\n"
    }

    fn is_fresh(&self, entry: &Entry) -> bool {
        // A time that is yet to come is a wrong clock's.
        (0..=self.age).contains(&self.now.saturating_sub(entry.at))
    }

    /// The verdict on a secret that was proven dead, or unknown, by the same instances.
    pub fn get(&self, task: &Task, options: &Options) -> Option<Verdict> {
        let entry = self.entries.get(&self.name(task, options))?;
        let state = State::from_word(&entry.state).filter(|state| may_be_kept(*state))?;
        self.is_fresh(entry).then(|| Verdict {
            state,
            reason: entry.reason.clone().map(Into::into),
            instance: entry.instance.clone(),
            asked_with: [AskedWith::Operator, AskedWith::Token]
                .into_iter()
                .find(|it| it.word() == entry.asked_with),
            cached: true,
            ..Verdict::default()
        })
    }

    /// Remembers a verdict, if it is one that may be remembered; forgets what was known otherwise.
    pub fn put(&mut self, task: &Task, options: &Options, verdict: &Verdict) {
        let name = self.name(task, options);
        let Some(asked_with) = verdict.asked_with.filter(|_| may_be_kept(verdict.state)) else {
            self.entries.remove(&name);
            return;
        };
        let entry = Entry {
            state: verdict.state.word().to_owned(),
            reason: verdict.reason.as_ref().map(ToString::to_string),
            instance: verdict.instance.clone(),
            asked_with: asked_with.word().to_owned(),
            at: self.now,
        };
        self.entries.insert(name, entry);
    }

    fn name(&self, task: &Task, options: &Options) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            unreachable!("HMAC takes keys of every length")
        };
        let mut part = |bytes: &[u8]| {
            mac.update(&(bytes.len() as u64).to_be_bytes());
            mac.update(bytes);
        };
        part(task.kind.as_bytes());
        part(task.secret.expose());
        // What the questions depend on: another answer may come of another question.
        let facts = &task.facts;
        let project = facts.owner.get(&OwnerField::Project).map(ToString::to_string);
        for hint in [project.as_ref(), facts.client_id.as_ref(), facts.group_path.as_ref()] {
            part(hint.map_or(&[], |hint| hint.as_bytes()));
        }
        for &place in &task.instances {
            let instance = &options.instances[place];
            part(instance.address.as_str().as_bytes());
            part(if instance.operator.is_some() { b"operator" } else { b"" });
        }
        hex(&mac.finalize().into_bytes())
    }
}

/// Only what is proven not to work.
fn may_be_kept(state: State) -> bool {
    state.is_dead() || state == State::UnknownHere
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; KEY]> {
    let mut key = [0; KEY];
    if text.len() != 2 * KEY || !text.is_ascii() {
        return None;
    }
    for (byte, place) in key.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[place..place + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Cache;
    use crate::gitlab::ladder::Policy;
    use crate::model::facts::Facts;
    use crate::model::secret::Secret;
    use crate::model::verdict::{AskedWith, State, Verdict};
    use crate::net::address::Address;
    use crate::verify::{Instance, Options, Task};

    fn options() -> Options {
        let address = Address::parse("https://gitlab.example.com").expect("good");
        Options {
            instances: vec![Instance { address, operator: None }],
            own: Vec::new(),
            remotes: Vec::new(),
            policy: Policy::default(),
            home: crate::gitlab::ladder::Home::default(),
            at_once: 1,
            time: Duration::from_secs(1),
            now: 1000,
        }
    }

    fn task(secret: &[u8]) -> Task {
        let (kind, facts) = ("personal_access_token".to_owned(), Facts::default());
        Task { kind, secret: Secret::new(secret), facts, instances: vec![0] }
    }

    fn verdict(state: State) -> Verdict {
        Verdict { state, asked_with: Some(AskedWith::Token), ..Verdict::default() }
    }

    #[test]
    fn the_dead_are_remembered_for_a_time_and_the_living_never() {
        let mut cache = Cache::new([7; 32], 100, 1000);
        for (name, state) in [
            (b"expired", State::Expired),
            (b"revoked", State::Revoked),
            (b"unknown", State::UnknownHere),
            (b"live---", State::Live),
            (b"unsure-", State::Inconclusive),
        ] {
            cache.put(&task(name), &options(), &verdict(state));
        }
        let text = cache.text();
        assert!(!text.contains("live") && !text.contains("inconclusive"), "{text}");
        for (now, name, expected) in [
            (1100, b"expired", Some(State::Expired)),
            (1100, b"revoked", Some(State::Revoked)),
            (1100, b"unknown", Some(State::UnknownHere)),
            (1101, b"revoked", None),
            (999, b"revoked", None),
            (1000, b"live---", None),
            (1000, b"unsure-", None),
        ] {
            let cache = Cache::parse(&text, 100, now).expect("good");
            let known = cache.get(&task(name), &options());
            assert_eq!(known.map(|it| it.state), expected, "{now}");
        }
    }

    #[test]
    fn an_entry_that_claims_life_is_not_believed() {
        let mut cache = Cache::new([7; 32], 100, 1000);
        cache.put(&task(b"x"), &options(), &verdict(State::Revoked));
        let text = cache.text().replace("revoked", "live");
        let cache = Cache::parse(&text, 100, 1000).expect("good");
        assert!(cache.get(&task(b"x"), &options()).is_none());
    }

    #[test]
    fn a_token_that_came_back_to_life_is_forgotten() {
        let mut cache = Cache::new([7; 32], 100, 1000);
        cache.put(&task(b"x"), &options(), &verdict(State::UnknownHere));
        cache.put(&task(b"x"), &options(), &verdict(State::Live));
        assert!(cache.get(&task(b"x"), &options()).is_none());
    }

    #[test]
    fn damaged_files_are_refused() {
        let good = Cache::new([7; 32], 1, 1).text();
        let cases = [String::new(), "{}".into(), good.replace("07", "é"), good[..9].into()];
        for text in cases {
            assert!(Cache::parse(&text, 1, 1).is_err(), "{text}");
        }
        assert!(Cache::parse(&good.replace("\"version\":1", "\"version\":2"), 1, 1).is_err());
    }
}
