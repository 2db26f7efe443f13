//! Requests of frontends: each gets exactly one answer, and nobody waits for those of a frontend that is gone.

use std::collections::HashMap;
use std::marker::PhantomData;

use ipc_schema::{Code, Error, Method, Request};

use super::early::Early;
use super::io::{ClientId, RequestId};
use super::{Core, Output, Phase};

/// The most requests that wait for an answer at one time.
const MAX_OPEN: usize = 4_096;

/// A request that came before the store had told what there is.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) client: ClientId,
    pub(super) id: RequestId,
    pub(super) request: Request,
}

/// Where the answer of one call of method `M` goes.
pub(super) struct ReplyTo<M> {
    key: u64,
    method: PhantomData<fn(M)>,
}

impl<M: Method> std::fmt::Debug for ReplyTo<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReplyTo<{}>({})", M::NAME, self.key)
    }
}

/// The requests that have no answer yet.
#[derive(Debug, Default)]
pub(super) struct Requests {
    open: HashMap<u64, (ClientId, RequestId)>,
    last: u64,
}

impl Requests {
    /// Whether somebody still waits for this answer.
    pub(super) fn is_open<M>(&self, to: &ReplyTo<M>) -> bool {
        self.open.contains_key(&to.key)
    }

    pub(super) fn take_all(&mut self) -> Vec<(ClientId, RequestId)> {
        let mut all: Vec<_> = self.open.drain().collect();
        all.sort_by_key(|(key, _)| *key);
        all.into_iter().map(|(_, whose)| whose).collect()
    }
}

impl Core {
    pub(super) fn on_request(&mut self, client: ClientId, id: RequestId, request: Request) {
        let full = || Error::new(Code::Busy, "too many requests are waiting; try again in a moment");
        let refusal = match &mut self.phase {
            Phase::Loading(waiting) if waiting.len() < MAX_OPEN => {
                waiting.push(Waiting { client, id, request });
                return;
            }
            Phase::Loading(_) => full(),
            Phase::Broken(error) => error.clone(),
            Phase::Running if self.requests.open.len() < MAX_OPEN => {
                return self.open_or_wait(Waiting { client, id, request });
            }
            Phase::Running | Phase::Stopped => full(),
        };
        let refusal = if refusal.code == Code::Busy { refusal.with_retry_after_ms(1_000) } else { refusal };
        self.outputs.push_back(Output::Reply { client, id, result: Err(refusal) });
    }

    fn open_or_wait(&mut self, waiting: Waiting) {
        match &mut self.early {
            Some(early) if Early::concerns(&waiting.request) && early.waiting.len() < MAX_OPEN => {
                early.waiting.push(waiting);
            }
            Some(_) | None => self.open(waiting.client, waiting.id, waiting.request),
        }
    }

    /// Gives a request to its feature.
    fn open(&mut self, client: ClientId, id: RequestId, request: Request) {
        self.requests.last += 1;
        let key = self.requests.last;
        self.requests.open.insert(key, (client, id));
        match request {
            Request::Hello(params) => self.hello(reply_to(key), &params),
            Request::EventsSubscribe(params) => self.subscribe(reply_to(key), client, &params),
            Request::DaemonStatus(_) => self.status(reply_to(key)),
            Request::AccountLogin(params) => self.login(reply_to(key), params),
            Request::AccountLogout(params) => self.logout(reply_to(key), &params),
            Request::FriendList(_) => self.list(reply_to(key)),
            Request::PresenceShow(params) => self.show(reply_to(key), &params),
            Request::ChatSend(params) => self.chat(reply_to(key), params),
            Request::ChatHistory(params) => self.history(reply_to(key), &params),
            Request::ChatRead(params) => self.read(reply_to(key), &params),
            Request::ShakeSend(params) => self.shake(reply_to(key), &params),
            other => self.lack(key, other.name()),
        }
    }

    /// A method of the table that this daemon does not have.
    fn lack(&mut self, key: u64, method: &str) {
        let Some((client, id)) = self.requests.open.remove(&key) else { return };
        let error = Error::new(Code::Unsupported, format!("this qqd has no {method}; update it"));
        self.outputs.push_back(Output::Reply { client, id, result: Err(error) });
    }

    /// Answers, unless the one who asked is gone.
    pub(super) fn reply<M: Method>(&mut self, to: ReplyTo<M>, result: Result<M::Reply, Error>) {
        let Some((client, id)) = self.requests.open.remove(&to.key) else { return };
        let result = result.and_then(|reply| {
            serde_json::to_value(reply).map_err(|error| Error::new(Code::Unexpected, error.to_string()))
        });
        self.outputs.push_back(Output::Reply { client, id, result });
    }

    /// A frontend is gone: its requests are forgotten, its messages are not. A login nobody waits for is given up.
    pub(super) fn on_gone(&mut self, client: ClientId) {
        self.requests.open.retain(|_, (whose, _)| *whose != client);
        if let Phase::Loading(waiting) = &mut self.phase {
            waiting.retain(|request| request.client != client);
        }
        if let Some(early) = &mut self.early {
            early.waiting.retain(|request| request.client != client);
        }
        self.forsake();
        self.friends.forget(&self.requests);
        self.abandon_login();
    }
}

fn reply_to<M>(key: u64) -> ReplyTo<M> {
    ReplyTo { key, method: PhantomData }
}
