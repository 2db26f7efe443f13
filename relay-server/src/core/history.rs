//! `history`: looking back through a conversation, page by page. One page at a time, and only while there is room in
//! the output: a client that asks for much and reads nothing makes nobody hold it.

use std::collections::VecDeque;
use std::time::Duration;

use relay_schema::{Ack, ErrorCode, History, Id, NackCode};

use super::bucket::{Bucket, Size};
use super::chat::STORAGE_RETRY;
use super::mark::CONV_MAX;
use super::op::{self, AccountId, Done, Op, Page, StoreError, With};
use super::pending::Pending;
use super::session::{live, live_mut};
use super::{Core, Now, SessionId, name, wire};

/// Messages a page: where the client does not say, and at most.
const COUNT: u64 = 50;
const COUNT_MAX: u64 = 200;
/// Bytes of content after which a page ends.
const PAGE: usize = 64 * 1_024;
/// Requests of one session that may wait for their turn; from then on they are refused.
const WAITING_MAX: usize = 16;
const WAITING_RETRY: Duration = Duration::from_secs(1);
/// Requests of one account: so many at once, and so many a second.
const BURST: u32 = 60;
const PER_SECOND: u32 = 20;

/// What a session has asked for.
#[derive(Debug, Default)]
pub(super) struct Histories {
    waiting: VecDeque<(Id, op::History)>,
    /// A page is on its way from the store.
    reading: bool,
}

impl Core {
    /// A client looks back.
    pub(super) fn on_history(&mut self, now: Now, session: SessionId, asked: History) {
        let Some(account) = live(&self.sessions, session).map(|live| live.account) else { return };
        let History { friendaccount, conv, before, count, id } = asked;
        let count = count.unwrap_or(COUNT);
        let with = match (friendaccount, conv) {
            (Some(friend), None) => name::normalise(&friend).map(With::Account),
            (None, Some(conv)) => Some(conv).filter(|conv| conv.len() <= CONV_MAX).map(With::Conv),
            (Some(_), Some(_)) | (None, None) => {
                let text = "<friendaccount> or <conv> of history is required, and only one of them";
                return self.error(session, ErrorCode::BadField, text, Some(id));
            }
        };
        let Some(count) = u32::try_from(count).ok().filter(|_| (1..=COUNT_MAX).contains(&count)) else {
            let text = format!("<count> of history has a bad value; it is 1 to {COUNT_MAX}");
            return self.error(session, ErrorCode::BadField, text, Some(id));
        };
        let wait = self.take_history(now, account);
        if !wait.is_zero() {
            return self.nack(session, id, NackCode::Rate, Some(wait));
        }
        let Some(with) = with else {
            return self.nack(session, id, NackCode::Unknown, None);
        };
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        if live.histories.waiting.len() >= WAITING_MAX {
            return self.nack(session, id, NackCode::Rate, Some(WAITING_RETRY));
        }
        live.histories.waiting.push_back((id, op::History { account, with, before, count, bytes: PAGE }));
        self.pump_history(session);
    }

    /// The next page, if one is asked for, none is being read, and there is room.
    pub(super) fn pump_history(&mut self, session: SessionId) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        if live.histories.reading || !live.mail.has_room() {
            return;
        }
        let Some((id, asked)) = live.histories.waiting.pop_front() else { return };
        live.histories.reading = true;
        self.ask(Op::History(asked), Pending::History { session, id });
    }

    /// A page.
    pub(super) fn on_page(&mut self, session: SessionId, id: Id, page: Result<Option<Page>, StoreError>) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        live.histories.reading = false;
        match page {
            Ok(Some(page)) => self.send_page(session, id, &page),
            Ok(None) => self.nack(session, id, NackCode::Unknown, None),
            Err(_) => self.nack(session, id, NackCode::Storage, Some(STORAGE_RETRY)),
        }
        self.pump_history(session);
    }

    fn send_page(&mut self, session: SessionId, id: Id, page: &Page) {
        for message in &page.messages {
            if let Some(stanza) = wire::older(message) {
                self.send(session, stanza);
                self.spend(session, wire::weight_of_older(message));
            }
        }
        let (conv, more) = (page.conv.clone(), Some(i32::from(page.more)));
        self.send(session, Ack { id, conv, more, ..Default::default() });
    }

    /// One request more of that account; how long it must wait if it is over its rate.
    fn take_history(&mut self, now: Now, account: AccountId) -> Duration {
        let size = history_size();
        let bucket = self.lookbacks.entry(now.mono, account, || Bucket::full(size, now.mono));
        let wait = bucket.wait(size, now.mono);
        if wait.is_zero() {
            bucket.take(size, now.mono);
        }
        wait
    }
}

pub(super) fn history_size() -> Size {
    Size::new(BURST, PER_SECOND)
}

/// The store's answer.
pub(super) fn page(done: Done) -> Result<Option<Page>, StoreError> {
    if let Done::History(page) = done { Ok(page) } else { Err(super::pending::unexpected(&done)) }
}
