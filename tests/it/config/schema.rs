//! The schema of the file takes what the program takes, and refuses what it refuses.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use crate::support::program::Folder;

/// A fingerprint.
const PRINT: &str = "abababababababababababababababab";

/// Documents that are taken; all together they hold every key there is.
const GOOD: &[&str] = &[
    "",
    "exclude = [\"a\"]\nprefixes = [\"acme-\"]\nevidence = \"weak\"\nfail_on = \"live\"\nrules = []\n\
     max_file_size = \"10MB\"\nmemory_limit = 5\nthreads = 2\nbaseline = \"b\"\nignore_file = \"i\"\n\
     ca_file = [\"c\"]\noperator_only = true\nno_side_effects = false\nverify_concurrency = 64\n\
     verify_timeout = \"5m\"\nverdict_cache = \"v\"\nverdict_cache_age = 60\n",
    "[[ignore]]\nfingerprint = \"PRINT\"\nreason = \"x\"\nexpires = \"2027-01-31\"\n\
     approved_by = \"ann\"\npath = \"a\"\naccept_live = true\n",
    "[[instance]]\nurl = \"https://a\"\ntoken_env = \"A\"\n[[instance]]\nurl = \"b\"\n\
     token_file = \"f\"\n",
    "[revoke]\nkinds = [\"deploy_token\"]\nowners = [\"ann\"]\nhosts = [\"h\"]\nmax = 0\n\
     [[revoke.protect]]\nfingerprint = \"PRINT\"\nreason = \"x\"\n[[revoke.protect]]\nuser = \"u\"\n\
     [[revoke.protect]]\nname = \"n\"\n",
];

/// Documents that are not.
const BAD: &[&str] = &[
    "exclude = \"a\"",
    "evidence = \"strong\"",
    "threads = 0",
    "threads = \"2\"",
    "verify_concurrency = 65",
    "max_file_size = \"much\"",
    "verify_timeout = \"soon\"",
    "verify_timeout = 0",
    "operator_only = 1",
    "prefix = []",
    "instance = 1",
    "[[instance]]\ntoken_env = \"A\"",
    "[[instance]]\nurl = \"https://a\"\ntoken = \"A\"",
    "[[instance]]\nurl = \"a\"\ntoken_env = \"A\"\ntoken_file = \"b\"",
    "[revoke]\nkind = []",
    "[[revoke.protect]]\nnames = \"a\"",
    "[[revoke.protect]]\nreason = \"x\"",
    "[[revoke.protect]]\nuser = \"x\"\nname = \"x\"",
    "[[ignore]]\nreason = \"x\"",
];

/// True when the program takes a file.
fn is_taken(folder: &Folder, text: &str) -> bool {
    folder.write("c.toml", text);
    folder.run(&["config", "show", "--config", "c.toml"]).code == Some(0)
}

#[test]
fn it_agrees_with_the_program() {
    let folder = Folder::new();
    let text = folder.run(&["config", "schema"]).expect(0).stdout;
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("mem:/schema", schema.clone()).expect("a resource");
    let index: SchemaIndex = compiler.compile("mem:/schema", &mut schemas).expect("a schema");
    let fits = |text: &str| {
        let value: Value = toml::from_str(text).expect("TOML");
        schemas.validate(&value, index).is_ok()
    };
    for text in GOOD {
        let text = text.replace("PRINT", PRINT);
        assert!(is_taken(&folder, &text) && fits(&text), "{text}");
    }
    for text in BAD {
        assert!(!is_taken(&folder, text) && !fits(text), "{text}");
    }
    // Every key of the schema, at every level, is one that was taken above.
    let mut tables = vec![&schema];
    while let Some(table) = tables.pop() {
        for (key, about) in table["properties"].as_object().expect("keys") {
            assert!(GOOD.concat().contains(key.as_str()), "{key}");
            assert!(about["description"].is_string(), "{key}");
            let items = &about["items"];
            let inner = if items["properties"].is_object() { items } else { about };
            tables.extend(inner["properties"].is_object().then_some(inner));
        }
    }
}
