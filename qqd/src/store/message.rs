//! A message's way: queued, acknowledged, received, delivered, failed. Each function is a part of one transaction.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use ipc_schema::chat::State;

use super::account::Owner;
use super::apply::{int, uint};
use super::{mark, search, step};
use crate::core::op::{Arrived, Done, Message, StoreError};

/// The columns that [`from_row`] reads, in its order. An own message is delivered or read, too, if a mark that came before
/// its number says so; the row itself changes with the ack or the next mark, whose answer then tells it.
pub(super) const COLUMNS: &str = "row, id, sender, recipient, text, kind, body, re, conv, cseq, seq,
    CASE WHEN mine = 1 AND state IN ('acked', 'delivered') THEN coalesce((
        SELECT CASE WHEN mark.read >= message.cseq THEN 'read' WHEN mark.cseq >= message.cseq THEN 'delivered' END
        FROM mark WHERE mark.owner = message.owner AND mark.conv = message.conv
            AND mark.account = message.recipient
    ), state) ELSE state END,
    reason, ts";

/// How many undelivered messages a start hands to the core, the newest: a mark finds the older ones here all the same.
const UNDELIVERED: u32 = 4096;

/// Where the relay has put a message, and when.
pub(super) struct Place<'a> {
    /// The conversation, if the relay said so.
    pub(super) conv: Option<&'a str>,
    /// The number in it.
    pub(super) cseq: Option<u64>,
    /// The relay's time.
    pub(super) ts: &'a str,
}

/// A message with its local number.
pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<(u64, Message)> {
    let word: String = row.get(11)?;
    let message = Message {
        id: row.get(1)?,
        from: row.get(2)?,
        to: row.get(3)?,
        text: row.get(4)?,
        kind: row.get(5)?,
        body: row.get(6)?,
        re: row.get(7)?,
        conv: row.get(8)?,
        cseq: row.get::<_, Option<i64>>(9)?.map(uint),
        seq: row.get::<_, Option<i64>>(10)?.map(uint),
        state: state(&word).ok_or_else(|| rusqlite::Error::InvalidColumnName(word.clone()))?,
        reason: row.get(12)?,
        ts: row.get(13)?,
    };
    Ok((uint(row.get(0)?), message))
}

pub(super) fn state(word: &str) -> Option<State> {
    State::ALL.iter().copied().find(|state| state.word() == word)
}

/// Into the outbox; an id that was used already changes nothing.
pub(super) fn queue(conn: &Connection, owner: &Owner, message: &Message) -> Result<Done, StoreError> {
    if let Some((_, stored)) = own(conn, owner, &message.id, None)? {
        return Ok(Done::Queued { message: Box::new(stored), known: true });
    }
    let message = Message { state: State::Queued, ..message.clone() };
    let row = insert(conn, owner, &message)?;
    step::first(conn, row, State::Queued, None)?;
    conn.prepare_cached("INSERT INTO outbox (message) VALUES (?1)")?.execute([int(row)])?;
    Ok(Done::Queued { message: Box::new(message), known: false })
}

/// The relay has it. Answers [`Done::Delivered`] with it if its receiver has it, or has read it, as a mark said before.
pub(super) fn acked(
    conn: &Connection,
    owner: &Owner,
    id: &str,
    place: &Place<'_>,
) -> Result<Done, StoreError> {
    let Some((row, _)) = own(conn, owner, id, place.conv)? else { return Ok(Done::Nothing) };
    settle(conn, owner, row, place)?;
    let Some((row, stored)) = own(conn, owner, id, place.conv)? else { return Ok(Done::Nothing) };
    if !matches!(stored.state, State::Delivered | State::Read) {
        return Ok(Done::Nothing);
    }
    conn.prepare_cached("UPDATE message SET state = ?2 WHERE row = ?1")?
        .execute(params![int(row), stored.state.word()])?;
    step::now(conn, row, stored.state, None)?;
    Ok(Done::Delivered(vec![Arrived { id: stored.id, to: stored.to, state: stored.state }]))
}

/// It will not arrive. What the relay has already acknowledged cannot fail any more.
pub(super) fn failed(conn: &Connection, owner: &Owner, id: &str, reason: &str) -> Result<Done, StoreError> {
    let Some((row, stored)) = own(conn, owner, id, None)? else { return Ok(Done::Nothing) };
    leave_outbox(conn, row)?;
    if matches!(stored.state, State::Queued | State::Sent) {
        conn.prepare_cached("UPDATE message SET state = 'failed', reason = ?2 WHERE row = ?1")?
            .execute(params![int(row), reason])?;
        step::now(conn, row, State::Failed, Some(reason))?;
    }
    Ok(Done::Nothing)
}

/// A message as a row of the inbox: somebody else's, or our own that comes back or was written on another device. It is
/// told from one that only has the same id (see [`same`]), for what is acknowledged must not vanish.
pub(super) fn receive(
    conn: &Connection,
    owner: &Owner,
    seq: u64,
    message: &Message,
) -> Result<Done, StoreError> {
    let place = Place { conv: message.conv.as_deref(), cseq: message.cseq, ts: &message.ts };
    let mine = message.from == owner.account;
    // On another device, as one's own mark has said before.
    let was_read = !mine && mark::was_read(conn, owner, message)?;
    let (row, new) = match same(conn, owner, message)? {
        Some(row) => (row, false),
        None => {
            let state = if was_read { State::Read } else { State::Acked };
            let stored = Message { state, reason: None, ..message.clone() };
            let row = insert(conn, owner, &stored)?;
            match mine {
                true => step::first(conn, row, State::Acked, Some("other-device"))?,
                false => step::first(conn, row, State::Delivered, None)?,
            }
            if was_read {
                step::now(conn, row, State::Read, Some("other-device"))?;
            }
            (row, true)
        }
    };
    conn.prepare_cached("UPDATE message SET seq = ?2 WHERE row = ?1")?
        .execute(params![int(row), int(seq)])?;
    if mine {
        settle(conn, owner, row, &place)?;
    } else if !new {
        put(conn, row, &place)?;
    }
    Ok(Done::Received { new, unread: new && !mine && !was_read })
}

/// Own messages that the relay had acknowledged, has not told again and so has lost, are queued again: all that are not
/// older than `since`, oldest first.
pub(super) fn lacking(conn: &Connection, owner: &Owner, since: &str) -> Result<Done, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message
         WHERE owner = ?1 AND mine = 1 AND seq IS NULL AND state IN ('acked', 'delivered', 'read') AND ts >= ?2
         ORDER BY ts, place"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut messages =
        statement.query_map(params![owner.row, since], from_row)?.collect::<Result<Vec<_>, _>>()?;
    let mut queue = conn.prepare_cached("INSERT INTO outbox (message) VALUES (?1)")?;
    let mut change = conn.prepare_cached("UPDATE message SET state = 'queued' WHERE row = ?1")?;
    for (row, message) in &mut messages {
        message.state = State::Queued;
        queue.execute([int(*row)])?;
        change.execute([int(*row)])?;
        step::now(conn, *row, State::Queued, Some("server-restored"))?;
    }
    Ok(Done::Messages { messages, more: false })
}

/// One message; of several senders' with the same id, one's own.
pub(super) fn find(conn: &Connection, owner: Option<&Owner>, id: &str) -> Result<Done, StoreError> {
    let Some(owner) = owner else { return Ok(Done::Found(None)) };
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE owner = ?1 AND id = ?2 ORDER BY mine DESC, row DESC LIMIT 1"
    );
    let found = conn.prepare_cached(&sql)?.query_row(params![owner.row, id], from_row).optional()?;
    Ok(Done::Found(found.map(|(_, message)| Box::new(message))))
}

/// What waits for the relay, oldest first.
pub(super) fn outbox(conn: &Connection, owner: &Owner) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox JOIN message ON message.row = outbox.message
         WHERE owner = ?1 ORDER BY position"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let messages = statement.query_map([owner.row], |row| from_row(row).map(|(_, message)| message))?;
    Ok(messages.collect::<Result<_, _>>()?)
}

/// Own messages that the relay has and the receiver has not, as [`crate::core::op::Loaded::undelivered`] lists them.
pub(super) fn undelivered(
    conn: &Connection,
    owner: &Owner,
) -> Result<Vec<(String, u64, String, String)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT conv, cseq, id, recipient FROM message
         WHERE owner = ?1 AND mine = 1 AND state = 'acked' AND conv IS NOT NULL AND cseq IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM mark WHERE mark.owner = message.owner AND mark.conv = message.conv
                 AND mark.account = message.recipient AND mark.cseq >= message.cseq)
         ORDER BY row DESC LIMIT ?2",
    )?;
    let newest_first = statement.query_map(params![owner.row, UNDELIVERED], |row| {
        Ok((row.get(0)?, uint(row.get(1)?), row.get(2)?, row.get(3)?))
    })?;
    let mut list = newest_first.collect::<Result<Vec<_>, _>>()?;
    list.reverse();
    Ok(list)
}

/// One's own message with this id: of several the one that waits for the relay, else the one in this conversation, else
/// the newest.
pub(super) fn own(
    conn: &Connection,
    owner: &Owner,
    id: &str,
    conv: Option<&str>,
) -> Result<Option<(u64, Message)>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE owner = ?1 AND id = ?2 AND sender = ?3
         ORDER BY row IN (SELECT message FROM outbox) DESC, conv IS ?4 DESC, row DESC LIMIT 1"
    );
    let params = params![owner.row, id, owner.account, conv];
    Ok(conn.prepare_cached(&sql)?.query_row(params, from_row).optional()?)
}

/// The message that a row of the inbox repeats. The sender chooses the id, and a relay that lost an account may let it
/// be chosen once more: so the content must be the same, too, and the conversation. That is not known of what is queued,
/// nor of anything after the relay's epoch has changed; then the content decides.
pub(super) fn same(conn: &Connection, owner: &Owner, message: &Message) -> Result<Option<u64>, StoreError> {
    let row: Option<i64> = conn
        .prepare_cached(
            "SELECT row FROM message
             WHERE owner = :owner AND id = :id AND sender = :sender AND recipient = :recipient
                 AND text = :text AND kind = :kind AND body IS :body
                 AND (conv = :conv OR conv IS NULL OR :conv IS NULL)
             ORDER BY conv IS :conv DESC, row LIMIT 1",
        )?
        .query_row(
            named_params! {
                ":owner": owner.row, ":id": message.id, ":sender": message.from,
                ":recipient": message.to, ":text": message.text, ":kind": message.kind,
                ":body": message.body, ":conv": message.conv,
            },
            |row| row.get(0),
        )
        .optional()?;
    Ok(row.map(uint))
}

/// Puts a message behind all others of its conversation.
fn insert(conn: &Connection, owner: &Owner, message: &Message) -> Result<u64, StoreError> {
    const LAST: &str = "SELECT coalesce(max(place), 0) + 1 FROM message WHERE owner = ?1 AND peer = ?2";
    let peer = if message.from == owner.account { &message.to } else { &message.from };
    let place = conn.prepare_cached(LAST)?.query_row(params![owner.row, peer], |row| row.get(0))?;
    insert_at(conn, owner, message, place)
}

/// Puts a message at a place of its conversation.
pub(super) fn insert_at(
    conn: &Connection,
    owner: &Owner,
    message: &Message,
    place: i64,
) -> Result<u64, StoreError> {
    let mine = message.from == owner.account;
    conn.prepare_cached(
        "INSERT INTO message (owner, peer, mine, id, sender, recipient, text, kind, body, re, conv, cseq, seq,
             state, reason, ts, place)
         VALUES (:owner, :peer, :mine, :id, :sender, :recipient, :text, :kind, :body, :re, :conv, :cseq, :seq,
             :state, :reason, :ts, :place)",
    )?
    .execute(named_params! {
        ":owner": owner.row, ":peer": if mine { &message.to } else { &message.from }, ":mine": mine,
        ":id": message.id, ":sender": message.from, ":recipient": message.to, ":text": message.text,
        ":kind": message.kind, ":body": message.body, ":re": message.re, ":conv": message.conv,
        ":cseq": message.cseq.map(int), ":seq": message.seq.map(int), ":state": message.state.word(),
        ":reason": message.reason, ":ts": message.ts, ":place": place,
    })?;
    let row = uint(conn.last_insert_rowid());
    let peer = if mine { &message.to } else { &message.from };
    search::add(conn, owner.row, row, (peer, &message.text, &message.ts))?;
    Ok(row)
}

/// One's own message is at the relay: out of the outbox, and in its place.
fn settle(conn: &Connection, owner: &Owner, row: u64, place: &Place<'_>) -> Result<(), StoreError> {
    leave_outbox(conn, row)?;
    put(conn, row, place)?;
    if is_overtaken(conn, owner, row, place)? {
        conn.prepare_cached(
            "UPDATE message SET place = 1 + (SELECT max(other.place) FROM message other
                 WHERE other.owner = message.owner AND other.peer = message.peer)
             WHERE row = ?1",
        )?
        .execute([int(row)])?;
    }
    Ok(())
}

/// What the relay says about a message; with that, an own one is acknowledged, if it is not further already.
pub(super) fn put(conn: &Connection, row: u64, place: &Place<'_>) -> Result<(), StoreError> {
    let waits: bool = conn
        .prepare_cached(
            "SELECT mine = 1 AND state IN ('queued', 'sent', 'failed') FROM message WHERE row = ?1",
        )?
        .query_row([int(row)], |row| row.get(0))?;
    conn.prepare_cached(
        "UPDATE message SET conv = coalesce(?2, conv), cseq = coalesce(?3, cseq), ts = ?4, reason = NULL,
             state = CASE WHEN mine = 1 AND state IN ('queued', 'sent', 'failed') THEN 'acked' ELSE state END
         WHERE row = ?1",
    )?
    .execute(params![int(row), place.conv, place.cseq.map(int), place.ts])?;
    if waits {
        step::now(conn, row, State::Acked, None)?;
    }
    search::place(conn, row)
}

/// Whether the message before it in the conversation came here after it was queued. It then takes a new place, so that
/// the order here, too, is the conversation's, on every device the same.
fn is_overtaken(conn: &Connection, owner: &Owner, row: u64, place: &Place<'_>) -> Result<bool, StoreError> {
    let before: Option<i64> = conn
        .prepare_cached(
            "SELECT place FROM message WHERE owner = ?1 AND conv = ?2 AND cseq < ?3 ORDER BY cseq DESC LIMIT 1",
        )?
        .query_row(params![owner.row, place.conv, place.cseq.map(int)], |row| row.get(0))
        .optional()?;
    let own: i64 = conn
        .prepare_cached("SELECT place FROM message WHERE row = ?1")?
        .query_row([int(row)], |row| row.get(0))?;
    Ok(before.is_some_and(|before| before > own))
}

fn leave_outbox(conn: &Connection, row: u64) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM outbox WHERE message = ?1")?.execute([int(row)])?;
    Ok(())
}
