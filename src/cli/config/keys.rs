//! Every key of the settings file, once: what it may hold, whose say it is, which flag and which
//! variable go before it, what holds without it. Reading, `stanch config show`, suggestions and the
//! schema all go by this table; what a value then does is `super::settle`'s.

use std::num::NonZeroUsize;

use super::super::args::values;
use super::super::memory;
use crate::model::coverage::Skip;
use crate::net::address::Address;
use crate::revoke::policy::Protected;
use crate::rules::prefix::InstancePrefix;
use crate::sources::exclude::Exclude;
use crate::suppress::is_fingerprint;
use crate::suppress::list::{Glob, is_day};
use crate::token::kinds;

/// A key.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What it is for, in a sentence without its stop.
    pub about: &'static str,
    /// Who may set it.
    pub whose: Whose,
    /// The flag that goes before it, by its name on the command line.
    pub flag: Option<&'static str>,
    /// What holds without it.
    pub default: Standard,
    /// Whether its table needs it.
    pub need: Need,
}

/// Whether a table needs a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It does not.
    No,
    /// It does.
    Always,
    /// It needs exactly one of all such keys.
    OneOfThese,
    /// It takes at most one of all such keys.
    NotTogether,
}

/// Whose say something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// That of whoever runs the program.
    Operator,
    /// Also that of whoever can write to the repository.
    Anyone,
}

/// What a key may hold.
#[derive(Debug)]
pub enum Kind {
    /// One of these words.
    Word(&'static [&'static str]),
    /// A text.
    Text(&'static Text),
    /// A list of texts.
    List(&'static Text),
    /// True or false.
    Switch,
    /// A whole number, from the first to the second.
    Number(u64, u64),
    /// A number of bytes, or a text such as `10MB`.
    Size,
    /// A number of seconds, or a text such as `5m`.
    Time,
    /// A table with these keys.
    Table(&'static [Key]),
    /// Any number of tables with these keys.
    Tables(&'static [Key]),
}

/// What a text is.
#[derive(Debug)]
pub struct Text {
    /// In words, for a complaint.
    pub what: &'static str,
    /// True when it is a path, which is counted from the folder of the settings file.
    pub is_path: bool,
    /// What is wrong with it. Never quotes it: somebody may have pasted a secret.
    pub check: fn(&str) -> Result<(), String>,
}

/// What holds without a key.
#[derive(Debug)]
pub enum Standard {
    /// Nothing.
    Nothing,
    /// This.
    Value(&'static str),
    /// What the machine says.
    Computed(fn() -> String),
}

const ANY: Text = Text { what: "a text", is_path: false, check: |_| Ok(()) };
const PATH: Text = Text { what: "a path", is_path: true, check: not_empty };
const GLOB: Text = Text { what: "a glob in the syntax of .gitignore", is_path: false, check: glob };
const PREFIX: Text = Text { what: "a prefix", is_path: false, check: prefix };
const PATTERN: Text = Text { what: "a pattern for paths", is_path: false, check: pattern };
const FINGERPRINT: Text = Text { what: "a fingerprint", is_path: false, check: fingerprint };
const DAY: Text = Text { what: "a day", is_path: false, check: day };
const ADDRESS: Text = Text { what: "an address", is_path: false, check: address };
const USER: Text = Text { what: "a user name", is_path: false, check: user };
const TOKEN_NAME: Text = Text { what: "a pattern for names", is_path: false, check: token_name };
const TOKEN_KIND: Text = Text { what: "a kind of token", is_path: false, check: token_kind };
const NAME: Text = Text { what: "a name", is_path: false, check: not_empty };

/// The keys, in the order in which they are shown. Tables come last, as in a file.
pub const KEYS: &[Key] = &[
    anyones("exclude", Kind::List(&GLOB), "exclude", "paths that are left out"),
    anyones(
        "prefixes",
        Kind::List(&PREFIX),
        "prefix",
        "prefixes that an instance puts before its tokens",
    ),
    anyones("rules", Kind::List(&PATH), "rules", "files with rules that are used, too"),
    with(
        own(
            "evidence",
            Kind::Word(&["checksum", "shape", "context", "weak"]),
            "evidence",
            "the weakest evidence that is reported",
        ),
        Standard::Value("context"),
    ),
    with(
        own(
            "fail_on",
            Kind::Word(&["any", "live", "none"]),
            "fail-on",
            "what makes a scan end with 1 (live counts with --verify)",
        ),
        Standard::Value("any"),
    ),
    own("max_file_size", Kind::Size, "max-file-size", "larger files on disk are left out"),
    with(
        own("memory_limit", Kind::Size, "memory-limit", "memory for unpacked objects of a history"),
        Standard::Computed(|| memory::default_limit().to_string()),
    ),
    with(
        own("threads", Kind::Number(1, 65_535), "threads", "how many threads are used"),
        Standard::Computed(|| {
            std::thread::available_parallelism().map_or(1, NonZeroUsize::get).to_string()
        }),
    ),
    own("baseline", Kind::Text(&PATH), "baseline", "the file of what is known already"),
    own(
        "ignore_file",
        Kind::Text(&PATH),
        "ignore-file",
        "the file of what is accepted, instead of .stanch-ignore.toml",
    ),
    own(
        "ca_file",
        Kind::List(&PATH),
        "ca-file",
        "files with certificate authorities that are trusted, too",
    ),
    with(
        own("operator_only", Kind::Switch, "operator-only", "a leaked token is never used itself"),
        Standard::Value("false"),
    ),
    with(
        own(
            "no_side_effects",
            Kind::Switch,
            "no-side-effects",
            "requests that leave more behind than a time of last use are left out",
        ),
        Standard::Value("false"),
    ),
    with(
        own(
            "verify_concurrency",
            Kind::Number(1, 64),
            "verify-concurrency",
            "requests at a time for each instance",
        ),
        Standard::Value("4"),
    ),
    with(
        own("verify_timeout", Kind::Time, "verify-timeout", "time for verifying everything"),
        Standard::Value("5m"),
    ),
    own(
        "verdict_cache",
        Kind::Text(&PATH),
        "verdict-cache",
        "the file that remembers which tokens are dead",
    ),
    with(
        own("verdict_cache_age", Kind::Time, "verdict-cache-age", "how long that counts"),
        Standard::Value("1d"),
    ),
    Key {
        whose: Whose::Anyone,
        ..field("ignore", Kind::Tables(IGNORE), "secrets that are known and accepted")
    },
    field(
        "instance",
        Kind::Tables(INSTANCE),
        "instances that may be asked, and where your credential there is",
    ),
    field("revoke", Kind::Table(REVOKE), "what may be revoked"),
];

const IGNORE: &[Key] = &[
    needed(field("fingerprint", Kind::Text(&FINGERPRINT), "whose, as reports show it")),
    needed(field("reason", Kind::Text(&NAME), "why it is accepted")),
    field("expires", Kind::Text(&DAY), "the last day on which that holds, in UTC"),
    field("approved_by", Kind::Text(&ANY), "who has decided it"),
    field("path", Kind::Text(&PATTERN), "where alone it is accepted"),
    field("accept_live", Kind::Switch, "whether it is accepted even when it lives"),
];

const INSTANCE: &[Key] = &[
    needed(field("url", Kind::Text(&ADDRESS), "its address")),
    not_together(field(
        "token_env",
        Kind::Text(&NAME),
        "the name of the variable that holds your credential",
    )),
    not_together(field("token_file", Kind::Text(&PATH), "the file that holds it")),
];

const REVOKE: &[Key] = &[
    field("kinds", Kind::List(&TOKEN_KIND), "kinds that may be revoked without a terminal"),
    field("owners", Kind::List(&NAME), "user names, or project:7 and group:3, whose tokens may be"),
    field("hosts", Kind::List(&NAME), "hosts of instances where they may be"),
    field(
        "max",
        Kind::Number(0, u32::MAX as u64),
        "how many tokens one run may revoke without asking",
    ),
    field("protect", Kind::Tables(PROTECT), "what is never touched"),
];

const PROTECT: &[Key] = &[
    one_of_these(field("fingerprint", Kind::Text(&FINGERPRINT), "whose, as reports show it")),
    one_of_these(field("user", Kind::Text(&USER), "a user name")),
    one_of_these(field("name", Kind::Text(&TOKEN_NAME), "a pattern for names of tokens")),
    field("reason", Kind::Text(&ANY), "why"),
];

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Key {
    let (whose, default) = (Whose::Operator, Standard::Nothing);
    Key { name, kind, about, whose, flag: None, default, need: Need::No }
}

const fn own(name: &'static str, kind: Kind, flag: &'static str, about: &'static str) -> Key {
    let (whose, default) = (Whose::Operator, Standard::Nothing);
    Key { name, kind, about, whose, flag: Some(flag), default, need: Need::No }
}

const fn anyones(name: &'static str, kind: Kind, flag: &'static str, about: &'static str) -> Key {
    let (whose, default) = (Whose::Anyone, Standard::Nothing);
    Key { name, kind, about, whose, flag: Some(flag), default, need: Need::No }
}

const fn with(key: Key, default: Standard) -> Key {
    Key { default, ..key }
}

const fn one_of_these(key: Key) -> Key {
    Key { need: Need::OneOfThese, ..key }
}

const fn not_together(key: Key) -> Key {
    Key { need: Need::NotTogether, ..key }
}

const fn needed(key: Key) -> Key {
    Key { need: Need::Always, ..key }
}

impl Key {
    /// The variable that goes before the file, for keys that have a flag.
    pub fn variable(&self) -> Option<String> {
        self.flag.map(|_| format!("STANCH_{}", self.name.to_ascii_uppercase()))
    }

    /// True when several values count together.
    pub fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List(_))
    }

    /// True when its values are paths.
    pub fn is_path(&self) -> bool {
        matches!(self.kind, Kind::Text(text) | Kind::List(text) if text.is_path)
    }
}

impl Kind {
    /// Says what is wrong with one value, written as on the command line.
    pub fn check(&self, value: &str) -> Result<(), String> {
        match self {
            Self::Word(words) if words.contains(&value) => Ok(()),
            Self::Word(words) => Err(format!("use {}", words.join(", "))),
            Self::Text(text) | Self::List(text) => (text.check)(value),
            Self::Switch if matches!(value, "true" | "false") => Ok(()),
            Self::Switch => Err("write true or false".to_owned()),
            Self::Number(least, most) => {
                let number = value.parse::<u64>().ok().filter(|it| (least..=most).contains(&it));
                number.map(|_| ()).ok_or_else(|| format!("write a number from {least} to {most}"))
            }
            Self::Size => values::parse_size(value).map(|_| ()),
            Self::Time => values::parse_duration(value).map(|_| ()),
            Self::Table(_) | Self::Tables(_) => Err("a table has no value".to_owned()),
        }
    }

    /// What is expected, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Word(words) => format!("one of the words {}", words.join(", ")),
            Self::Text(text) => format!("{} in quotes", text.what),
            Self::List(text) => format!("a list, each of it {} in quotes", text.what),
            Self::Switch => "true or false".to_owned(),
            Self::Number(least, most) => format!("a number from {least} to {most}"),
            Self::Size => "a size such as \"10MB\"".to_owned(),
            Self::Time => "a time such as \"5m\"".to_owned(),
            Self::Table(_) => "a table".to_owned(),
            Self::Tables(_) => "tables in double brackets".to_owned(),
        }
    }
}

fn good(is_good: bool, otherwise: &str) -> Result<(), String> {
    if is_good { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn not_empty(text: &str) -> Result<(), String> {
    good(!text.trim().is_empty(), "it says nothing")
}

fn glob(text: &str) -> Result<(), String> {
    let understood = Exclude::default().add(Skip::Excluded, &[text]).is_ok();
    good(understood, "this is no glob in the syntax of .gitignore")
}

fn prefix(text: &str) -> Result<(), String> {
    InstancePrefix::parse(text).map(|_| ()).map_err(|error| error.to_string())
}

fn pattern(text: &str) -> Result<(), String> {
    Glob::new(text).map(|_| ())
}

fn fingerprint(text: &str) -> Result<(), String> {
    let what = "a fingerprint has 32 hexadecimal digits in lower case, as reports show it";
    good(is_fingerprint(text), what)
}

fn day(text: &str) -> Result<(), String> {
    good(is_day(text), "write a day such as 2027-01-31")
}

fn address(text: &str) -> Result<(), String> {
    Address::parse(text).map(|_| ()).map_err(|error| error.to_string())
}

fn user(text: &str) -> Result<(), String> {
    let name = text.strip_prefix('@').unwrap_or(text);
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    good(!name.is_empty() && name.bytes().all(is_part), "this is no user name")
}

fn token_name(text: &str) -> Result<(), String> {
    good(!text.is_empty() && text.trim() == text, "a pattern without spaces around it")?;
    Protected::name(text).map(|_| ()).map_err(|why| format!("this is no pattern: {why}"))
}

fn token_kind(text: &str) -> Result<(), String> {
    let what = "this is no kind of token; it is the word of \"kind\" in a JSON report, such as \
                deploy_token";
    good(kinds::is_known(text), what)
}
