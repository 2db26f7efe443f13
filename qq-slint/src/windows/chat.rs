//! A conversation in a window of its own: its messages page by page, writing, typing, the shake.

mod appear;
mod draft;
mod elsewhere;
mod export;
mod find;
mod hear;
pub(crate) mod pages;
mod shake;
mod write;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use ipc_schema::chat::{self, Message};
use ipc_schema::{account, friend, presence};
use qq_slint_ui::{ChatWindow, Say};
use slint::{ComponentHandle, Model, ModelRc, PhysicalPosition, SharedString, Timer, VecModel};

use super::rows::{self, Entry, View};
use super::stage::Stage;
use crate::app::{App, Focus, Peer};
use crate::half::Part;
use crate::{asking, face, rich, winext, words};

/// What its size is remembered by, and the size before there is one to remember: logical pixels.
const KIND: &str = "chat";
const SIZE: (f32, f32) = (600.0, 560.0);

pub(crate) struct Chat {
    peer: Peer,
    stage: Stage,
    rows: Rc<VecModel<qq_slint_ui::Row>>,
    entries: RefCell<Vec<Entry>>,
    loading: Cell<bool>,
    /// The ids of one's own messages that the daemon has not answered for yet.
    sending: RefCell<Vec<String>>,
    /// Something came while the end was in view: the next refresh goes there.
    follows: Cell<bool>,
    /// A message that was not taken and is back in its field, and the id it had.
    again: RefCell<Option<(String, String)>>,
    /// What no daemon took while something else stood in the field: it stands at the end as failed, whatever page is here.
    unsent: RefCell<Vec<Entry>>,
    /// The messages changed while nobody saw the window.
    stale: Cell<bool>,
    /// What a screen reader is to hear, when the pause after the first of it is over.
    sayings: RefCell<Vec<String>>,
    /// Runs while the list looks for its end.
    settling: Timer,
    /// It is being told that the messages were read.
    telling: Cell<bool>,
    /// How many were unread when that was told last: where it did not help, it is not told again and again.
    told: Cell<Option<u32>>,
    /// What both were called when the rows were made.
    drawn: RefCell<String>,
    /// What was written by another program is being fetched.
    looking: Cell<bool>,
    /// There is a reason to look that could not be followed yet.
    unlooked: Cell<bool>,
    /// Which of the questions for messages is the last.
    turn: Cell<u64>,
    /// There are older messages than are here.
    more: Cell<bool>,
    /// There are newer messages than are here.
    newer: Cell<bool>,
    unread_from: RefCell<Option<String>>,
    /// What stands below the line "New messages" was not seen yet.
    fresh: Cell<bool>,
    /// How many messages were unread when the conversation was opened: they are counted as read before they are here.
    missed: Cell<u32>,
    typed: Cell<Option<Instant>>,
    friend_types: Cell<bool>,
    problem: RefCell<String>,
    /// What was typed while another conversation stood beside the friend list.
    draft: RefCell<String>,
    /// What the daemon keeps of it.
    kept: RefCell<String>,
    drafting: Timer,
    place: Cell<Option<PhysicalPosition>>,
    shaking: Timer,
    search: find::Search,
}

impl Chat {
    pub(crate) fn open(app: &Rc<App>, peer: Peer) -> Result<Rc<Self>, slint::PlatformError> {
        let stage = match (app.prefs.borrow().layout, &*app.friends.borrow()) {
            (1, Some(friends)) => Stage::Beside(friends.window().clone_strong()),
            _ => Stage::Own(ChatWindow::new()?),
        };
        let rows = Rc::new(VecModel::default());
        let chat = Rc::new(Self {
            peer,
            stage,
            rows,
            entries: RefCell::default(),
            loading: Cell::new(false),
            sending: RefCell::default(),
            follows: Cell::new(false),
            again: RefCell::default(),
            unsent: RefCell::default(),
            stale: Cell::new(false),
            sayings: RefCell::default(),
            settling: Timer::default(),
            telling: Cell::new(false),
            told: Cell::new(None),
            drawn: RefCell::default(),
            looking: Cell::new(false),
            unlooked: Cell::new(false),
            turn: Cell::new(0),
            more: Cell::new(true),
            newer: Cell::new(false),
            unread_from: RefCell::default(),
            fresh: Cell::new(false),
            missed: Cell::new(0),
            typed: Cell::new(None),
            friend_types: Cell::new(false),
            problem: RefCell::default(),
            draft: RefCell::default(),
            kept: RefCell::default(),
            drafting: Timer::default(),
            place: Cell::new(None),
            shaking: Timer::default(),
            search: find::Search::default(),
        });
        if let Stage::Own(window) = &chat.stage {
            app.size(KIND, window.window(), SIZE);
            chat.bind();
            asking::bind(window);
            chat.bind_window(window);
            if let Some(half) = app.half.get() {
                half.place(window.window(), Part::Chat);
            }
        }
        chat.dress(app);
        chat.missed_shakes(app);
        chat.missed.set(chat.unread(app));
        chat.fresh.set(chat.missed.get() > 0);
        chat.older(app);
        chat.meet_draft(app);
        Ok(chat)
    }

    /// Ties what is pressed to what is done.
    fn bind(self: &Rc<Self>) {
        let talk = self.stage.talk();
        talk.set_rows(ModelRc::from(self.rows.clone()));
        self.stage.bind_rich();
        let open = self.doing(|chat, app, link: SharedString| chat.stage.ask(app, rich::question(link)));
        self.stage.rich().on_open(open);
        talk.on_banner_acted(|| App::with(App::on_trouble_acted));
        talk.on_send(self.doing(|chat, app, text: SharedString| chat.send(app, &text)));
        talk.on_typed(self.doing(|chat, app, text: SharedString| chat.type_on(app, &text)));
        talk.on_retry(self.doing(|chat, app, id: SharedString| chat.retry(app, &id)));
        talk.on_discard(self.doing(|chat, app, id: SharedString| chat.discard(app, &id)));
        talk.on_explain(self.doing(|chat, app, id: SharedString| chat.explain(app, &id)));
        talk.on_put(draft::put);
        talk.on_quote(self.doing(|chat, _, id: SharedString| chat.quote(&id)));
        talk.on_search(self.doing(|chat, app, words: SharedString| chat.search(app, &words)));
        talk.on_search_next(self.doing(Self::search_next));
        talk.on_emoji_search(self.doing(|chat, _, words: SharedString| chat.emoji(&words)));
        let about = self.doing(|chat, app, ()| chat.about(app));
        talk.on_profile(move || about(()));
        let export = self.doing(|chat, app, ()| chat.export(app));
        talk.on_export_all(move || export(()));
        let jump = self.doing(|chat, app, ()| chat.jump(app));
        talk.on_jump(move || jump(()));
        let shake = self.doing(|chat, app, ()| chat.shake(app));
        talk.on_shake(move || shake(()));
        let older = self.doing(|chat, app, ()| chat.older(app));
        talk.on_older(move || older(()));
        let later = self.doing(|chat, app, ()| chat.later(app));
        talk.on_later(move || later(()));
        let newest = self.doing(|chat, app, ()| chat.newest(app, |_, _| {}));
        talk.on_newest(move || newest(()));
        let seen = self.doing(|chat, app, ()| chat.seen(app));
        talk.on_seen(move || seen(()));
    }

    /// What a window of its own hears.
    fn bind_window(self: &Rc<Self>, window: &ChatWindow) {
        let leave = self.doing(|chat, app, ()| {
            chat.keep_draft(app);
            chat.hide();
        });
        window.on_leave(move || leave(()));
        window.on_switcher(|| App::with(App::switch));
        window.on_nth(|n| App::with(|app| app.show_nth(n)));
        let peer = self.peer.clone();
        window.on_next(move || App::with(|app| app.show_next(Some(&peer))));
        winext::on_focus(window.window(), self.doing(Self::on_focus));
        let weak = Rc::downgrade(self);
        window.window().on_close_requested(move || {
            if let Some(chat) = weak.upgrade() {
                App::with(|app| app.keep_size(KIND, chat.stage.window()));
                chat.place.set(winext::position(chat.stage.window()));
                App::with(|app| chat.keep_draft(app));
                chat.lose_focus();
                chat.put_away();
            }
            slint::CloseRequestResponse::HideWindow
        });
    }

    /// Its own window has got the keyboard, or lost it.
    pub(crate) fn on_focus(self: &Rc<Self>, app: &Rc<App>, gained: bool) {
        app.on_focus(Focus::Chat(self.peer.clone()), gained);
        if gained {
            self.told.set(None);
            // Whoever reads far up has not seen what came at the end.
            self.look(app);
        }
    }

    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    fn doing<T: 'static>(
        self: &Rc<Self>,
        f: impl Fn(&Rc<Self>, &Rc<App>, T) + 'static,
    ) -> impl Fn(T) + 'static {
        let weak = Rc::downgrade(self);
        move |what| {
            if let Some(chat) = weak.upgrade() {
                App::with(|app| f(&chat, app, what));
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn window(&self) -> &ChatWindow {
        match &self.stage {
            Stage::Own(window) => window,
            Stage::Beside(_) => panic!("the conversation has no window of its own"),
        }
    }

    pub(crate) fn dress(&self, app: &App) {
        self.stage.dress(app);
        self.stage.talk().set_enter_sends(app.prefs.borrow().enter_sends);
    }

    /// Closes for good; gives what was typed and not sent.
    pub(crate) fn leave(self: &Rc<Self>, app: &App) -> String {
        self.keep_unsent(app);
        let typed = self.typed_text(app);
        self.keep_draft(app);
        self.hide();
        typed
    }

    /// What was typed in another layout.
    pub(crate) fn put_draft(&self, app: &App, draft: &str) {
        if self.is_shown(app) {
            self.stage.talk().set_draft(draft.into());
        }
        *self.draft.borrow_mut() = draft.to_owned();
    }

    /// Shows what has changed; in a window that nobody sees when it is seen again.
    pub(crate) fn refresh(self: &Rc<Self>, app: &App) {
        if self.stage.window().is_visible() {
            self.draw(app);
        } else {
            self.stale.set(true);
        }
    }

    pub(super) fn draw(self: &Rc<Self>, app: &App) {
        if !self.is_shown(app) {
            return;
        }
        self.stale.set(false);
        let talk = self.stage.talk();
        let state = app.state.borrow();
        let Some(mirror) = state.account(&self.peer.0) else { return };
        let friend = mirror.friend(&self.peer.1);
        let stranger = friend::Entry { account: self.peer.1.clone(), ..friend::Entry::default() };
        let known = friend.unwrap_or(&stranger);
        let online = known.state != presence::State::Offline;
        let friend_face = app.friend_face(&self.peer.0, known);
        talk.set_friend(self.peer.1.as_str().into());
        talk.set_name(known.shown().into());
        talk.set_face(friend_face.clone());
        let say = app.voice.global::<Say>();
        let status = if known.note.is_empty() {
            say.invoke_presence(face::presence(known.state, false))
        } else {
            known.note.as_str().into()
        };
        talk.set_status(status);
        talk.set_typing(self.friend_types.get());
        talk.set_loading(self.loading.get());
        talk.set_more(self.more.get());
        talk.set_newer(self.newer.get());
        talk.set_banner_action(app.trouble_action_of(Some(&self.peer.0)));
        talk.set_banner(app.trouble_of(Some(&self.peer.0)).into());
        talk.set_can_shake(friend.is_some() && online);
        talk.set_problem(self.problem.borrow().as_str().into());
        let is_linked = app.is_here() && mirror.link.state == account::State::Online;
        let hint = if mirror.blocked.contains(&self.peer.1) {
            say.invoke_blocked(known.shown().into())
        } else if friend.is_none() {
            say.invoke_stranger(known.shown().into())
        } else if online || !is_linked {
            // Without a link of one's own nobody knows whether the friend is there: the bar says what keeps the message.
            "".into()
        } else {
            say.invoke_peer_offline(known.shown().into())
        };
        talk.set_hint(hint);
        if let Stage::Own(window) = &self.stage {
            window.set_unread(i32::try_from(known.unread).unwrap_or(i32::MAX));
        }
        let (unread_from, found) = (self.unread_from.borrow(), self.found());
        let view = View {
            voice: &app.voice,
            own: account::bare(&self.peer.0),
            own_face: app.own_face(mirror),
            friend_name: known.shown(),
            friend_face,
            unread_from: unread_from.as_deref(),
            found: found.as_deref(),
            now: crate::clock::now(),
            zone: crate::clock::zone(),
        };
        let names = format!("{} {}", say.invoke_me(), known.shown());
        let same = *self.drawn.borrow() == names;
        *self.drawn.borrow_mut() = names;
        let before = rows::Drawn::new(self.rows.iter(), same);
        let (entries, unsent) = (self.entries.borrow(), self.unsent.borrow());
        let all = entries.iter().chain(unsent.iter().filter(|_| !self.newer.get()));
        super::slide(&self.rows, rows::rows(all, &view, &before), |row| row.id.clone());
        drop((state, entries, unsent));
        if self.follows.take() {
            self.to_end();
        } else {
            self.look(app);
        }
    }

    /// The newest messages count as read if the user has them in view.
    fn look(self: &Rc<Self>, app: &App) {
        let is_told = self.told.get() == Some(self.unread(app));
        if self.in_view(app) && !self.newer.get() && self.stage.is_at_end() && !is_told {
            self.seen(app);
        }
    }

    /// Which row of the list shows this message.
    fn row_of(&self, id: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.id == id)
    }

    /// The newest messages were seen: they count as read.
    fn seen(self: &Rc<Self>, app: &App) {
        self.fresh.set(false);
        let unread = self.unread(app);
        if unread == 0 || self.telling.replace(true) {
            return;
        }
        self.told.set(Some(unread));
        let params = chat::Read { to: Some(self.to()), peek: false };
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &params, move |_| {
            // What came meanwhile is looked at with the next refresh, which follows the reply.
            if let Some(chat) = weak.upgrade() {
                chat.telling.set(false);
            }
        });
    }

    /// How many messages of the friend were not seen, by the mirror.
    fn unread(&self, app: &App) -> u32 {
        let state = app.state.borrow();
        let friend = state.account(&self.peer.0).and_then(|mirror| mirror.friend(&self.peer.1));
        friend.map_or(0, |friend| u32::try_from(friend.unread).unwrap_or(u32::MAX))
    }

    fn fail(self: &Rc<Self>, app: &App, error: &ipc_schema::Error) {
        *self.problem.borrow_mut() = words::error(&app.voice, error);
        self.refresh(app);
    }

    /// The friend, for a method's `to`: an account, whatever verbs there are.
    fn to(&self) -> String {
        format!("@{}", self.peer.1)
    }
}

fn message(entry: &Entry) -> Option<&Message> {
    match entry {
        Entry::Message(message) => Some(message),
        Entry::Event { .. } => None,
    }
}

/// Whether a message is the one with this id: each sender counts their own.
fn is_named(message: &Message, from: &str, id: &str) -> bool {
    message.id == id && message.from == from
}
