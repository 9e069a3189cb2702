//! What an instance said of a token, as one paragraph for people. Every text that the instance sent
//! is made safe for a terminal here.

use std::collections::BTreeMap;

use anstyle::AnsiColor;

use super::escape::terminal;
use super::layout::Paint;
use super::words;
use crate::model::finding::Finding;
use crate::model::verdict::{Asked, AskedWith, Learned, Reach, State, User, Verdict, role};

/// Groups and projects that are named; the rest is counted.
const NAMED: usize = 4;

/// The paragraph, on lines that all begin with `indent`; nothing when nobody wanted to ask.
pub(super) fn paragraph(verdict: &Verdict, indent: &str, paint: &Paint) -> String {
    if verdict.state == State::NotAsked && verdict.reason.is_none() {
        return String::new();
    }
    let mut head = heading(verdict.state).to_owned();
    if let Some(instance) = &verdict.instance {
        head += &format!(" at {}", terminal(instance));
    }
    let mut parts: Vec<String> = verdict.reason.iter().map(|why| terminal(why)).collect();
    parts.extend(learned(&verdict.learned));
    parts.extend(how(verdict));
    let text = match parts.is_empty() {
        true => head,
        false => format!("{head}: {}", parts.join("; ")),
    };
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let stressed = heading(verdict.state).split(' ').count();
    for word in words.iter_mut().take(stressed) {
        *word = match colour(verdict.state) {
            Some(colour) => paint.colour(colour, word),
            None => paint.bold(word),
        };
    }
    paint.flow(words.iter().map(String::as_str), indent, indent)
}

fn heading(state: State) -> &'static str {
    match state {
        State::Live => "LIVE",
        State::Expired => "expired",
        State::Revoked => "revoked",
        State::UnknownHere => "unknown",
        State::Inconclusive => "INCONCLUSIVE",
        State::NotAsked => "not asked",
    }
}

fn colour(state: State) -> Option<AnsiColor> {
    match state {
        State::Live => Some(AnsiColor::Red),
        State::Expired | State::Revoked => Some(AnsiColor::Green),
        State::Inconclusive => Some(AnsiColor::Yellow),
        State::UnknownHere | State::NotAsked => None,
    }
}

fn learned(learned: &Learned) -> Vec<String> {
    let mut parts: Vec<String> = learned.what.iter().map(|what| terminal(what)).collect();
    if let Some(name) = &learned.name {
        parts.push(format!("named \"{}\"", terminal(name)));
    }
    if let Some(description) = &learned.description {
        parts.push(format!("described as \"{}\"", terminal(description)));
    }
    parts.extend(who(&learned.user));
    if !learned.scopes.is_empty() {
        parts.push(format!("scopes {}", terminal(&learned.scopes.join(", "))));
    }
    parts.extend(reach(learned));
    let times = [
        ("made", &learned.created),
        ("expires", &learned.expires),
        ("last used", &learned.last_used),
    ];
    for (word, time) in times {
        parts.extend(time.as_ref().map(|time| format!("{word} {}", terminal(time))));
    }
    if !learned.last_used_from.is_empty() {
        parts.push(format!("from {}", terminal(&learned.last_used_from.join(", "))));
    }
    parts
}

fn who(user: &User) -> Option<String> {
    let mut text = match (&user.username, user.id) {
        (Some(name), _) => format!("acts as @{}", terminal(name)),
        (None, Some(id)) => format!("acts as user {id}"),
        (None, None) => return None,
    };
    let flags = [
        (user.admin == Some(true), "ADMINISTRATOR"),
        (user.bot == Some(true), "a bot"),
        (user.state.as_deref().is_some_and(|state| state != "active"), "not active"),
    ];
    let flags: Vec<&str> = flags.into_iter().filter(|(is, _)| *is).map(|(_, it)| it).collect();
    if !flags.is_empty() {
        text += &format!(" ({})", flags.join(", "));
    }
    Some(text)
}

fn reach(learned: &Learned) -> Option<String> {
    let mut reach: Vec<&Reach> = learned.reach.iter().collect();
    if reach.is_empty() {
        return learned.reach_is_cut.then(|| "what it reaches could not be learned".to_owned());
    }
    // The widest first: groups before projects, owners before guests.
    reach.sort_by_key(|it| (std::cmp::Reverse(it.level), it.place, &it.path, it.id));
    let named: Vec<String> = reach.iter().take(NAMED).map(|it| place(it)).collect();
    let count = |place: &str| learned.reach.iter().filter(|it| it.place == place).count() as u64;
    let counted: Vec<String> = ["group", "project"]
        .into_iter()
        .filter(|place| count(place) > 0)
        .map(|place| words::count(count(place), place))
        .collect();
    let more = if learned.reach_is_cut { " or more" } else { "" };
    let dots = if reach.len() > NAMED { ", …" } else { "" };
    Some(format!("reaches {}{more}: {}{dots}", counted.join(" and "), named.join(", ")))
}

fn place(reach: &Reach) -> String {
    let name = match reach.path.as_str() {
        "" => format!("{} {}", reach.place, reach.id),
        path => terminal(path),
    };
    match reach.level {
        Some(level) => format!("{name} ({})", role(level)),
        None => name,
    }
}

/// Whose credential asked, and what that left behind.
fn how(verdict: &Verdict) -> Vec<String> {
    let mut parts = Vec::new();
    match verdict.asked_with {
        _ if verdict.cached => parts.push("known from an earlier run".to_owned()),
        Some(AskedWith::Operator) if !verdict.token_was_used => {
            parts.push("asked with the operator's credential, not with the token".to_owned());
        }
        Some(_) if verdict.token_was_used => {
            // The instance may have noted our question as the last use.
            let own =
                if verdict.learned.last_used.is_some() { ", perhaps its last use" } else { "" };
            parts.push(format!("asked with the token itself{own}"));
        }
        _ => {}
    }
    parts.extend(verdict.side_effect.as_deref().map(terminal));
    parts
}

/// How many secrets are in which state, for the end of the report.
pub(super) fn tally(asked: Asked, findings: &[Finding]) -> String {
    let mut states: BTreeMap<State, u64> = BTreeMap::new();
    for finding in findings {
        *states.entry(finding.verdict.state).or_default() += 1;
    }
    let states: Vec<String> = states
        .into_iter()
        .rev()
        .map(|(state, count)| format!("{} {}", words::number(count), heading(state).to_lowercase()))
        .collect();
    let requests = words::count(asked.requests, "request");
    let mut text = match states.is_empty() {
        true => "Verified: nothing to ask.\n".to_owned(),
        false => format!("Verified with {requests}: {}.\n", states.join(", ")),
    };
    if asked.interrupted {
        text += "Verifying was interrupted: what was not reached is inconclusive.\n";
    } else if asked.not_reached > 0 {
        let count = words::count(asked.not_reached, "secret");
        text += &format!("{count} not reached in time (--verify-timeout allows more).\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::paragraph;
    use crate::model::verdict::{AskedWith, Reach, State, User, Verdict};
    use crate::report::layout::Paint;

    fn text(verdict: &Verdict) -> String {
        paragraph(verdict, "  ", &Paint { colour: false, columns: 60 })
    }

    #[test]
    fn a_live_token_is_told_whole() {
        let mut verdict = Verdict {
            state: State::Live,
            instance: Some("https://gitlab.example.com".to_owned()),
            asked_with: Some(AskedWith::Token),
            token_was_used: true,
            ..Verdict::default()
        };
        let learned = &mut verdict.learned;
        learned.name = Some("de\u{1b}ploy".to_owned());
        learned.user =
            User { username: Some("root".to_owned()), admin: Some(true), ..User::default() };
        learned.scopes = vec!["api".to_owned()];
        learned.expires = Some("2027-01-31".to_owned());
        let reach =
            |place, id, path: &str, level| Reach { place, id, path: path.to_owned(), level };
        learned.reach = vec![reach("group", 1, "a", Some(10)), reach("project", 7, "", Some(50))];
        let expected = "  LIVE at https://gitlab.example.com: named \"de\\u{1b}ploy\";
  acts as @root (ADMINISTRATOR); scopes api; reaches 1 group
  and 1 project: project 7 (owner), a (guest); expires
  2027-01-31; asked with the token itself
";
        assert_eq!(text(&verdict), expected);
    }

    #[test]
    fn nothing_is_said_when_nobody_asked() {
        assert_eq!(text(&Verdict::default()), "");
        assert_eq!(text(&Verdict::not_asked("it is weak")), "  not asked: it is weak\n");
    }
}
