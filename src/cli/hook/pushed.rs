//! What git writes to the standard input of pre-push and pre-receive: a line for each ref.

use anyhow::{Context as _, anyhow};

use crate::cli::args::HookName;
use crate::git::pushed::Update;
use crate::model::object::ObjectId;

/// Reads the lines. Something else than what githooks(5) says is an error: what is not understood
/// must not pass for nothing.
pub(super) fn parse(hook: HookName, input: &[u8]) -> anyhow::Result<Vec<Update>> {
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .enumerate()
        .map(|(number, line)| {
            update(hook, line).with_context(|| {
                format!(
                    "line {} of what git wrote to {} is not of its form",
                    number + 1,
                    hook.word()
                )
            })
        })
        .collect()
}

fn update(hook: HookName, line: &[u8]) -> anyhow::Result<Update> {
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let id = |word: &[u8]| ObjectId::from_hex(word).ok_or_else(|| anyhow!("an id is no id"));
    match (hook, &words[..]) {
        // The local name can be any expression (`HEAD~1`, `:/fix that`), with spaces in it.
        (HookName::PrePush, [_, .., new, name, old]) => {
            Ok(Update { old: id(old)?, new: id(new)?, name: (*name).into() })
        }
        (HookName::PreReceive, [old, new, name]) => {
            Ok(Update { old: id(old)?, new: id(new)?, name: (*name).into() })
        }
        _ => Err(anyhow!("{} words", words.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::cli::args::HookName;

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let push = format!("HEAD~1 {a} refs/heads/x {b}\n:/two words {a} refs/heads/y {b}\n");
        let updates = parse(HookName::PrePush, push.as_bytes()).expect("good");
        assert_eq!(
            (updates.len(), updates[0].new.to_string(), updates[1].old.to_string()),
            (2, a.clone(), b.clone())
        );
        let receive = format!("{a} {b} refs/heads/x\n");
        let updates = parse(HookName::PreReceive, receive.as_bytes()).expect("good");
        assert_eq!((updates[0].new.to_string(), &*updates[0].name), (b, &b"refs/heads/x"[..]));
        assert!(parse(HookName::PreReceive, b"").expect("nothing").is_empty());
        for bad in ["x y z\n", &format!("{a} refs/heads/x\n"), &format!("{a} {a} r r\n")] {
            assert!(parse(HookName::PreReceive, bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
