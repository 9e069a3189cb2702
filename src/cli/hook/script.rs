//! The text of a hook: a script for any POSIX shell. It runs the hook that was there before, finds
//! stanch, and hands over to it. Where stanch is gone it blocks: a hook that looks at nothing and
//! says nothing is worse than none. What others add after its last line does not undo what it says.

use std::time::Duration;

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

/// The program that a hook of ours runs; `None` when what stands there is not one word.
pub(super) fn program(text: &str) -> Option<String> {
    let quoted = text.lines().find_map(|line| line.strip_prefix("stanch="))?;
    let inner = quoted.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
    let program = inner.map_or_else(|| quoted.to_owned(), |it| it.replace("'\\''", "'"));
    (word(program.as_bytes()) == quoted).then_some(program)
}

/// How a hook of ours stands to what `install` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State<'a> {
    /// It is that.
    Whole,
    /// It is that, and more lines follow: these.
    Followed(&'a str),
    /// It is something else from this line on.
    Changed(usize),
}

/// Compares a hook of ours with what `install` writes for the same program and times.
pub(super) fn state(hook: HookName, text: &str) -> State<'_> {
    let program = program(text).unwrap_or_default();
    let time = time(hook, text);
    let written = self::text(&Recipe { hook, program: &program, time, forwards: forwards(text) });
    match text.strip_prefix(&*written) {
        Some("") => State::Whole,
        Some(more) => State::Followed(more),
        None => {
            let same = text.split('\n').zip(written.split('\n')).take_while(|(a, b)| a == b);
            State::Changed(same.count() + 1)
        }
    }
}

/// The times that stand in a hook of ours. What is not understood is left out, and so makes a
/// difference.
fn time(hook: HookName, text: &str) -> TimeArgs {
    let end = format!(" {} -- ", hook.word());
    let call = text.lines().find_map(|line| line.split_once("\"$stanch\" hook run"));
    let options = call.and_then(|(_, rest)| rest.split_once(&end)).map_or("", |(it, _)| it);
    let budget = options.split_once("--budget ").and_then(|(_, rest)| rest.split_once('s'));
    let seconds = budget.and_then(|(seconds, _)| seconds.parse().ok());
    let accepts = options.contains("--on-timeout accept");
    TimeArgs {
        budget: seconds.map(Duration::from_secs),
        on_timeout: if accepts { OnTimeout::Accept } else { OnTimeout::Reject },
    }
}

/// Finds the folder of the repository's own hooks. Git stands at the top of the work tree, and is
/// asked only where its folder is not there: some hooks run often.
const OWN: &str = "common=.git\n\
    [ \"${GIT_DIR:-.git}\" = .git ] && [ -d .git ] || common=$(git rev-parse --git-common-dir)\n";

/// A hook that does nothing but run the repository's own. That may be this one again, by a link or
/// as a copy: then it is the same process.
pub(super) fn forward() -> String {
    format!(
        "#!/bin/sh\n{FORWARD}\n{OWN}\
         own=$common/hooks/${{0##*/}}\n\
         [ -x \"$own\" ] && [ \"$STANCH_FORWARDED\" != $$ ] || exit 0\n\
         STANCH_FORWARDED=$$\n\
         export STANCH_FORWARDED\n\
         exec \"$own\" \"$@\"\n"
    )
}

/// Runs a hook that is there, unless it is what runs this one: it may come back by another name
/// (pre-commit.legacy) or by a link. Whatever it is, stanch itself runs each time.
const FIRST: &str = "first() {
    [ -f \"$before\" ] && [ -x \"$before\" ] || return 0
    at=$(CDPATH= cd -- \"${before%/*}\" && pwd -P)/${before##*/}
    case $STANCH_HOOK_RUNNING in *\"|$at|\"*) return 0 ;; esac
    # The pre-commit framework fails when its hook meets itself.
    [ \"$PRE_COMMIT_RUNNING_LEGACY\" ] && grep -q 'https://pre-commit\\.com' \"$before\" && return 0
    FEED STANCH_HOOK_RUNNING=\"$STANCH_HOOK_RUNNING|$at|\" \"$before\" \"$@\" || exit $?
}
";

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
    let mut text = format!(
        "#!/bin/sh\n{MARK}\n# To take it away: stanch hook uninstall {name}\n{read}{}",
        FIRST.replace("FEED ", feed)
    );
    text += &format!("before=${{0%/*}}/{name}{KEPT}\nfirst \"$@\"\n");
    if recipe.forwards {
        text += OWN;
        text += &format!("before=$common/hooks/{name}\nfirst \"$@\"\n");
    }
    text + &hand_over(recipe, feed)
}

/// Finds stanch and runs it.
fn hand_over(recipe: &Recipe<'_>, feed: &str) -> String {
    let name = recipe.hook.word();
    let (lead, again) = match recipe.hook {
        HookName::PreCommit => ("", "STANCH_SKIP=1 git commit"),
        HookName::PrePush => ("", "STANCH_SKIP=1 git push"),
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
         {feed}\"$stanch\" hook run{options} {name} -- \"$@\" || exit $?\n"
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Recipe, State, is_ours, program, state, text};
    use crate::cli::args::{HookName, OnTimeout, TimeArgs};

    #[test]
    fn every_difference_is_seen() {
        for (program_, budget, on_timeout, forwards) in [
            ("/bin/stanch", None, OnTimeout::Reject, false),
            ("/it's a/stanch", Some(Duration::from_secs(7)), OnTimeout::Accept, true),
        ] {
            for hook in HookName::ALL {
                let time = TimeArgs { budget, on_timeout };
                let whole = text(&Recipe { hook, program: program_, time, forwards });
                assert!(is_ours(&whole));
                assert_eq!(program(&whole).as_deref(), Some(program_));
                assert_eq!(state(hook, &whole), State::Whole, "{whole}");
                let more = format!("{whole}\n# more\n");
                assert_eq!(state(hook, &more), State::Followed("\n# more\n"));
                assert_eq!(state(hook, &whole.replace('\n', "\r\n")), State::Changed(1));
                let early = whole.replacen("# To take", "exit 0\n# To take", 1);
                assert_eq!(state(hook, &early), State::Changed(3));
                let skips = whole.replace(" hook run", " hook run --help");
                assert!(matches!(state(hook, &skips), State::Changed(line) if line > 10));
                let two = whole.replacen("stanch=", "stanch=x;y=", 1);
                assert!(matches!(state(hook, &two), State::Changed(line) if line > 5));
                assert!(matches!(state(hook, whole.trim_end()), State::Changed(_)));
            }
        }
    }
}
