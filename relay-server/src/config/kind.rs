//! The kinds of values that a key takes: how each is read from TOML, and written so that it reads back the same.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeValue;

/// Reads and writes one kind of value; a refusal says what would fit (`must be …`).
pub(super) trait Kind<T> {
    fn read(&self, value: &DeValue<'_>) -> Result<T, String>;
    fn show(&self, value: &T) -> String;
}

/// `ADDR:PORT`, in the file or on the command line; a refusal says what would fit.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an address and a port, such as \"0.0.0.0:5290\" or \"[::]:5290\"".to_owned())
}

/// `ADDR:PORT`, or `off` for none.
pub(crate) fn address_or_off(text: &str) -> Result<Option<SocketAddr>, String> {
    match text {
        "off" => Ok(None),
        _ => address(text).map(Some).map_err(|wanted| format!("{wanted}, or \"off\"")),
    }
}

/// `"ADDR:PORT"`.
pub(super) struct Address;

impl Kind<SocketAddr> for Address {
    fn read(&self, value: &DeValue<'_>) -> Result<SocketAddr, String> {
        address(value.as_str().unwrap_or_default())
    }

    fn show(&self, value: &SocketAddr) -> String {
        quoted(&value.to_string())
    }
}

/// `"ADDR:PORT"` or `"off"`.
pub(super) struct AddressOrOff;

impl Kind<Option<SocketAddr>> for AddressOrOff {
    fn read(&self, value: &DeValue<'_>) -> Result<Option<SocketAddr>, String> {
        address_or_off(value.as_str().unwrap_or_default())
    }

    fn show(&self, value: &Option<SocketAddr>) -> String {
        value.as_ref().map_or_else(|| quoted("off"), |address| Address.show(address))
    }
}

/// A path; empty for none.
pub(super) struct PathOrNone;

impl Kind<Option<PathBuf>> for PathOrNone {
    fn read(&self, value: &DeValue<'_>) -> Result<Option<PathBuf>, String> {
        let text = value.as_str().ok_or("a path in quotes")?;
        Ok((!text.is_empty()).then(|| PathBuf::from(text)))
    }

    fn show(&self, value: &Option<PathBuf>) -> String {
        quoted(&value.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default())
    }
}

/// `true` or `false`.
pub(super) struct Flag;

impl Kind<bool> for Flag {
    fn read(&self, value: &DeValue<'_>) -> Result<bool, String> {
        value.as_bool().ok_or_else(|| "true or false".to_owned())
    }

    fn show(&self, value: &bool) -> String {
        value.to_string()
    }
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Whoever has an invitation.
    Invite,
    /// Whoever comes.
    Open,
}

/// `"invite"` or `"open"`.
pub(super) struct Who;

impl Kind<Registration> for Who {
    fn read(&self, value: &DeValue<'_>) -> Result<Registration, String> {
        match value.as_str() {
            Some("invite") => Ok(Registration::Invite),
            Some("open") => Ok(Registration::Open),
            _ => Err("\"invite\" or \"open\"".to_owned()),
        }
    }

    fn show(&self, value: &Registration) -> String {
        quoted(match value {
            Registration::Invite => "invite",
            Registration::Open => "open",
        })
    }
}

/// How much is logged.
pub(super) struct LogLevel;

impl Kind<tracing::Level> for LogLevel {
    fn read(&self, value: &DeValue<'_>) -> Result<tracing::Level, String> {
        match value.as_str() {
            Some("error") => Ok(tracing::Level::ERROR),
            Some("warn") => Ok(tracing::Level::WARN),
            Some("info") => Ok(tracing::Level::INFO),
            Some("debug") => Ok(tracing::Level::DEBUG),
            Some("trace") => Ok(tracing::Level::TRACE),
            _ => Err("one of \"error\", \"warn\", \"info\", \"debug\", \"trace\"".to_owned()),
        }
    }

    fn show(&self, value: &tracing::Level) -> String {
        quoted(&value.as_str().to_ascii_lowercase())
    }
}

/// A number within a range.
pub(super) struct Count(pub u64, pub u64);

impl<T: TryFrom<u64> + Display> Kind<T> for Count {
    fn read(&self, value: &DeValue<'_>) -> Result<T, String> {
        let wanted = || format!("a number from {} to {}", self.0, self.1);
        let number = integer(value).filter(|number| (self.0..=self.1).contains(number)).ok_or_else(wanted)?;
        T::try_from(number).map_err(|_| wanted())
    }

    fn show(&self, value: &T) -> String {
        value.to_string()
    }
}

/// A number of bytes within a range: `"64KiB"`, or a plain number.
pub(super) struct Bytes(pub usize, pub usize);

const UNITS: [(&str, u64); 3] = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl Kind<usize> for Bytes {
    fn read(&self, value: &DeValue<'_>) -> Result<usize, String> {
        let wanted = || format!("a size from {} to {}, such as \"64KiB\"", size(self.0), size(self.1));
        let bytes = match value.as_str() {
            Some(text) => scaled(text, &UNITS),
            None => integer(value),
        };
        bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .filter(|bytes| (self.0..=self.1).contains(bytes))
            .ok_or_else(wanted)
    }

    fn show(&self, value: &usize) -> String {
        quoted(&size(*value))
    }
}

/// A time within a range: `"10s"`, `"500ms"`, `"5m"`, `"1h"`.
pub(super) struct Time(pub Duration, pub Duration);

const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

impl Kind<Duration> for Time {
    fn read(&self, value: &DeValue<'_>) -> Result<Duration, String> {
        let time = value.as_str().and_then(|text| scaled(text, &TIMES)).map(Duration::from_millis);
        time.filter(|time| (self.0..=self.1).contains(time)).ok_or_else(|| {
            format!("a time from {} to {}, such as \"10s\"", time_text(self.0), time_text(self.1))
        })
    }

    fn show(&self, value: &Duration) -> String {
        quoted(&time_text(*value))
    }
}

fn integer(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// `12unit`, with one of the units.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

fn size(bytes: usize) -> String {
    let bytes = bytes as u64;
    let (unit, factor) = UNITS.iter().find(|(_, factor)| bytes.is_multiple_of(*factor)).unwrap_or(&UNITS[2]);
    format!("{}{unit}", bytes / factor)
}

fn time_text(time: Duration) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    match millis {
        0 => "0s".to_owned(),
        _ if millis.is_multiple_of(3_600_000) => format!("{}h", millis / 3_600_000),
        _ if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_read_as_people_write_them() {
        for (text, millis) in [("15s", 15_000), ("500ms", 500), ("5m", 300_000), ("1h", 3_600_000), ("0s", 0)]
        {
            assert_eq!(scaled(text, &TIMES), Some(millis), "{text}");
            assert_eq!(time_text(Duration::from_millis(millis)), text);
        }
        for text in
            ["", "s", "1", "1 s", "-1s", "1.5s", "1S", "99999999999999999999s", "18446744073709551615h"]
        {
            assert_eq!(scaled(text, &TIMES), None, "{text}");
        }
        assert_eq!(size(4096), "4KiB");
        assert_eq!(size(1_000), "1000B");
        assert_eq!(size(1 << 20), "1MiB");
        assert_eq!(scaled("4KiB", &UNITS), Some(4096));
    }
}
