//! Dates as they are typed: a day, a moment, or how long ago.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Seconds since 1970 of `2025-03-02` (midnight UTC), `2025-03-02T10:00:00+01:00`, or `30d`, `2w`,
/// `12h` before now.
pub fn parse(text: &str) -> Result<i64, String> {
    before(Timestamp::now(), text)
        .map(Timestamp::as_second)
        .ok_or_else(|| "write a date (2025-03-02), a moment (RFC 3339) or an age (30d)".to_owned())
}

fn before(now: Timestamp, text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    if let Ok(day) = text.parse::<DateTime>() {
        return day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    let age = text.parse::<Span>().ok()?.abs();
    now.to_zoned(TimeZone::UTC).checked_sub(age).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::before;

    #[test]
    fn days_moments_and_ages() {
        let now = "2025-03-30T12:00:00Z".parse().expect("a moment");
        let read = |text| before(now, text).map(|moment| moment.to_string());
        for (text, moment) in [
            ("2025-03-02", "2025-03-02T00:00:00Z"),
            ("2025-03-02T10:00:00+01:00", "2025-03-02T09:00:00Z"),
            ("2025-03-02T10:00", "2025-03-02T10:00:00Z"),
            ("30d", "2025-02-28T12:00:00Z"),
            ("2w", "2025-03-16T12:00:00Z"),
            ("12h", "2025-03-30T00:00:00Z"),
            ("1mo", "2025-02-28T12:00:00Z"),
            ("1d 12h", "2025-03-29T00:00:00Z"),
            ("3 days ago", "2025-03-27T12:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(moment), "{text}");
        }
        for text in ["", "yesterday", "30", "2025-02-30", "2025-13-01", "d", "99999999999d"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
