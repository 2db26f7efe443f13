//! Calls: asked for, ringing, accepted, ended. One at a time; whoever calls meanwhile hears that the line is busy.
//!
//! This version has no media: its session descriptions say so, by having no media section, and nothing here tells
//! anybody that there is sound. A call that was not answered is left to the callee as a message of the kind `call`.

mod heard;

use std::collections::BTreeSet;
use std::time::Duration;

use ipc_schema::call::{self, Accept, Decline, Hangup, Media, Start, State};
use ipc_schema::chat::State as Sending;
use ipc_schema::{Code, Error, Event};
use relay_schema::{CallEnd, CallReason, CallRinging, Id, NackCode, RVidio, Vidio};

use super::account::Account;
use super::asking::{Outcome, Refused};
use super::name::not_logged_in;
use super::op::{Message, Op, StoreError};
use super::outbox::{Entry, Step};
use super::request::ReplyTo;
use super::stored::Then;

/// How long it rings.
const RING: Duration = Duration::from_secs(60);
/// How much longer a callee waits for the caller's word that it is over.
const PATIENCE: Duration = Duration::from_secs(5);
/// A session description (RFC 8866) without any media section.
const DESCRIPTION: &str = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
/// Where media is to go, which an address of the seed dialect has no say in.
const NOWHERE: &str = "0.0.0.0,0";

/// The call that there is.
#[derive(Debug)]
pub(super) struct Call {
    id: Id,
    friend: String,
    incoming: bool,
    media: Media,
    state: State,
    /// It was taken here, and the caller's device has not answered that yet.
    answering: bool,
    /// Until when it rings.
    until: Duration,
    /// The other side's device: the caller's, or the one that was first to accept.
    device: Option<String>,
    /// The callee's devices that ring.
    rings: BTreeSet<String>,
}

impl Call {
    fn shown(&self) -> call::Call {
        call::Call {
            call: self.id.to_string(),
            friend: self.friend.clone(),
            incoming: self.incoming,
            media: self.media,
            state: self.state,
            reason: None,
        }
    }

    fn is_accepted(&self) -> bool {
        self.state == State::Accepted
    }

    /// When it has rung long enough.
    pub(super) fn deadline(&self) -> Option<Duration> {
        (!self.is_accepted()).then_some(self.until)
    }
}

impl Account {
    /// `call.start`.
    pub(super) fn start_call(&mut self, to: ReplyTo<Start>, params: &Start) {
        let (own, friend) = match self.callable(&params.friend) {
            Err(error) => return self.reply(to, Err(error)),
            Ok(names) => names,
        };
        let id = self.random_id();
        self.call = Some(Call {
            id: id.clone(),
            friend: friend.clone(),
            incoming: false,
            media: params.media,
            state: State::Calling,
            answering: false,
            until: self.now.mono + RING,
            device: None,
            rings: BTreeSet::new(),
        });
        let media = params.media.word().to_owned();
        let (call, friendaccount) = (id.clone(), friend.clone());
        let stanza = move |id| {
            Vidio {
                myaccount: own,
                friendaccount,
                session: NOWHERE.to_owned(),
                id: Some(id),
                call: Some(call),
                media: Some(media),
                offer: Some(DESCRIPTION.to_owned()),
                ..Vidio::default()
            }
            .into()
        };
        self.ask_relay(stanza, move |account, outcome| account.on_called(to, &id, &friend, outcome));
    }

    /// Who calls, and whom, if that can be done now.
    fn callable(&self, to: &str) -> Result<(String, String), Error> {
        let own = self.account.as_ref().ok_or_else(not_logged_in)?.account.clone();
        let friend = self.resolve(to)?;
        if !self.friends.is_friend(&friend) {
            let message = format!("{friend} cannot be called: only friends can be");
            return Err(Error::new(Code::Unreachable, message));
        }
        self.askable()?;
        match &self.call {
            None => Ok((own, friend)),
            Some(call) => {
                let message = format!("there is a call with {} already; hang up first", call.friend);
                Err(Error::new(Code::Conflict, message).with_hint("`qqctl hangup` ends it"))
            }
        }
    }

    fn on_called(&mut self, to: ReplyTo<Start>, id: &Id, friend: &str, outcome: Outcome) {
        let refused = match (outcome, self.call_with_id(id).map(Call::shown)) {
            (Ok(_), Some(shown)) => {
                self.tell(Event::CallState(shown.clone()));
                return self.reply(to, Ok(shown));
            }
            // It was hung up, or refused, before the relay answered.
            (Ok(_), None) => {
                let error = Error::new(Code::Conflict, format!("the call with {friend} is over already"));
                return self.reply(to, Err(error));
            }
            (Err(refused), _) => refused,
        };
        self.call.take_if(|call| call.id == *id);
        let error = match refused {
            Refused::No { code: NackCode::Offline, .. } => {
                Error::new(Code::Offline, format!("{friend} is off line, and a call is not kept"))
            }
            Refused::No { code: NackCode::NoEncryption, .. } => {
                let message = format!("the program of {friend} cannot take encrypted calls; write instead");
                Error::new(Code::Unsupported, message)
            }
            refused => refused.into_error(&format!("the call to {friend}")),
        };
        self.reply(to, Err(error));
    }

    /// `call.accept`.
    pub(super) fn accept_call(&mut self, to: ReplyTo<Accept>, params: &Accept) {
        match self.unanswered(params.call.as_deref()).and_then(|id| self.askable().map(|()| id)) {
            Err(error) => self.reply(to, Err(error)),
            Ok(id) => self.answer_call(&id, Some(to)),
        }
    }

    /// Takes the call that comes in; who asked for that is told once the caller's device has heard it.
    fn answer_call(&mut self, id: &Id, to: Option<ReplyTo<Accept>>) {
        let Some(account) = &self.account else { return };
        let myaccount = account.account.clone();
        let Some(call) = self.call.as_mut().filter(|call| call.id == *id) else { return };
        call.answering = true;
        let (friendaccount, device) = (call.friend.clone(), call.device.clone());
        let (media, call) = (call.media.word().to_owned(), call.id.clone());
        let stanza = move |id| {
            RVidio {
                myaccount,
                friendaccount,
                session: NOWHERE.to_owned(),
                id: Some(id),
                call: Some(call),
                media: Some(media),
                answer: Some(DESCRIPTION.to_owned()),
                to_device: device,
                ..RVidio::default()
            }
            .into()
        };
        let id = id.clone();
        self.ask_relay(stanza, move |account, outcome| account.on_answered(to, &id, outcome));
    }

    fn on_answered(&mut self, to: Option<ReplyTo<Accept>>, id: &Id, outcome: Outcome) {
        let result = match (outcome, self.call.as_mut().filter(|call| call.id == *id)) {
            (Ok(_), Some(call)) => {
                call.state = State::Accepted;
                let shown = call.shown();
                self.tell(Event::CallState(shown.clone()));
                Ok(shown)
            }
            (Ok(_), None) => Err(Error::new(Code::NotFound, "the call is over already")),
            (Err(refused), _) => {
                self.call_is_over(id, "failed");
                Err(match refused {
                    Refused::No { code: NackCode::Offline, .. } => {
                        Error::new(Code::Offline, "the caller is gone; the call is over")
                    }
                    refused => refused.into_error("the call"),
                })
            }
        };
        if let Some(to) = to {
            self.reply(to, result);
        }
    }

    /// `call.decline`.
    pub(super) fn decline_call(&mut self, to: ReplyTo<Decline>, params: &Decline) {
        let ended = self.ringing(params.call.as_deref()).map(|id| self.end_call(&id, CallReason::Declined));
        self.reply(to, ended.and_then(|call| call.ok_or_else(no_call)));
    }

    /// `call.hangup`; a call that only rings here is declined by it.
    pub(super) fn hang_up_call(&mut self, to: ReplyTo<Hangup>, params: &Hangup) {
        let call = self.call.as_ref().filter(|call| fits(call, params.call.as_deref()));
        let ended = call.map(|call| (call.id.clone(), call.incoming && !call.is_accepted()));
        let ended = ended.and_then(|(id, rings)| {
            self.end_call(&id, if rings { CallReason::Declined } else { CallReason::Hangup })
        });
        self.reply(to, ended.ok_or_else(no_call));
    }

    /// The id of the call that rings here.
    fn ringing(&self, id: Option<&str>) -> Result<Id, Error> {
        let call = self.call.as_ref().filter(|call| call.incoming && fits(call, id));
        match call {
            Some(call) if call.is_accepted() => {
                let message = format!("the call with {} is accepted already", call.friend);
                Err(Error::new(Code::Conflict, message).with_hint("`qqctl hangup` ends it"))
            }
            Some(call) => Ok(call.id.clone()),
            None => Err(Error::new(Code::NotFound, "nobody is calling")),
        }
    }

    /// The same, unless another frontend has taken it already and the caller's device is just told.
    fn unanswered(&self, id: Option<&str>) -> Result<Id, Error> {
        match self.call.as_ref().filter(|call| call.answering && fits(call, id)) {
            Some(call) => {
                let message = format!("the call with {} is accepted already", call.friend);
                Err(Error::new(Code::Conflict, message).with_hint("`qqctl hangup` ends it"))
            }
            None => self.ringing(id),
        }
    }

    fn call_with_id(&self, id: &Id) -> Option<&Call> {
        self.call.as_ref().filter(|call| call.id == *id)
    }

    /// Ends a call by one's own doing: the other side is told, and one's own other devices stop ringing.
    fn end_call(&mut self, id: &Id, reason: CallReason) -> Option<call::Call> {
        let call = self.call_with_id(id)?;
        let to_device = call.device.clone().filter(|_| call.is_accepted());
        let (friend, missed) = (call.friend.clone(), !call.incoming && !call.is_accepted());
        self.send_end(id, &friend, reason.clone(), to_device);
        if missed && reason != CallReason::Glare {
            self.leave_missed();
        }
        self.call_is_over(id, reason.as_str())
    }

    /// `call_end`.
    fn send_end(&mut self, call: &Id, friend: &str, reason: CallReason, to_device: Option<String>) {
        let Some(account) = &self.account else { return };
        let (myaccount, friendaccount) = (account.account.clone(), friend.to_owned());
        let call = call.clone();
        let stanza = move |id| {
            CallEnd { myaccount, friendaccount, call, reason, id: Some(id), device: None, to_device }.into()
        };
        // Whoever is not there any more needs not be told.
        self.ask_relay(stanza, |_, _| {});
    }

    /// `call_ringing`, to the device that calls.
    fn send_ringing(&mut self) {
        let (Some(account), Some(call)) = (&self.account, &self.call) else { return };
        let (myaccount, friendaccount) = (account.account.clone(), call.friend.clone());
        let (call, to_device) = (call.id.clone(), call.device.clone());
        let stanza = move |id| {
            CallRinging { myaccount, friendaccount, call, id: Some(id), device: None, to_device }.into()
        };
        self.ask_relay(stanza, |_, _| {});
    }

    /// The call is no more: told, and answered by how it ended.
    fn call_is_over(&mut self, id: &Id, reason: &str) -> Option<call::Call> {
        let call = self.call.take_if(|call| call.id == *id)?;
        let ended = call::Call { state: State::Ended, reason: Some(reason.to_owned()), ..call.shown() };
        self.tell(Event::CallState(ended.clone()));
        Some(ended)
    }

    pub(super) fn on_call_tick(&mut self) {
        let Some(call) =
            self.call.as_ref().filter(|call| call.deadline().is_some_and(|at| at <= self.now.mono))
        else {
            return;
        };
        let (id, incoming) = (call.id.clone(), call.incoming);
        if incoming {
            self.call_is_over(&id, CallReason::Timeout.as_str());
        } else {
            self.end_call(&id, CallReason::Timeout);
        }
    }

    /// The session is over, and with it what was said in it.
    pub(super) fn drop_call(&mut self) {
        if let Some(id) = self.call.as_ref().map(|call| call.id.clone()) {
            self.call_is_over(&id, CallReason::Failed.as_str());
        }
    }

    /// A call of ours was not answered: the callee finds it as a message with the call's id.
    fn leave_missed(&mut self) {
        let (Some(account), Some(call)) = (&self.account, &self.call) else { return };
        let text = match call.media {
            Media::Audio => "未接语音通话 Missed call",
            Media::Video => "未接视频通话 Missed video call",
        };
        let message = Message {
            id: call.id.to_string(),
            from: account.account.clone(),
            to: call.friend.clone(),
            text: text.to_owned(),
            kind: "call".to_owned(),
            body: None,
            re: None,
            conv: None,
            cseq: None,
            seq: None,
            state: Sending::Queued,
            reason: None,
            ts: self.ts(),
        };
        if !self.outbox.is_full() {
            self.ask(Op::Queue(message.clone()), Then::Missed(Box::new(message)));
        }
    }

    pub(super) fn on_missed_saved(&mut self, message: Message, result: Result<(), StoreError>) {
        let own = self.account.as_ref().is_some_and(|account| account.account == message.from);
        if result.is_err() || !own || self.logout.is_some() {
            return;
        }
        let (id, to, ts) = (message.id.clone(), message.to.clone(), message.ts.clone());
        self.outbox.push(Entry::new(message, false));
        let step = Step { id: &id, to: &to, state: Sending::Queued, peer: None, reason: None, counts: true };
        self.tell_chat(step, ts);
        self.pump();
    }
}

fn fits(call: &Call, id: Option<&str>) -> bool {
    id.is_none_or(|id| call.id.as_str() == id)
}

fn no_call() -> Error {
    Error::new(Code::NotFound, "there is no call")
}
