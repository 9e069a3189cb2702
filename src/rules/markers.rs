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

/// Fills in the markers. The error says what is wrong with one.
pub fn expand(example: &str, sampler: &mut Sampler) -> Result<Expanded, String> {
    let mut expanded = Expanded {
        text: String::new(),
        secrets: Vec::new(),
    };
    let mut rest = example;
    while let Some((before, after)) = rest.split_once("{{") {
        let (marker, after) = after
            .split_once("}}")
            .ok_or("a marker has no closing braces")?;
        expanded.text.push_str(before);
        let start = expanded.text.len();
        let mut secret = String::new();
        for part in marker.split_whitespace() {
            if part == "|escaped" {
                secret = secret.replace('\n', "\\n");
            } else {
                secret.push_str(&generated(part, sampler)?);
            }
        }
        expanded.text.push_str(&secret);
        expanded.secrets.push(Span::new(start, expanded.text.len()));
        rest = after;
    }
    expanded.text.push_str(rest);
    Ok(expanded)
}

fn generated(part: &str, sampler: &mut Sampler) -> Result<String, String> {
    let (name, argument) = part.split_once(':').unwrap_or((part, ""));
    let count = || {
        let count = argument
            .parse::<usize>()
            .ok()
            .filter(|count| (1..=4096).contains(count));
        count.ok_or_else(|| format!("marker part {part:?} needs a number from 1 to 4096"))
    };
    let routable = || {
        let (prefix, payload) = argument
            .rsplit_once(':')
            .ok_or_else(|| format!("marker part {part:?} needs a prefix and a payload"))?;
        Ok::<_, String>((prefix, payload.replace('=', ":").replace(',', "\n")))
    };
    Ok(match name {
        "friendly" => sampler.friendly(count()?),
        "hex" => sampler.hex(count()?),
        "base36" => sampler.base36(count()?),
        "digits" => sampler
            .bytes(count()?)
            .iter()
            .map(|byte| char::from(b'0' + byte % 10))
            .collect(),
        "routable" => {
            let (prefix, payload) = routable()?;
            sampler.routable(prefix, &payload)
        }
        "routable_v0" => {
            let (prefix, payload) = routable()?;
            sampler.routable_v0(prefix, &payload)
        }
        "broken" => {
            let (prefix, payload) = routable()?;
            let mut token = sampler.routable(prefix, &payload);
            let last = token.pop();
            token.push(if last == Some('x') { 'y' } else { 'x' });
            token
        }
        "job_jwt" => sampler.job_jwt("gitlab.example.com", 4711, 1_900_000_000),
        "jwt" => sampler.jwt("{\"iss\":\"https://gitlab.example.com\",\"exp\":1900000000}"),
        "openssh_key" => sampler.openssh_key(),
        "rsa_key" => sampler.rsa_key(),
        _ => part.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::expand;
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
            assert!(expand(text, &mut sampler).is_err(), "{text}");
        }
        assert_eq!(
            expand("none", &mut sampler).map(|it| it.secrets.len()),
            Ok(0)
        );
    }
}
