//! Examples of rules are written with markers where a token would stand, so that no rule file
//! holds one. `{{glpat- friendly:20}}` becomes `glpat-` and twenty characters; the whole of a
//! marker is the secret that a rule must find.
//!
//! A marker is a row of parts, separated by spaces: `friendly:N`, `hex:N`, `base36:N`,
//! `digits:N`, `routable:PREFIX:k=v,k=v`, `routable_v0:PREFIX:…`, `broken:PREFIX:…` (a wrong
//! checksum), `job_jwt`, `jwt`, `openssh_key`, `rsa_key`; any other part stands for itself. The
//! part `|escaped` writes line ends as `\n`.

use crate::model::span::Span;
use crate::token::sample::Sampler;

/// An example with its markers filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// Where the markers were.
    pub secrets: Vec<Span>,
}

/// A part of a marker.
enum Part<'a> {
    Literal(&'a str),
    Friendly(usize),
    Hex(usize),
    Base36(usize),
    Digits(usize),
    Routable { form: Form, prefix: &'a str, payload: String },
    JobJwt,
    Jwt,
    OpensshKey,
    RsaKey,
    Escaped,
}

enum Form {
    V1,
    V0,
    Broken,
}

/// Looks whether every marker can be filled in; gives back how many there are.
pub fn check(example: &str) -> Result<usize, String> {
    let mut count = 0;
    for (_, marker) in pieces(example)? {
        if let Some(marker) = marker {
            marker.split_whitespace().try_for_each(|part| parsed(part).map(drop))?;
            count += 1;
        }
    }
    Ok(count)
}

/// Fills in the markers. The error says what is wrong with one.
pub fn expand(example: &str, sampler: &mut Sampler) -> Result<Expanded, String> {
    let mut expanded = Expanded { text: String::new(), secrets: Vec::new() };
    for (before, marker) in pieces(example)? {
        expanded.text.push_str(before);
        let Some(marker) = marker else { continue };
        let start = expanded.text.len();
        let mut secret = String::new();
        for part in marker.split_whitespace() {
            match parsed(part)? {
                Part::Escaped => secret = secret.replace('\n', "\\n"),
                part => secret.push_str(&generated(part, sampler)),
            }
        }
        expanded.text.push_str(&secret);
        expanded.secrets.push(Span::new(start, expanded.text.len()));
    }
    Ok(expanded)
}

/// The text before each marker, and the marker; at the end the text behind the last one.
fn pieces(example: &str) -> Result<Vec<(&str, Option<&str>)>, String> {
    let mut pieces = Vec::new();
    let mut rest = example;
    while let Some((before, after)) = rest.split_once("{{") {
        let (marker, after) = after.split_once("}}").ok_or("a marker has no closing braces")?;
        pieces.push((before, Some(marker)));
        rest = after;
    }
    pieces.push((rest, None));
    Ok(pieces)
}

fn parsed(part: &str) -> Result<Part<'_>, String> {
    let (name, argument) = part.split_once(':').unwrap_or((part, ""));
    let count = || {
        let count = argument.parse::<usize>().ok().filter(|count| (1..=4096).contains(count));
        count.ok_or_else(|| format!("marker part {part:?} needs a number from 1 to 4096"))
    };
    let routable = |form| {
        let (prefix, payload) = argument
            .rsplit_once(':')
            .ok_or_else(|| format!("marker part {part:?} needs a prefix and a payload"))?;
        let payload = payload.replace('=', ":").replace(',', "\n");
        Ok::<_, String>(Part::Routable { form, prefix, payload })
    };
    Ok(match name {
        "friendly" => Part::Friendly(count()?),
        "hex" => Part::Hex(count()?),
        "base36" => Part::Base36(count()?),
        "digits" => Part::Digits(count()?),
        "routable" => routable(Form::V1)?,
        "routable_v0" => routable(Form::V0)?,
        "broken" => routable(Form::Broken)?,
        "job_jwt" => Part::JobJwt,
        "jwt" => Part::Jwt,
        "openssh_key" => Part::OpensshKey,
        "rsa_key" => Part::RsaKey,
        "|escaped" => Part::Escaped,
        _ => Part::Literal(part),
    })
}

fn generated(part: Part<'_>, sampler: &mut Sampler) -> String {
    match part {
        Part::Literal(text) => text.to_owned(),
        Part::Friendly(count) => sampler.friendly(count),
        Part::Hex(count) => sampler.hex(count),
        Part::Base36(count) => sampler.base36(count),
        Part::Digits(count) => {
            sampler.bytes(count).iter().map(|byte| char::from(b'0' + byte % 10)).collect()
        }
        Part::Routable { form: Form::V1, prefix, payload } => sampler.routable(prefix, &payload),
        Part::Routable { form: Form::V0, prefix, payload } => sampler.routable_v0(prefix, &payload),
        Part::Routable { form: Form::Broken, prefix, payload } => {
            let mut token = sampler.routable(prefix, &payload);
            let last = token.pop();
            token.push(if last == Some('x') { 'y' } else { 'x' });
            token
        }
        Part::JobJwt => sampler.job_jwt("gitlab.example.com", 4711, 1_900_000_000),
        Part::Jwt => sampler.jwt("{\"iss\":\"https://gitlab.example.com\",\"exp\":1900000000}"),
        Part::OpensshKey => sampler.openssh_key(),
        Part::RsaKey => sampler.rsa_key(),
        Part::Escaped => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, expand};
    use crate::token::sample::Sampler;

    #[test]
    fn a_marker_is_the_secret() {
        let expanded = expand("a={{corp- hex:4}}; b", &mut Sampler::new(1)).expect("no error");
        let span = expanded.secrets[0];
        assert_eq!(&expanded.text[..span.start], "a=");
        assert_eq!(&expanded.text[span.end..], "; b");
        assert!(expanded.text[span.start..span.end].starts_with("corp-"));
        assert_eq!(span.len(), 9);
    }

    #[test]
    fn a_bad_marker_is_an_error() {
        let mut sampler = Sampler::new(1);
        for text in ["{{hex:4", "{{hex:}}", "{{hex:99999}}", "{{routable:x}}"] {
            assert!(expand(text, &mut sampler).is_err() && check(text).is_err(), "{text}");
        }
        assert_eq!(expand("none", &mut sampler).map(|it| it.secrets.len()), Ok(0));
        assert_eq!((check("none"), check("{{hex:4 x}} {{y}}")), (Ok(0), Ok(2)));
    }
}
