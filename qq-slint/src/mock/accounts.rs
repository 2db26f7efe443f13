//! More than one pretend account, and which of them was meant.

use ipc_schema::{Event, account};

use super::Mock;
use super::own::alice;

/// Another account at the same server.
pub(crate) const CAROL: &str = "carol@mock";

impl Mock {
    /// Carol is logged in, too; her friends are called as alice's.
    pub(crate) fn add_carol(&self) {
        let carol = ipc_schema::state::Account { account: CAROL.into(), name: "Carol".into(), ..alice() };
        let mut inner = self.lock();
        inner.state.accounts.push(carol);
        inner.whole();
    }

    /// These were logged in before.
    pub(crate) fn remember(&self, former: &[&str]) {
        self.lock().former = former.iter().map(|name| (*name).to_owned()).collect();
    }

    /// Something happens to one of them.
    pub(crate) fn event_of(&self, account: &str, event: Event) {
        self.lock().event_of(account, event);
    }

    /// An account goes as the real daemon lets it go.
    pub(crate) fn log_out(&self, account: &str) {
        let logout = account::Logout { forget: false, account: Some(account.into()) };
        let _ = self.lock().log_out(&logout);
    }

    /// The params with which a method was called, each time; with the account that it was for.
    pub(crate) fn asked(&self, method: &str) -> Vec<serde_json::Value> {
        let inner = self.lock();
        let calls = inner.called.iter().zip(&inner.params);
        calls.filter(|(called, _)| *called == method).map(|(_, params)| params.clone()).collect()
    }
}
