//! `stanch config`: what holds and who has said it, and the schema of the file. What is shown is a
//! settings file itself, with origins as comments. Of credentials only their places are named.

use std::path::Path;

use anyhow::ensure;
use serde_json::{Value, json};

use super::keys::{KEYS, Key, Kind, Standard};
use super::place::Own;
use super::settle::{Typed, field};
use super::{Config, Given, InstanceSetting, Origin, schema};
use crate::cli::args::{ConfigArgs, ConfigCommand, GlobalArgs, ScanCommand};
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::instances;
use crate::report::Format;
use crate::suppress::list::quoted;

/// Comments begin at this column, where there is room.
const COMMENT: usize = 40;

/// Shows one of the two.
pub fn run(args: &ConfigArgs, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    match &args.command {
        ConfigCommand::Show(scan) => show(scan, global, console),
        ConfigCommand::Schema => console.print(schema::schema().as_bytes()).map(|()| Exit::Clean),
    }
}

fn show(args: &ScanCommand, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    let format = args.scan.format;
    ensure!(
        matches!(format, Format::Human | Format::Json),
        "config show prints human (which is TOML) or json"
    );
    let own = Own::of(&args.scan.targets);
    let (config, refused) = match Config::load(global, own) {
        Ok(config) => (config, None),
        // What a repository may not say is a part of the answer, as long as nothing else is wrong.
        Err(error) => {
            let without = GlobalArgs { no_repo_config: true, ..global.clone() };
            (
                Config::load(&without, Own::None).map_err(|_| anyhow::anyhow!("{error:#}"))?,
                Some(error),
            )
        }
    };
    config.settle(global, args.scan.clone(), args.known.clone())?;
    config.notes.iter().for_each(|note| console.note(note));
    let shown = Shown {
        config: &config,
        typed: &global.typed,
        refused: refused.map(|it| format!("{it:#}")),
    };
    let text = match format {
        Format::Json => shown.json(&args.scan.verify.gitlab_url),
        _ => shown.toml(&args.scan.verify.gitlab_url),
    };
    console.print_quoting(&text)?;
    Ok(if shown.refused.is_some() { Exit::Failed } else { Exit::Clean })
}

/// What is shown.
struct Shown<'a> {
    config: &'a Config,
    typed: &'a Typed,
    /// What was wrong with the repository's own settings.
    refused: Option<String>,
}

impl Shown<'_> {
    /// What was said of a key, what counts more first; the default when nobody has said anything.
    fn values(&self, key: &'static Key) -> Vec<Given> {
        let flag = key.flag.unwrap_or_default();
        let typed = self.typed.get(&field(key)).filter(|_| key.flag.is_some());
        let typed = typed.into_iter().flatten();
        let typed = typed.map(|text| Given { text: text.clone(), origin: Origin::Flag(flag) });
        let mut values: Vec<Given> = typed.chain(self.config.given(key).iter().cloned()).collect();
        let default = match (values.is_empty(), &key.default) {
            (true, Standard::Value(text)) => Some((*text).to_owned()),
            (true, Standard::Computed(compute)) => Some(compute()),
            _ => None,
        };
        values.extend(default.map(|text| Given { text, origin: Origin::Default }));
        values
    }

    fn toml(&self, typed_urls: &[String]) -> String {
        let mut out = String::new();
        match &self.config.file {
            Some((_, name)) => out += &format!("# settings are read from {name}\n"),
            None => out += "# no settings file is read\n",
        }
        for looked in &self.config.looked {
            out += &format!("#   {}: {}\n", looked.place, looked.result);
        }
        for line in self.refused.iter().flat_map(|text| text.lines()) {
            out += &format!("# refused: {line}\n");
        }
        out += "\n";
        for key in KEYS.iter().filter(|key| key.flag.is_some()) {
            out += &self.key(key);
        }
        out += &fingerprints();
        for entry in &self.config.ignore.entries {
            let origin = self.config.shown(&Origin::File(entry.line));
            out += &format!("\n# {origin}\n{}", entry.written());
        }
        for (url, setting, origin) in self.instances(typed_urls) {
            out += &format!(
                "\n[[instance]]\n{}",
                commented(&format!("url = {}", quoted(&url)), &origin)
            );
            out += &setting.map(credential).unwrap_or_default();
        }
        out + &self.revoke()
    }

    fn key(&self, key: &'static Key) -> String {
        let values = self.values(key);
        let written = |given: &Given| written(&key.kind, &given.text);
        let origin = |given: &Given| self.config.shown(&given.origin);
        if key.is_list() {
            if values.is_empty() {
                return commented(&format!("{} = []", key.name), "default");
            }
            let lines =
                values.iter().map(|it| commented(&format!("  {},", written(it)), &origin(it)));
            return format!("{} = [\n{}]\n", key.name, lines.collect::<String>());
        }
        let Some((first, others)) = values.split_first() else {
            return format!("# {} is not set\n", key.name);
        };
        let others: Vec<String> = others.iter().map(origin).collect();
        let over = match others.is_empty() {
            true => String::new(),
            false => format!(" (before {})", others.join(", ")),
        };
        commented(&format!("{} = {}", key.name, written(first)), &(origin(first) + &over))
    }

    /// The instances that would be asked, each with who has named it.
    fn instances(&self, typed: &[String]) -> Vec<(String, Option<&InstanceSetting>, String)> {
        let variable = |name: &str| std::env::var(name).ok();
        let named = instances::addresses(typed, self.config, &variable);
        let lines = self.config.document.items.get("instance");
        let line = |number: usize| lines.and_then(|it| it.get(number)).map_or(1, |it| it.line);
        let Ok(named) = named else { return Vec::new() };
        let shown = named.into_iter().map(|(address, whence)| {
            let mut settings = self.config.instance.iter().enumerate();
            let its = settings.find(|(_, it)| instances::is_at(it, &address));
            let origin = match (whence, its) {
                ("[[instance]]", Some((number, _))) => {
                    self.config.shown(&Origin::File(line(number)))
                }
                ("--gitlab-url", _) => whence.to_owned(),
                _ => format!("${whence}"),
            };
            (address.as_str().to_owned(), its.map(|(_, it)| it), origin)
        });
        shown.collect()
    }

    fn revoke(&self) -> String {
        let Some(revoke) = &self.config.revoke else { return String::new() };
        let line = self.config.document.lines.get("revoke").copied().unwrap_or(1);
        let mut out = format!("\n# {}\n[revoke]\n", self.config.shown(&Origin::File(line)));
        let lists =
            [("kinds", &revoke.kinds), ("owners", &revoke.owners), ("hosts", &revoke.hosts)];
        for (name, list) in lists {
            let Some(list) = list else { continue };
            let list: Vec<String> = list.iter().map(|text| quoted(text)).collect();
            out += &format!("{name} = [{}]\n", list.join(", "));
        }
        out += &revoke.max.map(|max| format!("max = {max}\n")).unwrap_or_default();
        for protect in &revoke.protect {
            out += "\n[[revoke.protect]]\n";
            let texts = [
                ("fingerprint", &protect.fingerprint),
                ("user", &protect.user),
                ("name", &protect.name),
                ("reason", &protect.reason),
            ];
            for (name, text) in texts {
                let line = text.as_ref().map(|text| format!("{name} = {}\n", quoted(text)));
                out += &line.unwrap_or_default();
            }
        }
        out
    }

    fn json(&self, typed_urls: &[String]) -> String {
        let looked = self.config.looked.iter();
        let looked: Vec<Value> =
            looked.map(|it| json!({ "place": it.place, "result": it.result })).collect();
        let settings = KEYS.iter().filter(|key| key.flag.is_some()).map(|key| {
            let values = self.values(key);
            // Of what is no list only one counts.
            let counts = if key.is_list() { values.len() } else { values.len().min(1) };
            let values: Vec<Value> = values
                .iter()
                .take(counts)
                .map(|it| json!({ "value": it.text, "origin": self.config.shown(&it.origin) }))
                .collect();
            (key.name.to_owned(), Value::from(values))
        });
        let settings: serde_json::Map<String, Value> = settings.collect();
        let instances: Vec<Value> = self
            .instances(typed_urls)
            .into_iter()
            .map(|(url, setting, origin)| {
                json!({
                    "url": url,
                    "origin": origin,
                    "token_env": setting.and_then(|it| it.token_env.as_ref()),
                    "token_file": setting.and_then(|it| it.token_file.as_ref()).map(|it| it.display().to_string()),
                })
            })
            .collect();
        let ignored: Vec<Value> = self.config.ignore.entries.iter().map(|entry| {
            let origin = self.config.shown(&Origin::File(entry.line));
            json!({ "fingerprint": entry.fingerprint, "reason": entry.reason, "origin": origin })
        }).collect();
        let document = json!({
            "schema": 1,
            "file": self.config.file.as_ref().map(|(_, name)| name),
            "looked": looked,
            "refused": self.refused,
            "settings": settings,
            "ignore": ignored,
            "instances": instances,
        });
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }
}

/// A line with a comment behind it.
fn commented(line: &str, comment: &str) -> String {
    format!("{line:<COMMENT$}# {comment}\n")
}

/// A value as the file has it.
fn written(kind: &Kind, text: &str) -> String {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        Kind::Switch | Kind::Number(..) => text.to_owned(),
        Kind::Size | Kind::Time if is_number => text.to_owned(),
        _ => quoted(text),
    }
}

/// Where a credential is, and whether it is there; never what it is.
fn credential(setting: &InstanceSetting) -> String {
    let there = |is_there: bool| if is_there { "is set" } else { "is not set" };
    let mut out = String::new();
    if let Some(name) = &setting.token_env {
        let is_set = std::env::var_os(name).is_some_and(|value| !value.is_empty());
        out += &commented(&format!("token_env = {}", quoted(name)), there(is_set));
    }
    if let Some(file) = &setting.token_file {
        let is_there = if Path::new(file).exists() { "is there" } else { "is not there" };
        let file = quoted(&file.display().to_string());
        out += &commented(&format!("token_file = {file}"), is_there);
    }
    out
}

/// Which variables with secrets in them are set.
fn fingerprints() -> String {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let names = ["STANCH_FINGERPRINT_KEY", "STANCH_GITLAB_TOKEN"];
    let set = names.iter().filter(|name| is_set(name));
    set.map(|name| format!("# ${name} is set\n")).collect()
}
