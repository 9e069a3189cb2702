//! JUnit XML as GitLab reads it (`doc/ci/testing/unit_test_reports.md`): a failing test for each
//! finding, an error when not everything was read, and a passing test when all is well. Tests of the
//! same name count once there, so every name holds a fingerprint; and no element but a failure's text
//! is shown, so all is in it.

use super::escape::{is_dangerous, terminal};
use super::problems::{excluded, problems};
use super::spot::{spots, standing};
use super::{Context, masked, shown, suppressed, words};
use crate::model::coverage::{Coverage, Part};
use crate::model::finding::{Finding, Outcome};
use crate::model::verdict::State;

/// What GitLab shows as the suite.
const CLASS: &str = "stanch";

/// Writes a result for GitLab's test summary.
pub fn render(outcome: &Outcome, context: &Context) -> String {
    let complete = outcome.coverage.complete();
    let mut cases: Vec<String> =
        outcome.findings.iter().map(|finding| failing(finding, context)).collect();
    cases.push(if complete { passing(outcome) } else { unread(outcome) });
    let seconds = format!("{:.3}", outcome.elapsed.as_secs_f64());
    let numbers = [
        ("tests", cases.len().to_string()),
        ("failures", outcome.findings.len().to_string()),
        ("errors", usize::from(!complete).to_string()),
        ("skipped", "0".to_owned()),
        ("time", seconds),
    ];
    let numbers: String = numbers.iter().map(|(name, value)| attribute(name, value)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites{numbers}>\n\
         <testsuite{}{numbers}>\n{}</testsuite>\n</testsuites>\n",
        attribute("name", CLASS),
        cases.concat(),
    )
}

fn failing(finding: &Finding, context: &Context) -> String {
    let mask = masked(finding);
    let mask = mask.lines().next().unwrap_or_default();
    let (spots, more) = spots(finding);
    let kind = finding.rule.kind.replace('_', " ");
    let mut name = vec![("name", format!("{kind} {mask} {}", finding.fingerprint))];
    name.extend(spots.first().map(|spot| ("file", spot.path.clone())));
    let first = spots.first().map(|it| format!("{}:{}", it.path, it.place.position.line));
    let message = Some(format!("{} at {}", finding.rule.title, first.unwrap_or_default()));
    let mut lines = vec![format!("{} {}", finding.rule.title, shown(finding, context))];
    lines.extend(match finding.verdict.state {
        State::NotAsked => None,
        state => Some(state.word().replace('_', " ")),
    });
    let places = spots.iter().map(|it| format!("{}: {}", it.path, standing(it, finding)));
    lines.extend(places);
    if more > 0 {
        lines.push(format!("and {} (--format jsonl lists them)", words::count(more, "more place")));
    }
    let introduced = finding.provenance.iter().flat_map(|it| it.introduced.first());
    lines.extend(introduced.map(|change| format!("came in with {}", change.commit)));
    lines.push(format!("severity {}; {}", finding.severity().word(), words::evidence(finding)));
    lines.extend(words::facts(&finding.facts));
    lines.push(format!("What to do: {}", finding.rule.remediation));
    lines.push(format!("fingerprint {}", finding.fingerprint));
    case(&name, Some(Ending { element: "failure", message, lines }))
}

/// Not everything was read: neither passed nor failed.
fn unread(outcome: &Outcome) -> String {
    let message = Some("not everything could be read".to_owned());
    let mut lines = vec!["INCOMPLETE: what was not read may hold tokens".to_owned()];
    lines.extend(problems(&outcome.coverage));
    // The name stays the same, whatever is missing: it is the same test again in the next run.
    let names = [("name", "everything was read".to_owned())];
    case(&names, Some(Ending { element: "error", message, lines }))
}

fn passing(outcome: &Outcome) -> String {
    let nothing = if outcome.findings.is_empty() { "nothing" } else { "nothing else" };
    let shard = outcome.part.as_ref().map(|part| format!(" (shard {})", part.shard));
    let shard = shard.unwrap_or_default();
    let name = format!("{nothing} found in {}{shard}", read(&outcome.coverage));
    let known = excluded(&outcome.coverage).into_iter().chain(suppressed::of(outcome)).collect();
    let said = Ending { element: "system-out", message: None, lines: known };
    case(&[("name", name)], (!said.lines.is_empty()).then_some(said))
}

fn read(coverage: &Coverage) -> String {
    let nouns = [
        (Part::Files, "file"),
        (Part::Index, "staged file"),
        (Part::Objects, "object"),
        (Part::Stdin, "standard input"),
    ];
    let counted = nouns.iter().map(|(part, noun)| (coverage.tally(*part).count, *noun));
    let parts: Vec<String> = counted
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| match noun {
            "standard input" => noun.to_owned(),
            _ => words::count(number, noun),
        })
        .collect();
    if parts.is_empty() { "no text at all".to_owned() } else { parts.join(" and ") }
}

/// What stands in the element of a test.
struct Ending {
    element: &'static str,
    message: Option<String>,
    lines: Vec<String>,
}

/// One test.
fn case(names: &[(&str, String)], ending: Option<Ending>) -> String {
    let names: String = names.iter().map(|(name, value)| attribute(name, value)).collect();
    let start = format!("<testcase{}{names}", attribute("classname", CLASS));
    let Some(Ending { element, message, lines }) = ending else { return start + "/>\n" };
    let message = message.map(|message| attribute("message", &message)).unwrap_or_default();
    let lines = text(&lines.join("\n"));
    format!("{start}><{element}{message}>{lines}</{element}></testcase>\n")
}

fn attribute(name: &str, value: &str) -> String {
    // What XML does not allow in a name or would take for a space is written out as on a terminal.
    format!(" {name}=\"{}\"", text(&terminal(value)))
}

/// A text in XML 1.0: without markup, and without what it may not hold even escaped (XML 1.0, 2.2
/// and 2.4), nor what a reader would obey. Lines stay lines.
fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&apos;",
            '\n' | '\t' => safe.push(character),
            '\u{fffe}' | '\u{ffff}' => safe.push(char::REPLACEMENT_CHARACTER),
            _ if is_dangerous(character) => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use roxmltree::{Document, Node};

    use super::render;
    use crate::model::coverage::Part;
    use crate::model::finding::{Finding, Outcome, Place};
    use crate::model::origin::Origin;
    use crate::model::secret::Secret;
    use crate::model::span::Position;
    use crate::report::sample;

    fn xml(outcome: &Outcome) -> String {
        render(outcome, &sample::context())
    }

    fn cases<'a, 'i>(document: &'a Document<'i>) -> Vec<Node<'a, 'i>> {
        let suite = document.root_element().first_element_child().expect("a suite");
        assert_eq!(suite.tag_name().name(), "testsuite");
        suite.children().filter(Node::is_element).collect()
    }

    #[test]
    fn a_finding_is_a_failing_test_that_tells_all() {
        let mut outcome = sample::outcome(vec![sample::finding()]);
        outcome.coverage.read_many(Part::Objects, 7, 100);
        let xml = xml(&outcome);
        let document = Document::parse(&xml).expect("XML");
        let suite = document.root_element().first_element_child().expect("a suite");
        let numbers = ["tests", "failures", "errors"].map(|name| suite.attribute(name));
        assert_eq!(numbers, [Some("2"), Some("1"), Some("0")]);
        let cases = cases(&document);
        let name = format!("sample token op**** {}", "0123456789abcdef".repeat(2));
        assert_eq!(cases[0].attribute("name"), Some(name.as_str()));
        assert_eq!(cases[0].attribute("classname"), Some("stanch"));
        assert_eq!(cases[0].attribute("file"), Some("config/deploy.env"));
        let failure = cases[0].first_element_child().expect("a failure");
        assert_eq!(failure.tag_name().name(), "failure");
        assert_eq!(failure.attribute("message"), Some("Sample token at config/deploy.env:2"));
        let text = failure.text().expect("a text");
        for part in
            ["config/deploy.env: In the file, line 2", "What to do: Revoke it.", &"11".repeat(20)]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!xml.contains("sesame"));
        assert_eq!(cases[1].attribute("name"), Some("nothing else found in 7 objects"));
        assert!(!cases[1].has_children());
    }

    #[test]
    fn what_was_not_read_is_an_error_and_no_pass() {
        let mut outcome = sample::outcome(Vec::new());
        outcome.coverage.undone(b"no\xffne", "no such <file>");
        let xml = xml(&outcome);
        let document = Document::parse(&xml).expect("XML");
        let cases = cases(&document);
        assert_eq!(cases.len(), 1);
        let error = cases[0].first_element_child().expect("an error");
        assert_eq!(error.tag_name().name(), "error");
        assert!(error.text().expect("a text").ends_with("no\\xffne: no such <file>"));
    }

    /// Every character that a byte can begin, in every place where others' texts go.
    #[test]
    fn nothing_breaks_out() {
        let mut all: Vec<u8> = (0..=255).collect();
        all.extend("]]>-->\u{fffe}\u{ffff}\u{202e}\u{85}<![CDATA[".bytes());
        let hostile = String::from_utf8_lossy(&all).into_owned();
        let mut finding: Finding = sample::finding();
        let mut card = (*finding.rule).clone();
        (card.title, card.kind) = (hostile.clone(), hostile.clone());
        card.remediation = hostile.clone();
        finding.rule = card.into();
        finding.secret = Secret::new(all.clone());
        finding.facts.host = Some(hostile);
        let origin = Origin::File { path: all.clone().into() };
        finding.places = [Place { repository: None, origin, position: Position::START }].into();
        let mut outcome = sample::outcome(vec![finding]);
        outcome.coverage.fail(&all, "odd");
        for show_secrets in [false, true] {
            let context = crate::report::Context { show_secrets, ..sample::context() };
            let xml = render(&outcome, &context);
            let document = Document::parse(&xml).expect("XML");
            assert_eq!(cases(&document).len(), 2);
            let names: Vec<&str> = document
                .descendants()
                .filter(Node::is_element)
                .map(|it| it.tag_name().name())
                .collect();
            let expected = ["testsuites", "testsuite", "testcase", "failure", "testcase", "error"];
            assert_eq!(names, expected);
        }
    }
}
