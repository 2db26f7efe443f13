//! Which windows are shown, and when.

use std::rc::Rc;

use super::{App, Peer, is_in};
use crate::single::Wish;
use crate::windows::{Chat, Friends, Login, Settings, Tray};

impl App {
    pub(super) fn any_window(&self) -> bool {
        self.login.borrow().is_some() || self.friends.borrow().is_some() || !self.chats.borrow().is_empty()
    }

    /// What a start of the program is for; waits until the state is known.
    pub(crate) fn wish(self: &Rc<Self>, wish: Wish) {
        self.wishes.borrow_mut().push(wish);
        self.refresh();
    }

    pub(super) fn grant(self: &Rc<Self>, wish: Wish) {
        if let Some(name) = wish.account {
            match self.named_account(&name) {
                Ok(account) => self.turn_to(Some(account)),
                Err(sentence) => {
                    crate::complain(&anyhow::anyhow!("{sentence}"));
                    if !wish.hidden {
                        self.complain_of(&name, &sentence);
                    }
                    return;
                }
            }
        }
        if let Some(link) = wish.link {
            self.show_login();
            if let Some(login) = &*self.login.borrow() {
                login.offer(&link);
            }
        } else if let Some(friend) = wish.open {
            self.open_named(&friend);
        } else if !wish.hidden {
            self.show_first();
        }
    }

    /// The window that a start without a wish shows: the friends of somebody who is logged in, else login.
    pub(crate) fn show_first(self: &Rc<Self>) {
        if self.state.borrow().accounts.iter().any(is_in) { self.show_friends() } else { self.show_login() }
    }

    pub(crate) fn show_login(self: &Rc<Self>) {
        let window = self.login.borrow().clone();
        let window = window.map_or_else(|| Login::open(self), Ok);
        self.settle(window, |window| {
            window.show(self);
            *self.login.borrow_mut() = Some(window);
        });
    }

    pub(crate) fn show_friends(self: &Rc<Self>) {
        self.make_friends();
        let window = self.friends.borrow().clone();
        if let Some(window) = window {
            window.show(self);
        }
    }

    /// The friends window as it is, or a new one that is not shown yet.
    fn make_friends(self: &Rc<Self>) {
        if self.friends.borrow().is_some() {
            return;
        }
        self.settle(Friends::open(self), |window| {
            *self.friends.borrow_mut() = Some(window.clone());
            window.refresh(self);
        });
    }

    pub(crate) fn show_settings(self: &Rc<Self>) {
        let window = self.settings.borrow().clone();
        let window = window.map_or_else(|| Settings::open(self), Ok);
        self.settle(window, |window| {
            *self.settings.borrow_mut() = Some(window.clone());
            window.show(self);
        });
    }

    /// The friend list, with the keyboard where one writes whom one wants.
    pub(crate) fn switch(self: &Rc<Self>) {
        self.show_friends();
        if let Some(friends) = &*self.friends.borrow() {
            friends.window().invoke_focus_search();
        }
    }

    /// A section of the settings.
    pub(crate) fn show_section(self: &Rc<Self>, section: qq_slint_ui::Section) {
        self.show_settings();
        let settings = self.settings.borrow().clone();
        if let Some(settings) = settings {
            settings.turn_to(self, section);
        }
    }

    /// The first to ninth conversation that is open.
    pub(crate) fn show_nth(self: &Rc<Self>, n: i32) {
        let peer =
            usize::try_from(n).ok().and_then(|n| self.chats.borrow().keys().nth(n.checked_sub(1)?).cloned());
        if let Some(peer) = peer {
            self.show_chat(&peer, true);
        }
    }

    /// The conversation after this one, or the first.
    pub(crate) fn show_next(self: &Rc<Self>, after: Option<&Peer>) {
        let next = {
            let chats = self.chats.borrow();
            let next = after.and_then(|peer| chats.keys().find(|other| *other > peer));
            next.or_else(|| chats.keys().next()).cloned()
        };
        if let Some(peer) = next {
            self.show_chat(&peer, true);
        }
    }

    /// The conversation with a friend by the account; `asked` when the user wants to see it now.
    pub(crate) fn show_chat(self: &Rc<Self>, peer: &Peer, asked: bool) {
        if self.prefs.borrow().layout == 1 {
            // Whether it appears, and with the keyboard or without, is the conversation's to say.
            self.make_friends();
        }
        let window = self.chats.borrow().get(peer).cloned();
        let window = window.map_or_else(|| Chat::open(self, peer.clone()), Ok);
        self.settle(window, |window| {
            self.chats.borrow_mut().insert(peer.clone(), window.clone());
            window.show(self, asked);
        });
    }

    /// The conversation to which the answer for a message belongs. The one that sent it may be gone, as after a change of
    /// the layout; a refused text then comes before the user again, or it would be lost, unless its account is logged out.
    pub(crate) fn answered(self: &Rc<Self>, peer: &Peer, refused: bool) -> Option<Rc<Chat>> {
        let is_there = self.chats.borrow().contains_key(peer);
        if !is_there && refused && self.state.borrow().account(&peer.0).is_some_and(is_in) {
            self.show_chat(peer, false);
        }
        self.chats.borrow().get(peer).cloned()
    }

    /// The conversation with a friend who is named, beside the friend list; else a sentence why there is none.
    pub(super) fn open_named(self: &Rc<Self>, name: &str) {
        match self.named_friend(name) {
            Ok(peer) => {
                self.show_friends();
                self.show_chat(&peer, true);
            }
            Err(sentence) => {
                crate::complain(&anyhow::anyhow!("{sentence}"));
                self.complain_of(name, &sentence);
            }
        }
    }

    /// The account is logged out: whoever comes next sees nothing of its conversations.
    pub(crate) fn forget(self: &Rc<Self>, account: &str) {
        let gone = |peer: &Peer| peer.0 == account;
        let chats = std::mem::take(&mut *self.chats.borrow_mut());
        let (left, kept): (Vec<_>, Vec<_>) = chats.into_iter().partition(|(peer, _)| gone(peer));
        self.chats.borrow_mut().extend(kept);
        self.last.borrow_mut().retain(|peer, _| !gone(peer));
        if self.beside.borrow().as_ref().is_some_and(|chat| gone(chat.peer())) {
            *self.beside.borrow_mut() = None;
            if let Some(friends) = &*self.friends.borrow() {
                friends.nobody_beside();
            }
        }
        for (_, chat) in left {
            chat.hide();
        }
    }

    /// Closes all windows; the session stays.
    pub(crate) fn close_windows(self: &Rc<Self>) {
        let chats: Vec<_> = self.chats.borrow().values().cloned().collect();
        for chat in chats {
            chat.hide();
        }
        if let Some(window) = &*self.friends.borrow() {
            window.hide();
        }
        if let Some(window) = &*self.settings.borrow() {
            window.hide();
        }
        if let Some(window) = &*self.login.borrow() {
            window.hide();
        }
    }

    pub(super) fn raise_tray(self: &Rc<Self>) {
        // Without a tray the windows do. One that nobody took goes before the next one comes.
        self.tray.borrow_mut().take();
        let tray = Tray::open().ok();
        if let Some(tray) = &tray {
            tray.refresh(self);
        }
        *self.tray.borrow_mut() = tray;
    }

    pub(super) fn settle<W>(&self, window: Result<W, slint::PlatformError>, then: impl FnOnce(W)) {
        match window {
            Ok(window) => then(window),
            Err(error) => crate::complain(&anyhow::anyhow!("a window cannot be opened: {error}")),
        }
    }
}
