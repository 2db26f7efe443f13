//! A conversation in a window of its own: its messages page by page, writing, typing, the shake.

mod draft;
mod elsewhere;
mod export;
mod find;
pub(crate) mod pages;
mod shake;
mod write;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use ipc_schema::chat::{self, Message, State};
use ipc_schema::{Event, account, friend, presence};
use qq_slint_ui::{ChatWindow, Say};
use slint::{ComponentHandle, Model, ModelRc, PhysicalPosition, SharedString, Timer, VecModel};

use super::rows::{self, Entry, View};
use super::stage::Stage;
use crate::app::{App, Focus, Peer};
use crate::half::Part;
use crate::{face, rich, winext, words};

/// When a screen reader knows a window that has just been opened.
const SETTLED: std::time::Duration = std::time::Duration::from_millis(400);
/// What its size is remembered by, and the size before there is one to remember: logical pixels.
const KIND: &str = "chat";
const SIZE: (f32, f32) = (600.0, 560.0);

pub(crate) struct Chat {
    peer: Peer,
    stage: Stage,
    rows: Rc<VecModel<qq_slint_ui::Row>>,
    entries: RefCell<Vec<Entry>>,
    loading: Cell<bool>,
    /// How many of one's own messages the daemon has not answered for yet.
    sending: Cell<u32>,
    /// Something came while the end was in view: the next refresh goes there.
    follows: Cell<bool>,
    /// A message that was not taken, and the id it had.
    again: RefCell<Option<(String, String)>>,
    /// What was written by another program is being fetched.
    looking: Cell<bool>,
    /// Which of the questions for messages is the last.
    turn: Cell<u64>,
    /// There are older messages than are here.
    more: Cell<bool>,
    /// There are newer messages than are here.
    newer: Cell<bool>,
    unread_from: RefCell<Option<String>>,
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
            sending: Cell::new(0),
            follows: Cell::new(false),
            again: RefCell::default(),
            looking: Cell::new(false),
            turn: Cell::new(0),
            more: Cell::new(true),
            newer: Cell::new(false),
            unread_from: RefCell::default(),
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
            chat.bind_window(window);
            if let Some(half) = app.half.get() {
                half.place(window.window(), Part::Chat);
            }
        }
        chat.dress(app);
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
        talk.on_send(self.doing(|chat, app, text: SharedString| chat.send(app, &text)));
        talk.on_typed(self.doing(|chat, app, text: SharedString| chat.type_on(app, &text)));
        talk.on_retry(self.doing(|chat, app, id: SharedString| chat.retry(app, &id)));
        talk.on_discard(self.doing(|chat, app, id: SharedString| chat.discard(app, &id)));
        talk.on_explain(self.doing(|chat, app, id: SharedString| chat.explain(app, &id)));
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
        window.on_switcher(|| App::with(App::show_friends));
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
            }
            slint::CloseRequestResponse::HideWindow
        });
    }

    /// Its own window has got the keyboard, or lost it.
    pub(crate) fn on_focus(self: &Rc<Self>, app: &Rc<App>, gained: bool) {
        app.on_focus(Focus::Chat(self.peer.clone()), gained);
        if gained {
            self.seen(app);
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

    /// Shows the conversation: with the keyboard when the user asked for it, else beside what the user does.
    pub(crate) fn show(self: &Rc<Self>, app: &Rc<App>, asked: bool) {
        self.take_stage(app, asked);
        self.refresh(app);
        let window = self.stage.window();
        if !window.is_visible() {
            if asked { self.appear() } else { self.appear_behind() }
        }
        if asked {
            winext::focus(window);
            self.stage.write();
            self.seen(app);
        } else if !winext::has_focus(window) {
            winext::attention(window);
        }
    }

    fn appear(&self) {
        self.stage.show();
        if let Some(place) = self.place.get() {
            self.stage.window().set_position(place);
        }
        self.stage.to_end();
    }

    /// Appears without being given the keyboard. The window manager must hear that before the window is shown, and the
    /// window exists only after a turn of the event loop.
    fn appear_behind(self: &Rc<Self>) {
        // The right to take the keyboard was given for another window.
        winext::keep_token(None);
        fn behind(chat: &Chat) {
            winext::stay_behind(chat.stage.window());
            chat.appear();
            winext::attention(chat.stage.window());
        }
        if winext::is_ready(self.stage.window()) {
            return behind(self);
        }
        let chat = self.clone();
        let appear = async move {
            winext::exists(chat.stage.window()).await;
            behind(&chat);
        };
        // Without an event loop nothing can be shown.
        let _ = slint::spawn_local(appear);
    }

    /// In the one-window layout one conversation is on the stage. Another one takes its place only when the user asks.
    fn take_stage(self: &Rc<Self>, app: &App, asked: bool) {
        if matches!(self.stage, Stage::Own(_)) || self.is_shown(app) {
            return;
        }
        let before = app.beside.borrow().clone();
        if before.is_some() && !asked {
            return;
        }
        if let Some(before) = before {
            before.keep_draft(app);
            *before.draft.borrow_mut() = self.stage.talk().get_draft().to_string();
        }
        *app.beside.borrow_mut() = Some(self.clone());
        self.bind();
        self.stage.talk().set_draft(self.draft.borrow().as_str().into());
        self.stage.to_end();
        app.tell_view();
    }

    /// Whether the user looks at this conversation now.
    pub(crate) fn in_view(&self, app: &App) -> bool {
        self.is_shown(app) && winext::has_focus(self.stage.window())
    }

    /// Whether the window shows this conversation and no other.
    fn is_shown(&self, app: &App) -> bool {
        match &self.stage {
            Stage::Own(_) => true,
            Stage::Beside(_) => app.beside.borrow().as_ref().is_some_and(|shown| shown.peer == self.peer),
        }
    }

    /// Closes for good; gives what was typed and not sent.
    pub(crate) fn leave(self: &Rc<Self>, app: &App) -> String {
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

    /// Closes its window; one beside the friend list goes with that.
    pub(crate) fn hide(&self) {
        if let Stage::Own(window) = &self.stage {
            App::with(|app| app.keep_size(KIND, window.window()));
            self.place.set(winext::position(window.window()).or(self.place.get()));
            // One that is hidden already stays so.
            let _ = window.hide();
            self.lose_focus();
        }
    }

    /// Nobody looks at a window that is closed; some window systems do not say so.
    fn lose_focus(&self) {
        App::with(|app| app.on_focus(Focus::Chat(self.peer.clone()), false));
    }

    /// An event about this friend.
    pub(crate) fn hear(self: &Rc<Self>, app: &Rc<App>, event: &Event) {
        match event {
            Event::ChatReceived(received) => self.on_received(app, received),
            Event::ChatState(changed) => self.on_state(app, changed),
            Event::ChatDrafted(drafted) => self.on_drafted(app, drafted),
            Event::TypingChanged(typing) => self.friend_types.set(typing.typing),
            Event::ChatRead(marked) if marked.by != account::bare(&self.peer.0) => self.on_read(marked),
            _ => {}
        }
    }

    fn on_received(self: &Rc<Self>, app: &Rc<App>, received: &chat::Received) {
        self.friend_types.set(false);
        let at_end = self.stage.is_at_end();
        let own = received.from == account::bare(&self.peer.0);
        let is_known = |entry| message(entry).is_some_and(|known| known.id == received.id);
        // Far from the end there is no place for it: it comes with its page.
        if !self.newer.get() && !self.entries.borrow().iter().any(is_known) {
            self.entries.borrow_mut().push(Entry::Message(Message {
                id: received.id.clone(),
                from: received.from.clone(),
                to: received.to.clone(),
                text: received.text.clone(),
                ts: received.ts.clone(),
                state: if own { State::Acked } else { State::Delivered },
                row: None,
                kind: Some(received.kind.clone()),
                reason: None,
                why: None,
            }));
        }
        if !own {
            self.announce(&format!("{}: {}", self.stage.talk().get_name(), received.text));
        }
        match self.entries.borrow().len() {
            0..=pages::KEPT => {}
            // Those that came one by one have no rows yet: the page has.
            _ if at_end => {
                return self.newest(app, |chat, app| {
                    if chat.in_view(app) {
                        chat.seen(app);
                    }
                });
            }
            many if many > 2 * pages::KEPT && !self.forget_newest() => return self.newest(app, |_, _| {}),
            _ => {}
        }
        // What is shown follows once for all that came together: see `App::pump`.
        if self.newer.get() && own {
            self.newest(app, |_, _| {});
        } else if at_end || own {
            self.follows.set(true);
        }
        if self.in_view(app) {
            self.seen(app);
        }
    }

    /// Tells a screen reader what has just come.
    fn announce(self: &Rc<Self>, text: &str) {
        let same = self.stage.talk().get_said() == text;
        // The same once more has to differ, or nobody hears it.
        let said = SharedString::from(if same { format!("{text} ") } else { text.to_owned() });
        let weak = Rc::downgrade(self);
        // What a window shows when a screen reader first sees it is not announced: it has to change after that.
        Timer::single_shot(SETTLED, move || {
            if let Some(chat) = weak.upgrade() {
                chat.stage.talk().set_said(said);
            }
        });
    }

    fn on_state(self: &Rc<Self>, app: &Rc<App>, changed: &chat::Changed) {
        let mut known = false;
        for entry in &mut *self.entries.borrow_mut() {
            if let Entry::Message(message) = entry
                && message.id == changed.id
            {
                message.state = changed.state;
                message.reason.clone_from(&changed.reason);
                known = true;
            }
        }
        // What was written elsewhere is new: a receipt for something far up is no reason to look.
        if !known && matches!(changed.state, State::Queued | State::Sent | State::Acked) {
            self.written_elsewhere(app);
        }
    }

    /// The friend has read: all of ours that came so far.
    fn on_read(&self, _marked: &chat::Marked) {
        let own = account::bare(&self.peer.0);
        for entry in &mut *self.entries.borrow_mut() {
            if let Entry::Message(message) = entry
                && message.from == own
                && matches!(message.state, State::Acked | State::Delivered)
            {
                message.state = State::Read;
            }
        }
    }

    pub(crate) fn refresh(self: &Rc<Self>, app: &App) {
        if !self.is_shown(app) {
            return;
        }
        let talk = self.stage.talk();
        let state = app.state.borrow();
        let Some(mirror) = state.account(&self.peer.0) else { return };
        let friend = mirror.friend(&self.peer.1);
        let stranger = friend::Entry { account: self.peer.1.clone(), ..friend::Entry::default() };
        let known = friend.unwrap_or(&stranger);
        let online = known.state != presence::State::Offline;
        let friend_face = app.friend_face(known);
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
        talk.set_banner(app.trouble().into());
        talk.set_can_shake(friend.is_some() && online);
        talk.set_problem(self.problem.borrow().as_str().into());
        let hint = if mirror.blocked.contains(&self.peer.1) {
            say.invoke_blocked(known.shown().into())
        } else if friend.is_none() {
            say.invoke_stranger(known.shown().into())
        } else if online {
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
        super::slide(&self.rows, rows::rows(&self.entries.borrow(), &view), |row| row.id.clone());
        if self.follows.take() {
            self.stage.to_end();
        }
    }

    /// Which row of the list shows this message.
    fn row_of(&self, id: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.id == id)
    }

    /// The newest messages were seen: they count as read.
    fn seen(self: &Rc<Self>, app: &App) {
        let unread = {
            let state = app.state.borrow();
            state
                .account(&self.peer.0)
                .and_then(|mirror| mirror.friend(&self.peer.1))
                .map_or(0, |friend| friend.unread)
        };
        if unread > 0 {
            let params = chat::Read { to: Some(self.to()), peek: false };
            app.link.call(Some(&self.peer.0), &params, drop);
        }
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
