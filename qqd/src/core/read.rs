//! Reading what is stored: pages of a conversation, and unread messages.

use std::collections::BTreeMap;

use ipc_schema::chat::{
    self, Export, Exported, HISTORY_COUNT_MAX, History, Hits, Marked, Page, Read, Search, State, Unread,
};
use ipc_schema::{Error, Event};

use super::account::Account;
use super::address::usage;
use super::chat::refusal;
use super::name::{no_friend, not_logged_in};
use super::op::{Message, Op, StoreError};
use super::request::ReplyTo;
use super::stored::{Peek, Then, unexpected};

/// Messages with their local numbers, and whether there are more.
pub(super) type Messages = (Vec<(u64, Message)>, bool);

/// Somebody who looks back.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) to: ReplyTo<History>,
    pub(super) with: String,
    pub(super) before: Option<u64>,
    pub(super) count: u32,
    /// The relay was asked for older messages, too; why it gave none.
    pub(super) asked: Option<Option<Error>>,
}

/// Whose answer is empty, perhaps because there is nobody of that name.
#[derive(Debug)]
pub(super) enum Unmet {
    History(ReplyTo<History>),
    Read(ReplyTo<Read>),
    Search(ReplyTo<Search>),
    Export(ReplyTo<Export>),
}

impl Account {
    /// `chat.history`.
    pub(super) fn history(&mut self, to: ReplyTo<History>, params: &History) {
        let checked = self.resolve(&params.to).and_then(|with| match params.count {
            1..=HISTORY_COUNT_MAX => Ok(with),
            _ => Err(usage(format!("a page has 1 to {HISTORY_COUNT_MAX} messages"))),
        });
        match checked {
            Err(error) => self.reply(to, Err(error)),
            Ok(with) => {
                self.look(Look { to, with, before: params.before, count: params.count, asked: None });
            }
        }
    }

    pub(super) fn look(&mut self, look: Look) {
        let op = Op::History { with: look.with.clone(), before: look.before, count: look.count };
        self.ask(op, Then::History(look));
    }

    pub(super) fn on_history(&mut self, look: Look, result: Result<Messages, StoreError>) {
        if is_empty(&result) && !self.is_known(&look.with) {
            return self.ask_met(Unmet::History(look.to), look.with);
        }
        let (messages, more) = match result {
            Err(error) => return self.reply(look.to, Err(unexpected(&error))),
            Ok(found) => found,
        };
        let lacks = self.filling.lacks(&look.with);
        let short = !more && messages.len() < look.count as usize;
        match look.asked {
            // The rest of the page is with the relay.
            None if short && lacks => self.look_back(look),
            Some(Some(error)) if messages.is_empty() => self.reply(look.to, Err(error)),
            None | Some(_) => {
                let more = more || (lacks && !messages.is_empty());
                let messages = self.shown(messages);
                self.reply(look.to, Ok(Page { messages, more }));
            }
        }
    }

    /// `chat.read`: marks here; the relay tells one's other devices and the friends.
    pub(super) fn read(&mut self, to: ReplyTo<Read>, params: &Read) {
        let with: Result<Option<String>, Error> = match &params.to {
            Some(name) => self.resolve(name).map(Some),
            None => self.account.as_ref().map(|_| None).ok_or_else(not_logged_in),
        };
        let peek = if params.peek { Peek::Yes } else { Peek::No };
        match with {
            Err(error) => self.reply(to, Err(error)),
            Ok(with) => {
                self.ask(Op::Read { with: with.clone(), peek: params.peek }, Then::Read(to, peek, with));
            }
        }
    }

    pub(super) fn on_read(
        &mut self,
        to: ReplyTo<Read>,
        peek: Peek,
        with: Option<String>,
        result: Result<Messages, StoreError>,
    ) {
        if let Some(with) = with.filter(|with| is_empty(&result) && !self.is_known(with)) {
            return self.ask_met(Unmet::Read(to), with);
        }
        let (messages, more) = match result {
            Err(error) => return self.reply(to, Err(unexpected(&error))),
            Ok(read) => read,
        };
        if peek == Peek::No {
            self.tell_read(&messages);
        }
        let messages = self.shown(messages);
        self.reply(to, Ok(Unread { messages, more }));
    }

    /// Nothing was found with somebody who is no friend: has anything ever been said?
    pub(super) fn ask_met(&mut self, unmet: Unmet, with: String) {
        let op = Op::History { with: with.clone(), before: None, count: 1 };
        self.ask(op, Then::Met(unmet, with));
    }

    pub(super) fn on_met(&mut self, unmet: Unmet, with: &str, result: Result<Messages, StoreError>) {
        let met = match result {
            Err(error) => Err(unexpected(&error)),
            // Whoever became a friend in the meantime is one.
            Ok((messages, _)) if messages.is_empty() && !self.is_known(with) => Err(no_friend(with, true)),
            Ok(_) => Ok(()),
        };
        match unmet {
            Unmet::History(to) => self.reply(to, met.map(|()| Page::default())),
            Unmet::Read(to) => self.reply(to, met.map(|()| Unread::default())),
            Unmet::Search(to) => self.reply(to, met.map(|()| Hits::default())),
            Unmet::Export(to) => self.reply(to, met.map(|()| Exported::default())),
        }
    }

    /// `chat.read` once a conversation, `unread.changed` once a friend.
    fn tell_read(&mut self, messages: &[(u64, Message)]) {
        let by = self.account.as_ref().map(|account| account.account.clone()).unwrap_or_default();
        let mut marks: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, message) in messages {
            *counts.entry(&message.from).or_default() += 1;
            if let (Some(conv), Some(cseq)) = (&message.conv, message.cseq) {
                let mark = marks.entry((&message.from, conv)).or_default();
                *mark = cseq.max(*mark);
            }
        }
        for ((friend, conv), cseq) in marks {
            self.note_read(conv.to_owned(), cseq);
            let (friend, conv, by) = (friend.to_owned(), conv.to_owned(), by.clone());
            self.tell(Event::ChatRead(Marked { friend, by, conv, cseq }));
        }
        for (friend, count) in counts {
            let unread = self.inbox.read(friend, count);
            self.tell(Event::UnreadChanged(unread));
        }
        self.say_read();
    }

    pub(super) fn shown(&self, messages: Vec<(u64, Message)>) -> Vec<chat::Message> {
        let own = self.account.as_ref().map(|account| account.account.as_str()).unwrap_or_default();
        messages.into_iter().map(|(row, message)| shown(row, message, own)).collect()
    }
}

fn is_empty(result: &Result<Messages, StoreError>) -> bool {
    matches!(result, Ok((messages, _)) if messages.is_empty())
}

/// A stored message as frontends know it: somebody else's is `delivered` until it is read here.
pub(super) fn shown(row: u64, message: Message, own: &str) -> chat::Message {
    let state = match message.state {
        State::Acked if message.from != own => State::Delivered,
        state => state,
    };
    let failed = message.state == State::Failed;
    let why = message.reason.as_deref().filter(|_| failed);
    let why = why.map(|reason| refusal(reason, &message.id, &message.to).message);
    chat::Message {
        why,
        id: message.id,
        from: message.from,
        to: message.to,
        text: message.text,
        ts: message.ts,
        state,
        row: Some(row),
        kind: (message.kind != "text").then_some(message.kind),
        reason: message.reason,
    }
}
