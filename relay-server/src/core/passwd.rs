//! `passwd` and `account_remove`: both need the password, also in a session that began with a token, and both end every
//! other session of the account at once.

use std::time::Duration;

use relay_schema::{AccountRemove, ErrorCode, Id, NackCode, Passwd, Secret};

use super::attempt::{Aim, Attempt, PASSWORD_MAX, POOL_RETRY, Proof};
use super::chat::STORAGE_RETRY;
use super::op::{AccountId, NewPassword, Op, Removal, Row, StoreError};
use super::pending::{Hashing, Pending};
use super::session::{live, live_mut};
use super::{Core, Now, Output, SessionId, Verdict};

/// A session that asks again while its password is being checked.
const ONE_AT_A_TIME: Duration = Duration::from_secs(1);

impl Core {
    pub(super) fn on_passwd(&mut self, now: Now, session: SessionId, passwd: Passwd) {
        let Passwd { pwd, new, id } = passwd;
        if new.expose().len() > PASSWORD_MAX {
            return self.nack(session, id, NackCode::Weak, None);
        }
        let Some(device) = live(&self.sessions, session).and_then(|live| live.device.clone()) else { return };
        self.prove(now, session, id, pwd, Aim::Passwd { new, device });
    }

    pub(super) fn on_account_remove(&mut self, now: Now, session: SessionId, remove: AccountRemove) {
        self.prove(now, session, remove.id, remove.pwd, Aim::Remove);
    }

    /// Has the session's own password checked, as rarely and as dearly as at a login.
    fn prove(&mut self, now: Now, session: SessionId, id: Id, pwd: Secret, aim: Aim) {
        let Some(address) = self.sessions.get(&session).map(|entry| entry.address) else { return };
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        if live.is_proving {
            return self.nack(session, id, NackCode::Rate, Some(ONE_AT_A_TIME));
        }
        if pwd.expose().len() > PASSWORD_MAX {
            return self.nack(session, id, NackCode::Credentials, None);
        }
        live.is_proving = true;
        let (name, proof) = (live.name.clone(), Proof::Password(pwd));
        let attempt = Attempt { session, id: Some(id), name, address, proof, aim, account: None };
        self.attempt(now, Box::new(attempt));
    }

    /// The old password is right: the new one is hashed.
    pub(super) fn hash_new(&mut self, attempt: Box<Attempt>) {
        let Aim::Passwd { new, .. } = &attempt.aim else { return };
        let (address, password) = (attempt.address, new.clone());
        let token = self.expect(Pending::Hash(Hashing::Passwd(attempt)));
        self.outputs.push_back(Output::Hash { token, address, password });
    }

    pub(super) fn on_new_hashed(&mut self, attempt: Box<Attempt>, hashed: Verdict) {
        let (session, id) = (attempt.session, attempt.id.clone());
        let password = match hashed {
            Verdict::Made { phc } => phc,
            Verdict::Unfit => return self.not_changed(session, id, NackCode::Weak, None),
            Verdict::Busy | Verdict::Right { .. } | Verdict::Wrong => {
                return self.not_changed(session, id, NackCode::Rate, Some(POOL_RETRY));
            }
        };
        let (Aim::Passwd { device, .. }, Some(account), Some(proven)) =
            (&attempt.aim, &attempt.account, attempt.proven())
        else {
            return;
        };
        if live(&self.sessions, session).is_none() {
            return;
        }
        let op = NewPassword { account: account.id, device: device.clone(), proven, password };
        self.ask(Op::Passwd(op), Pending::Passwd(attempt));
    }

    pub(super) fn on_passwd_stored(&mut self, now: Now, attempt: &Attempt, done: Result<bool, StoreError>) {
        let (session, id) = (attempt.session, attempt.id.clone());
        match done {
            Ok(true) => {
                let text = "the account's password was changed; log in with the new one";
                self.end_others(now, attempt, text);
                self.changed(session, id);
            }
            // Somebody else changed it in between.
            Ok(false) => self.not_changed(session, id, NackCode::Credentials, None),
            Err(_) => self.not_changed(session, id, NackCode::Storage, Some(STORAGE_RETRY)),
        }
    }

    /// The password is right: the account ends.
    pub(super) fn remove(&mut self, now: Now, attempt: Box<Attempt>) {
        let (Some(account), Some(proven)) = (&attempt.account, attempt.proven()) else { return };
        let op = Removal { account: account.id, proven, now_ms: now.wall_ms };
        self.ask(Op::Remove(op), Pending::Remove(attempt));
    }

    pub(super) fn on_removed(
        &mut self,
        now: Now,
        attempt: &Attempt,
        done: Result<Option<Vec<(AccountId, Row)>>, StoreError>,
    ) {
        let (session, id) = (attempt.session, attempt.id.clone());
        match done {
            Ok(Some(rows)) => {
                let text = "the account was removed";
                self.end_others(now, attempt, text);
                self.changed(session, id);
                self.close(now, session);
                if let Some(account) = &attempt.account {
                    self.gone_for_good(account.id, None);
                }
                // Afterwards: as long as they are friends, they are told that it is off line.
                self.on_rows_made(&rows);
            }
            Ok(None) => self.not_changed(session, id, NackCode::Credentials, None),
            Err(_) => self.not_changed(session, id, NackCode::Storage, Some(STORAGE_RETRY)),
        }
    }

    /// Every other session of the account ends. A device that has changed the password keeps its token, so it may have
    /// come back with that over another connection meanwhile.
    fn end_others(&mut self, now: Now, attempt: &Attempt, text: &str) {
        let Some(account) = attempt.account.as_ref().map(|account| account.id) else { return };
        let kept = match &attempt.aim {
            Aim::Passwd { device, .. } => self.sessions_of_device(account, device),
            Aim::Login(_) | Aim::Register(_) | Aim::Remove => vec![attempt.session],
        };
        for other in self.sessions_of(account) {
            if !kept.contains(&other) {
                self.end_session(now, other, ErrorCode::Revoked, text);
            }
        }
    }

    fn changed(&mut self, session: SessionId, id: Option<Id>) {
        if self.proved(session)
            && let Some(id) = id
        {
            self.ack(session, id);
        }
    }

    pub(super) fn not_changed(
        &mut self,
        session: SessionId,
        id: Option<Id>,
        code: NackCode,
        retry: Option<Duration>,
    ) {
        if self.proved(session)
            && let Some(id) = id
        {
            self.nack(session, id, code, retry);
        }
    }

    /// The session may ask again; false if it is gone.
    fn proved(&mut self, session: SessionId) -> bool {
        let live = live_mut(&mut self.sessions, session);
        live.map(|live| live.is_proving = false).is_some()
    }
}
