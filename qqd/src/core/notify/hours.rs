//! Quiet hours: two times of a day, on the clock on the wall.

/// Seconds of a day.
const DAY: i64 = 24 * 3_600;

/// From one time of a day to another one, perhaps over midnight; in seconds since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hours {
    from: i64,
    to: i64,
}

impl Hours {
    /// `22:00-07:00`: two different times of a day.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let hours = Self { from: time(from)?, to: time(to)? };
        (hours.from != hours.to).then_some(hours)
    }

    /// Whether it is quiet at this local time (seconds since 1970-01-01 00:00, on the wall).
    pub(super) fn holds(self, local: i64) -> bool {
        let now = local.rem_euclid(DAY);
        match self.from < self.to {
            true => (self.from..self.to).contains(&now),
            false => now >= self.from || now < self.to,
        }
    }

    /// How many seconds until that changes: 1 to a day.
    pub(super) fn changes_in(self, local: i64) -> i64 {
        let now = local.rem_euclid(DAY);
        let until = |time: i64| match (time - now).rem_euclid(DAY) {
            0 => DAY,
            seconds => seconds,
        };
        until(self.from).min(until(self.to))
    }
}

fn time(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, below: u8| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|number: &u8| digits && *number < below)
    };
    Some(i64::from(number(hours, 24)?) * 3_600 + i64::from(number(minutes, 60)?) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_are_two_times_of_a_day() {
        for good in ["22:00-07:00", "00:00-23:59"] {
            assert!(Hours::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "22-7",
            "22:00",
            "24:00-07:00",
            "22:60-07:00",
            "7:00-8:00",
            "+7:00-08:00",
            "07:00-07:00",
            "a-b",
        ] {
            assert!(Hours::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn they_may_go_over_midnight() {
        let at = |hours: &str, time: &str| {
            let now = super::time(time).unwrap() + 3 * DAY;
            let hours = Hours::parse(hours).unwrap();
            (hours.holds(now), hours.changes_in(now) / 60)
        };
        assert_eq!(at("22:00-07:00", "21:59"), (false, 1));
        assert_eq!(at("22:00-07:00", "22:00"), (true, 9 * 60));
        assert_eq!(at("22:00-07:00", "06:59"), (true, 1));
        assert_eq!(at("22:00-07:00", "07:00"), (false, 15 * 60));
        assert_eq!(at("12:30-13:00", "12:45"), (true, 15));
        assert_eq!(at("12:30-13:00", "23:00"), (false, 13 * 60 + 30));
    }
}
