//! How single values are read.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

use super::FailOn;
use crate::model::finding::Evidence;
use crate::report::Format;
use crate::token::kinds;

pub(in crate::cli) fn parse_evidence(word: &str) -> Result<Evidence, String> {
    Evidence::from_word(word).ok_or_else(|| "use checksum, shape, context or weak".to_owned())
}

pub(in crate::cli) fn parse_format(word: &str) -> Result<Format, String> {
    Format::from_word(word).ok_or_else(|| {
        let words = Format::ALL.map(Format::word);
        format!("use {}", words.join(", "))
    })
}

pub(in crate::cli) fn parse_report(text: &OsStr) -> Result<(Format, PathBuf), String> {
    let advice = || "write FORMAT=FILE, such as sarif=stanch.sarif".to_owned();
    let bytes = text.as_bytes();
    let (word, file) = bytes.split_at(memchr::memchr(b'=', bytes).ok_or_else(advice)?);
    let format = parse_format(std::str::from_utf8(word).map_err(|_| advice())?)?;
    match &file[1..] {
        b"" => Err(advice()),
        b"-" => {
            let word = format.word();
            Err(format!("- is no file; --format {word} prints it, and {word}=./- writes to one"))
        }
        file => Ok((format, OsStr::from_bytes(file).into())),
    }
}

/// Reads `500`, `10k`, `10kB`, `10MB`, `10MiB`, `2G`.
pub(in crate::cli) fn parse_size(text: &str) -> Result<u64, String> {
    let complaint = || "write a number and a unit, such as 10MB or 4GiB".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1000_u64.pow(2),
        "g" | "gb" => 1000_u64.pow(3),
        "t" | "tb" => 1000_u64.pow(4),
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(complaint()),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(complaint)
}

/// Reads `30`, `30s`, `5m`, `1h`, `7d`: a time longer than nothing.
pub(in crate::cli) fn parse_duration(text: &str) -> Result<Duration, String> {
    let complaint = || "write a number and a unit, such as 30s, 5m or 1h".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(complaint()),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    // A year is long enough, and keeps every sum of times in range.
    let seconds = seconds.filter(|seconds| (1..=366 * 86_400).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(complaint)
}

/// A number of requests at a time that no host minds.
pub(in crate::cli) fn parse_at_once(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=64).contains(number));
    number.ok_or_else(|| "write a number from 1 to 64".to_owned())
}

pub(in crate::cli) fn parse_kind(word: &str) -> Result<String, String> {
    let known = kinds::is_known(word).then(|| word.to_owned());
    known.ok_or_else(|| {
        "no such kind; it is the word of \"kind\" in a JSON report, such as deploy_token".to_owned()
    })
}

pub(in crate::cli) fn parse_fail_on(word: &str) -> Result<FailOn, String> {
    let all = [("any", FailOn::Any), ("live", FailOn::Live), ("none", FailOn::None)];
    let found = all.into_iter().find(|(known, _)| *known == word);
    found.map(|(_, fail_on)| fail_on).ok_or_else(|| "use any, live or none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{parse_duration, parse_report, parse_size};

    #[test]
    fn times_have_units() {
        let parse = |text| parse_duration(text).map(|it| it.as_secs());
        assert_eq!(
            [parse("30"), parse("30s"), parse("2m"), parse("1h"), parse("7d")],
            [Ok(30), Ok(30), Ok(120), Ok(3600), Ok(604_800)]
        );
        for text in ["", "0", "-1", "1 y", "x", "99999999999999999999", "99999999999999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("500"), Ok(500));
        assert_eq!(parse_size("10kB"), Ok(10_000));
        assert_eq!(parse_size("4MiB"), Ok(4 << 20));
        for text in ["", "MB", "1.5MB", "10 XB", "99999999999999999999", "-1", "20000000TB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_report_is_a_format_and_a_file() {
        let parse = |text: &str| parse_report(text.as_ref());
        assert!(parse("sarif=a=b.sarif").is_ok_and(|(_, file)| file.ends_with("a=b.sarif")));
        for text in ["sarif", "sarif=", "=x", "xml=x", "json=-"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
