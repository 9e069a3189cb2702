//! Parts of patterns that rules of one file share: a table `[parts]` names them, and `{{name}}` in
//! a pattern stands for the part in a group of its own.

use std::collections::BTreeMap;

/// The parts of a file, by name.
pub type Parts = BTreeMap<String, String>;

/// The pattern with its parts filled in; the error names one that is not there. Braces that hold
/// no name (`\{{2}`) belong to the pattern.
pub fn filled_in(pattern: &str, parts: &Parts) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find("{{") {
        let (before, marker) = rest.split_at(at);
        filled.push_str(before);
        let name = marker[2..].split_once("}}").map(|(name, _)| name).filter(|name| is_name(name));
        let Some(name) = name else {
            filled.push_str("{{");
            rest = &marker[2..];
            continue;
        };
        let part = parts.get(name).ok_or_else(|| format!("no part is called {name:?}"))?;
        filled.extend(["(?:", part, ")"]);
        rest = &marker[name.len() + 4..];
    }
    Ok(filled + rest)
}

/// True for what a part may be called.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::{Parts, filled_in};

    #[test]
    fn names_stand_for_parts_and_other_braces_for_themselves() {
        let parts = Parts::from([("is".to_owned(), "=|:".to_owned())]);
        let filled = |pattern| filled_in(pattern, &parts);
        assert_eq!(filled("a{{is}}b{{is}}"), Ok("a(?:=|:)b(?:=|:)".to_owned()));
        assert_eq!(filled(r"\{{2}x{3}\}{2}"), Ok(r"\{{2}x{3}\}{2}".to_owned()));
        assert_eq!(filled("{{no}}"), Err("no part is called \"no\"".to_owned()));
    }
}
