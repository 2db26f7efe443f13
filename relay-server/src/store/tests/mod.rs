//! The store's promises, on real SQLite: in memory, in files, with threads, with a full disk, with kill -9.

mod admin;
mod backup;
mod begin;
mod block;
mod busy;
mod device;
mod disk;
mod file;
mod group;
mod history;
mod invite;
mod list;
mod marks;
mod profile;
mod request;
mod submit;
mod threads;
mod wipe;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;

use relay_schema::{Id, NackCode};

use super::Direct;
use crate::core::op::*;
use crate::store::begin::inbox_epoch;

pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;
pub(super) const NOW: i64 = 1_790_000_000_000;
pub(super) const HOME: Network = Network(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));

/// A store, spoken to in few words.
pub(super) struct Relay {
    pub(super) store: Direct,
    pub(super) now: i64,
    ids: u32,
}

impl Relay {
    pub(super) fn new() -> Self {
        Self::on(Direct::in_memory().unwrap())
    }

    pub(super) fn on(store: Direct) -> Self {
        Self { store, now: NOW, ids: 0 }
    }

    pub(super) fn ask(&mut self, op: Op) -> Done {
        self.store.apply(op).unwrap()
    }

    pub(super) fn admin(&mut self, op: AdminOp) -> Result<AdminDone, AdminError> {
        match self.ask(Op::Admin(op)) {
            Done::Admin(result) => result,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn find(&mut self, name: &str) -> Option<Account> {
        match self.ask(Op::Find { name: name.into(), network: HOME, now_ms: self.now }) {
            Done::Found(found) => found,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn account(&mut self, name: &str) -> AccountId {
        self.admin(add(name)).unwrap();
        self.find(name).unwrap().id
    }

    pub(super) fn befriend(&mut self, a: &str, b: &str) {
        self.admin(friend_add(a, b)).unwrap();
    }

    pub(super) fn submit(&mut self, chat: Submit) -> Result<Submitted, NackCode> {
        match self.ask(Op::Submit(chat)) {
            Done::Submitted(result) => result,
            other => panic!("{other:?}"),
        }
    }

    /// A chat under a fresh id.
    pub(super) fn chat(&mut self, from: AccountId, to: &str) -> Result<Submitted, NackCode> {
        self.ids += 1;
        let id = format!("auto-{}", self.ids);
        self.submit(chat(from, to, &id))
    }

    pub(super) fn rows(&mut self, account: AccountId, after: Seq) -> Vec<Row> {
        match self.ask(Op::Rows { account, after, count: 10_000 }) {
            Done::Rows(rows) => rows,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn list(&mut self, account: AccountId) -> Vec<(FriendKind, String)> {
        let entries = self.entries(account, Behind::Friend(None), false, 10_000);
        entries.into_iter().map(|entry| friend_of(entry).unwrap()).collect()
    }

    pub(super) fn entries(
        &mut self,
        account: AccountId,
        behind: Behind,
        whole: bool,
        count: u32,
    ) -> Vec<Entry> {
        match self.ask(Op::List { account, behind, whole, count }) {
            Done::List(list) => list,
            other => panic!("{other:?}"),
        }
    }

    /// Carries out a wish; the rows that it made, by account.
    pub(super) fn wish(&mut self, account: AccountId, wish: Wish) -> Result<Changed, Refused> {
        let change = Change {
            account,
            wish,
            friends_max: 5_000,
            groups_max: 64,
            requests_per_day: 20,
            now_ms: self.now,
        };
        self.changed(change)
    }

    pub(super) fn changed(&mut self, change: Change) -> Result<Changed, Refused> {
        match self.ask(Op::Change(Box::new(change))) {
            Done::Changed(result) => result,
            other => panic!("{other:?}"),
        }
    }

    /// What a wish is refused with.
    pub(super) fn refusal(&mut self, account: AccountId, wish: Wish) -> NackCode {
        self.wish(account, wish).unwrap_err().code
    }

    pub(super) fn begin(&mut self, begin: Begin) -> Result<Begun, BeginError> {
        match self.ask(Op::Begin(begin)) {
            Done::Begun(result) => result,
            other => panic!("{other:?}"),
        }
    }

    /// A login with a token, by name; also the number that was found.
    pub(super) fn enter(
        &mut self,
        name: &str,
        begin: Begin,
    ) -> (Option<AccountId>, Result<Begun, BeginError>) {
        match self.ask(Op::Enter { name: name.into(), begin: Box::new(begin) }) {
            Done::Entered(entered) => (entered.0.map(|account| account.id), entered.1),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn marked(&mut self, op: Op) -> Vec<Mark> {
        match self.ask(op) {
            Done::Marked(marks) => marks,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn sql<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.store.0.conn.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

pub(super) fn add(name: &str) -> AdminOp {
    let shown = format!("{name} shown");
    AdminOp::AccountAdd { name: name.into(), shown, password: format!("$phc${name}"), now_ms: NOW }
}

pub(super) fn friend_add(a: &str, b: &str) -> AdminOp {
    AdminOp::FriendAdd { a: a.into(), b: b.into(), friends_max: 5_000, now_ms: NOW }
}

pub(super) fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

pub(super) fn chat(from: AccountId, to: &str, name: &str) -> Submit {
    Submit {
        from,
        to: to.into(),
        id: id(name),
        content: format!("text of {name}"),
        kind: None,
        re: None,
        body: None,
        require_online: false,
        is_online: true,
        strangers_max: 500,
        era: 1,
        now_ms: NOW,
    }
}

pub(super) fn hash(n: u8) -> TokenHash {
    TokenHash([n; 32])
}

/// A login of device `d`.
pub(super) fn login(account: AccountId, shown: Option<u8>, next: u8) -> Begin {
    let device = BeginDevice {
        device: "d".into(),
        client: "qqd/1".into(),
        shown: shown.map(hash),
        code: None,
        next: hash(next),
        resume: None,
        epoch: None,
        devices_max: 32,
    };
    Begin { account, network: HOME, device: Some(device), proven: None, rehash: None, now_ms: NOW }
}

/// The names of the rows' kinds and whom they are about, for comparing.
pub(super) fn said(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|row| match &row.item {
            Item::Chat(m) => format!("{} chat {} -> {}: {}", row.seq, m.from, m.to, m.id),
            Item::Friend(f) => format!("{} {:?} {}", row.seq, f.kind, f.account),
            Item::Moved(f) => {
                format!("{} own {:?} {} in {:?} as {}", row.seq, f.kind, f.account, f.group, f.remark)
            }
            Item::FriendRemove { account } => format!("{} gone {account}", row.seq),
            Item::Request(r) => format!("{} request {} {}: {}", row.seq, r.account, whose(r.theirs), r.note),
            Item::Answer { account, theirs, accepted } => {
                format!("{} answer {account} {} {accepted}", row.seq, whose(*theirs))
            }
            Item::Blocked { account, blocked, .. } => format!("{} blocked {account} {blocked}", row.seq),
            Item::Group { name } => format!("{} group {name}", row.seq),
            Item::GroupRename { name, new } => format!("{} group {name} -> {new}", row.seq),
            Item::GroupRemove { name } => format!("{} no group {name}", row.seq),
            Item::Profile { name, picture, note } => format!("{} profile {name}|{picture}|{note}", row.seq),
        })
        .collect()
}

/// Kind and account name of an entry that is a friend or stranger.
pub(super) fn friend_of(entry: Entry) -> Option<(FriendKind, String)> {
    match entry {
        Entry::Friend(friend) => Some((friend.kind, friend.account)),
        Entry::Group(_) | Entry::Blocked(_) | Entry::Request { .. } => None,
    }
}

/// A whole list in words.
pub(super) fn listed(entries: &[Entry]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| match entry {
            Entry::Group(name) => format!("group {name}"),
            Entry::Friend(f) => format!("{:?} {} in {:?} as {}", f.kind, f.account, f.group, f.remark),
            Entry::Blocked(account) => format!("blocked {account}"),
            Entry::Request { request: r, ts_ms: _ } => {
                format!("request {} {}: {}", r.account, whose(r.theirs), r.note)
            }
        })
        .collect()
}

fn whose(theirs: bool) -> &'static str {
    if theirs { "theirs" } else { "own" }
}

/// This test again, in a process of its own, which finds `dir` in [`child_dir`].
pub(super) fn child(test: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", &format!("store::tests::{test}")]).env(CHILD, dir);
    command
}

/// The directory that the parent prepared, if this is a [`child`].
pub(super) fn child_dir() -> Option<std::path::PathBuf> {
    std::env::var_os(CHILD).map(Into::into)
}

const CHILD: &str = "RELAY_STORE_TEST_CHILD";
