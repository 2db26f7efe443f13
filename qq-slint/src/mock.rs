//! A pretend daemon for `--mock` and for the tests: the real codec over a real socket in this process, a few friends who
//! answer, nothing stored. What it pretends stands in the documentation of the methods in `ipc-schema`.

#[cfg(test)]
pub(crate) mod accounts;
#[cfg(test)]
mod asked;
pub(crate) mod many;
mod own;
mod pages;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ipc_schema::daemon::{Subscribed, Welcome};
use ipc_schema::line::{EventLine, ReplyLine, RequestLine};
use ipc_schema::state::Daemon;
use ipc_schema::{
    Code, Envelope, Error, Event, Request, State, account, chat, daemon, friend, group, notify, outbox,
    presence, shake,
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use self::own::{alice, checks};

/// The pretend account.
pub(crate) const ALICE: &str = "alice@mock";
/// The password that it takes.
pub(crate) const PASSWORD: &str = "secret";
const TS: &str = "2026-11-23T09:30:00.123Z";

/// A pretend daemon that runs until the program ends.
#[derive(Clone)]
pub(crate) struct Mock {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    state: State,
    /// Where its files are.
    dir: PathBuf,
    messages: Vec<chat::Message>,
    readers: Vec<UnixStream>,
    seq: u64,
    /// The methods that were called, in order.
    called: Vec<String>,
    /// With which params each of them was, the account among them.
    params: Vec<serde_json::Value>,
    /// Accounts that are logged out and kept.
    former: Vec<String>,
    /// Whole drafts, by friend.
    drafts: BTreeMap<String, String>,
    /// What is looked at.
    viewed: Option<String>,
    /// Whether the windows show messages by themselves.
    opens: bool,
    /// Whether something fills the screen there.
    full: bool,
}

impl Mock {
    /// Starts it on a socket in this directory. `logged_in` tells whether its account is.
    pub(crate) fn start(dir: &Path, logged_in: bool) -> std::io::Result<(Self, PathBuf)> {
        let socket = dir.join("ipc.sock");
        let listener = UnixListener::bind(&socket)?;
        let inner = Inner {
            dir: dir.to_owned(),
            state: State {
                daemon: Daemon {
                    version: env!("CARGO_PKG_VERSION").into(),
                    pid: 0,
                    started: TS.into(),
                    outdated: None,
                },
                notify: ipc_schema::notify::Now::default(),
                accounts: if logged_in { vec![alice()] } else { Vec::new() },
            },
            messages: Vec::new(),
            readers: Vec::new(),
            seq: 1,
            called: Vec::new(),
            params: Vec::new(),
            former: Vec::new(),
            drafts: BTreeMap::new(),
            viewed: None,
            opens: false,
            full: false,
        };
        let mock = Self { inner: Arc::new(Mutex::new(inner)) };
        let serving = mock.clone();
        std::thread::Builder::new().name("mock".into()).spawn(move || {
            for stream in listener.incoming().flatten() {
                let mock = serving.clone();
                // Without a thread nobody is served: the test that waits for an answer says so.
                let _ =
                    std::thread::Builder::new().name("mock-client".into()).spawn(move || mock.serve(stream));
            }
        })?;
        Ok((mock, socket))
    }

    /// Gives it more friends and messages than anybody has.
    pub(crate) fn crowd(&self) {
        let mut inner = self.lock();
        if let Some(account) = inner.state.accounts.first_mut() {
            account.groups = many::groups();
        }
        inner.messages = many::messages("alice", crate::clock::now());
    }

    /// A message of a friend.
    pub(crate) fn message(&self, from: &str, text: &str) {
        let mut inner = self.lock();
        inner.receive(from, text);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: UnixStream) {
        let Ok(mut writer) = stream.try_clone() else { return };
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            let reply = match RequestLine::decode(line.as_bytes()) {
                Ok(request) => {
                    let id = request.id.clone().unwrap_or(ipc_schema::line::Id::Null);
                    ReplyLine { id, result: self.answer(&request, &writer) }
                }
                Err(reply) => *reply,
            };
            if writer.write_all(&reply.encode()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, line: &RequestLine<'_>, writer: &UnixStream) -> Result<Box<RawValue>, Error> {
        let request = Request::parse(&line.method, line.params)?;
        let mut inner = self.lock();
        inner.called.push(line.method.clone());
        let params = line.params.and_then(|params| serde_json::from_str(params.get()).ok());
        inner.params.push(params.unwrap_or_default());
        match request {
            Request::Hello(_) => raw(&Welcome::new(env!("CARGO_PKG_VERSION"), Vec::new())),
            Request::EventsSubscribe(_) => {
                let seq = inner.seq;
                inner.subscribe(writer);
                raw(&Subscribed { seq })
            }
            request => inner.call(request),
        }
    }
}

impl Inner {
    fn subscribe(&mut self, writer: &UnixStream) {
        let Ok(mut reader) = writer.try_clone() else { return };
        let state = Envelope::new(self.seq, TS, None, Event::DaemonState(self.state.clone()));
        if reader.write_all(&EventLine(state).encode()).is_ok() {
            self.readers.push(reader);
        }
    }

    fn event(&mut self, event: Event) {
        self.event_of(ALICE, event);
    }

    fn event_of(&mut self, account: &str, event: Event) {
        self.seq += 1;
        let envelope = Envelope::new(self.seq, TS, Some(account.into()), event);
        self.state.apply(&envelope);
        let line = EventLine(envelope).encode();
        self.readers.retain_mut(|reader| reader.write_all(&line).is_ok());
    }

    fn whole(&mut self) {
        let envelope = Envelope::new(self.seq, TS, None, Event::DaemonState(self.state.clone()));
        let line = EventLine(envelope).encode();
        self.readers.retain_mut(|reader| reader.write_all(&line).is_ok());
    }

    fn call(&mut self, request: Request) -> Result<Box<RawValue>, Error> {
        match request {
            Request::AccountLogin(login) => self.log_in(&login),
            Request::ChatHistory(history) => raw(&self.page(&history)),
            Request::ChatSearch(search) => {
                let held = |message: &&chat::Message| message.text.to_lowercase().contains(&search.text);
                let messages = self.messages.iter().rev().filter(held).cloned().collect();
                raw(&chat::Hits { messages, ..chat::Hits::default() })
            }
            Request::ChatExport(export) => raw(&self.rest(&export)),
            Request::ChatSend(send) => self.send(send),
            Request::ChatRead(read) => self.read(read.to.as_deref()),
            Request::FriendAdd(add) if add.friend == "nobody" => {
                Err(Error::new(Code::NotFound, "there is no account called nobody"))
            }
            Request::FriendAdd(add) => raw(&friend::Added { friend: add.friend, friends: false }),
            Request::FriendAccept(accept) => {
                let friend = bare(&accept.friend);
                self.event(Event::FriendAnswered(friend::Answered {
                    friend: friend.clone(),
                    accepted: true,
                    incoming: true,
                }));
                let profile = friend::Profile {
                    friend: friend.clone(),
                    name: friend.clone(),
                    group: friend::FRIENDS.into(),
                    ..friend::Profile::default()
                };
                self.event(Event::FriendAdded(profile));
                raw(&friend::Done { friend })
            }
            Request::FriendRemove(remove) => {
                let friend = bare(&remove.friend);
                self.event(Event::FriendRemoved(friend::Removed { friend: friend.clone() }));
                raw(&friend::Done { friend })
            }
            Request::GroupAdd(add) => {
                self.event(Event::GroupAdded(group::Changed { group: add.group.clone() }));
                raw(&group::Done { group: add.group })
            }
            Request::ShakeSend(send) => {
                let to = bare(&send.to);
                self.event(Event::ShakeSent(shake::Sent { to: to.clone() }));
                raw(&shake::Shaken { to })
            }
            Request::NotifyStatus(_) => raw(&self.rules(false, None)),
            Request::NotifyMute(mute) => {
                let name = format!("{ALICE}/{}", bare(&mute.friend));
                let mut now = self.state.notify.clone();
                now.muted.retain(|muted| *muted != name);
                now.muted.extend(Some(name).filter(|_| !mute.off));
                self.event(Event::NotifyChanged(now));
                raw(&self.rules(false, None))
            }
            other => self.call_rarely(other),
        }
    }

    /// What is asked now and then.
    fn call_rarely(&mut self, request: Request) -> Result<Box<RawValue>, Error> {
        match request {
            Request::ChatDraft(draft) => self.draft(draft),
            Request::DaemonView(view) => {
                self.viewed = view.to.as_deref().map(bare);
                (self.opens, self.full) = (view.opens, view.full);
                raw(&daemon::Viewed {})
            }
            Request::DaemonStop(stop) => {
                self.stop(stop.restart);
                raw(&daemon::Stopping { pid: 0 })
            }
            Request::ChatTyping(typing) => raw(&chat::Typed { to: bare(&typing.to) }),
            Request::AccountJoin(join) => self.join(&join),
            Request::AccountRegister(register) => self.register(&register),
            Request::ChatExport(export) => raw(&self.exported(&export)),
            Request::OutboxList(_) => raw(&outbox::Listed { messages: self.waiting(), more: false }),
            Request::OutboxCancel(outbox::Cancel { id }) => self.drop_waiting(&id),
            Request::OutboxClear(outbox::Clear { id: Some(id) }) => {
                self.drop_waiting(&id)?;
                raw(&outbox::Cleared { messages: 1 })
            }
            Request::AccountProfile(_) => raw(&self.profile()),
            Request::FriendPicture(friend::Picture { friend: Some(friend) }) => self.picture(friend),
            Request::DaemonStatus(_) => raw(&self.report()),
            Request::AccountLogout(logout) => raw(&self.log_out(&logout)),
            Request::DaemonDoctor(_) => raw(&checks()),
            Request::NotifyDnd(dnd) => {
                raw(&self.rules(dnd.state == notify::Switch::On, dnd.minutes.map(|_| TS.to_owned())))
            }
            other => {
                Err(Error::new(Code::Unsupported, format!("the pretend daemon has no {}", other.name())))
            }
        }
    }

    /// It is gone for whoever listened, and there again.
    fn stop(&mut self, restart: bool) {
        self.event(Event::DaemonStopped(daemon::Stopped { restart }));
        self.readers.drain(..).for_each(|reader| drop(reader.shutdown(Shutdown::Both)));
        self.state.daemon.outdated = None;
    }

    /// Who is logged in, then who was before.
    fn report(&self) -> daemon::Report {
        let present = self.state.accounts.iter().map(|known| (known.account.clone(), known.link.state));
        let former = self.former.iter().map(|name| (name.clone(), account::State::Offline));
        let shown = |(account, state)| daemon::Account { account, state, ..daemon::Account::default() };
        daemon::Report {
            daemon: daemon::Running::default(),
            accounts: present.chain(former).map(shown).collect(),
            notifications: "none".into(),
        }
    }

    /// As the real daemon says it: the end of the link, then a state without the account.
    fn draft(&mut self, draft: chat::Draft) -> Result<Box<RawValue>, Error> {
        let to = bare(&draft.to);
        if let Some(text) = draft.text {
            self.event(Event::ChatDrafted(chat::Drafted::new(&to, &text)));
            self.drafts.insert(to.clone(), text);
        }
        let text = self.drafts.get(&to).cloned().unwrap_or_default();
        raw(&chat::Drafting { to, text })
    }

    /// A friend's picture, where there is one in its directory.
    fn picture(&self, friend: String) -> Result<Box<RawValue>, Error> {
        let picture = self.state.account(ALICE).and_then(|own| own.friend(&friend));
        let picture = picture.map(|friend| friend.picture.clone()).unwrap_or_default();
        let path = many::face(&self.dir, &picture);
        let path = path.map_err(|error| Error::new(Code::NotFound, error.to_string()))?;
        raw(&friend::Pictured { friend, picture, path: path.map(|path| path.display().to_string()) })
    }

    /// Two messages a page.
    fn exported(&self, export: &chat::Export) -> chat::Exported {
        let friend = bare(&export.to);
        let after = |message: &&chat::Message| export.after.is_none_or(|after| message.row > Some(after));
        let talk = |message: &&chat::Message| message.from == friend || message.to == friend;
        let mut messages: Vec<_> = self.messages.iter().filter(talk).filter(after).cloned().collect();
        let more = messages.len() > 2;
        messages.truncate(2);
        let whole =
            |message| chat::Whole { message, re: None, body: None, conv: None, cseq: None, seq: None };
        chat::Exported { messages: messages.into_iter().map(whole).collect(), more }
    }

    fn rules(&self, dnd: bool, dnd_until: Option<String>) -> notify::Rules {
        let muted = self.state.notify.muted.clone();
        notify::Rules { dnd, dnd_until, quiet: None, content: notify::Shows::Full, muted }
    }

    fn waiting(&self) -> Vec<chat::Message> {
        let waits =
            |message: &&chat::Message| matches!(message.state, chat::State::Queued | chat::State::Failed);
        self.messages.iter().filter(waits).cloned().collect()
    }

    fn drop_waiting(&mut self, id: &str) -> Result<Box<RawValue>, Error> {
        self.messages.retain(|message| message.id != id);
        raw(&outbox::Done { id: id.to_owned(), state: chat::State::Failed })
    }

    fn send(&mut self, send: chat::Send) -> Result<Box<RawValue>, Error> {
        let to = bare(&send.to);
        if send.text.chars().count() > chat::TEXT_MAX_CHARS {
            return Err(Error::new(Code::Usage, "the text is too long; send it in parts"));
        }
        let id = format!("m{}", self.messages.len());
        let offline = self
            .state
            .account(ALICE)
            .and_then(|alice| alice.friend(&to))
            .is_none_or(|friend| friend.state == presence::State::Offline);
        self.keep("alice", &to, &id, &send.text, chat::State::Acked);
        let peer = if offline { chat::Peer::Offline } else { chat::Peer::Online };
        raw(&chat::Sent { id, state: chat::State::Acked, peer: Some(peer) })
    }

    fn read(&mut self, to: Option<&str>) -> Result<Box<RawValue>, Error> {
        if let Some(friend) = to.map(bare) {
            self.event(Event::UnreadChanged(chat::UnreadChanged { friend, unread: 0, total: 0 }));
        }
        raw(&chat::Unread::default())
    }

    fn receive(&mut self, from: &str, text: &str) {
        let id = format!("m{}", self.messages.len());
        self.keep(from, "alice", &id, text, chat::State::Delivered);
        let seq = self.seq;
        self.event(Event::ChatReceived(chat::Received {
            id,
            from: from.into(),
            to: "alice".into(),
            text: text.into(),
            kind: "text".into(),
            conv: from.into(),
            cseq: seq,
            seq,
            ts: TS.into(),
        }));
        let unread = 1 + self
            .state
            .account(ALICE)
            .and_then(|alice| alice.friend(from))
            .map_or(0, |friend| friend.unread);
        self.event(Event::UnreadChanged(chat::UnreadChanged { friend: from.into(), unread, total: unread }));
    }

    fn keep(&mut self, from: &str, to: &str, id: &str, text: &str, state: chat::State) {
        self.messages.push(chat::Message {
            id: id.into(),
            from: from.into(),
            to: to.into(),
            text: text.into(),
            ts: TS.into(),
            state,
            row: u64::try_from(self.messages.len()).ok(),
            kind: None,
            reason: None,
            why: None,
        });
    }
}

fn bare(to: &str) -> String {
    to.trim_start_matches('@').to_owned()
}

fn raw(reply: &impl Serialize) -> Result<Box<RawValue>, Error> {
    to_raw_value(reply).map_err(|error| Error::new(Code::Unexpected, error.to_string()))
}
