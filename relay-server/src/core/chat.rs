//! `chat`: on its way into the store, and the answer to its sender; `ack` only after the commit.

use std::time::Duration;

use relay_schema::{Ack, Chat, ErrorCode, Id, Nack, NackCode};

use super::bucket::{Bucket, Size};
use super::op::{AccountId, Op, StoreError, Submit, Submitted};
use super::pending::Pending;
use super::session::{live, live_mut};
use super::{Core, Now, Output, SessionId, name, wire};

/// Up to this debt a chat is taken and the reading delayed; beyond it is refused.
pub(super) const DEBT_MAX: Duration = Duration::from_secs(2);
/// When to try again if there was no room on disk.
pub(super) const STORAGE_RETRY: Duration = Duration::from_secs(5);
/// Requests, and bytes of them, that one session may have on their way to the store; from the first mark on its
/// connection rests after each, beyond the second they are refused.
const FLIGHT_SLOW: (u32, usize) = (64, 512 * 1024);
const FLIGHT_MAX: (u32, usize) = (256, 1024 * 1024);
const FLIGHT_PAUSE: Duration = Duration::from_millis(50);
pub(super) const FLIGHT_RETRY: Duration = Duration::from_secs(1);
/// The most bytes of a `<kind>`.
const KIND_MAX: usize = 64;

/// What a session has on its way to the store.
#[derive(Debug, Default)]
pub(super) struct Flight {
    count: u32,
    bytes: usize,
    /// Chats so far.
    chats: u64,
}

/// A chat that was refused for a while: those behind it wait until it comes again.
#[derive(Debug)]
pub(super) struct Sticky {
    order: u64,
    id: Id,
    code: NackCode,
    retry: Duration,
}

/// A chat on its way into the store: what its answer needs.
#[derive(Debug)]
pub(super) struct Sent {
    session: SessionId,
    account: AccountId,
    /// As the client wrote it.
    friendaccount: String,
    id: Id,
    order: u64,
    bytes: usize,
    era: u64,
}

impl Core {
    pub(super) fn on_chat(&mut self, now: Now, session: SessionId, chat: Chat) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        if !name::is(&chat.myaccount, &live.name) {
            return self.not_yours(session, chat.id);
        }
        let id = match (live.is_full(), &chat.id) {
            (true, Some(id)) => id.clone(),
            (true, None) => return self.without_id(session, "chat"),
            (false, _) => self.random_id(),
        };
        if let Some(field) = bad_field(&chat) {
            let text = format!("<{field}> of chat has a bad value");
            return self.error(session, ErrorCode::BadField, text, chat.id);
        }
        let Some(sent) = self.admit(now, session, id, &chat) else { return };
        let Some(to) = name::normalise(&chat.friendaccount) else {
            self.landed(session, sent.bytes);
            return self.refuse_chat(&sent, NackCode::Unknown, None);
        };
        let submit = Submit {
            from: sent.account,
            require_online: chat.require.is_some(),
            is_online: self.is_there_by_name(sent.account, &to),
            to,
            id: sent.id.clone(),
            content: chat.content,
            kind: chat.kind,
            re: chat.re,
            body: chat.body,
            strangers_max: self.limits.strangers,
            era: self.era,
            now_ms: now.wall_ms,
        };
        if !wire::can_be_delivered(&chat.myaccount, &submit) {
            self.give_chat(sent.account, now);
            self.landed(session, sent.bytes);
            return self.refuse_chat(&sent, NackCode::TooBig, None);
        }
        self.ask(Op::Submit(submit), Pending::Submit(Box::new(sent)));
    }

    /// Order, size and rate: none if the chat is refused here, and answered.
    fn admit(&mut self, now: Now, session: SessionId, id: Id, chat: &Chat) -> Option<Sent> {
        let live = live_mut(&mut self.sessions, session)?;
        let account = live.account;
        match &live.sticky {
            Some(sticky) if sticky.id != id => {
                let (code, retry) = (sticky.code.clone(), sticky.retry);
                self.nack(session, id, code, Some(retry));
                return None;
            }
            _ => live.sticky = None,
        }
        live.flight.chats += 1;
        let bytes = chat.content.len() + chat.body.as_ref().map_or(0, |body| body.0.len());
        let sent = Sent {
            session,
            account,
            friendaccount: chat.friendaccount.clone(),
            id,
            order: live.flight.chats,
            bytes,
            era: self.era,
        };
        let max = self.limits.content_max;
        if chat.content.len() > max && chat.content.chars().nth(max).is_some() {
            self.refuse_chat(&sent, NackCode::TooBig, None);
            return None;
        }
        if !self.take_off(session, bytes) {
            self.refuse_chat(&sent, NackCode::Rate, Some(FLIGHT_RETRY));
            return None;
        }
        let debt = self.take_chat(now, account);
        if debt > DEBT_MAX {
            self.give_chat(account, now);
            self.landed(session, bytes);
            self.refuse_chat(&sent, NackCode::Rate, Some(debt));
            return None;
        }
        if !debt.is_zero() {
            self.outputs.push_back(Output::Pause { session, time: debt });
        }
        Some(sent)
    }

    pub(super) fn on_submitted(
        &mut self,
        now: Now,
        sent: Sent,
        result: Result<Result<Submitted, NackCode>, StoreError>,
    ) {
        self.landed(sent.session, sent.bytes);
        match result {
            Ok(Ok(submitted)) => {
                if submitted.duplicate {
                    self.give_chat(sent.account, now);
                }
                self.accept_chat(sent, &submitted);
                self.on_rows_made(&submitted.rows);
            }
            Ok(Err(NackCode::Storage)) => self.on_no_room(now, &sent),
            Ok(Err(code)) => self.refuse_chat(&sent, code, None),
            Err(_) => self.on_no_room(now, &sent),
        }
    }

    /// The disk is full or broken; what follows the chat must not overtake it.
    fn on_no_room(&mut self, now: Now, sent: &Sent) {
        if sent.era == self.era {
            self.era += 1;
        }
        self.give_chat(sent.account, now);
        self.refuse_chat(sent, NackCode::Storage, Some(STORAGE_RETRY));
    }

    /// It is on disk.
    fn accept_chat(&mut self, sent: Sent, submitted: &Submitted) {
        let Sent { session, account, id, friendaccount, .. } = sent;
        let Some(full) = live(&self.sessions, session).map(|live| live.is_full()) else { return };
        if !self.is_there(account, submitted.to) {
            self.off_line(session, friendaccount, Some(id.clone()));
        }
        if full {
            let ack = Ack {
                id,
                seq: Some(submitted.seq),
                conv: Some(submitted.conv.clone()),
                cseq: Some(submitted.cseq),
                ts: Some(wire::ts(submitted.ts_ms)),
                ..Default::default()
            };
            self.send(session, ack);
        }
    }

    /// It is not stored.
    fn refuse_chat(&mut self, sent: &Sent, code: NackCode, retry: Option<Duration>) {
        let session = sent.session;
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        if !live.is_full() {
            return self.refuse_seed(session, sent.friendaccount.clone(), code);
        }
        if let Some(retry) = retry
            && live.sticky.as_ref().is_none_or(|sticky| sent.order < sticky.order)
        {
            live.sticky = Some(Sticky { order: sent.order, id: sent.id.clone(), code: code.clone(), retry });
        }
        self.nack(session, sent.id.clone(), code, retry);
    }

    /// The seed dialect's words for a refusal.
    pub(super) fn refuse_seed(&mut self, session: SessionId, friendaccount: String, code: NackCode) {
        let (code, text) = match code {
            NackCode::Unknown | NackCode::Offline => return self.off_line(session, friendaccount, None),
            NackCode::Rate => (ErrorCode::Rate, "this was too fast; it was not sent, try again in a while"),
            NackCode::TooBig => (ErrorCode::TooBig, "the message is too long; it was not sent"),
            NackCode::Storage => (ErrorCode::Storage, "the relay has no room on its disk; it was not sent"),
            NackCode::Forbidden => (ErrorCode::Forbidden, "this is not allowed; it was not sent"),
            NackCode::Conflict
            | NackCode::Credentials
            | NackCode::Weak
            | NackCode::NoEncryption
            | NackCode::Other(_) => (ErrorCode::from(code.as_str()), "it was not sent"),
        };
        self.error(session, code, text, None);
    }

    pub(super) fn not_yours(&mut self, session: SessionId, id: Option<Id>) {
        let text = "<myaccount> is not the account that logged in here";
        self.error(session, ErrorCode::NotYourAccount, text, id);
    }

    pub(super) fn ack(&mut self, session: SessionId, id: Id) {
        self.send(session, Ack { id, ..Default::default() });
    }

    pub(super) fn nack(&mut self, session: SessionId, id: Id, code: NackCode, retry: Option<Duration>) {
        self.send(session, Nack { id, code, retry: retry.map(wire::retry) });
    }

    /// One request more on its way to the store, if the session may have one.
    pub(super) fn take_off(&mut self, session: SessionId, bytes: usize) -> bool {
        let Some(live) = live_mut(&mut self.sessions, session) else { return false };
        let flight = &mut live.flight;
        if flight.count >= FLIGHT_MAX.0 || (flight.count > 0 && flight.bytes + bytes > FLIGHT_MAX.1) {
            return false;
        }
        flight.count += 1;
        flight.bytes += bytes;
        if flight.count >= FLIGHT_SLOW.0 || flight.bytes >= FLIGHT_SLOW.1 {
            self.outputs.push_back(Output::Pause { session, time: FLIGHT_PAUSE });
        }
        true
    }

    /// It was answered.
    pub(super) fn landed(&mut self, session: SessionId, bytes: usize) {
        if let Some(live) = live_mut(&mut self.sessions, session) {
            live.flight.count = live.flight.count.saturating_sub(1);
            live.flight.bytes = live.flight.bytes.saturating_sub(bytes);
        }
    }

    fn take_chat(&mut self, now: Now, account: AccountId) -> Duration {
        let size = self.chat_size();
        self.chats.entry(now.mono, account, || Bucket::full(size, now.mono)).take(size, now.mono)
    }

    fn give_chat(&mut self, account: AccountId, now: Now) {
        let size = self.chat_size();
        if let Some(bucket) = self.chats.get(now.mono, &account) {
            bucket.give(size);
        }
    }

    fn chat_size(&self) -> Size {
        Size::new(self.limits.chats_burst, self.limits.chats_per_second)
    }
}

/// A child whose value cannot be.
fn bad_field(chat: &Chat) -> Option<&'static str> {
    if chat.kind.as_ref().is_some_and(|kind| kind.len() > KIND_MAX) {
        return Some("kind");
    }
    chat.require.as_ref().is_some_and(|require| require != "online").then_some("require")
}
