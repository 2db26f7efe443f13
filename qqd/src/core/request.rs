//! Requests of frontends: each gets exactly one answer, and nobody waits for those of a frontend that is gone.

use std::collections::HashMap;
use std::marker::PhantomData;

use ipc_schema::{Call, Code, Error, Method, Request};
use serde::Serialize;

use super::account::Account;
use super::early::Early;
use super::io::{ClientId, RequestId};
use super::{Core, Output, Phase};

/// The most requests of one account that wait for an answer at one time.
pub(super) const MAX_OPEN: usize = 4_096;

/// Who asks, and the asker's own id for it.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) client: ClientId,
    pub(super) id: RequestId,
}

impl Caller {
    /// The answer that says what is wrong.
    pub(super) fn refused(self, error: Error) -> Output {
        reply(self, Err::<(), _>(error))
    }
}

/// A request that came too early.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) caller: Caller,
    pub(super) call: Call,
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

/// The requests to one account that have no answer yet.
#[derive(Debug, Default)]
pub(super) struct Requests {
    open: HashMap<u64, Caller>,
    last: u64,
}

impl Requests {
    /// Whether somebody still waits for this answer.
    pub(super) fn is_open<M>(&self, to: &ReplyTo<M>) -> bool {
        self.open.contains_key(&to.key)
    }

    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= MAX_OPEN
    }

    pub(super) fn open<M>(&mut self, caller: Caller) -> ReplyTo<M> {
        self.last += 1;
        self.open.insert(self.last, caller);
        ReplyTo { key: self.last, method: PhantomData }
    }

    /// Forgets those of a frontend that is gone.
    pub(super) fn forget(&mut self, client: ClientId) {
        self.open.retain(|_, caller| caller.client != client);
    }

    pub(super) fn take_all(&mut self) -> Vec<Caller> {
        let mut all: Vec<_> = self.open.drain().collect();
        all.sort_by_key(|(key, _)| *key);
        all.into_iter().map(|(_, caller)| caller).collect()
    }
}

impl Core {
    pub(super) fn on_call(&mut self, caller: Caller, call: Call) {
        match &mut self.phase {
            Phase::Loading(waiting) if waiting.len() < MAX_OPEN => waiting.push(Waiting { caller, call }),
            Phase::Loading(_) | Phase::Stopped => self.refuse(caller, busy()),
            Phase::Broken(error) => {
                let error = error.clone();
                self.refuse(caller, error);
            }
            Phase::Running => {
                if let Some((caller, call)) = self.wait_early(caller, call) {
                    self.open(caller, call);
                }
            }
        }
    }

    /// Lets a request wait for its account's first try, if it is worth it; else gives it back.
    fn wait_early(&mut self, caller: Caller, call: Call) -> Option<(Caller, Call)> {
        if Early::concerns(&call.request)
            && let Ok(at) = self.whose(call.account.as_deref())
            && let Some(account) = self.accounts.get_mut(at)
            && let Some(early) = account.early.as_mut().filter(|early| early.waiting.len() < MAX_OPEN)
        {
            let call = Call { account: Some(account.local.to_string()), ..call };
            early.waiting.push(Waiting { caller, call });
            return None;
        }
        Some((caller, call))
    }

    /// Gives a request to its feature.
    fn open(&mut self, caller: Caller, Call { account: name, request }: Call) {
        match request {
            Request::Hello(params) => self.hello(caller, &params),
            Request::EventsSubscribe(params) => self.subscribe(caller, &params),
            Request::DaemonStatus(_) => self.status(caller, name.as_deref()),
            Request::DaemonView(params) => self.view(caller, name.as_deref(), &params),
            Request::DaemonOpen(params) => self.open_window(caller, name.as_deref(), params),
            Request::DaemonStop(params) => self.stop_wanted(caller, &params),
            Request::DaemonDoctor(_) => self.doctor(caller, name.as_deref()),
            Request::AccountLogin(params) => self.login(caller, params),
            Request::AccountJoin(params) => self.join(caller, &params),
            Request::AccountRegister(params) => self.register(caller, &params),
            Request::AccountRelay(params) => {
                self.give(caller, name, |account, to| account.follow_relay(to, &params));
            }
            Request::AccountLogout(params) => self.logout(caller, &params),
            Request::AccountPasswd(params) => {
                self.give(caller, name, |account, to| account.passwd(to, &params));
            }
            Request::AccountRemove(params) => {
                self.give(caller, name, |account, to| account.remove_account(to, &params));
            }
            Request::AccountLink(_) => self.give(caller, name, Account::device_link),
            Request::AccountDevices(_) => self.give(caller, name, Account::devices),
            Request::AccountRevoke(params) => {
                self.give(caller, name, |account, to| account.revoke(to, &params));
            }
            Request::FriendList(_) => self.give(caller, name, Account::list),
            Request::FriendAdd(params) => {
                self.give(caller, name, |account, to| account.add_friend(to, &params));
            }
            Request::FriendAccept(params) => {
                self.give(caller, name, |account, to| account.accept_friend(to, &params));
            }
            Request::FriendDecline(params) => {
                self.give(caller, name, |account, to| account.decline_friend(to, &params));
            }
            Request::FriendRemove(params) => {
                self.give(caller, name, |account, to| account.take_out(to, &params));
            }
            Request::FriendMove(params) => {
                self.give(caller, name, |account, to| account.move_friend(to, &params));
            }
            Request::FriendRename(params) => {
                self.give(caller, name, |account, to| account.rename_friend(to, &params));
            }
            Request::FriendBlock(params) => self.give(caller, name, |account, to| account.block(to, &params)),
            Request::FriendUnblock(params) => {
                self.give(caller, name, |account, to| account.unblock(to, &params));
            }
            Request::FriendPicture(params) => {
                self.give(caller, name, |account, to| account.picture(to, &params));
            }
            Request::AccountProfile(params) => {
                self.give(caller, name, |account, to| account.own_profile(to, &params));
            }
            Request::GroupAdd(params) => {
                self.give(caller, name, |account, to| account.add_group(to, &params));
            }
            Request::GroupRename(params) => {
                self.give(caller, name, |account, to| account.rename_group(to, &params));
            }
            Request::GroupRemove(params) => {
                self.give(caller, name, |account, to| account.remove_group(to, &params));
            }
            Request::PresenceSet(params) => self.give(caller, name, |account, to| account.set(to, params)),
            Request::CallStart(params) => {
                self.give(caller, name, |account, to| account.start_call(to, &params));
            }
            Request::CallAccept(params) => {
                self.give(caller, name, |account, to| account.accept_call(to, &params));
            }
            Request::CallDecline(params) => {
                self.give(caller, name, |account, to| account.decline_call(to, &params));
            }
            Request::CallHangup(params) => {
                self.give(caller, name, |account, to| account.hang_up_call(to, &params));
            }
            Request::ChatTyping(params) => self.give(caller, name, |account, to| account.typing(to, &params)),
            Request::PresenceShow(params) => self.give(caller, name, |account, to| account.show(to, &params)),
            Request::ChatSend(params) => self.give(caller, name, |account, to| account.chat(to, params)),
            Request::ChatHistory(params) => {
                self.give(caller, name, |account, to| account.history(to, &params));
            }
            Request::ChatRead(params) => self.give(caller, name, |account, to| account.read(to, &params)),
            Request::ChatSearch(params) => self.give(caller, name, |account, to| account.search(to, &params)),
            Request::ChatExport(params) => self.give(caller, name, |account, to| account.export(to, &params)),
            Request::ChatDraft(params) => self.give(caller, name, |account, to| account.draft(to, params)),
            Request::ChatExplain(params) => {
                self.give(caller, name, |account, to| account.explain(to, &params));
            }
            Request::OutboxList(_) => self.give(caller, name, Account::list_outbox),
            Request::OutboxRetry(params) => self.give(caller, name, |account, to| account.retry(to, &params)),
            Request::OutboxCancel(params) => {
                self.give(caller, name, |account, to| account.cancel(to, &params));
            }
            Request::OutboxClear(params) => self.give(caller, name, |account, to| account.clear(to, &params)),
            Request::NotifyStatus(_) => self.rules(caller, name.as_deref()),
            Request::NotifyDnd(params) => self.dnd(caller, name.as_deref(), &params),
            Request::NotifyQuiet(params) => self.quiet(caller, name.as_deref(), &params),
            Request::NotifyContent(params) => self.content(caller, name.as_deref(), &params),
            Request::NotifyMute(params) => self.mute(caller, name.as_deref(), &params),
            Request::ShakeSend(params) => self.give(caller, name, |account, to| account.shake(to, &params)),
        }
    }

    /// Asks the account that is meant.
    fn give<M: Method>(
        &mut self,
        caller: Caller,
        name: Option<String>,
        ask: impl FnOnce(&mut Account, ReplyTo<M>),
    ) {
        match self.whose(name.as_deref()) {
            Err(error) => self.refuse(caller, error),
            Ok(at) => self.give_to(at, caller, ask),
        }
    }

    /// Asks the account at this place.
    pub(super) fn give_to<M: Method>(
        &mut self,
        at: usize,
        caller: Caller,
        ask: impl FnOnce(&mut Account, ReplyTo<M>),
    ) {
        self.work(at, |account| {
            if account.requests.is_full() {
                return account.say(caller.refused(busy()));
            }
            let to = account.requests.open(caller);
            ask(account, to);
        });
    }

    /// Answers for the daemon itself.
    pub(super) fn answer(&mut self, caller: Caller, result: Result<impl Serialize, Error>) {
        self.outputs.push_back(reply(caller, result));
    }

    /// Answers with what is wrong.
    pub(super) fn refuse(&mut self, caller: Caller, error: Error) {
        self.outputs.push_back(caller.refused(error));
    }
}

impl Account {
    /// Answers, unless the one who asked is gone.
    pub(super) fn reply<M: Method>(&mut self, to: ReplyTo<M>, result: Result<M::Reply, Error>) {
        if let Some(caller) = self.requests.open.remove(&to.key) {
            self.say(reply(caller, result));
        }
    }
}

fn reply(caller: Caller, result: Result<impl Serialize, Error>) -> Output {
    let result = result.and_then(|reply| {
        serde_json::to_value(reply).map_err(|error| Error::new(Code::Unexpected, error.to_string()))
    });
    Output::Reply { client: caller.client, id: caller.id, result }
}

fn busy() -> Error {
    Error::new(Code::Busy, "too many requests are waiting; try again in a moment").with_retry_after_ms(1_000)
}
