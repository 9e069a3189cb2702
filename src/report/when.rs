//! Moments, written for people and for machines.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::model::origin::Moment;

/// RFC 3339, in the zone of whoever wrote it: `2025-03-02T10:00:00+01:00`. `None` when it is out
/// of the calendar's range, which git does not forbid.
pub fn rfc3339(moment: Moment) -> Option<String> {
    format(moment, "%Y-%m-%dT%H:%M:%S%:z")
}

/// The day alone: `2025-03-02`.
pub fn day(moment: Moment) -> Option<String> {
    format(moment, "%Y-%m-%d")
}

/// RFC 3339 in UTC: `2025-03-02T09:00:00Z`.
pub fn utc(seconds: i64) -> Option<String> {
    format(Moment { seconds, offset_minutes: 0 }, "%Y-%m-%dT%H:%M:%SZ")
}

/// As GitLab's report schema wants it, in UTC and without a zone: `2025-03-02T09:00:00`.
pub fn without_zone(seconds: i64) -> Option<String> {
    format(Moment { seconds, offset_minutes: 0 }, "%Y-%m-%dT%H:%M:%S")
}

/// The inverse of [`rfc3339`] and [`utc`].
pub fn parse(text: &str) -> Option<Moment> {
    let text = match text.strip_suffix('Z') {
        Some(local) => format!("{local}+00:00"),
        None => text.to_owned(),
    };
    let time = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%:z", text).ok()?;
    let offset_minutes = time.offset()?.seconds() / 60;
    Some(Moment { seconds: time.to_timestamp().ok()?.as_second(), offset_minutes })
}

fn format(moment: Moment, pattern: &str) -> Option<String> {
    let offset = Offset::from_seconds(moment.offset_minutes.checked_mul(60)?).ok()?;
    let time = Timestamp::from_second(moment.seconds).ok()?.to_zoned(TimeZone::fixed(offset));
    Some(time.strftime(pattern).to_string())
}

#[cfg(test)]
mod tests {
    use super::{day, parse, rfc3339, utc, without_zone};
    use crate::model::origin::Moment;

    #[test]
    fn moments_are_written_in_their_own_zone() {
        // date -u -d @1700000000: Tue Nov 14 22:13:20 UTC 2023
        let moment = Moment { seconds: 1_700_000_000, offset_minutes: 330 };
        assert_eq!(rfc3339(moment).as_deref(), Some("2023-11-15T03:43:20+05:30"));
        assert_eq!(day(moment).as_deref(), Some("2023-11-15"));
        assert_eq!(utc(1_700_000_000).as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(without_zone(0).as_deref(), Some("1970-01-01T00:00:00"));
        assert_eq!(utc(i64::MAX), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for seconds in [0, -1, 1_700_000_000, -30_000_000_000, 200_000_000_000] {
            for offset_minutes in [0, 330, -570, 14 * 60, -25 * 60] {
                let moment = Moment { seconds, offset_minutes };
                let text = rfc3339(moment).expect("in range");
                assert_eq!(parse(&text), Some(moment), "{text}");
            }
            let moment = Moment { seconds, offset_minutes: 0 };
            assert_eq!(utc(seconds).as_deref().and_then(parse), Some(moment));
        }
        for text in ["", "Z", "2025-03-02", "2025-03-02T10:00:00", "2025-02-30T10:00:00Z", "é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
