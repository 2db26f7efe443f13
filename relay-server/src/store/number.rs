//! The one place where our unsigned numbers become SQLite's signed ones and come back.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

/// A sequence number or a count in SQL. A number that SQLite cannot hold (only a hostile client has one, and only
/// as a bound) becomes the greatest it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Num(pub(super) u64);

impl ToSql for Num {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(i64::try_from(self.0).unwrap_or(i64::MAX)))
    }
}

impl FromSql for Num {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let signed = value.as_i64()?;
        u64::try_from(signed).map(Self).map_err(|_| FromSqlError::OutOfRange(signed))
    }
}

/// How a conversation's number stands on the wire: 16 hexadecimal digits.
pub(super) fn conv_name(id: i64) -> String {
    format!("{id:016x}")
}

/// The conversation that a client names, if it has the shape of a name of ours.
pub(super) fn conv_id(name: &str) -> Option<i64> {
    let lower = name.len() == 16 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    lower.then(|| i64::from_str_radix(name, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_has_one_spelling() {
        let name = conv_name(0x00ab_cdef_0123_4567);
        assert_eq!(name, "00abcdef01234567");
        assert_eq!(conv_id(&name), Some(0x00ab_cdef_0123_4567));
        for bad in ["", "1", "00ABCDEF01234567", "+0abcdef01234567", "ffffffffffffffff", "00abcdef012345678"]
        {
            assert_eq!(conv_id(bad), None, "{bad}");
        }
    }
}
