//! The submit rule, once: dedupe by (account, id), permission, conversation counter, message row, and for every
//! member account in ascending id its counter and its inbox row. All in the transaction of the caller; a refusal
//! has written nothing.

use std::sync::Arc;

use relay_schema::NackCode;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::conv::{self, Conv};
use super::friend::{self, Person, Standing};
use super::number::{Num, conv_name};
use crate::core::op::{AccountId, FriendKind, Item, Message, Row, Submit, Submitted};

/// So many chats may a stranger send until it is answered.
const STRANGER_CHATS: u64 = 5;

/// The number of no account: questions about an unknown one are asked all the same, so that they cost the same.
pub(super) const NOBODY: AccountId = 0;

/// Stores a chat, or says why not. An id that was used before has its old answer, whatever holds today: that is asked
/// where the chat is refused, and where writing it finds the id taken; almost every chat is neither.
pub(super) fn submit(conn: &Connection, chat: &Submit) -> Result<Result<Submitted, NackCode>> {
    let Some(pair) = Pair::of(conn, chat)? else {
        return known_or(conn, chat, NackCode::Forbidden);
    };
    let recipient = match pair.recipient(chat) {
        Ok(recipient) => recipient,
        Err(refused) => return known_or(conn, chat, refused),
    };
    let conv = match pair.conv {
        Some(conv) => conv,
        // A refusal must not leave a new conversation behind.
        None => match known(conn, chat)? {
            Some(known) => return Ok(known),
            None => conv::create(conn, pair.sender.id, recipient.id)?,
        },
    };
    match store(conn, chat, conv, pair.sender, recipient, pair.standing.listed.is_some())? {
        Some(submitted) => Ok(Ok(submitted)),
        None => known_or(conn, chat, NackCode::Conflict),
    }
}

/// What the rule has to know of the two, in one question.
struct Pair {
    sender: Person,
    recipient: Option<Person>,
    conv: Option<Conv>,
    standing: Standing,
}

impl Pair {
    /// None if the sender is gone.
    fn of(conn: &Connection, chat: &Submit) -> Result<Option<Self>> {
        let mut read = conn.prepare_cached(
            "SELECT c.id, c.low, c.high, c.head, c.low_chats, c.high_chats,
                    (SELECT kind FROM friend WHERE account = coalesce(r.id, ?3) AND other = s.id),
                    EXISTS (SELECT 1 FROM block WHERE account = coalesce(r.id, ?3) AND other = s.id),
                    EXISTS (SELECT 1 FROM block WHERE account = s.id AND other = coalesce(r.id, ?3)),
                    s.id, s.name, sb.head, r.id, r.name, rb.head
             FROM account s JOIN inbox_state sb ON sb.account = s.id
             LEFT JOIN account r ON r.name = ?2 AND r.removed_ms IS NULL
             LEFT JOIN inbox_state rb ON rb.account = r.id
             LEFT JOIN conv c ON c.low = min(s.id, coalesce(r.id, ?3)) AND c.high = max(s.id, coalesce(r.id, ?3))
             WHERE s.id = ?1 AND s.removed_ms IS NULL",
        )?;
        read.query_row(params![chat.from, chat.to, NOBODY], |row| {
            let is_there = row.get_ref(12)? != ValueRef::Null;
            Ok(Self {
                sender: Person::read(row, 9)?,
                recipient: is_there.then(|| Person::read(row, 12)).transpose()?,
                conv: Conv::read_if_any(row)?,
                standing: Standing::read(row, 6)?,
            })
        })
        .optional()
    }

    /// Who gets the chat, if the sender may write it.
    fn recipient(&self, chat: &Submit) -> Result<Person, NackCode> {
        let Standing { listed, blocks, blocked } = self.standing;
        if blocked {
            return Err(NackCode::Forbidden);
        }
        let (from, conv) = (self.sender.id, self.conv.as_ref());
        let to = self.recipient.as_ref().map_or(NOBODY, |recipient| recipient.id);
        let allowed = !blocks && may_write(from, to, listed, conv);
        let recipient = self.recipient.clone().filter(|_| allowed).ok_or(NackCode::Unknown)?;
        if chat.require_online && !may_ask_presence(from, to, listed, conv) {
            return Err(NackCode::Unknown);
        }
        if chat.require_online && !chat.is_online {
            return Err(NackCode::Offline);
        }
        Ok(recipient)
    }
}

/// The answer to an id that this sender has used before; else the refusal.
fn known_or(conn: &Connection, chat: &Submit, refused: NackCode) -> Result<Result<Submitted, NackCode>> {
    Ok(known(conn, chat)?.unwrap_or(Err(refused)))
}

/// The answer to an id that this sender has used before.
fn known(conn: &Connection, chat: &Submit) -> Result<Option<Result<Submitted, NackCode>>> {
    let mut read = conn.prepare_cached(
        "SELECT m.recipient, m.sender_seq, m.conv, m.cseq, m.ts_ms,
                a.name = ?3 AND m.content = ?4 AND m.kind IS ?5 AND m.re IS ?6 AND m.body IS ?7
         FROM message m JOIN account a ON a.id = m.recipient WHERE m.sender = ?1 AND m.mid = ?2",
    )?;
    let body = chat.body.as_ref().map(|body| &body.0);
    let re = chat.re.as_ref().map(|re| re.as_str());
    let asked = params![chat.from, chat.id.as_str(), chat.to, chat.content, chat.kind, re, body];
    read.query_row(asked, |row| {
        if !row.get::<_, bool>(5)? {
            return Ok(Err(NackCode::Conflict));
        }
        Ok(Ok(Submitted {
            duplicate: true,
            to: row.get(0)?,
            seq: row.get::<_, Num>(1)?.0,
            conv: conv_name(row.get(2)?),
            cseq: row.get::<_, Num>(3)?.0,
            ts_ms: row.get(4)?,
            rows: Vec::new(),
        }))
    })
    .optional()
}

/// Friends and oneself always; a stranger until it wrote five chats, or for ever once it was answered.
fn may_write(from: AccountId, to: AccountId, listed: Option<FriendKind>, conv: Option<&Conv>) -> bool {
    let few = conv.is_none_or(|conv| conv.chats_of(from) < STRANGER_CHATS);
    few || may_ask_presence(from, to, listed, conv)
}

/// Friends and oneself, and a stranger that was answered. Anybody else could ask for ever: what is refused costs
/// nothing of the few chats.
fn may_ask_presence(from: AccountId, to: AccountId, listed: Option<FriendKind>, conv: Option<&Conv>) -> bool {
    let answered = conv.is_some_and(|conv| conv.chats_of(to) > 0);
    from == to || listed == Some(FriendKind::Friend) || answered
}

/// Writes an allowed chat; none, and nothing written, if its id was used before. Whoever is not in the recipient's list
/// gets there first, as a stranger.
fn store(
    conn: &Connection,
    chat: &Submit,
    mut conv: Conv,
    mut sender: Person,
    mut recipient: Person,
    listed: bool,
) -> Result<Option<Submitted>> {
    let cseq = conv.head + 1;
    let seq = sender.head + 1;
    let message = Arc::new(Message {
        from: sender.account.clone(),
        to: recipient.account.clone(),
        id: chat.id.clone(),
        content: chat.content.clone(),
        kind: chat.kind.clone(),
        re: chat.re.clone(),
        body: chat.body.clone(),
        conv: conv_name(conv.id),
        cseq,
        ts_ms: chat.now_ms,
    });
    let Some(number) = insert(conn, &message, &conv, sender.id, recipient.id, seq)? else {
        return Ok(None);
    };
    conv.count_chat(conn, sender.id)?;
    let mut rows = Vec::with_capacity(2);
    for member in conv.members() {
        let owner = if member == sender.id {
            &mut sender
        } else {
            if !listed {
                let told = introduce(conn, &mut recipient, sender.id, chat)?;
                rows.extend(told.into_iter().map(|row| (member, row)));
            }
            &mut recipient
        };
        let seq = owner.push_chat(conn, number)?;
        rows.push((member, Row { seq, ts_ms: None, item: Item::Chat(Arc::clone(&message)) }));
    }
    Ok(Some(Submitted {
        duplicate: false,
        to: recipient.id,
        seq,
        conv: message.conv.clone(),
        cseq,
        ts_ms: chat.now_ms,
        rows,
    }))
}

/// The rows by which the recipient hears of a stranger: those that give way for it, and its own.
fn introduce(conn: &Connection, owner: &mut Person, stranger: AccountId, chat: &Submit) -> Result<Vec<Row>> {
    let mut rows = friend::make_room(conn, owner, chat.strangers_max, chat.now_ms)?;
    rows.push(friend::put(conn, owner, stranger, FriendKind::Stranger, chat.now_ms)?);
    Ok(rows)
}

/// The new message's number; none if the sender has used its id before.
fn insert(
    conn: &Connection,
    message: &Message,
    conv: &Conv,
    sender: AccountId,
    recipient: AccountId,
    seq: u64,
) -> Result<Option<i64>> {
    let re = message.re.as_ref().map(|re| re.as_str());
    let body = message.body.as_ref().map(|body| &body.0);
    let mut write = conn.prepare_cached(
        "INSERT INTO message
            (conv, cseq, sender, recipient, mid, sender_seq, ts_ms, kind, re, content, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (sender, mid) DO NOTHING",
    )?;
    let written = write.execute(params![
        conv.id,
        Num(message.cseq),
        sender,
        recipient,
        message.id.as_str(),
        Num(seq),
        message.ts_ms,
        message.kind,
        re,
        message.content,
        body,
    ])?;
    Ok((written > 0).then(|| conn.last_insert_rowid()))
}
