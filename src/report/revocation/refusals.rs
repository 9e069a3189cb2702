//! What a plan does not touch, for people. Every text of others is made safe for a terminal here.

use std::collections::BTreeMap;

use anstyle::AnsiColor;

use super::findings;
use crate::model::finding::{Finding, Outcome};
use crate::model::revocation::Refusal;
use crate::model::verdict::State;
use crate::report::escape::terminal;
use crate::report::human::place_line;
use crate::report::layout::Paint;
use crate::report::{masked, verdict};

/// What is not touched, once for each reason and what a person can do about it.
pub(super) fn paragraphs(outcome: &Outcome, refusals: &[Refusal], paint: &Paint) -> String {
    let findings = findings(outcome);
    let mut groups: Vec<Vec<&Refusal>> = Vec::new();
    let mut known: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for refusal in refusals {
        let at = *known
            .entry((&refusal.reason, refusal.remedy.as_deref()))
            .or_insert_with(|| groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(refusal),
            None => groups.push(vec![refusal]),
        }
    }
    let mut out = String::new();
    for group in groups {
        let Some(first) = group.first() else { continue };
        let words = format!("NOT TOUCHED: {}", terminal(&first.reason));
        let words: Vec<String> = words
            .split(' ')
            .enumerate()
            .map(|(at, word)| match at {
                0 | 1 => paint.colour(AnsiColor::Yellow, word),
                _ => word.to_owned(),
            })
            .collect();
        out += &paint.flow(words.iter().map(String::as_str), "", "  ");
        for refusal in &group {
            out += &refused(refusal, findings.get(refusal.fingerprint.as_str()).copied(), paint);
        }
        if let Some(remedy) = &first.remedy {
            let label = paint.bold("what a person can do:");
            let text = terminal(remedy);
            out += &paint.flow([&*label].into_iter().chain(text.split(' ')), "  ", "    ");
        }
        out.push('\n');
    }
    out
}

/// A token that is not touched. Whose it is and what it reaches stands below it when it lives.
fn refused(refusal: &Refusal, finding: Option<&Finding>, paint: &Paint) -> String {
    let Some(finding) = finding else {
        let fingerprint = paint.dim(&format!("fingerprint {}", terminal(&refusal.fingerprint)));
        return format!("    {}  {fingerprint}\n", kind(&refusal.kind));
    };
    let mask = paint.colour(AnsiColor::Yellow, &terminal(&masked(finding)));
    let mut out = format!("    {mask}  {}", kind(&refusal.kind));
    let live = finding.verdict.state == State::Live;
    if let (Some(instance), false) = (&refusal.instance, live) {
        out += &format!(" at {}", terminal(instance));
    }
    if let Some(place) = finding.first_place() {
        out += &format!("  {}", place_line(place, None, paint));
    }
    out.push('\n');
    if live {
        out += &verdict::paragraph(&finding.verdict, "      ", paint);
    }
    out
}

fn kind(kind: &str) -> String {
    terminal(&kind.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::paragraphs;
    use crate::model::finding::Finding;
    use crate::model::revocation::Refusal;
    use crate::model::verdict::State;
    use crate::report::layout::Paint;
    use crate::report::sample;

    #[test]
    fn refusals_are_told_once_for_each_reason() {
        let mut findings: Vec<Finding> = (1..=3).map(sample::live).collect();
        findings[1].verdict.state = State::Inconclusive;
        let remedy = |refusal| Refusal { remedy: Some("press Revoke there".into()), ..refusal };
        let refusals = [
            remedy(sample::refusal(&findings[0], "nobody here may")),
            sample::refusal(&findings[2], "nobody here may"),
            remedy(sample::refusal(&findings[1], "nobody here may")),
            sample::refusal(&sample::live(9), "it is protected"),
        ];
        let expected = "\
NOT TOUCHED: nobody here may
    op****  sample token  config/deploy.env:2:14
      LIVE at https://gitlab.example.com
    op****  sample token at https://gitlab.example.com  config/deploy.env:2:14
  what a person can do: press Revoke there

NOT TOUCHED: nobody here may
    op****  sample token  config/deploy.env:2:14
      LIVE at https://gitlab.example.com

NOT TOUCHED: it is protected
    sample token  fingerprint 09090909090909090909090909090909

";
        let paint = Paint { colour: false, columns: 92 };
        assert_eq!(paragraphs(&sample::outcome(findings), &refusals, &paint), expected);
    }
}
