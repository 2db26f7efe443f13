//! Transitions that a dialogue cannot show: what the store or the pool answers late, badly or not at all, what is in
//! flight when a connection ends, and that nothing grows. The dialogues are in the crate `qiaoqiao-tests`.

mod account;
mod bounds;
mod call;
mod change;
mod chat;
mod delivery;
mod history;
mod login;
mod presence;

use std::time::Duration;

use relay_schema::{Frame, Framer, Id, LIMIT_AFTER_LOGIN, NackCode, Stanza};

use super::op::{
    Account, AccountId, Begun, Done, Entry, Friend, FriendKind, Item, Message, Op, Row, Seq, StoreError,
    Submitted,
};
use super::{Class, Core, Input, Limits, Now, Output, SessionId, Token, Verdict};

/// A core, its clock, and what it said; the test answers for the store and the pool.
struct Relay {
    core: Core,
    now: Now,
    outputs: Vec<Output>,
}

impl Relay {
    fn new() -> Self {
        let mut byte = 0_u8;
        let random = move |bytes: &mut [u8]| {
            for slot in bytes {
                byte = byte.wrapping_add(7);
                *slot = byte;
            }
        };
        let now = Now { mono: Duration::from_secs(1), wall_ms: 1_000 };
        Self { core: Core::new(Limits::default(), Box::new(random)), now, outputs: Vec::new() }
    }

    fn input(&mut self, input: Input) {
        self.core.handle(self.now, input);
        while let Some(output) = self.core.poll() {
            self.outputs.push(output);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.mono += time;
        self.input(Input::Tick);
    }

    fn open(&mut self, session: SessionId) {
        self.input(Input::Opened { session, address: [127, 0, 0, 1].into() });
    }

    fn close(&mut self, session: SessionId) {
        self.input(Input::Closed { session });
    }

    fn say(&mut self, session: SessionId, msg: &str) {
        let mut framer = Framer::new(LIMIT_AFTER_LOGIN);
        let frame = framer.next(&mut msg.as_bytes()).unwrap().as_ref().map(Frame::parse).unwrap();
        match frame {
            Ok(stanza) => self.input(Input::Stanza { session, stanza }),
            Err(refusal) => self.input(Input::Refused { session, refusal }),
        }
    }

    fn stored(&mut self, token: Token, done: Done) {
        self.input(Input::Stored { token, result: Ok(done) });
    }

    fn failed(&mut self, token: Token) {
        self.input(Input::Stored { token, result: Err(StoreError::Full("test".into())) });
    }

    /// The oldest operation that was asked for and not taken yet.
    fn op(&mut self) -> (Token, Op) {
        let at = self.outputs.iter().position(|output| matches!(output, Output::Store { .. }));
        match self.outputs.remove(at.expect("an operation")) {
            Output::Store { token, op } => (token, op),
            _ => unreachable!(),
        }
    }

    fn ops(&self) -> usize {
        self.outputs.iter().filter(|output| matches!(output, Output::Store { .. })).count()
    }

    fn check(&mut self) -> (Token, Option<String>) {
        let at = self.outputs.iter().position(|output| matches!(output, Output::Check { .. }));
        match self.outputs.remove(at.expect("a check")) {
            Output::Check { token, hash, .. } => (token, hash),
            _ => unreachable!(),
        }
    }

    fn checked(&mut self, token: Token, verdict: Verdict) {
        self.input(Input::Checked { token, verdict });
    }

    /// What a session has heard since the last time, as XML.
    fn heard(&mut self, session: SessionId) -> Vec<String> {
        let (mut heard, mut rest) = (Vec::new(), Vec::new());
        for output in self.outputs.drain(..) {
            match output {
                Output::Send { session: other, stanza, .. } if other == session => {
                    heard.push(stanza.to_xml());
                }
                other => rest.push(other),
            }
        }
        self.outputs = rest;
        heard
    }

    /// The first words of what it has heard.
    fn words(&mut self, session: SessionId) -> Vec<String> {
        let word = |xml: String| Stanza::parse(xml.as_bytes()).unwrap().word().to_owned();
        self.heard(session).into_iter().map(word).collect()
    }

    fn is_closed(&self, session: SessionId) -> bool {
        self.outputs
            .iter()
            .any(|output| matches!(output, Output::Close { session: other } if *other == session))
    }

    /// Forgets what was said.
    fn clear(&mut self) {
        self.outputs.clear();
    }

    /// A full session of `account`, whose list has `friends` and whose inbox ends at `head`; welcomed.
    fn full(&mut self, session: SessionId, account: &Account, device: &str, friends: &[Friend], head: Seq) {
        self.open(session);
        let name = &account.account;
        self.say(
            session,
            &format!(
                "<msg><type>login</type><account>{name}</account><pwd>p</pwd><v>1</v><device>{device}</device>\
                 <resume>{head}</resume><epoch>e</epoch></msg>"
            ),
        );
        self.admit(account, begun(friends, head));
    }

    /// A seed session, the same.
    fn seed(&mut self, session: SessionId, account: &Account, friends: &[Friend], head: Seq) {
        self.begin_seed(session, account, friends, begun(friends, head));
    }

    fn begin_seed(&mut self, session: SessionId, account: &Account, friends: &[Friend], begun: Begun) {
        self.open(session);
        let name = &account.account;
        self.say(session, &format!("<msg><type>login</type><account>{name}</account><pwd>p</pwd></msg>"));
        self.admit(account, begun);
        let (list, op) = self.op();
        assert!(matches!(op, Op::List { .. }), "{op:?}");
        self.stored(list, Done::List(friends.iter().cloned().map(Entry::Friend).collect()));
        self.clear();
    }

    fn admit(&mut self, account: &Account, begun: Begun) {
        let (find, _) = self.op();
        self.stored(find, Done::Found(Some(account.clone())));
        let (check, _) = self.check();
        self.checked(check, Verdict::Right { rehash: None });
        let (begin, op) = self.op();
        assert!(matches!(op, Op::Begin(_)), "{op:?}");
        self.stored(begin, Done::Begun(Ok(begun)));
        self.outputs.retain(|output| matches!(output, Output::Store { .. }));
    }
}

fn account(id: AccountId, name: &str) -> Account {
    Account {
        id,
        account: name.to_owned(),
        name: name.to_uppercase(),
        picture: String::new(),
        note: String::new(),
        password: format!("phc-{name}"),
        disabled: false,
        known_network: false,
    }
}

fn friend(id: AccountId, name: &str) -> Friend {
    let (account, name, picture) = (name.to_owned(), name.to_uppercase(), String::new());
    let (kind, group, remark, note) = (FriendKind::Friend, None, String::new(), String::new());
    Friend { id, account, name, picture, kind, group, remark, note }
}

fn begun(friends: &[Friend], head: Seq) -> Begun {
    Begun {
        epoch: "e".to_owned(),
        head,
        from: head,
        resume_refused: false,
        whole_list: false,
        rotated: true,
        evicted: None,
        friends: friends.iter().map(|friend| (friend.id, friend.account.clone())).collect(),
        blocks: Vec::new(),
        blocked_by: Vec::new(),
        marks: Vec::new(),
        has_hidden_marks: false,
        seed_cursor: head,
    }
}

fn row(seq: Seq, from: &str, to: &str) -> Row {
    let message = Message {
        from: from.to_owned(),
        to: to.to_owned(),
        id: Id::new(&format!("m{seq}")).unwrap(),
        content: format!("content {seq}"),
        kind: None,
        re: None,
        body: None,
        conv: "c".to_owned(),
        cseq: seq,
        ts_ms: 0,
    };
    Row { seq, ts_ms: None, item: Item::Chat(message.into()) }
}

fn chat(from: &str, to: &str, id: &str) -> String {
    format!(
        "<msg><type>chat</type><myaccount>{from}</myaccount><friendaccount>{to}</friendaccount>\
         <content>hi</content><id>{id}</id></msg>"
    )
}

fn submitted(to: AccountId, rows: Vec<(AccountId, Row)>) -> Done {
    let (conv, seq) = ("c".to_owned(), rows.first().map_or(1, |(_, row)| row.seq));
    Done::Submitted(Ok(Submitted { duplicate: false, to, seq, conv, cseq: seq, ts_ms: 0, rows }))
}
