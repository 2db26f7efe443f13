//! `device_list`, `device_revoke`, `device_link`: the devices of one account, seen from one of them.

use std::time::Duration;

use relay_schema::{
    Ack, Device, DeviceLink, DeviceList, DeviceRevoke, ErrorCode, Id, Logout, NackCode, Secret, qiao,
};
use sha2::{Digest as _, Sha256};

use super::chat::STORAGE_RETRY;
use super::login::is_device;
use super::op::{AccountId, CodeHash, DeviceOp, DeviceRow, Done, Op, StoreError};
use super::pending::Pending;
use super::session::live;
use super::{Core, Now, SessionId, wire};

/// How long a code for a further device works.
const LINK_TIME: Duration = Duration::from_secs(10 * 60);

/// What a session asked about its account's devices.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) session: SessionId,
    id: Id,
    account: AccountId,
    what: What,
}

#[derive(Debug)]
enum What {
    List,
    Revoke(String),
    Link { code: Secret, expires_ms: i64 },
}

impl Core {
    pub(super) fn on_device_list(&mut self, now: Now, session: SessionId, list: DeviceList) {
        self.ask_device(now, session, list.id, What::List, DeviceOp::List);
    }

    /// One's own device is logged out.
    pub(super) fn on_device_revoke(&mut self, now: Now, session: SessionId, revoke: DeviceRevoke) {
        let DeviceRevoke { device, id } = revoke;
        let Some(live) = live(&self.sessions, session) else { return };
        if live.device.as_deref() == Some(&*device) {
            return self.on_logout(session, Logout { id: Some(id) });
        }
        if !is_device(&device) {
            return self.nack(session, id, NackCode::Unknown, None);
        }
        self.ask_device(now, session, id, What::Revoke(device.clone()), DeviceOp::Revoke(device));
    }

    pub(super) fn on_device_link(&mut self, now: Now, session: SessionId, link: DeviceLink) {
        let Some(name) = live(&self.sessions, session).map(|live| live.name.clone()) else { return };
        let mut random = [0; 16];
        (self.random)(&mut random);
        let secret = qiao::secret(random);
        let now_ms = now.wall_ms;
        let expires_ms = now_ms.saturating_add(i64::try_from(LINK_TIME.as_millis()).unwrap_or(i64::MAX));
        let code = Secret::new(format!("{name}.{}", secret.expose()));
        let op = DeviceOp::Link { code: secret_hash(secret.expose()), expires_ms, now_ms };
        self.ask_device(now, session, link.id, What::Link { code, expires_ms }, op);
    }

    fn ask_device(&mut self, now: Now, session: SessionId, id: Id, what: What, op: DeviceOp) {
        let Some(account) = live(&self.sessions, session).map(|live| live.account) else { return };
        if let Err(wait) = self.take_wish(now, session, account, 0) {
            return self.nack(session, id, NackCode::Rate, Some(wait));
        }
        let question = Box::new(Question { session, id, account, what });
        self.ask(Op::Device { account, op }, Pending::Device(question));
    }

    pub(super) fn on_device_answer(&mut self, now: Now, asked: Question, done: Result<Done, StoreError>) {
        let Question { session, id, account, what } = asked;
        self.landed(session, 0);
        match (what, done) {
            (What::List, Ok(Done::Devices(devices))) => {
                self.send_devices(now, session, account, devices, &id);
                self.answer_device(session, Ack { id, ..Default::default() });
            }
            (What::Revoke(device), Ok(Done::Revoked(true))) => {
                for other in self.sessions_of_device(account, &device) {
                    let text = "this device was revoked from another one; log in again";
                    self.end_session(now, other, ErrorCode::Revoked, text);
                }
                self.gone_for_good(account, Some(&device));
                self.answer_device(session, Ack { id, ..Default::default() });
            }
            (What::Revoke(_), Ok(Done::Revoked(false))) => {
                if live(&self.sessions, session).is_some() {
                    self.nack(session, id, NackCode::Unknown, None);
                }
            }
            (What::Link { code, expires_ms }, Ok(Done::Nothing)) => {
                let (code, expires) = (Some(code), Some(wire::ts(expires_ms)));
                self.answer_device(session, Ack { id, code, expires, ..Default::default() });
            }
            (What::List | What::Revoke(_) | What::Link { .. }, _) => {
                if live(&self.sessions, session).is_some() {
                    self.nack(session, id, NackCode::Storage, Some(STORAGE_RETRY));
                }
            }
        }
    }

    fn answer_device(&mut self, session: SessionId, ack: Ack) {
        if live(&self.sessions, session).is_some() {
            self.send(session, ack);
        }
    }

    /// What is on line now is seen now.
    fn send_devices(
        &mut self,
        now: Now,
        session: SessionId,
        account: AccountId,
        devices: Vec<DeviceRow>,
        id: &Id,
    ) {
        if live(&self.sessions, session).is_none() {
            return;
        }
        for DeviceRow { device, client, seen_ms } in devices {
            let online = !self.sessions_of_device(account, &device).is_empty();
            let ts = wire::ts(if online { now.wall_ms } else { seen_ms });
            self.send(session, Device { device, client, ts, state: i32::from(online), id: id.clone() });
        }
    }
}

/// What the store knows of the code that somebody shows for the account called `name`; of a text that is no code of
/// that account, something that it never knows.
pub(super) fn link_hash(name: &str, code: &Secret) -> CodeHash {
    let of_account =
        qiao::device_code(code.expose()).filter(|(account, _)| account.eq_ignore_ascii_case(name));
    let secret = of_account.and_then(|(_, secret)| qiao::canonical(secret)).map(Secret::new);
    secret_hash(secret.as_ref().unwrap_or(code).expose())
}

fn secret_hash(secret: &str) -> CodeHash {
    CodeHash(Sha256::digest(secret).into())
}
