//! An account that is kept here and that its relay does not let in any more comes back by the link of another device, or of
//! whoever runs the relay: as the same device, with all that it has here.

use ipc_schema::Request;
use ipc_schema::account::Join;

use super::plan::{Plan, Way};
use super::{Core, is_same};
use crate::core::account::Account;
use crate::core::link::Stage;
use crate::core::login::{Asker, Credential, Wanted};
use crate::core::op;
use crate::core::request::{Caller, MAX_OPEN, ReplyTo, Waiting};

impl Core {
    /// The place of the account that is to be logged in again by this plan, if it is for one that is here.
    pub(super) fn back_by(&self, plan: &Plan) -> Option<usize> {
        let name = plan.ticket.name.as_deref().filter(|_| plan.way == Way::Device)?;
        let pin = plan.trust.as_deref();
        let meant = |one: &op::Account| plan.places.iter().any(|place| is_same(one, name, place, pin));
        let may = |one: &Account| one.account.as_ref().is_some_and(meant) && one.may_come_back();
        self.accounts.iter().position(may)
    }

    /// Logs it in again; while its first try since the start is under way only the outcome says whether that is needed.
    pub(super) fn come_back(&mut self, at: usize, caller: Caller, plan: Plan, params: &Join) {
        let early = self.accounts.get_mut(at).and_then(|account| account.early.as_mut());
        match early.filter(|early| early.waiting.len() < MAX_OPEN) {
            Some(early) => {
                let request = Request::AccountJoin(params.clone());
                early.waiting.push(Waiting { caller, call: request.into() });
            }
            None => self.give_to(at, caller, |account, to| account.come_back(to, plan)),
        }
    }
}

impl Account {
    /// It is kept here, and there is no session and no login on its way that could be a good one.
    pub(in crate::core) fn is_out(&self) -> bool {
        let busy = self.login.is_some() || self.logout.is_some() || self.saving.is_some();
        self.account.is_some() && !busy && matches!(self.link.stage, Stage::Idle | Stage::Waiting { .. })
    }

    /// The same, or nobody knows yet.
    fn may_come_back(&self) -> bool {
        self.is_out() || self.early.is_some()
    }

    /// By the code of a link. The key of the relay stays the one that is trusted here.
    fn come_back(&mut self, to: ReplyTo<Join>, plan: Plan) {
        let Some(account) = self.account.clone() else { return };
        // One that is not where it was has the same key.
        let stays = plan.places.contains(&account.relay);
        let places = if stays { Vec::new() } else { plan.places };
        self.login = Some(Wanted {
            to: Asker::Join(to),
            account,
            credential: Credential::Code(plan.ticket.code),
            trust: None,
            places,
            attempt: None,
            entrance: None,
        });
        self.start_login();
    }
}
