//! The text of a hook: a script for any POSIX shell. It runs the hook that was there before, finds
//! stanch, and hands over to it. Where stanch is gone it blocks: a hook that looks at nothing and
//! says nothing is worse than none.

use std::path::Path;

use crate::cli::args::{HookName, OnTimeout, TimeArgs};
use crate::report::shell::word;

/// The end of the name under which a hook is kept that was there before.
pub(super) const KEPT: &str = ".before-stanch";
/// The second line of every hook of ours.
const MARK: &str = "# Written by `stanch hook install`: keeps tokens in.";
/// The second line of every hook that only runs the repository's.
const FORWARD: &str =
    "# Written by `stanch hook install --global`: runs the repository's own hook.";

/// What goes into a hook.
#[derive(Debug)]
pub(super) struct Recipe<'a> {
    /// Which hook.
    pub hook: HookName,
    /// The program.
    pub program: &'a str,
    /// How long it may take.
    pub time: TimeArgs,
    /// True when git does not run the repository's own hook because of this one.
    pub forwards: bool,
}

/// True for a hook of ours.
pub(super) fn is_ours(text: &str) -> bool {
    text.lines().nth(1) == Some(MARK)
}

/// True for a hook that runs the repository's own, and does nothing else.
pub(super) fn is_forward(text: &str) -> bool {
    text.lines().nth(1) == Some(FORWARD)
}

/// True for a hook of ours that runs the repository's own, too.
pub(super) fn forwards(text: &str) -> bool {
    is_forward(text) || is_ours(text) && text.contains("--git-common-dir")
}

/// The program that a hook of ours runs.
pub(super) fn program(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("stanch="))
}

/// True for a hook that looks at its own name, and so would do something else under another.
pub(super) fn knows_its_name(text: &str, folder: &Path) -> bool {
    let ways = ["basename \"$0\"", "basename $0", "basename -- \"$0\"", "${0##*/}", "basename($0)"];
    let husky = text.contains("$0") && folder.join("h").is_file();
    husky || ways.iter().any(|way| text.contains(way))
}

/// Finds the folder of the repository's own hooks. Git stands at the top of the work tree, and is
/// asked only where its folder is not there: some hooks run often.
const OWN: &str = "common=.git\n\
    [ \"${GIT_DIR:-.git}\" = .git ] && [ -d .git ] || common=$(git rev-parse --git-common-dir)\n";

/// A hook that does nothing but run the repository's own.
pub(super) fn forward() -> String {
    format!(
        "#!/bin/sh\n{FORWARD}\n{OWN}\
         own=$common/hooks/${{0##*/}}\n\
         [ -x \"$own\" ] || exit 0\n\
         exec \"$own\" \"$@\"\n"
    )
}

/// The text of a hook.
pub(super) fn text(recipe: &Recipe<'_>) -> String {
    let name = recipe.hook.word();
    // What comes on standard input is there once, and two hooks want it.
    let reads = recipe.hook != HookName::PreCommit;
    let (read, feed) = match reads {
        true => (
            "input=$(cat)\n\
             feed() { [ -z \"$input\" ] || printf '%s\\n' \"$input\" 2>/dev/null; }\n",
            "feed | ",
        ),
        false => ("", ""),
    };
    let mut text =
        format!("#!/bin/sh\n{MARK}\n# To take it away: stanch hook uninstall {name}\n{read}");
    let before = |path: &str| {
        format!(
            "before={path}\n\
             if [ -f \"$before\" ] && [ -x \"$before\" ]; then\n    \
             {feed}\"$before\" \"$@\" || exit $?\nfi\n"
        )
    };
    text += &before(&format!("${{0%/*}}/{name}{KEPT}"));
    if recipe.forwards {
        text += OWN;
        text += &before(&format!("$common/hooks/{name}"));
    }
    text + &hand_over(recipe, feed)
}

/// Finds stanch and runs it.
fn hand_over(recipe: &Recipe<'_>, feed: &str) -> String {
    let name = recipe.hook.word();
    let (lead, again) = match recipe.hook {
        HookName::PreCommit => ("", "STANCH_SKIP=1 git commit …"),
        HookName::PrePush => ("", "STANCH_SKIP=1 git push …"),
        HookName::PreReceive => ("GL-HOOK-ERR: ", "STANCH_SKIP=1 in its environment"),
    };
    let mut options = String::new();
    if let Some(budget) = recipe.time.budget {
        options += &format!(" --budget {}s", budget.as_secs());
    }
    if recipe.time.on_timeout == OnTimeout::Accept {
        options += " --on-timeout accept";
    }
    let program = word(recipe.program.as_bytes());
    format!(
        "stanch={program}\n\
         [ -x \"$stanch\" ] || stanch=$(command -v stanch) || stanch=\n\
         if [ -z \"$stanch\" ]; then\n    \
             if [ \"$STANCH_SKIP\" = 1 ]; then\n        \
                 echo 'stanch: not found, and nothing was looked at: STANCH_SKIP=1 is set' >&2\n        \
                 exit 0\n    \
             fi\n    \
             echo '{lead}stanch: blocked, since stanch itself is gone, here and in PATH:' {program} >&2\n    \
             echo '{lead}Install it again, or go without it this once: {again}' >&2\n    \
             exit 2\n\
         fi\n\
         {feed}\"$stanch\" hook run{options} {name} -- \"$@\"\n"
    )
}
