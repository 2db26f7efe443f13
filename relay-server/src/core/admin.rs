//! The administrator's wishes: carried out by the store, felt at once by who is on line.

use relay_schema::ErrorCode;

use super::op::{AccountId, AdminDone, AdminError};
use super::{AdminRefusal, Core, Now, Output};

impl Core {
    pub(super) fn on_admin(&mut self, now: Now, reply: u64, done: Result<AdminDone, AdminError>) {
        let result = match done {
            Ok(AdminDone::Changed { rows, end }) => {
                let text = "the account's password was changed, or the account was removed; log in again";
                for account in &end {
                    self.end_account(now, *account, &ErrorCode::Revoked, text);
                }
                // Afterwards: as long as they are friends, they are told that it is off line.
                self.on_rows_made(&rows);
                Ok(AdminDone::Changed { rows, end })
            }
            Ok(AdminDone::Disabled(account)) => {
                let text = "the account was disabled; ask whoever runs the server";
                self.end_account(now, account, &ErrorCode::Disabled, text);
                Ok(AdminDone::Disabled(account))
            }
            Ok(AdminDone::Accounts(mut accounts)) => {
                for row in &mut accounts {
                    let id = self.names.get(&row.account);
                    let online = id.and_then(|id| self.online.get(id));
                    row.online = online.map_or(0, |online| online.sessions.len() as u64);
                }
                Ok(AdminDone::Accounts(accounts))
            }
            Ok(done @ (AdminDone::Invites(_) | AdminDone::Revoked { .. } | AdminDone::Circle(_))) => Ok(done),
            Err(error) => Err(AdminRefusal::Wish(error)),
        };
        self.outputs.push_back(Output::Admin { reply, result });
    }

    /// Every session of the account ends, in both dialects with the same word.
    fn end_account(&mut self, now: Now, account: AccountId, code: &ErrorCode, text: &str) {
        for session in self.sessions_of(account) {
            self.end_session(now, session, code.clone(), text);
        }
        self.gone_for_good(account, None);
    }
}
