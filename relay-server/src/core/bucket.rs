//! A rate: so many a second, so many at once. It refills when it is looked at, and it may go into debt.

use std::time::Duration;

/// A bucket of permissions; full at first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    level: f64,
    seen: Duration,
}

/// How many fit in, and how many come back a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    burst: f64,
    per_second: f64,
}

impl Size {
    /// `burst` at once, and `burst` come back in `time`.
    pub(super) fn over(burst: u32, time: Duration) -> Self {
        Self { burst: f64::from(burst.max(1)), per_second: f64::from(burst.max(1)) / time.as_secs_f64() }
    }

    /// `burst` at once, `per_second` sustained.
    pub(super) fn new(burst: u32, per_second: u32) -> Self {
        Self { burst: f64::from(burst.max(1)), per_second: f64::from(per_second.max(1)) }
    }

    /// How long an empty bucket takes to be full.
    pub(super) fn refill(self) -> Duration {
        Duration::from_secs_f64(self.burst / self.per_second)
    }
}

impl Bucket {
    pub(super) fn full(size: Size, now: Duration) -> Self {
        Self { level: size.burst, seen: now }
    }

    /// Takes one; the debt that is left, as the time it takes to be paid back.
    pub(super) fn take(&mut self, size: Size, now: Duration) -> Duration {
        self.refill(size, now);
        self.level -= 1.0;
        self.debt(size)
    }

    /// Takes one, if that leaves no debt.
    pub(super) fn try_take(&mut self, size: Size, now: Duration) -> bool {
        let free = self.wait(size, now).is_zero();
        if free {
            self.level -= 1.0;
        }
        free
    }

    /// Gives one back.
    pub(super) fn give(&mut self, size: Size) {
        self.level = (self.level + 1.0).min(size.burst);
    }

    /// How long until one can be taken without debt; zero if it can be now.
    pub(super) fn wait(&mut self, size: Size, now: Duration) -> Duration {
        self.refill(size, now);
        Duration::from_secs_f64(((1.0 - self.level) / size.per_second).max(0.0))
    }

    /// How long until what was taken too much is paid back.
    pub(super) fn owes(&mut self, size: Size, now: Duration) -> Duration {
        self.refill(size, now);
        self.debt(size)
    }

    fn debt(&self, size: Size) -> Duration {
        Duration::from_secs_f64((-self.level / size.per_second).max(0.0))
    }

    fn refill(&mut self, size: Size, now: Duration) {
        let passed = now.saturating_sub(self.seen).as_secs_f64();
        self.level = passed.mul_add(size.per_second, self.level).min(size.burst);
        self.seen = now.max(self.seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_then_debt_grows() {
        let size = Size::new(3, 2);
        let mut bucket = Bucket::full(size, Duration::ZERO);
        for _ in 0..3 {
            assert_eq!(bucket.take(size, Duration::ZERO), Duration::ZERO);
        }
        assert_eq!(bucket.take(size, Duration::ZERO), Duration::from_millis(500));
        assert_eq!(bucket.take(size, Duration::ZERO), Duration::from_secs(1));
        assert_eq!(bucket.wait(size, Duration::ZERO), Duration::from_millis(1_500));
        bucket.give(size);
        assert_eq!(bucket.wait(size, Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(bucket.take(size, Duration::from_secs(100)), Duration::ZERO);
        assert_eq!(size.refill(), Duration::from_millis(1_500));
    }
}
