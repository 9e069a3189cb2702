//! A summary for a ticket or a comment, in Markdown: a table of tokens for every owner. What others
//! have written goes through `crate::report::markup`.

use super::{Token, findings, notes, owner, tally, tokens};
use crate::model::finding::{Finding, Outcome};
use crate::model::revocation::{Action, Ending, Receipt, Refusal, Revocation, Step, Way};
use crate::report::escape::terminal_bytes;
use crate::report::markup::{code, row, words as text};
use crate::report::problems::problems;
use crate::report::provenance::short;
use crate::report::{Context, masked, when, words};

/// Tokens of one owner: what is written of the owner, and a line of the table for each token.
type Section = (String, Vec<String>);

/// Writes a plan, or what came of it, for a ticket.
pub fn markdown(outcome: &Outcome, revocation: &Revocation, context: &Context) -> String {
    let mut out = opening(outcome, revocation, context);
    for (owner, rows) in sections(outcome, revocation) {
        let titles = ["Kind", "Secret", "Where it leaked", "State", "What is left to do"];
        out += &format!("\n### {owner}\n\n");
        out += &row(&titles.map(str::to_owned));
        out += &row(&titles.map(|_| "---".to_owned()));
        out += &rows.concat();
    }
    out
}

/// The line with the numbers, and what is to be known of the run as a whole.
fn opening(outcome: &Outcome, revocation: &Revocation, context: &Context) -> String {
    let mut out = format!("**Plan {}: {}.**", code(&revocation.plan), tally(revocation));
    out += match (&revocation.receipts, revocation.steps.is_empty()) {
        (Some(_), _) => "",
        (None, true) => " Nothing was changed.",
        (None, false) => " Nothing was changed; `stanch revoke --apply` carries it out.",
    };
    let complete = outcome.coverage.complete();
    out += if complete { "" } else { " **Not everything was read.**" };
    out += &when::utc(context.ended).map(|time| format!(" As of {time}.")).unwrap_or_default();
    out.push('\n');
    let mut list: Vec<String> = notes(revocation).iter().map(|note| text(note)).collect();
    // Where the journal lies is nobody's business here; its last line proves what was done.
    let journal = revocation.journal.iter();
    list.extend(journal.map(|it| format!("Head of the journal: {}", code(&it.head))));
    let unread = problems(&outcome.coverage);
    list.extend(unread.iter().map(|problem| format!("Not read: {}", text(problem))));
    if !list.is_empty() {
        out.push('\n');
    }
    out + &list.iter().map(|it| format!("- {it}\n")).collect::<String>()
}

/// The tokens by owner, in the order in which the owners come first.
fn sections(outcome: &Outcome, revocation: &Revocation) -> Vec<Section> {
    let applied = revocation.receipts.is_some();
    let findings = findings(outcome);
    let mut sections: Vec<Section> = Vec::new();
    let mut add = |finding: Option<&Finding>, instance: Option<&str>, row: String| {
        let owner = owner::owner(finding, instance);
        match sections.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, rows)) => rows.push(row),
            None => sections.push((owner, vec![row])),
        }
    };
    for token in tokens(outcome, revocation) {
        let instance = token.steps.first().map(|step| step.instance.as_str());
        let instance = instance.or_else(|| token.receipt?.instance.as_deref());
        add(token.finding, instance, token_row(&token, applied));
    }
    for refusal in &revocation.refusals {
        let finding = findings.get(refusal.fingerprint.as_str()).copied();
        add(finding, refusal.instance.as_deref(), refusal_row(refusal, finding));
    }
    sections
}

fn token_row(token: &Token, applied: bool) -> String {
    let rotates = token.steps.iter().any(|step| step.action == Action::Rotate);
    let (state, left) = match token.receipt {
        Some(receipt) => (ended(receipt), left(receipt, token.finding)),
        None if applied => ("**not carried out**".to_owned(), advice(None, token.finding)),
        None => {
            let state = if rotates { "live, to be rotated" } else { "live, to be revoked" };
            let steps: Vec<String> = token.steps.iter().map(|step| planned(step)).collect();
            (state.to_owned(), steps.join("<br>"))
        }
    };
    let [kind, secret, place] = about(token.kind, token.fingerprint, token.finding);
    row(&[kind, secret, place, state, left])
}

fn refusal_row(refusal: &Refusal, finding: Option<&Finding>) -> String {
    let [kind, secret, place] = about(&refusal.kind, &refusal.fingerprint, finding);
    let state = format!("**not touched**: {}", text(&refusal.reason));
    row(&[kind, secret, place, state, advice(refusal.remedy.as_deref(), finding)])
}

/// What it is, what is shown of the secret, and where it leaked.
fn about(kind: &str, fingerprint: &str, finding: Option<&Finding>) -> [String; 3] {
    let secret = match finding {
        Some(finding) => code(&masked(finding)),
        None => format!("fingerprint {}", code(fingerprint)),
    };
    [text(&kind.replace('_', " ")), secret, finding.map(leaked).unwrap_or_default()]
}

fn leaked(finding: &Finding) -> String {
    let Some(place) = finding.first_place() else { return String::new() };
    let origin = &place.origin;
    let mut out = match origin.path() {
        Some(path) => code(&format!("{}:{}", terminal_bytes(path), place.position.line)),
        None => text(&origin.word().replace('_', " ")),
    };
    if let Some(repository) = &place.repository {
        out += &format!(" in {}", code(&terminal_bytes(repository)));
    }
    // A file on disk has no commit; the one that brought the secret in is told instead.
    let introduced = finding.provenance.iter().flat_map(|it| &it.introduced);
    let commit = origin.commit().or_else(|| introduced.map(|it| it.commit).next());
    if let Some(commit) = commit {
        out += &format!(", commit {}", code(&short(commit)));
    }
    let more = finding.occurrences.saturating_sub(1);
    if more > 0 {
        out += &format!(" and {}", words::count(more, "more place"));
    }
    out
}

/// A request, and whose credential it is made with.
fn request(way: &Way) -> String {
    let request = code(&format!("{} {}", way.method, way.path));
    format!("{request} with {}", words::whose(way.credential))
}

fn planned(step: &Step) -> String {
    let breaks = step.way.breaks.iter().map(|what| format!("; that breaks: {}", text(what)));
    request(&step.way) + &breaks.collect::<String>()
}

fn ended(receipt: &Receipt) -> String {
    let ending = words::ending(receipt.ending);
    let mut out = match receipt.ending.is_dead() {
        true => ending.to_owned(),
        false => format!("**{ending}**"),
    };
    if let Some(way) = &receipt.way {
        out += &format!(" {} {}", words::by(receipt.ending), request(way));
    }
    if let Some(reason) = &receipt.reason {
        out += &format!(": {}", text(reason));
    }
    out
}

fn left(receipt: &Receipt, finding: Option<&Finding>) -> String {
    match receipt.ending {
        _ if receipt.ending.is_dead() => {
            match receipt.way.as_ref().and_then(|it| it.breaks.as_ref()) {
                Some(breaks) => format!("mind that {}", text(breaks)),
                None => "nothing".to_owned(),
            }
        }
        Ending::Unknown => "run `stanch revoke` again: it asks before it does anything".to_owned(),
        _ => advice(receipt.remedy.as_deref(), finding),
    }
}

/// What a person can do: about this token, or else about any of its kind.
fn advice(remedy: Option<&str>, finding: Option<&Finding>) -> String {
    let general = finding.map(|it| it.rule.remediation.as_str());
    remedy.or(general).map(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::markdown;
    use crate::model::finding::Finding;
    use crate::model::revocation::{
        Action, Ending, JournalNote, Receipt, Refusal, Revocation, Step, Way,
    };

    use crate::report::sample;

    fn owned(number: u8, name: &str) -> Finding {
        let mut finding = sample::live(number);
        finding.verdict.learned.user.username = Some(name.to_owned());
        finding
    }

    fn plan(findings: &[Finding]) -> Revocation {
        let steps = findings.iter().map(sample::step).collect();
        Revocation { plan: "1a2b3c4d".to_owned(), steps, ..Revocation::default() }
    }

    const HEAD: &str = "| Kind | Secret | Where it leaked | State | What is left to do |
| --- | --- | --- | --- | --- |
";

    #[test]
    fn an_empty_plan_is_one_line() {
        let text = markdown(&sample::outcome(Vec::new()), &plan(&[]), &sample::context());
        let expected = "**Plan `1a2b3c4d`: no token to revoke.** Nothing was changed. \
                        As of 1970-01-01T00:00:00Z.\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_plan_is_grouped_by_owner() {
        let mut first = owned(1, "ann");
        first.places.insert(sample::history(Some(b"../other"), b".env"));
        first.occurrences = 3;
        first.provenance = Some(sample::provenance());
        let mut bot = owned(2, "project_7_bot");
        bot.verdict.learned.user.bot = Some(true);
        bot.places = [sample::history(Some(b"../other"), b".env")].into();
        let findings = vec![first, bot, owned(3, "ann"), owned(4, "bob")];
        let mut revocation = plan(&findings[..3]);
        revocation.steps[0].way.breaks = Some("every feed of `ann`".into());
        revocation.steps[2].action = Action::Rotate;
        let remedy = Some("Press Revoke at https://gitlab.example.com/x.".into());
        revocation.refusals =
            vec![Refusal { remedy, ..sample::refusal(&findings[3], "it is protected") }];
        let mut outcome = sample::outcome(findings);
        outcome.coverage.fail(b"a_b", "permission denied");
        let text = markdown(&outcome, &revocation, &sample::context());
        let at = "at `https://gitlab.example.com`\n\n";
        let request = "`DELETE /api/v4/admin/token` with the operator's credential";
        let lines = [
            "**Plan `1a2b3c4d`: 2 tokens to revoke, 1 to rotate, 1 cannot be.** Nothing was changed; \
             `stanch revoke --apply` carries it out. **Not everything was read.** \
             As of 1970-01-01T00:00:00Z.\n\n- Not read: permission denied: `a_b`\n\n### `ann` ",
            at,
            HEAD,
            "| sample token | `op****` | `config/deploy.env:2`, commit `111111111111` and 2 more places \
             | live, to be revoked | ",
            request,
            "; that breaks: every feed of `` `ann` `` |\n",
            "| sample token | `op****` | `config/deploy.env:2` | live, to be rotated | ",
            request,
            " |\n\n### `project_7_bot` (a bot) ",
            at,
            HEAD,
            "| sample token | `op****` | `.env:2` in `../other`, commit `111111111111` \
             | live, to be revoked | ",
            request,
            " |\n\n### `bob` ",
            at,
            HEAD,
            "| sample token | `op****` | `config/deploy.env:2` | **not touched**: it is protected \
             | Press Revoke at `https://gitlab.example.com/x`. |\n",
        ];
        assert_eq!(text, lines.concat());
    }

    #[test]
    fn after_applying_the_endings_stand_in_the_table() {
        let findings: Vec<Finding> = (1..=4).map(|number| owned(number, "ann")).collect();
        let receipt = |at: usize, ending| sample::receipt(&findings[at], ending);
        let why = Some("the answer was 403 | \"no\"".into());
        let mut revocation = plan(&findings);
        revocation.receipts = Some(vec![
            receipt(0, Ending::Revoked),
            Receipt { reason: why, ..receipt(1, Ending::StillLive) },
            Receipt { way: None, ..receipt(2, Ending::Unknown) },
        ]);
        (revocation.dead, revocation.open_steps) = (2, 1);
        let journal = JournalNote { path: "/home/ann/j".to_owned(), head: "f00d".to_owned() };
        revocation.journal = Some(journal);
        let text = markdown(&sample::outcome(findings), &revocation, &sample::context());
        let row = "| sample token | `op****` | `config/deploy.env:2` | ";
        let request = "`DELETE /api/v4/admin/token` with the operator's credential";
        let lines = [
            "**Plan `1a2b3c4d`: 1 revoked, 1 still live, 1 unknown.** As of 1970-01-01T00:00:00Z.\n\n\
             - Dead when the plan was made: 2 tokens.\n\
             - Begun in earlier runs, and still without an end: 1 step (stanch journal verify lists them).\n\
             - Head of the journal: `f00d`\n\n### `ann` at `https://gitlab.example.com`\n\n",
            HEAD,
            row,
            "revoked by ",
            request,
            " | nothing |\n",
            row,
            "**still live** after ",
            request,
            ": the answer was 403 `\\|` \"no\" | Revoke it. |\n",
            row,
            "**unknown** | run `stanch revoke` again: it asks before it does anything |\n",
            row,
            "**not carried out** | Revoke it. |\n",
        ];
        assert_eq!(text, lines.concat());
    }

    #[test]
    fn hostile_names_mean_nothing() {
        let mut finding = owned(1, "@everyone`|<script>\n/close\u{1b}[31m");
        finding.places = [sample::history(None, b"a|b`@all.env\n# x")].into();
        let mut revocation = plan(&[]);
        let reason = "refused: <img src=x> [x](http://y) @everyone | **a** /approve".into();
        let remedy = Some("ask\n@all or ``` see www.evil.example".into());
        let kind = "sample_|token".to_owned();
        revocation.refusals =
            vec![Refusal { kind, reason, remedy, ..sample::refusal(&finding, "") }];
        let text = markdown(&sample::outcome(vec![finding]), &revocation, &sample::context());
        let lines = [
            "**Plan `1a2b3c4d`: no token to revoke, 1 cannot be.** Nothing was changed. \
             As of 1970-01-01T00:00:00Z.\n\n",
            "### ``@everyone`|<script>\\u{a}/close\\u{1b}[31m`` at `https://gitlab.example.com`\n\n",
            HEAD,
            "| sample `\\|token` | `op****` | ``a\\|b`@all.env\\u{a}# x:2``, commit `111111111111` ",
            "| **not touched**: refused: `<img` `src=x>` `[x](http://y)` `@everyone` `\\|` `**a**` /approve ",
            "| `ask\\u{a}@all` or ```` ``` ```` see `www.evil.example` |\n",
        ];
        assert_eq!(text, lines.concat());
    }

    #[test]
    fn a_deploy_key_has_a_request_for_every_project() {
        let finding = owned(1, "ann");
        let step = |project: u8| Step {
            way: sample::way("DELETE", &format!("/api/v4/projects/{project}/deploy_keys/5")),
            otherwise: vec![Way { ..sample::way("DELETE", "/never/shown") }],
            ..sample::step(&finding)
        };
        let revocation = Revocation { steps: vec![step(1), step(2)], ..plan(&[]) };
        let outcome = sample::outcome(vec![finding.clone()]);
        let text = markdown(&outcome, &revocation, &sample::context());
        let last = text.lines().last().expect("a row");
        let expected = "| sample token | `op****` | `config/deploy.env:2` | live, to be revoked \
            | `DELETE /api/v4/projects/1/deploy_keys/5` with the operator's credential<br>\
            `DELETE /api/v4/projects/2/deploy_keys/5` with the operator's credential |";
        assert_eq!(last, expected);
    }
}
