//! Looking back: a page of a conversation for one of its members.

use rusqlite::{Connection, Result, params};

use super::conv::{self, Conv};
use super::friend;
use super::number::{Num, conv_id, conv_name};
use super::rows::{MESSAGE, message};
use crate::core::op::{AccountId, History, Page, With};

/// The newest messages before one, oldest first; none if the account is no member.
pub(super) fn page(conn: &Connection, asked: &History) -> Result<Option<Page>> {
    let conv = match &asked.with {
        With::Conv(name) => conv_id(name).map(|id| conv::by_id(conn, id)).transpose()?.flatten(),
        With::Account(name) => {
            let Some(other) = friend::person_named(conn, name)? else {
                return Ok(None);
            };
            let conv = conv::of(conn, asked.account, other.id)?;
            if conv.is_none() && is_listed(conn, asked.account, other.id)? {
                return Ok(Some(Page { conv: None, messages: Vec::new(), more: false }));
            }
            conv
        }
    };
    match conv.filter(|conv| conv.other(asked.account).is_some()) {
        Some(conv) => read(conn, asked, &conv).map(Some),
        None => Ok(None),
    }
}

/// Somebody in the list, or oneself: whether there is such an account is no secret then.
fn is_listed(conn: &Connection, account: AccountId, other: AccountId) -> Result<bool> {
    Ok(account == other || friend::kind_of(conn, account, other)?.is_some())
}

fn read(conn: &Connection, asked: &History, conv: &Conv) -> Result<Page> {
    let mut read = conn.prepare_cached(&format!(
        "SELECT {MESSAGE} FROM message m
         JOIN account s ON s.id = m.sender JOIN account r ON r.id = m.recipient
         WHERE m.conv = ?1 AND m.cseq < ?2 ORDER BY m.cseq DESC"
    ))?;
    let before = asked.before.unwrap_or(u64::MAX);
    let mut rows = read.query(params![conv.id, Num(before)])?;
    let (mut messages, mut bytes, mut more) = (Vec::new(), 0, false);
    while let Some(row) = rows.next()? {
        if messages.len() >= asked.count as usize || (bytes >= asked.bytes && !messages.is_empty()) {
            more = true;
            break;
        }
        let message = message(row, 0)?;
        bytes += message.content.len() + message.body.as_ref().map_or(0, |body| body.0.len());
        messages.push(message);
    }
    messages.reverse();
    Ok(Page { conv: Some(conv_name(conv.id)), messages, more })
}
