//! What the store promises, one sentence a test: in memory where the operations matter, on disk where the disk does.

mod accounts;
mod disk;
mod draft;
mod friends;
mod marks;
mod messages;
mod notify;
mod numbers;
mod opening;
mod pages;
mod passwords;
mod search;
mod several;
mod step;

use ipc_schema::chat::State;
use relay_schema::Secret;
use rusqlite::Connection;

use super::{Asked, apply, in_memory};
use crate::core::io::{Local, Token};
use crate::core::op::{Account, Address, All, Done, Friend, List, Loaded, Message, Op, Own, Row};

const TS: &str = "2026-01-31T09:30:00.123Z";

/// A store in memory with alice logged in.
fn alice() -> Connection {
    let mut conn = in_memory().unwrap();
    say(&mut conn, Op::SaveAccount(account("alice")));
    conn
}

fn account(name: &str) -> Account {
    Account {
        local: format!("{name}@example.org"),
        account: name.into(),
        name: name.to_uppercase(),
        relay: Address { host: "example.org".into(), port: 5290, plain: false },
        pin: Some("ab".repeat(32)),
        device: "0b9c".into(),
        epoch: "first".into(),
        cursor: 0,
        own: Own::default(),
    }
}

fn message(id: &str, from: &str, to: &str) -> Message {
    Message {
        id: id.into(),
        from: from.into(),
        to: to.into(),
        text: format!("text of {id}"),
        kind: "text".into(),
        body: None,
        re: None,
        conv: None,
        cseq: None,
        seq: None,
        state: State::Queued,
        reason: None,
        ts: TS.into(),
    }
}

fn friend(account: &str) -> Friend {
    Friend {
        account: account.into(),
        name: account.to_uppercase(),
        picture: String::new(),
        group: "friend".into(),
        remark: String::new(),
        note: String::new(),
    }
}

/// A whole list of nobody else.
fn friends<const N: usize>(friends: [Friend; N]) -> Op {
    Op::Friends(List { friends: friends.into(), ..List::default() })
}

/// The row `seq` of the inbox: `message` at `cseq` in its conversation.
fn row(seq: u64, cseq: u64, message: Message) -> Op {
    let conv = Some("c1".to_owned());
    let message = Message { conv, cseq: Some(cseq), seq: Some(seq), state: State::Acked, ..message };
    Op::Receive { seq, row: Row::Chat(Box::new(message)) }
}

fn ack(id: &str, cseq: u64) -> Op {
    Op::Acked { id: id.into(), conv: "c1".into(), cseq, ts: "2026-01-31T09:30:01.000Z".into() }
}

fn mark(account: &str, cseq: u64) -> Op {
    Op::Delivered { conv: "c1".into(), account: account.into(), cseq, read: false }
}

fn token(text: &str) -> Op {
    Op::SaveToken { token: Secret::new(text.into()) }
}

/// Alice's, unless it says whose it is itself.
fn whose(op: &Op) -> Local {
    match op {
        Op::SaveAccount(account) => account.local.as_str().into(),
        _ => "alice@example.org".into(),
    }
}

fn asked(number: u64, op: Op) -> Asked {
    (Token { account: 1, number }, whose(&op), op)
}

fn asked_by(name: &str, number: u64, op: Op) -> Asked {
    (Token { account: 2, number }, format!("{name}@example.org").into(), op)
}

fn say(conn: &mut Connection, op: Op) -> Done {
    apply(conn, &whose(&op), &op).unwrap()
}

fn say_as(name: &str, conn: &mut Connection, op: Op) -> Done {
    apply(conn, &format!("{name}@example.org"), &op).unwrap()
}

fn load(conn: &mut Connection) -> Loaded {
    load_of("alice", conn)
}

fn load_of(name: &str, conn: &mut Connection) -> Loaded {
    match say_as(name, conn, Op::Load) {
        Done::Loaded(loaded) => *loaded,
        other => panic!("{other:?}"),
    }
}

fn all(conn: &mut Connection) -> All {
    match say(conn, Op::LoadAll) {
        Done::All(all) => *all,
        other => panic!("{other:?}"),
    }
}

fn find(conn: &mut Connection, id: &str) -> Message {
    match say(conn, Op::Find { id: id.into() }) {
        Done::Found(Some(message)) => *message,
        other => panic!("{id}: {other:?}"),
    }
}

fn messages(conn: &mut Connection, op: Op) -> (Vec<(u64, Message)>, bool) {
    paged(say(conn, op))
}

fn paged(done: Done) -> (Vec<(u64, Message)>, bool) {
    match done {
        Done::Messages { messages, more } => (messages, more),
        other => panic!("{other:?}"),
    }
}

fn history(conn: &mut Connection, with: &str) -> Vec<Message> {
    history_of("alice", conn, with)
}

fn history_of(name: &str, conn: &mut Connection, with: &str) -> Vec<Message> {
    let op = Op::History { with: with.into(), before: None, count: 1000 };
    paged(say_as(name, conn, op)).0.into_iter().map(|(_, message)| message).collect()
}

fn ids(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.id.as_str()).collect()
}

fn received(done: Done) -> (bool, bool) {
    match done {
        Done::Received { new, unread } => (new, unread),
        other => panic!("{other:?}"),
    }
}

fn arrived(done: Done) -> Vec<String> {
    match done {
        Done::Delivered(arrived) => arrived.into_iter().map(|one| one.id).collect(),
        other => panic!("{other:?}"),
    }
}
