//! The form of the settings file as a JSON Schema, made from the table of keys.

use serde_json::{Map, Value, json};

use super::keys::{KEYS, Key, Kind, Need, Standard, Whose};

/// The schema (draft 2020-12), as a text.
pub fn schema() -> String {
    let mut schema = table(KEYS);
    if let Some(top) = schema.as_object_mut() {
        top.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        top.insert("title".to_owned(), json!("Settings of stanch"));
    }
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let names = |need: Need| -> Vec<&str> {
        keys.iter().filter(|key| key.need == need).map(|key| key.name).collect()
    };
    let mut table = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    let (always, one, apart) =
        (names(Need::Always), names(Need::OneOfThese), names(Need::NotTogether));
    let one: Vec<Value> = one.iter().map(|name| json!({ "required": [name] })).collect();
    let demands = [
        ("required", json!(always), always.is_empty()),
        ("not", json!({ "required": apart }), apart.is_empty()),
        ("oneOf", json!(one), one.is_empty()),
    ];
    if let Some(table) = table.as_object_mut() {
        let demands = demands.into_iter().filter(|(_, _, is_empty)| !is_empty);
        table.extend(demands.map(|(name, demand, _)| (name.to_owned(), demand)));
    }
    table
}

fn property(key: &Key) -> Value {
    let mut value = match &key.kind {
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Text(_) => json!({ "type": "string" }),
        Kind::List(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Number(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Size => either(0, "^[0-9]+([kKmMgGtT]([iI]?[bB])?|[bB])?$"),
        Kind::Time => either(1, "^[0-9]+[smhd]?$"),
        Kind::Table(keys) => table(keys),
        Kind::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
    };
    if let Some(value) = value.as_object_mut() {
        value.insert("description".to_owned(), json!(description(key)));
        if let Standard::Value(text) = key.default {
            value.insert("default".to_owned(), default(&key.kind, text));
        }
    }
    value
}

/// A number, or a text with a unit.
fn either(least: u64, pattern: &str) -> Value {
    json!({ "anyOf": [
        { "type": "integer", "minimum": least },
        { "type": "string", "pattern": pattern },
    ]})
}

fn description(key: &Key) -> String {
    match (key.whose, key.flag) {
        (Whose::Anyone, _) => format!("{}; also in a repository's own settings", key.about),
        _ => key.about.to_owned(),
    }
}

/// A default as the file would have it.
fn default(kind: &Kind, text: &str) -> Value {
    match kind {
        Kind::Switch => json!(text == "true"),
        Kind::Number(..) => text.parse::<u64>().map_or(Value::Null, Value::from),
        _ => json!(text),
    }
}
