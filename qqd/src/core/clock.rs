//! Wall-clock times as text.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const RFC3339: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Unix microseconds as RFC 3339, UTC, milliseconds. All of these have one length, so they compare as text.
pub(super) fn rfc3339(unix_us: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_us) * 1_000)
        .ok()
        .and_then(|time| time.format(RFC3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned())
}

/// The reverse: Unix microseconds of a time as the relay and this daemon write it; none for another text.
pub(super) fn parse(text: &str) -> Option<i64> {
    let time = PrimitiveDateTime::parse(text, RFC3339).ok()?;
    i64::try_from(time.assume_utc().unix_timestamp_nanos() / 1_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_with_three_digits_of_a_second_and_never_panics() {
        assert_eq!(rfc3339(1_769_851_800_123_456), "2026-01-31T09:30:00.123Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(i64::MIN).len(), 24);
        assert_eq!(parse("2026-01-31T09:30:00.123Z"), Some(1_769_851_800_123_000));
        assert_eq!((parse(""), parse("2026-01-31"), parse("9999-99-99T99:99:99.999Z")), (None, None, None));
    }
}
