//! A call whose device is gone for good: the other side is told that it is over, which it would not hear otherwise. (Media
//! may go another way than by the relay, and a quiet line is not a dead one.)

use relay_schema::{CallEnd, CallReason, Id};

use super::super::op::AccountId;
use super::super::presence::Lost;
use super::super::{Class, Core};

impl Core {
    /// A call was accepted: from now on these two devices are in it.
    pub(super) fn begin_call(&mut self, one: (AccountId, &str), other: (AccountId, &str), call: &Id) {
        for ((account, device), with) in [(one, other.0), (other, one.0)] {
            if let Some(online) = self.online.get_mut(&account) {
                online.presence.begin_call(device, with, call);
            }
        }
    }

    /// One of the two says that it is over. What is said to, or by, devices that are not in it ends nothing.
    pub(super) fn end_call(
        &mut self,
        account: AccountId,
        device: &str,
        friend: AccountId,
        to_device: Option<&str>,
        call: &Id,
    ) {
        let is_in = |account: AccountId, device: &str, other: AccountId| {
            self.online.get(&account).is_some_and(|online| online.presence.is_in_call(device, other, call))
        };
        if !is_in(account, device, friend) || to_device.is_some_and(|to| !is_in(friend, to, account)) {
            return;
        }
        self.forget_accepted(account, friend, call);
    }

    /// A device of `account` is gone for good, and with it these calls.
    pub(in crate::core) fn end_lost(&mut self, account: AccountId, lost: Vec<Lost>) {
        for Lost { device, other, call } in lost {
            self.forget_accepted(account, other, &call);
            let (Some(own), Some(friend)) = (self.online.get(&account), self.online.get(&other)) else {
                continue;
            };
            let end = CallEnd {
                myaccount: own.name.clone(),
                friendaccount: friend.name.clone(),
                call,
                reason: CallReason::Failed,
                id: None,
                device: Some(device),
                to_device: None,
            };
            for session in self.full_sessions(other) {
                self.emit(session, Class::Ephemeral, end.clone());
            }
        }
    }

    fn forget_accepted(&mut self, account: AccountId, other: AccountId, call: &Id) {
        for (account, other) in [(account, other), (other, account)] {
            if let Some(online) = self.online.get_mut(&account) {
                online.presence.end_call(other, call);
            }
        }
    }
}
