//! Whose windows these are: which account is shown, and what goes when another one is.

use std::rc::Rc;

use ipc_schema::account;
use qq_slint_ui::Say;
use slint::ComponentHandle;

use super::{App, Peer, is_in};

impl App {
    /// The account that is shown: the chosen one while it exists, else the first that is logged in.
    pub(super) fn choose_account(self: &Rc<Self>) {
        let chosen = {
            let state = self.state.borrow();
            let shown = self.account.borrow();
            let found = shown.as_deref().and_then(|name| state.account(name));
            let found = found.or_else(|| state.accounts.iter().find(|account| is_in(account)));
            found.or(state.accounts.first()).map(|account| account.account.clone())
        };
        self.turn_to(chosen);
    }

    /// Shows this account. What was asked, fetched and typed for the one before does not stand under its name.
    pub(crate) fn turn_to(self: &Rc<Self>, account: Option<String>) {
        if *self.account.borrow() == account {
            return;
        }
        *self.account.borrow_mut() = account;
        let friends = self.friends.borrow().clone();
        if let Some(friends) = friends {
            friends.on_turned(self);
        }
        let settings = self.settings.borrow().clone();
        if let Some(settings) = settings {
            settings.on_turned(self);
        }
    }

    /// The user has left this account: the windows of the others stay; where there is none, login is what is left to show.
    pub(crate) fn leave_account(self: &Rc<Self>, account: &str) {
        let other = self
            .state
            .borrow()
            .accounts
            .iter()
            .find(|other| is_in(other) && other.account != account)
            .map(|other| other.account.clone());
        let Some(other) = other else {
            self.close_windows();
            return self.show_login();
        };
        if self.shows(account) {
            self.turn_to(Some(other));
        }
        let settings = self.settings.borrow().clone();
        if let Some(settings) = settings {
            settings.hide();
        }
        self.show_friends();
    }

    /// The account that somebody names, or a sentence why it is none: by its local name, else by its own word while only one
    /// is called so. The daemon finds it for qqctl by the same rule; nobody is shown in the place of somebody who was named.
    pub(super) fn named_account(&self, name: &str) -> Result<String, String> {
        let state = self.state.borrow();
        let names = || state.accounts.iter().map(|account| account.account.as_str());
        if let Some(exact) = names().find(|known| known.eq_ignore_ascii_case(name)) {
            return Ok(exact.to_owned());
        }
        let called: Vec<_> =
            names().filter(|known| account::bare(known).eq_ignore_ascii_case(name)).collect();
        let say = self.voice.global::<Say>();
        match called[..] {
            [] => Err(say.invoke_no_account(name.into()).into()),
            [one] => Ok(one.to_owned()),
            [..] => Err(say.invoke_several_accounts(name.into(), called.join(", ").into()).into()),
        }
    }

    /// The friend of the shown account that somebody names, or a sentence why it is nobody: by account, else by an own remark
    /// name that one friend has; `@NAME` is never a remark. What friends call themselves is theirs to choose, and finds nobody.
    pub(super) fn named_friend(&self, name: &str) -> Result<Peer, String> {
        let say = self.voice.global::<Say>();
        let nobody = || say.invoke_no_friend(name.into()).to_string();
        let own = self.account_name().ok_or_else(nobody)?;
        let state = self.state.borrow();
        let account = state.account(&own).ok_or_else(nobody)?;
        let friends = || account.groups.iter().flat_map(|group| &group.friends);
        let bare = name.strip_prefix('@').unwrap_or(name);
        if let Some(friend) = friends().find(|friend| friend.account.eq_ignore_ascii_case(bare)) {
            return Ok((own, friend.account.clone()));
        }
        let remarked = friends().filter(|friend| !name.is_empty() && friend.remark == name);
        let remarked: Vec<_> = remarked.map(|friend| friend.account.as_str()).collect();
        match remarked[..] {
            [] => Err(nobody()),
            [one] => Ok((own, one.to_owned())),
            [..] => Err(say.invoke_several_friends(name.into(), remarked.join(", ").into()).into()),
        }
    }

    /// Whether somebody is logged in who said that this computer is shared.
    pub(crate) fn is_shared(&self) -> bool {
        !self.shared().is_empty()
    }

    fn shared(&self) -> Vec<String> {
        let state = self.state.borrow();
        let shared = &self.prefs.borrow().shared;
        shared.iter().filter(|account| state.account(account).is_some()).cloned().collect()
    }

    /// Logs out those who said that this computer is shared, with all that is kept of them, and then ends.
    pub(super) fn forget_shared(self: &Rc<Self>) {
        let Some(name) = self.shared().pop() else { return self.go() };
        let params = account::Logout { forget: true, account: Some(name.clone()) };
        self.link.call(None, &params, move |reply| {
            App::with(|app| match reply {
                Ok(_) => {
                    app.forget(&name);
                    app.forget_name(&name);
                    app.forget_shared();
                }
                // What was promised did not happen: the windows stay, and say so.
                Err(error) => app.complain_of(&name, &crate::words::error(&app.voice, &error)),
            });
        });
    }

    /// Nothing in the settings of this computer names the account any more.
    pub(crate) fn forget_name(&self, account: &str) {
        self.prefs.borrow_mut().forget(account);
        let saved = self.prefs.borrow().save(&self.place);
        if let (Err(error), Some(settings)) = (saved, &*self.settings.borrow()) {
            settings.problem(&error.said(&self.voice));
        }
    }

    /// Says in the window that is there, or is the first to show, why somebody cannot be shown.
    pub(super) fn complain_of(self: &Rc<Self>, name: &str, sentence: &str) {
        self.show_first();
        let visible = |friends: &Rc<crate::windows::Friends>| friends.window().window().is_visible();
        let friends = self.friends.borrow().clone().filter(visible);
        if let Some(friends) = friends {
            crate::asking::tell(friends.window(), name, sentence);
        } else if let Some(login) = &*self.login.borrow() {
            login.say(sentence);
        }
    }

    /// Whether this account is the one that is shown.
    pub(crate) fn shows(&self, account: &str) -> bool {
        self.account.borrow().as_deref() == Some(account)
    }
}
