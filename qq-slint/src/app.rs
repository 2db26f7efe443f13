//! The program's middle: the mirror of the daemon's state, the windows, and the way of an event to what it changes.

mod daemon;
mod disturb;
mod dress;
mod hear;
mod show;
mod sounds;
mod start;
mod whose;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use ipc_schema::{Error, State, account, friend};
use qq_slint_ui::Voice;

use crate::emoji::Pictures;
use crate::face::{self, Faces, Wanted};
use crate::half::Half;
use crate::link::{Inbox, Link, News};
use crate::prefs::{self, Prefs};
use crate::single::Wish;
use crate::sound::Player;
use crate::windows::{Chat, Friends, Login, Settings, Tray};
use crate::words;

pub(crate) use daemon::Focus;
pub(crate) use disturb::Shook;
#[cfg(test)]
pub(crate) use start::begin;
pub(crate) use start::run;

thread_local! {
    static APP: OnceCell<Rc<App>> = const { OnceCell::new() };
}

/// How the connection to the daemon is.
#[derive(Debug, Clone, Default)]
pub(crate) enum Daemon {
    /// Not there yet.
    #[default]
    Reaching,
    /// It greets.
    Here,
    /// It is gone, or cannot be started.
    Away(Error),
    /// It was told to end; nobody starts it unasked.
    Stopped,
    /// It was told to end, and is started again at once.
    Restarting,
}

/// The daemon's word for the end of a login that somebody asked for. Any other reason is a link that comes back.
const LOGGED_OUT: &str = "logout";

/// Which friend of which account: the account's local name, the friend's account.
pub(crate) type Peer = (String, String);

/// The newest message of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Last {
    /// RFC 3339, as the daemon says it.
    pub(crate) ts: String,
    /// Its beginning, in one line.
    pub(crate) text: String,
}

pub(crate) struct App {
    pub(crate) link: Link,
    pub(crate) voice: Voice,
    pub(crate) faces: Faces,
    pub(crate) emoji: Pictures,
    pub(crate) sounds: Player,
    pub(crate) state: RefCell<State>,
    pub(crate) daemon: RefCell<Daemon>,
    pub(crate) prefs: RefCell<Prefs>,
    place: prefs::Place,
    /// The account that the friend list shows.
    pub(crate) account: RefCell<Option<String>>,
    pub(crate) login: RefCell<Option<Rc<Login>>>,
    pub(crate) friends: RefCell<Option<Rc<Friends>>>,
    pub(crate) chats: RefCell<BTreeMap<Peer, Rc<Chat>>>,
    /// The conversation beside the friend list, in the one-window layout.
    pub(crate) beside: RefCell<Option<Rc<Chat>>>,
    /// The newest message of each conversation that has one.
    pub(crate) last: RefCell<BTreeMap<Peer, Last>>,
    /// Whether the daemon was asked for them since it told its state.
    pub(crate) asked_last: Cell<bool>,
    /// The reply that is being taken in changes nothing that must be shown at once.
    pub(crate) unseen: Cell<bool>,
    /// Whether pictures are being asked for right now.
    asking: Cell<bool>,
    pub(crate) settings: RefCell<Option<Rc<Settings>>>,
    tray: RefCell<Option<Tray>>,
    /// The half of the screen that new windows keep to.
    pub(crate) half: Cell<Option<Half>>,
    inbox: Arc<Inbox>,
    /// What this start, or a later one, is for; done when the state is known.
    wishes: RefCell<Vec<Wish>>,
    /// Whether the desktop wants things to stand still.
    still: Cell<bool>,
    /// Which window has the keyboard.
    focus: RefCell<Focus>,
    /// The conversation that the daemon was told to be looked at; none: it was told nothing yet.
    viewed: RefCell<Option<Option<Peer>>>,
    /// When each account came on line, as far as that was seen.
    pub(crate) came: RefCell<BTreeMap<String, Instant>>,
    /// Whether the daemon has told its state since the program started.
    knows: Cell<bool>,
    /// Whether something fills the screen.
    full: Cell<bool>,
    /// Shakes of conversations without a window, the oldest first.
    shook: RefCell<Vec<Shook>>,
}

impl App {
    /// Calls with the program; nothing happens when it has not begun.
    pub(crate) fn with(f: impl FnOnce(&Rc<Self>)) {
        let app = APP.with(|place| place.get().cloned());
        if let Some(app) = app {
            f(&app);
        }
    }

    /// Calls with the window that stands in a place of the program's; nothing happens while none does.
    pub(crate) fn with_window<W>(
        place: impl FnOnce(&Self) -> &RefCell<Option<Rc<W>>>,
        f: impl FnOnce(&Rc<W>, &Rc<Self>),
    ) {
        Self::with(|app| {
            let window = place(app).borrow().clone();
            if let Some(window) = window {
                f(&window, app);
            }
        });
    }

    /// Takes in all that has come, and shows each window once what changed.
    pub(crate) fn pump(self: &Rc<Self>) {
        let mut changed = false;
        let mut faces = false;
        for news in self.inbox.take() {
            match news {
                News::Up(writer) => {
                    self.link.on_up(writer);
                    self.on_daemon_here();
                }
                News::Down(error) => {
                    self.link.on_down(&error);
                    self.on_daemon_gone(error);
                }
                News::Reply(id, result) => {
                    // What the connection's end left here is about no reply.
                    self.unseen.set(false);
                    self.link.on_reply(id, result);
                    if self.unseen.take() {
                        continue;
                    }
                }
                News::Face(picture, pixels) => {
                    self.faces.decoded(picture, pixels);
                    faces = true;
                    continue;
                }
                News::Own(turn, done) => {
                    Settings::on_picture(self, turn, done);
                    continue;
                }
                News::Event(mut envelope) => {
                    words::disarm(&mut envelope.event);
                    self.hear(&envelope);
                }
            }
            changed = true;
        }
        if changed || (faces && self.shows_own_or_open()) {
            self.refresh();
        } else if faces {
            self.show_faces();
        }
        self.ask_pictures();
    }

    /// Where threads of this program lay what they have done.
    pub(crate) fn inbox(&self) -> Arc<Inbox> {
        self.inbox.clone()
    }

    /// Waits until something has come; for tests, which have no event loop.
    #[cfg(test)]
    pub(crate) fn wait(&self, at_most: std::time::Duration) {
        self.inbox.wait(at_most);
    }

    /// The whole state is known, for the first time or anew.
    fn on_state(self: &Rc<Self>) {
        let known = |peer: &Peer| self.state.borrow().account(&peer.0).is_some();
        let strange: Vec<_> = self.chats.borrow().keys().filter(|peer| !known(peer)).cloned().collect();
        for (account, _) in strange {
            self.forget(&account);
        }
        self.choose_account();
        let login = self.login.borrow().clone();
        if let Some(login) = login {
            login.look(self);
        }
        let chats: Vec<_> = self.chats.borrow().values().cloned().collect();
        for chat in chats {
            chat.reload(self);
        }
        self.faces.retry();
        self.forget_last();
        self.asked_last.set(false);
        self.ask_last(false);
        self.knows.set(true);
    }

    fn refresh(self: &Rc<Self>) {
        if self.knows.get() {
            let wishes = std::mem::take(&mut *self.wishes.borrow_mut());
            for wish in wishes {
                self.grant(wish);
            }
        } else if matches!(*self.daemon.borrow(), Daemon::Away(_))
            && !self.any_window()
            && self.wishes.borrow().iter().any(|wish| !wish.hidden)
        {
            // There is nothing to show without a daemon but that there is none. Whoever wants no window reads it at the tray.
            self.show_login();
        }
        self.faces.keep_for(self.chats.borrow().len());
        let login = self.login.borrow().clone();
        if let Some(login) = login {
            login.refresh(self);
        }
        let friends = self.friends.borrow().clone();
        if let Some(friends) = friends {
            friends.refresh(self);
        }
        let chats: Vec<_> = self.chats.borrow().values().cloned().collect();
        for chat in chats {
            chat.refresh(self);
        }
        let settings = self.settings.borrow().clone();
        if let Some(settings) = settings {
            settings.refresh(self);
        }
        if let Some(tray) = &*self.tray.borrow() {
            tray.refresh(self);
        }
        self.show_faces();
        self.ask_pictures();
    }

    /// The mirror of the account that is shown.
    pub(crate) fn current<R>(&self, f: impl FnOnce(&ipc_schema::state::Account) -> R) -> Option<R> {
        let name = self.account.borrow().clone()?;
        self.state.borrow().account(&name).map(f)
    }

    /// The local name of the account that is shown.
    pub(crate) fn account_name(&self) -> Option<String> {
        self.account.borrow().clone()
    }

    /// Whether a picture has come that stands elsewhere than in a row of the friend list.
    fn shows_own_or_open(&self) -> bool {
        let state = self.state.borrow();
        let own = state.accounts.iter().map(|account| account.picture.as_str());
        let chats = self.chats.borrow();
        let open = chats.keys().filter_map(|(account, friend)| {
            state.account(account)?.friend(friend).map(|friend| friend.picture.as_str())
        });
        own.chain(open).any(|picture| self.faces.has_come(picture))
    }

    /// The rows of the friend list whose pictures have come look at them.
    fn show_faces(&self) {
        let came = self.faces.take_came();
        let friends = self.friends.borrow().clone();
        if let Some(friends) = friends.filter(|_| !came.is_empty()) {
            friends.look_at_faces(&came);
        }
    }

    /// A picture that somebody looks at: it is asked for when it is not here.
    pub(crate) fn picture(&self, account: &str, friend: Option<&str>, picture: &str) -> Option<slint::Image> {
        let friend = friend.map(str::to_owned);
        self.faces.look(&Wanted { account: account.to_owned(), friend, picture: picture.to_owned() })
    }

    /// As [`App::picture`], for a row that is being drawn: what is to be asked for is asked for after that.
    pub(crate) fn picture_of_row(&self, account: &str, friend: &str, picture: &str) -> Option<slint::Image> {
        let picture = self.picture(account, Some(friend), picture);
        if self.faces.has_next() {
            // Without an event loop the next news does it.
            let _ = slint::invoke_from_event_loop(|| App::with(|app| app.ask_pictures()));
        }
        picture
    }

    /// Asks for the pictures that are looked at and that are not here, some at once.
    fn ask_pictures(&self) {
        if self.asking.replace(true) {
            // A call that cannot be written is answered at once, within the loop below.
            return;
        }
        while let Some(Wanted { account, friend, picture }) = self.faces.next() {
            self.link.call(Some(&account), &friend::Picture { friend }, move |reply| {
                App::with(|app| {
                    let path = reply.map(|pictured| pictured.path.map(PathBuf::from)).map_err(drop);
                    app.faces.answered(&picture, path);
                    // There is nothing to see until it is decoded.
                    app.unseen.set(true);
                    app.ask_pictures();
                });
            });
        }
        self.asking.set(false);
    }

    /// One's own face.
    pub(crate) fn own_face(&self, account: &ipc_schema::state::Account) -> qq_slint_ui::Face {
        let shown = shown_name(account);
        let own = account::bare(&account.account);
        let picture = self.picture(&account.account, None, &account.picture);
        face::face(own, &shown, picture, face::presence(account.presence, account.invisible))
    }

    /// The face of a friend of this account.
    pub(crate) fn friend_face(&self, account: &str, friend: &friend::Entry) -> qq_slint_ui::Face {
        let picture = self.picture(account, Some(&friend.account), &friend.picture);
        face::face(&friend.account, friend.shown(), picture, face::presence(friend.state, false))
    }
}

/// One's own name: the profile's, else the account's.
pub(crate) fn shown_name(account: &ipc_schema::state::Account) -> String {
    if account.name.is_empty() { account::bare(&account.account).to_owned() } else { account.name.clone() }
}

/// Whether an account is logged in, with or without a link at the moment.
pub(crate) fn is_in(account: &ipc_schema::state::Account) -> bool {
    account.link.state != account::State::Offline
}
