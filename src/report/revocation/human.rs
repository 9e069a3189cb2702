//! A plan for people, and after applying what came of it: each token in a few lines, then what is
//! not touched, and a closing line that counts. Every text of others is made safe for a terminal
//! here.

use anstyle::AnsiColor;

use super::{Token, notes, refusals, tally, tokens};
use crate::model::finding::{Finding, Outcome};
use crate::model::revocation::{Action, Ending, Receipt, Revocation, Step, Way};
use crate::report::escape::terminal;
use crate::report::human::{INDENT, gaps, heading, place_line};
use crate::report::layout::Paint;
use crate::report::{Context, command, masked, provenance, verdict, words};

/// Writes a plan, or what came of it, for people.
pub fn human(outcome: &Outcome, revocation: &Revocation, context: &Context) -> String {
    let paint = Paint { colour: context.colour, columns: context.columns };
    let mut out = String::new();
    for token in tokens(outcome, revocation) {
        out += &one(&token, revocation.receipts.is_some(), &paint);
        out.push('\n');
    }
    out += &refusals::paragraphs(outcome, &revocation.refusals, &paint);
    out += &closing(outcome, revocation, &paint);
    out
}

/// A receipt on lines that all begin with `indent`.
pub(in crate::report) fn receipt(receipt: &Receipt, indent: &str, paint: &Paint) -> String {
    let colour = match receipt.ending {
        Ending::Revoked | Ending::Rotated | Ending::AlreadyDead => AnsiColor::Green,
        Ending::StillLive => AnsiColor::Red,
        Ending::Refused | Ending::Unknown => AnsiColor::Yellow,
    };
    let text = terminal(&words::receipt(receipt));
    let ending = words::ending(receipt.ending);
    let rest = text.strip_prefix(ending).unwrap_or_default();
    let stressed = ending.to_uppercase();
    // What follows an ending may be a mark, which stays with its last word.
    let (mark, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut list: Vec<String> = stressed.split(' ').map(|it| paint.colour(colour, it)).collect();
    if let Some(last) = list.last_mut() {
        *last += mark;
    }
    list.extend(rest.split(' ').filter(|it| !it.is_empty()).map(str::to_owned));
    paint.flow(list.iter().map(String::as_str), indent, indent)
}

fn one(token: &Token, applied: bool, paint: &Paint) -> String {
    let mut out = match token.finding {
        Some(finding) => {
            heading(finding, &masked(finding), paint)
                + &verdict::paragraph(&finding.verdict, INDENT, paint)
                + &leaked(finding, paint)
        }
        None => paint.bold(&terminal(&token.kind.replace('_', " "))) + "\n",
    };
    if let Some(it) = token.receipt {
        out += &receipt(it, INDENT, paint);
        let way = it.way.iter().filter(|_| it.ending.is_dead());
        out += &way.map(|way| breaks(way, paint)).collect::<String>();
        let remedy = it.remedy.iter();
        let can = |remedy: &_| labelled("what a person can do:", remedy, paint);
        out += &remedy.map(|remedy| can(remedy)).collect::<String>();
    }
    let dead = token.receipt.is_some_and(|it| it.ending.is_dead());
    let taken = token.receipt.and_then(|it| it.way.as_ref());
    for step in token.steps.iter().filter(|_| !dead) {
        if !applied {
            out += &planned(step, token.finding, paint);
        } else if taken != Some(&step.way) {
            out += &labelled("was planned:", &words::way(&step.way), paint);
        }
    }
    out + INDENT + &paint.dim(&format!("fingerprint {}", terminal(token.fingerprint))) + "\n"
}

/// Where it leaked: how it came into the history, and the first place unless that has told it.
fn leaked(finding: &Finding, paint: &Paint) -> String {
    let known = finding.provenance.iter();
    let mut out: String = known.map(|it| provenance::paragraph(it, INDENT, paint)).collect();
    let place = finding.first_place().filter(|it| command::told(finding) != Some(*it));
    if let Some(place) = place {
        let introduced = finding.provenance.iter().flat_map(|it| &it.introduced);
        let author = introduced.map(|change| &*change.author).next();
        out += &format!("{INDENT}{}\n", place_line(place, author, paint));
    }
    out
}

/// The requests of a step that is still to come.
fn planned(step: &Step, finding: Option<&Finding>, paint: &Paint) -> String {
    let label = match step.action {
        Action::Revoke => "will do:",
        Action::Rotate => "will rotate:",
    };
    let mut text = words::way(&step.way);
    // The verdict has named the instance already, unless it is another one.
    let told = finding.and_then(|it| it.verdict.instance.as_ref());
    if told != Some(&step.instance) {
        text += &format!(" at {}", step.instance);
    }
    let mut out = labelled(label, &text, paint) + &breaks(&step.way, paint);
    let into = step.into.iter();
    out += &into.map(|into| labelled("successor goes to:", into, paint)).collect::<String>();
    for way in &step.otherwise {
        out += &labelled("else:", &words::way(way), paint);
        out += &breaks(way, paint);
    }
    out
}

fn breaks(way: &Way, paint: &Paint) -> String {
    let breaks = way.breaks.iter();
    breaks.map(|what| labelled("that breaks:", what, paint)).collect()
}

/// A line that says first what it is about.
fn labelled(label: &str, text: &str, paint: &Paint) -> String {
    let text = terminal(text);
    let label = label.split(' ').map(|word| paint.bold(word));
    let words: Vec<String> = label.chain(text.split(' ').map(str::to_owned)).collect();
    paint.flow(words.iter().map(String::as_str), INDENT, &format!("{INDENT}  "))
}

fn closing(outcome: &Outcome, revocation: &Revocation, paint: &Paint) -> String {
    let sure = outcome.coverage.complete() && !revocation.interrupted;
    let colour = match (revocation.is_unfinished(), sure) {
        (true, _) => AnsiColor::Red,
        (false, true) => AnsiColor::Green,
        (false, false) => AnsiColor::Yellow,
    };
    let text = format!("Plan {}: {}.", terminal(&revocation.plan), tally(revocation));
    let mut words: Vec<String> = text.split(' ').map(|it| paint.colour(colour, it)).collect();
    let rest = match (&revocation.receipts, revocation.steps.is_empty()) {
        (Some(_), _) => "",
        (None, true) => "Nothing was changed.",
        (None, false) => "Nothing was changed; stanch revoke --apply carries it out.",
    };
    words.extend(rest.split(' ').filter(|it| !it.is_empty()).map(str::to_owned));
    let mut out = paint.flow(words.iter().map(String::as_str), "", "");
    for note in notes(revocation) {
        out += &paint.flow(note.split(' '), "", "  ");
    }
    if let Some(journal) = &revocation.journal {
        let (path, head) = (terminal(&journal.path), terminal(&journal.head));
        out += &paint.dim(&format!("Journal: {path}, head {head}"));
        out.push('\n');
    }
    out + &gaps(outcome, paint)
}

#[cfg(test)]
mod tests {
    use super::human;
    use crate::model::finding::{Finding, Outcome};
    use crate::model::revocation::{
        Action, Ending, JournalNote, Receipt, Refusal, Revocation, Step, Way,
    };
    use crate::model::verdict::AskedWith;
    use crate::report::{Context, sample};

    fn plan(findings: &[Finding]) -> Revocation {
        let steps = findings.iter().map(sample::step).collect();
        Revocation { plan: "1a2b3c4d".to_owned(), steps, ..Revocation::default() }
    }

    fn text(findings: &[Finding], revocation: &Revocation) -> String {
        human(&sample::outcome(findings.to_vec()), revocation, &sample::context())
    }

    const TOP: &str = "\
HIGH      Sample token  op****
          LIVE at https://gitlab.example.com
          config/deploy.env:2:14
";

    #[test]
    fn a_plan_says_what_will_be_done_and_what_it_breaks() {
        let mut finding = sample::finding();
        finding.verdict = sample::live(0).verdict;
        finding.verdict.learned.last_used = Some("2026-11-20".to_owned());
        let breaks =
            Some("the role of its bot, which everyone uses who deploys with this token".into());
        let itself = sample::way("DELETE", "/api/v4/personal_access_tokens/self");
        let credential = AskedWith::Token;
        let mut revocation = plan(&[finding.clone()]);
        revocation.steps[0].way.breaks = breaks;
        let lost = Some("nothing else".into());
        revocation.steps[0].otherwise = vec![Way { credential, breaks: lost, ..itself }];
        let expected = "\
HIGH      Sample token  op****
          LIVE at https://gitlab.example.com: last used 2026-11-20
          came in with 111111111111 on 2025-03-02 by Ann Example <ann@example.com> at
          config/deploy.env:2:14 (and 2 more commits); taken out in 222222222222 on
          2025-05-21, but still in HEAD, in main, next and 3 more branches and tags; pushed;
          4 blobs, 2 paths
          config/deploy.env:2:14
          will do: DELETE /api/v4/admin/token with the operator's credential
          that breaks: the role of its bot, which everyone uses who deploys with this token
          else: DELETE /api/v4/personal_access_tokens/self with the token itself
          that breaks: nothing else
          fingerprint 0123456789abcdef0123456789abcdef

Plan 1a2b3c4d: 1 token to revoke. Nothing was changed; stanch revoke --apply carries it out.
";
        assert_eq!(text(&[finding.clone()], &revocation), expected);
        // A plan never shows a secret, and lines end where the terminal does.
        let context = Context { show_secrets: true, columns: 60, ..sample::context() };
        let text = human(&sample::outcome(vec![finding]), &revocation, &context);
        assert!(!text.contains("open sesame"), "{text}");
        let wrapped = "
          that breaks: the role of its bot, which everyone
            uses who deploys with this token
";
        assert!(text.contains(wrapped), "{text}");
    }

    #[test]
    fn a_deploy_key_has_a_step_for_every_project() {
        let finding = sample::live(0xa1);
        let step = |project: u8, instance: &str| Step {
            way: sample::way("DELETE", &format!("/api/v4/projects/{project}/deploy_keys/5")),
            instance: instance.to_owned(),
            ..sample::step(&finding)
        };
        let steps = vec![step(1, sample::INSTANCE), step(2, "https://other.example")];
        let revocation = Revocation { steps, ..plan(&[]) };
        let rest = "          will do: DELETE /api/v4/projects/1/deploy_keys/5 with the operator's credential
          will do: DELETE /api/v4/projects/2/deploy_keys/5 with the operator's credential at
            https://other.example
          fingerprint a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1

Plan 1a2b3c4d: 1 token to revoke. Nothing was changed; stanch revoke --apply carries it out.
";
        assert_eq!(text(&[finding], &revocation), [TOP, rest].concat());
    }

    #[test]
    fn receipts_say_how_it_ended() {
        let findings: Vec<Finding> = (1..=4).map(sample::live).collect();
        let receipt = |at: usize, ending| sample::receipt(&findings[at], ending);
        let mut revocation = plan(&findings);
        revocation.steps[2].action = Action::Rotate;
        let broken = Way { breaks: Some("a bot".into()), ..revocation.steps[0].way.clone() };
        let reason = Some("it answers as before".into());
        let why = Some("it could not be asked".into());
        revocation.receipts = Some(vec![
            Receipt { way: Some(broken), ..receipt(0, Ending::Revoked) },
            Receipt { reason, ..receipt(1, Ending::StillLive) },
            Receipt { reason: why, way: None, ..receipt(2, Ending::Unknown) },
            Receipt { way: None, ..receipt(3, Ending::AlreadyDead) },
        ]);
        revocation.journal =
            Some(JournalNote { path: "/home/a\u{7}nn/j".to_owned(), head: "f00d".to_owned() });
        let end = |number: &str| format!("          fingerprint {}\n\n", number.repeat(16));
        let expected = [
            TOP,
            "          REVOKED by DELETE /api/v4/admin/token with the operator's credential
          that breaks: a bot
",
            &end("01"),
            TOP,
            "          STILL LIVE after DELETE /api/v4/admin/token with the operator's credential: it
          answers as before
",
            &end("02"),
            TOP,
            "          UNKNOWN: it could not be asked
          was planned: DELETE /api/v4/admin/token with the operator's credential
",
            &end("03"),
            TOP,
            "          DEAD ALREADY\n",
            &end("04"),
            "Plan 1a2b3c4d: 1 revoked, 1 dead already, 1 still live, 1 unknown.
Journal: /home/a\\u{7}nn/j, head f00d
",
        ];
        assert_eq!(text(&findings, &revocation), expected.concat());
    }

    #[test]
    fn an_empty_plan_is_not_clean_when_something_was_not_read() {
        let mut outcome = sample::outcome(Vec::new());
        outcome.coverage.gap("shallow clone");
        let revocation = Revocation { dead: 1, interrupted: true, ..plan(&[]) };
        let expected = "\
Plan 1a2b3c4d: no token to revoke. Nothing was changed.
Dead when the plan was made: 1 token.
Interrupted: not every token was asked about.
INCOMPLETE: not everything could be read.
  shallow clone
";
        assert_eq!(human(&outcome, &revocation, &sample::context()), expected);
        // The colour of what is clean is green.
        let context = Context { colour: true, ..sample::context() };
        let green = |outcome: &Outcome, revocation: &Revocation| {
            human(outcome, revocation, &context).contains("\u{1b}[32m")
        };
        assert!(!green(&outcome, &plan(&[])));
        let whole = sample::outcome(Vec::new());
        assert!(green(&whole, &plan(&[])) && !green(&whole, &revocation));
    }

    #[test]
    fn hostile_texts_do_nothing() {
        let mut finding = sample::live(1);
        finding.verdict.learned.name = Some("\u{1b}]0;x\u{7}<script>|`@everyone".to_owned());
        let mut revocation = plan(&[finding.clone()]);
        revocation.steps[0].way.path = "/api\u{1b}[2J".to_owned();
        revocation.steps[0].way.breaks = Some("a\nb".into());
        revocation.steps[0].kind = "x\u{1b}y".to_owned();
        let reason = "no\u{202e}\r".into();
        let remedy = Some("go\u{1b}c".into());
        revocation.refusals =
            vec![Refusal { reason, remedy, ..sample::refusal(&sample::live(2), "") }];
        revocation.refusals[0].kind = "k\u{9b}".to_owned();
        let told = text(&[finding.clone()], &revocation);
        let expected = "\
HIGH      Sample token  op****
          LIVE at https://gitlab.example.com: named \"\\u{1b}]0;x\\u{7}<script>|`@everyone\"
          config/deploy.env:2:14
          will do: DELETE /api\\u{1b}[2J with the operator's credential
          that breaks: a\\u{a}b
          fingerprint 01010101010101010101010101010101

NOT TOUCHED: no\\u{202e}\\u{d}
    k\\u{9b}  fingerprint 02020202020202020202020202020202
  what a person can do: go\\u{1b}c

Plan 1a2b3c4d: 1 token to revoke, 1 cannot be. Nothing was changed; stanch revoke --apply
carries it out.
";
        assert_eq!(told, expected);
        let reason = Some("a\u{1b}b\nc".into());
        let receipt = Receipt { reason, ..sample::receipt(&finding, Ending::Refused) };
        revocation.receipts = Some(vec![receipt]);
        let told = text(&[finding], &revocation);
        let line = "REFUSED after DELETE /api/v4/admin/token with the operator's credential:";
        assert!(told.contains(line) && told.contains(" a\\u{1b}b\\u{a}c\n"), "{told}");
    }
}
