//! What is read back is what was written, and nothing that is read does any harm.

mod chance;

use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::{Report, Rules, fold, parse};
use crate::model::finding::{Evidence, Outcome, Severity};
use crate::model::shard::{Part, Shard};
use crate::model::verdict::{State, Verdict};
use crate::report::{Context, Format, render};
use chance::Chance;

fn context(show_secrets: bool) -> Context {
    Context { show_secrets, colour: false, columns: 92, started: 0, ended: 0, head: None }
}

fn rules() -> Rules {
    let rules = [("first", (0, Severity::High)), ("second", (1, Severity::Medium))];
    rules.map(|(id, known)| (id.to_owned(), known)).into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_report_is_read_back_byte_for_byte(seed in 1_u64..) {
        let outcome = Chance(seed).outcome();
        for show_secrets in [false, true] {
            let context = context(show_secrets);
            for format in [Format::Jsonl, Format::Json] {
                let written = render(format, &outcome, &context);
                let read = parse(&written, &rules()).expect("our own report");
                let again = render(format, &read, &context);
                prop_assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&written));
            }
        }
    }

    #[test]
    fn one_report_that_is_no_shard_stays_as_it_is(seed in 1_u64..) {
        let outcome = Outcome { part: None, ..Chance(seed).outcome() };
        let written = render(Format::Jsonl, &outcome, &context(false));
        let read = parse(&written, &rules()).expect("our own report");
        let report = Report { name: "one".to_owned(), outcome: read };
        let folded = fold(vec![report], &rules()).expect("one report");
        let again = render(Format::Jsonl, &folded, &context(false));
        prop_assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&written));
    }

    #[test]
    fn the_order_of_reports_makes_no_difference(seed in 1_u64..) {
        let report = |seed: u64, name: &str| {
            let mut outcome = Chance(seed).outcome();
            (outcome.key_mark, outcome.part) = (None, None);
            let read = parse(&render(Format::Jsonl, &outcome, &context(true)), &rules());
            Report { name: name.to_owned(), outcome: read.expect("our own report") }
        };
        let all = |order: [u64; 3]| {
            let reports = order.map(|it| report(seed.wrapping_add(it).max(1), &it.to_string()));
            let folded = fold(reports.into(), &rules()).expect("they belong together");
            let occurrences: Vec<_> =
                folded.findings.iter().map(|it| (it.fingerprint.clone(), it.occurrences)).collect();
            let states: Vec<_> = folded.findings.iter().map(|it| it.verdict.state).collect();
            (occurrences, states, folded.coverage, folded.left_out, folded.asked, folded.suppressed)
        };
        prop_assert_eq!(all([0, 1, 2]), all([2, 0, 1]));
    }

    #[test]
    fn what_is_cut_off_is_never_a_report(seed in 1_u64.., at in any::<u64>()) {
        let written = render(Format::Jsonl, &Chance(seed).outcome(), &context(false));
        // The last line end tells nothing more.
        let at = usize::try_from(at % (written.len() as u64 - 1)).expect("small");
        prop_assert!(parse(&written[..at], &rules()).is_err());
    }

    #[test]
    fn what_was_changed_does_no_harm(seed in 1_u64.., at in any::<u64>(), byte in any::<u8>()) {
        let mut written = render(Format::Json, &Chance(seed).outcome(), &context(true));
        let at = usize::try_from(at % written.len() as u64).expect("small");
        written[at] = byte;
        match parse(&written, &rules()) {
            Ok(outcome) => for format in Format::ALL {
                render(format, &outcome, &context(true));
            },
            Err(wrong) => prop_assert!(!wrong.what.contains("sesame"), "{}", wrong.what),
        }
    }
}

/// A report of nothing, with these words instead of those.
fn altered(pairs: &[(&str, &str)]) -> Result<Outcome, String> {
    let report = render(Format::Jsonl, &Outcome::default(), &context(false));
    let mut text = String::from_utf8(report).expect("text");
    for (from, to) in pairs {
        assert!(text.contains(from), "{from} is not in {text}");
        text = text.replace(from, to);
    }
    parse(text.as_bytes(), &rules()).map_err(|wrong| wrong.what)
}

#[test]
fn what_is_no_report_is_refused_in_words() {
    for (pairs, expected) in [
        (
            &[("\"schema\":1", "\"schema\":2")][..],
            "schema 2; this version of stanch reads schema 1",
        ),
        (&[("\"summary\"", "\"step\"")], "stanch revoke"),
        (&[("\"findings\":0", "\"findings\":3")], "counts 3 findings"),
        (&[("\"weak\":0", "\"weak\":\"open sesame\"")], "of another type"),
        (&[("}\n", "}\n{\"type\":\"summary\"}\n")], "after the summary"),
        (&[("\"elapsed_ms\"", "\"shard\":\"5/3\",\"elapsed_ms\"")], "\"shard\""),
    ] {
        let what = altered(pairs).expect_err("no report");
        assert!(what.contains(expected) && !what.contains("sesame"), "{what}");
    }
    for text in ["", "\n", "[]", "{}", "open sesame", "{\"a\":1}\n{\"b\":2}\n", "\u{0}"] {
        let wrong = parse(text.as_bytes(), &rules()).expect_err("no report");
        assert!(!wrong.what.contains("sesame"), "{}", wrong.what);
    }
    assert!(parse(&[0xff; 100], &rules()).is_err());
}

#[test]
fn what_a_part_does_not_say_makes_it_no_cleaner() {
    let outcome = altered(&[("\"complete\":true", "\"complete\":false")]).expect("a report");
    assert!(!outcome.coverage.complete());
}

#[test]
fn a_live_token_is_never_lost() {
    for (one, other) in [
        (State::Live, State::Revoked),
        (State::Live, State::Inconclusive),
        (State::Inconclusive, State::Expired),
        (State::Expired, State::UnknownHere),
        (State::UnknownHere, State::NotAsked),
    ] {
        for order in [[one, other], [other, one]] {
            let reports = order.map(|state| {
                let mut finding = Chance(1).finding();
                finding.verdict = Verdict { state, ..Verdict::default() };
                let outcome = Outcome { findings: vec![finding], ..Outcome::default() };
                Report { name: String::new(), outcome }
            });
            let folded = fold(reports.into(), &rules()).expect("they belong together");
            assert_eq!(folded.findings[0].verdict.state, one);
        }
    }
}

#[test]
fn shards_must_be_of_one_run_and_all_there() {
    let report = |shard: &str, key: Option<&str>| {
        let part = Part {
            shard: Shard::parse(shard).expect("a shard"),
            evidence: Evidence::Context,
            unreported: Vec::new(),
            known: Vec::new(),
            targets: "ab".repeat(16),
        };
        let key_mark = key.map(str::to_owned);
        let outcome = Outcome { part: Some(part), key_mark, ..Outcome::default() };
        Report { name: shard.replace('/', "-"), outcome }
    };
    let merged =
        |shards: &[&str]| fold(shards.iter().map(|shard| report(shard, None)).collect(), &rules());
    assert!(merged(&["2/2", "1/2"]).is_ok_and(|it| it.coverage.complete() && it.part.is_none()));
    let gaps = |shards: &[&str]| -> Vec<String> {
        merged(shards).expect("a result").coverage.gaps().map(str::to_owned).collect()
    };
    assert_eq!(
        gaps(&["2/3"]),
        ["shards 1/3, 3/3 are missing: what they read is in none of these reports"]
    );
    assert_eq!(
        gaps(&["1/3", "2/3"]),
        ["shard 3/3 is missing: what it reads is in none of these reports"]
    );
    assert!(merged(&["1/2", "1/2"]).is_err_and(|it| it.what.contains("both shard 1/2")));
    assert!(merged(&["1/2", "1/3"]).is_err_and(|it| it.what.contains("different runs")));
    let keys = fold(vec![report("1/2", Some("a")), report("2/2", None)], &rules());
    assert!(keys.is_err_and(|it| it.what.contains("STANCH_FINGERPRINT_KEY")));
}
