//! The daemon's thinking, played as dialogues: what is said to it, what it says, what it asks its store to keep.

mod accounts;
mod asking;
mod back;
mod call;
mod chat;
mod choice;
mod device;
mod doctor;
mod draft;
mod events;
mod explain;
mod fill;
mod friend;
mod friends;
mod hostile;
mod join;
mod link;
mod login;
mod logout;
mod mark;
mod notice;
mod notify;
mod outbox;
mod outbox_request;
mod presence;
mod receive;
mod restore;
mod search;
mod shake;
mod store;
mod window;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use ipc_schema::{Call, Code, Envelope, Error, Event, account};
use relay_schema::{Ack, Chat, Friend, Id, LoginResponse, Secret, Stanza, User};
use serde_json::{Value, json};

use super::Core;
use super::account::Account;
use super::io::{AccountKey, Closed, Input, Local, News, Now, Output, Token, Trust};
use super::op::{Address, Op, StoreError};
use store::Disk;

const START: i64 = 1_769_851_800_000_000;
const KEY: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

impl Core {
    /// The account that has been there longest.
    fn first(&self) -> &Account {
        &self.accounts[0]
    }
}

/// A daemon, its disk and its clock.
struct Daemon {
    core: Core,
    now: Now,
    disk: Disk,
    /// Operations that the store has not answered, while it is held.
    held: Option<Vec<(Token, Local, Op)>>,
    /// Every operation so far.
    ops: Vec<Op>,
    asked: u64,
    attempt: u64,
    /// Whose link was dialled last.
    account: AccountKey,
    wakeups: u32,
}

impl Daemon {
    /// A daemon on an empty disk.
    fn new() -> Self {
        Self::on(Disk::default())
    }

    /// A daemon that starts on what an earlier one has left.
    fn on(disk: Disk) -> Self {
        let mut daemon = Self::unloaded(disk);
        daemon.run(None);
        daemon
    }

    fn unloaded(disk: Disk) -> Self {
        let now = Now { mono: Duration::ZERO, wall_us: START, ahead_s: 0 };
        let seed = Cell::new(0x9E37_79B9_7F4A_7C15_u64);
        let random = move |bytes: &mut [u8]| {
            for byte in bytes {
                let mut next = seed.get();
                next ^= next << 13;
                next ^= next >> 7;
                next ^= next << 17;
                seed.set(next);
                *byte = next.to_le_bytes()[3];
            }
        };
        let core = Core::new(now, Rc::new(random));
        Self { core, now, disk, held: None, ops: Vec::new(), asked: 0, attempt: 0, account: 0, wakeups: 0 }
    }

    /// Says something to it: all that comes out, with the store answering as long as it is not held.
    fn say(&mut self, input: Input) -> Vec<Output> {
        self.run(Some(input))
    }

    fn run(&mut self, input: Option<Input>) -> Vec<Output> {
        if let Some(input) = input {
            self.core.handle(self.now, input);
        }
        let mut all = Vec::new();
        while let Some(output) = self.core.poll() {
            if let Output::Store { token, whose, op } = &output {
                self.store(*token, whose.clone(), op.clone());
            }
            if let Output::Dial { account, attempt, .. } | Output::DialAny { account, attempt, .. } = &output
            {
                (self.account, self.attempt) = (*account, *attempt);
            }
            all.push(output);
        }
        all
    }

    fn store(&mut self, token: Token, whose: Local, op: Op) {
        self.ops.push(op.clone());
        match &mut self.held {
            Some(held) => held.push((token, whose, op)),
            None => {
                let result = self.disk.apply(&whose, op);
                self.core.handle(self.now, Input::Stored { token, result });
            }
        }
    }

    /// The store takes its time from now on.
    fn hold(&mut self) {
        self.held = Some(Vec::new());
    }

    /// The store answers everything that it was asked.
    fn release(&mut self) -> Vec<Output> {
        let mut all = Vec::new();
        for (token, whose, op) in self.held.take().unwrap_or_default() {
            let result = self.disk.apply(&whose, op);
            all.extend(self.say(Input::Stored { token, result }));
        }
        all
    }

    /// The store fails everything that it was asked.
    fn fail_held(&mut self) -> Vec<Output> {
        let mut all = Vec::new();
        for (token, ..) in self.held.take().unwrap_or_default() {
            let result = Err(StoreError::Full("no space left".into()));
            all.extend(self.say(Input::Stored { token, result }));
        }
        all
    }

    fn ask(&mut self, request: impl Into<Call>) -> Vec<Output> {
        self.asked += 1;
        self.say(Input::Request { client: 1, id: self.asked.into(), call: request.into() })
    }

    fn news(&mut self, news: News) -> Vec<Output> {
        self.say(Input::Link { account: self.account, attempt: self.attempt, news })
    }

    fn hear(&mut self, stanza: impl Into<Stanza>) -> Vec<Output> {
        self.news(News::Stanza(Box::new(stanza.into())))
    }

    fn closed(&mut self, closed: Closed) -> Vec<Output> {
        self.news(News::Closed(closed))
    }

    fn lost(&mut self) -> Vec<Output> {
        self.closed(Closed::Lost { detail: "reset".into() })
    }

    /// Time passes, with a tick at each deadline.
    fn pass(&mut self, time: Duration) -> Vec<Output> {
        let end = self.now.mono + time;
        let mut all = Vec::new();
        while let Some(deadline) = self.core.deadline().filter(|deadline| *deadline <= end) {
            self.go_to(deadline.max(self.now.mono));
            self.wakeups += 1;
            assert!(self.wakeups < 100_000, "the deadline does not move");
            all.extend(self.say(Input::Tick));
        }
        self.go_to(end);
        all
    }

    fn go_to(&mut self, mono: Duration) {
        let passed = mono - self.now.mono;
        self.now.wall_us += i64::try_from(passed.as_micros()).unwrap();
        self.now.mono = mono;
    }

    /// The relay's key is vouched for, and the login goes out.
    fn open(&mut self) -> Vec<Output> {
        self.news(News::Connected { peer: "127.0.0.1:5290".parse().unwrap() });
        self.news(News::Open { key: Some(KEY.into()), by_system: true })
    }

    /// Alice logs in and is on line with an empty account.
    fn online() -> Self {
        Self::listed(&[])
    }

    /// The same with Bob in the friend list.
    fn with_bob() -> Self {
        Self::listed(&["bob"])
    }

    fn listed(friends: &[&str]) -> Self {
        let mut daemon = Self::new();
        daemon.ask(login("alice@example.org"));
        daemon.open();
        daemon.hear(welcome(0, 0));
        daemon.hear(User { name: "Alice".into(), account: "alice".into(), ..User::default() });
        for friend in friends {
            daemon.hear(Friend { name: String::new(), account: (*friend).into(), ..Friend::default() });
        }
        let outputs = daemon.hear(relay_schema::ListEnd { seq: 0 });
        assert!(daemon.core.first().link.is_online(), "{outputs:?}");
        daemon
    }

    /// The link is there again, and the relay's head is `seq`.
    fn back(&mut self, seq: u64) -> Vec<Output> {
        self.pass(Duration::from_millis(500));
        self.open();
        let from = self.disk.cursor();
        self.hear(welcome(seq, from))
    }
}

fn login(account: &str) -> account::Login {
    let password = Some(ipc_schema::Secret::new("p1"));
    account::Login { account: account.into(), password, ..account::Login::default() }
}

/// The relay takes the login; rows follow behind `from`, up to `head`.
fn welcome(head: u64, from: u64) -> LoginResponse {
    LoginResponse {
        state: 1,
        v: Some(1),
        token: Some(Secret::new("t1".into())),
        epoch: Some("e1".into()),
        seq: Some(head),
        from: Some(from),
        ..LoginResponse::default()
    }
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn text(to: &str, key: &str) -> ipc_schema::chat::Send {
    let id = Some(key.to_owned());
    ipc_schema::chat::Send {
        to: to.into(),
        text: format!("text of {key}"),
        id,
        ..ipc_schema::chat::Send::default()
    }
}

fn ack(key: &str, cseq: u64) -> Ack {
    let ts = Some("2026-01-31T09:30:01.000Z".to_owned());
    Ack { id: id(key), seq: Some(cseq), conv: Some("c1".into()), cseq: Some(cseq), ts, ..Default::default() }
}

/// Bob's message in row `seq`.
fn from_bob(seq: u64) -> Chat {
    Chat {
        myaccount: "bob".into(),
        friendaccount: "alice".into(),
        content: format!("row {seq}"),
        id: Some(id(&format!("b{seq}"))),
        seq: Some(seq),
        conv: Some("c1".into()),
        cseq: Some(seq),
        ts: Some("2026-01-31T09:30:02.000Z".into()),
        ..Chat::default()
    }
}

/// What was said to the relay, a word each.
fn sent(outputs: &[Output]) -> Vec<&Stanza> {
    outputs
        .iter()
        .filter_map(|output| if let Output::Send { stanza, .. } = output { Some(&**stanza) } else { None })
        .collect()
}

fn words(outputs: &[Output]) -> Vec<&'static str> {
    sent(outputs).into_iter().map(Stanza::word).collect()
}

/// The ids of the chats that were said to the relay.
fn chats(outputs: &[Output]) -> Vec<String> {
    let chat = |stanza: &&Stanza| match stanza {
        Stanza::Chat(chat) => chat.id.as_ref().map(ToString::to_string),
        _ => None,
    };
    sent(outputs).iter().filter_map(chat).collect()
}

fn events(outputs: &[Output]) -> Vec<&Envelope> {
    outputs
        .iter()
        .filter_map(|output| if let Output::Event(event) = output { Some(event) } else { None })
        .collect()
}

/// The events' names, without the states of the link.
fn names(outputs: &[Output]) -> Vec<&str> {
    events(outputs).into_iter().map(|event| event.event.name()).collect()
}

fn ops(outputs: &[Output]) -> Vec<&Op> {
    outputs
        .iter()
        .filter_map(|output| if let Output::Store { op, .. } = output { Some(op) } else { None })
        .collect()
}

fn replies(outputs: &[Output]) -> Vec<&Result<Value, Error>> {
    outputs
        .iter()
        .filter_map(|output| if let Output::Reply { result, .. } = output { Some(result) } else { None })
        .collect()
}

/// The only answer, which is a good one.
fn reply(outputs: &[Output]) -> Value {
    let all = replies(outputs);
    assert_eq!(all.len(), 1, "{outputs:?}");
    all[0].clone().unwrap()
}

/// The only answer, which is an error.
fn refusal(outputs: &[Output]) -> Error {
    let all = replies(outputs);
    assert_eq!(all.len(), 1, "{outputs:?}");
    all[0].clone().unwrap_err()
}

fn link_states(outputs: &[Output]) -> Vec<String> {
    let state = |event: &&Envelope| match &event.event {
        Event::AccountState(link) => {
            Some(format!("{} {}", link.state, link.reason.as_deref().unwrap_or("-")))
        }
        _ => None,
    };
    events(outputs).iter().filter_map(state).collect()
}

fn has_dialled(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| matches!(output, Output::Dial { .. } | Output::DialAny { .. }))
}

fn has_hung_up(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| matches!(output, Output::Hangup { .. }))
}
