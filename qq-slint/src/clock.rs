//! What time it is, and where: in one place, so that pictures of windows can be taken at a time of their own.

use jiff::Timestamp;
use jiff::tz::TimeZone;

#[cfg(test)]
thread_local! {
    static STOPPED: std::cell::Cell<Option<Timestamp>> = const { std::cell::Cell::new(None) };
}

/// Now.
pub(crate) fn now() -> Timestamp {
    #[cfg(test)]
    if let Some(stopped) = STOPPED.get() {
        return stopped;
    }
    Timestamp::now()
}

/// The time zone of this computer.
pub(crate) fn zone() -> TimeZone {
    #[cfg(test)]
    if STOPPED.get().is_some() {
        return TimeZone::UTC;
    }
    TimeZone::system()
}

/// Stops the clock of this thread, in UTC.
#[cfg(test)]
pub(crate) fn stop(at: Timestamp) {
    STOPPED.set(Some(at));
}
