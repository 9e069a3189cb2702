//! Whether a hook looks at the name by which it was called. One that does would do something else
//! under another name, most often nothing at all, so it cannot be kept under one. Where it cannot be
//! told, it does.

/// Words that stand for the name of the running script, in the languages that hooks are written in.
const WORDS: [&str; 10] = [
    "$0",
    "${0",
    "BASH_SOURCE",
    "ARGZERO",
    "argv",
    "__file__",
    "__FILE__",
    "__filename",
    "PROGRAM_NAME",
    "$Script",
];
/// Ways to ask for the folder alone, which stays the same, and for the arguments alone.
const HARMLESS: [&str; 8] = [
    "${0%/*}",
    "os.path.dirname(os.path.abspath(__file__))",
    "os.path.dirname(os.path.realpath(__file__))",
    "os.path.dirname(__file__)",
    "sys.argv[1:]",
    "sys.argv[1]",
    "sys.argv[2]",
    "sys.argv[3]",
];

/// True for a hook that may look at its own name.
pub(super) fn looks_at_its_name(text: &str) -> bool {
    // A program that is no script cannot be read.
    text.contains('\0') || text.lines().any(reads_another) || mentions(&without_folders(text))
}

/// What is read into a script (husky does that) looks at the same name.
fn reads_another(line: &str) -> bool {
    let line = line.trim_start();
    let reads = [". ", "source "].iter().any(|word| line.starts_with(word))
        || [" . ", " source "].iter().any(|word| line.contains(word));
    reads && mentions(line)
}

fn mentions(text: &str) -> bool {
    WORDS.iter().any(|word| text.contains(word))
}

fn without_folders(text: &str) -> String {
    let mut text = text.to_owned();
    for name in ["\"$0\"", "$0", "\"${BASH_SOURCE[0]}\"", "\"${BASH_SOURCE}\"", "\"$BASH_SOURCE\""]
    {
        for (before, after) in [("$(dirname ", ")"), ("$(dirname -- ", ")"), ("`dirname ", "`")] {
            text = text.replace(&format!("{before}{name}{after}"), "");
        }
    }
    HARMLESS.iter().fold(text, |text, way| text.replace(way, ""))
}

#[cfg(test)]
mod tests {
    use super::looks_at_its_name;

    #[test]
    fn a_name_is_seen_and_a_folder_is_not_one() {
        for text in [
            "for f in \"$0\".d/*; do \"$f\"; done",
            "case \"$0\" in */pre-commit) make check ;; esac",
            "case ${0} in x) ;; esac",
            "exec ./all/${0##*/}",
            "exec \"$(dirname \"$0\")/all/$(basename \"$0\")\"",
            "ls \"$(dirname $0.d)\"",
            "import sys, os\nname = os.path.basename(sys.argv[0])",
            "name, *rest = sys.argv",
            "name = os.path.basename(__file__)",
            "name=$(basename \"${BASH_SOURCE[0]}\")",
            ". \"$(dirname -- \"$0\")/_/husky.sh\"",
            "[ -f x ] && . \"${0%/*}/common\"",
            "hook = File.basename($0)",
            "\u{7f}ELF\0\0",
        ] {
            assert!(looks_at_its_name(text), "{text}");
        }
        for text in [
            "exec make check \"$@\"",
            "HERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\n\"$HERE/pre-commit.d/a\"",
            "for f in \"${0%/*}\"/pre-commit.d/*; do \"$f\"; done",
            "cd `dirname $0`/../..",
            "import sys\nmain(sys.argv[1:])",
            ". /etc/profile",
        ] {
            assert!(!looks_at_its_name(text), "{text}");
        }
    }
}
