//! The daemon under the windows: which conversation it is told to be looked at, windows that somebody wants, its end, and
//! what the quiet bar says of it.

use std::rc::Rc;
use std::time::Duration;

use ipc_schema::daemon::{Stop, Stopped, View, Wanted, is_newer};
use ipc_schema::{Code, Error, presence};
use qq_slint_ui::Say;
use slint::{ComponentHandle, Timer};

use super::start::again;
use super::{App, Daemon, Peer};
use crate::single::Wish;
use crate::{winext, words};

/// How long the end of the program waits for the daemon's.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Which window has the keyboard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Focus {
    /// None of ours, or one without a conversation.
    #[default]
    Away,
    /// The friend list, perhaps with a conversation beside it.
    Friends,
    /// A conversation's own.
    Chat(Peer),
}

/// A window that is wanted is made within this.
const TOKEN: std::time::Duration = std::time::Duration::from_secs(2);

impl App {
    /// A window has got the keyboard, or lost it.
    pub(crate) fn on_focus(&self, window: Focus, gained: bool) {
        let mut focus = self.focus.borrow_mut();
        if gained {
            *focus = window;
        } else if *focus == window {
            *focus = Focus::Away;
        }
        drop(focus);
        self.tell_view();
    }

    /// Whether the friend list has the keyboard.
    pub(crate) fn is_in_friends(&self) -> bool {
        *self.focus.borrow() == Focus::Friends
    }

    /// Tells the daemon which conversation the user looks at, if that is another one than it knows.
    pub(crate) fn tell_view(&self) {
        let viewed = self.in_focus();
        if self.viewed.borrow().as_ref() == Some(&viewed) || !matches!(*self.daemon.borrow(), Daemon::Here) {
            return;
        }
        *self.viewed.borrow_mut() = Some(viewed.clone());
        let (account, friend) = viewed.unzip();
        let to = friend.map(|friend| format!("@{friend}"));
        let full = self.full.get();
        let opens = match self.on_message() {
            0 => !full,
            choice => choice != 1,
        };
        // A daemon that is too old to hear it notifies once too often.
        self.link.call(account.as_deref(), &View { to, opens, full }, drop);
    }

    /// The conversation whose window has the keyboard.
    pub(crate) fn in_focus(&self) -> Option<Peer> {
        match &*self.focus.borrow() {
            Focus::Away => None,
            Focus::Friends => self.beside.borrow().as_ref().map(|chat| chat.peer().clone()),
            Focus::Chat(peer) => Some(peer.clone()),
        }
    }

    /// The daemon greets: it knows of no window yet.
    pub(super) fn on_daemon_here(&self) {
        *self.daemon.borrow_mut() = Daemon::Here;
        *self.viewed.borrow_mut() = None;
        self.tell_view();
    }

    /// The connection is gone, or could not be made.
    pub(super) fn on_daemon_gone(&self, error: Error) {
        let mut daemon = self.daemon.borrow_mut();
        *daemon = match &*daemon {
            Daemon::Stopped => Daemon::Stopped,
            // One that was here is started again at once; only a try that failed is worth a sentence.
            Daemon::Restarting | Daemon::Here => Daemon::Reaching,
            Daemon::Reaching | Daemon::Away(_) => Daemon::Away(error),
        };
        drop(daemon);
        self.darken();
    }

    /// `daemon.stopped`: whoever waits for it again starts it; else the user does.
    pub(super) fn on_stopped(&self, stopped: &Stopped) {
        *self.daemon.borrow_mut() = if stopped.restart { Daemon::Restarting } else { Daemon::Stopped };
        self.darken();
    }

    /// Without the daemon nobody is on line, and nobody knows who of the friends is.
    fn darken(&self) {
        for account in &mut self.state.borrow_mut().accounts {
            account.presence = presence::State::Offline;
            for friend in account.groups.iter_mut().flat_map(|group| &mut group.friends) {
                friend.state = presence::State::Offline;
            }
        }
    }

    /// Whether there is a daemon now.
    pub(crate) fn is_here(&self) -> bool {
        matches!(*self.daemon.borrow(), Daemon::Here)
    }

    pub(super) fn on_wanted(self: &Rc<Self>, account: Option<&str>, wanted: &Wanted) {
        winext::keep_token(wanted.token.clone());
        match (account, &wanted.to) {
            (Some(account), Some(friend)) => self.show_chat(&(account.to_owned(), friend.clone()), true),
            _ => {
                let account = account.map(str::to_owned);
                self.grant(Wish { account, link: wanted.link.clone(), ..Wish::default() });
            }
        }
        // A window that is there already cannot use it, and the next one that opens was not asked for.
        Timer::single_shot(TOKEN, || winext::keep_token(None));
    }

    /// Goes off line and ends: the daemon is told to end, too. It keeps the logins, and starts again with the next window.
    ///
    /// On a shared computer those who are logged in are logged out and forgotten first.
    pub(crate) fn quit(self: &Rc<Self>) {
        if self.is_shared() && matches!(*self.daemon.borrow(), Daemon::Here) {
            return self.forget_shared();
        }
        self.go();
    }

    /// Goes off line and ends, with what is kept as it is.
    pub(super) fn go(self: &Rc<Self>) {
        self.keep_unsent(|_| true);
        self.keep_drafts();
        if !matches!(*self.daemon.borrow(), Daemon::Here) {
            return leave();
        }
        Timer::single_shot(PATIENCE, leave);
        self.stop_daemon(false, leave);
    }

    /// Ends the daemon that is too old; whoever waits for it starts the new one.
    fn restart_daemon(self: &Rc<Self>) {
        self.keep_drafts();
        self.stop_daemon(true, || {});
    }

    fn stop_daemon(&self, restart: bool, then: impl FnOnce() + 'static) {
        let pid = self.state.borrow().daemon.pid;
        self.link.call(None, &Stop { restart }, move |reply| {
            if let (Err(error), Ok(pid)) = (reply, i32::try_from(pid))
                && error.code == Code::UnknownMethod
                && pid > 0
            {
                use nix::sys::signal::{Signal, kill};
                // It is older than the method; one that has ended already is off line, too.
                let _ = kill(nix::unistd::Pid::from_raw(pid), Signal::SIGTERM);
            }
            then();
        });
    }

    fn keep_drafts(&self) {
        for chat in self.chats.borrow().values() {
            chat.keep_draft(self);
        }
    }

    /// What no daemon has taken becomes part of the drafts: these windows do not come again as they are.
    fn keep_unsent(&self, meant: impl Fn(&str) -> bool) {
        for chat in self.chats.borrow().values().filter(|chat| meant(&chat.peer().0)) {
            chat.keep_unsent(self);
        }
    }

    /// What is typed to friends of this account is kept: once it is logged out nobody takes it.
    pub(crate) fn keep_drafts_of(&self, account: &str) {
        self.keep_unsent(|of| of == account);
        for chat in self.chats.borrow().values().filter(|chat| chat.peer().0 == account) {
            chat.keep_draft(self);
        }
    }

    /// The quiet bar over what is about the shown account.
    pub(crate) fn trouble(&self) -> String {
        self.trouble_of(self.account_name().as_deref())
    }

    /// The quiet bar: what is wrong with the daemon, else with the link of this account, else what is new.
    pub(crate) fn trouble_of(&self, account: Option<&str>) -> String {
        let say = self.voice.global::<Say>();
        match &*self.daemon.borrow() {
            Daemon::Reaching | Daemon::Restarting => return say.invoke_daemon_away().to_string(),
            Daemon::Stopped => return say.invoke_daemon_stopped().to_string(),
            Daemon::Away(error) if error.code == Code::Version => {
                let version = words::field(error, "daemon").into();
                return match words::field(error, "update") {
                    "qqd" => say.invoke_daemon_older(version),
                    _ => say.invoke_daemon_newer(version),
                }
                .to_string();
            }
            Daemon::Away(error) => {
                return say.invoke_daemon_missing(error.message.as_str().into()).to_string();
            }
            Daemon::Here => {}
        }
        let link = self.link_of(account);
        match self.outdated().or_else(|| self.overtaken()) {
            Some(installed) if link.is_empty() => say.invoke_outdated(installed.into()).to_string(),
            _ => link,
        }
    }

    /// What the press in the bar over what is about the shown account says.
    pub(crate) fn trouble_action(&self) -> slint::SharedString {
        self.trouble_action_of(self.account_name().as_deref())
    }

    /// What the press in this account's bar says; empty for none.
    pub(crate) fn trouble_action_of(&self, account: Option<&str>) -> slint::SharedString {
        let say = self.voice.global::<Say>();
        match &*self.daemon.borrow() {
            Daemon::Stopped => say.invoke_go_on_line(),
            Daemon::Reaching | Daemon::Restarting | Daemon::Away(_) => say.invoke_restart(),
            Daemon::Here
                if self.link_of(account).is_empty()
                    && self.outdated().or_else(|| self.overtaken()).is_some() =>
            {
                say.invoke_restart_now()
            }
            Daemon::Here => slint::SharedString::default(),
        }
    }

    /// The bar was pressed.
    pub(crate) fn on_trouble_acted(self: &Rc<Self>) {
        let (here, stopped) = {
            let daemon = self.daemon.borrow();
            (matches!(*daemon, Daemon::Here), matches!(*daemon, Daemon::Stopped))
        };
        if here && self.outdated().is_some() {
            return self.restart_daemon();
        }
        if here && self.overtaken().is_some() {
            return self.begin_anew();
        }
        if stopped {
            *self.daemon.borrow_mut() = Daemon::Reaching;
        }
        self.link.retry();
        self.pump_later();
    }

    /// The daemon cannot be started, and a sentence says why.
    pub(crate) fn is_without_daemon(&self) -> bool {
        matches!(*self.daemon.borrow(), Daemon::Away(_))
    }

    /// What is wrong with the link of this account; empty when nothing is.
    fn link_of(&self, account: Option<&str>) -> String {
        let state = self.state.borrow();
        let account = account.and_then(|account| state.account(account));
        account.map(|account| words::link(&self.voice, &account.link)).unwrap_or_default()
    }

    /// The version that is installed instead of the daemon that runs, where another one is; empty where it has the same number.
    fn outdated(&self) -> Option<String> {
        let state = self.state.borrow();
        let outdated = state.daemon.outdated.as_ref()?;
        let other = outdated.installed.clone().filter(|installed| *installed != outdated.running);
        Some(other.unwrap_or_default())
    }

    /// The daemon's version, where it is newer than this program: another one is installed than the one that runs.
    fn overtaken(&self) -> Option<String> {
        let daemon = self.state.borrow().daemon.version.clone();
        is_newer(&daemon, env!("CARGO_PKG_VERSION")).then_some(daemon)
    }

    /// Once the drafts are kept the program that is installed takes the place of this one.
    fn begin_anew(&self) {
        self.keep_unsent(|_| true);
        self.keep_drafts();
        // The daemon answers in order: what was asked before is done by then.
        self.link.call(None, &View::default(), |_| again());
    }

    /// The windows show what changed without news from the daemon.
    fn pump_later(&self) {
        Timer::single_shot(Duration::ZERO, || App::with(Self::refresh));
    }
}

fn leave() {
    // Fails only when the loop has ended already.
    let _ = slint::quit_event_loop();
}
