//! The friend list: oneself, groups and requests, the recent conversations.

mod comings;
mod find;
mod list;
mod question;
mod recent;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

use ipc_schema::{account, chat, friend, notify, presence, shake};
use qq_slint_ui::{Friends as Global, FriendsWindow, Item, ItemKind, Say};
use slint::{ComponentHandle, Model, ModelExt, ModelRc, PhysicalPosition, SharedString, VecModel};

use self::list::group_shown;
use crate::app::{App, Focus, shown_name};
use crate::asking;
use crate::half::Part;
use crate::{face, winext};

pub(crate) struct Friends {
    window: FriendsWindow,
    items: Rc<VecModel<Item>>,
    groups: Rc<VecModel<SharedString>>,
    accounts: Rc<VecModel<SharedString>>,
    filter: RefCell<String>,
    found: find::Found,
    tab: Cell<i32>,
    /// What the profile says about oneself: shown while there is no status text of the moment.
    words: RefCell<String>,
    place: Cell<Option<PhysicalPosition>>,
    comings: comings::Comings,
    /// Who asks, and is asked, in the order in which they are listed: nobody new comes in between.
    asked: RefCell<Vec<(String, bool)>>,
}

impl Friends {
    pub(crate) fn open(app: &Rc<App>) -> Result<Rc<Self>, slint::PlatformError> {
        let window = FriendsWindow::new()?;
        let friends = Rc::new(Self {
            window,
            items: Rc::default(),
            groups: Rc::default(),
            accounts: Rc::default(),
            filter: RefCell::default(),
            found: find::Found::default(),
            tab: Cell::new(0),
            words: RefCell::default(),
            place: Cell::new(None),
            comings: comings::Comings::default(),
            asked: RefCell::default(),
        });
        friends.bind();
        friends.bind_friends();
        friends.bind_menu();
        friends.bind_window();
        asking::bind(&friends.window);
        friends.bind_questions();
        friends.take_size(app);
        friends.dress(app);
        if let Some(half) = app.half.get() {
            half.place(friends.window.window(), Part::Friends);
        }
        friends.look_at_rules(app);
        Ok(friends)
    }

    fn with(f: impl FnOnce(&Rc<Self>, &Rc<App>)) {
        App::with_window(|app| &app.friends, f);
    }

    /// The list itself: what is shown and chosen.
    fn bind(&self) {
        let list = self.window.global::<Global>();
        list.set_items(ModelRc::new(self.items.clone().map(list::seen)));
        list.set_groups(ModelRc::from(self.groups.clone()));
        list.set_accounts(ModelRc::from(self.accounts.clone()));
        list.on_open(|id| Self::with(|friends, app| friends.open_chat(app, &id)));
        list.on_toggle(|id| Self::with(|friends, app| friends.fold(app, &id)));
        list.on_filtered(|text| Self::with(|friends, app| friends.look_for(app, &text)));
        list.on_open_message(|item| Self::with(|_, app| find::open(app, &item)));
        list.on_tab_chosen(|tab| {
            Self::with(|friends, app| {
                friends.tab.set(tab);
                friends.window.global::<Global>().set_tab(tab);
                if tab == 1 {
                    app.ask_last(true);
                }
                friends.refresh(app);
            });
        });
    }

    /// What is done with one friend.
    fn bind_friends(&self) {
        let list = self.window.global::<Global>();
        list.on_accept(|id| ask(friend::Accept { friend: at(&id) }));
        list.on_decline(|id| ask(friend::Decline { friend: at(&id) }));
        list.on_shake(|id| Self::with(|_, app| shake_friend(app, &id)));
        list.on_mute(|id| App::with(|app| Self::mute(app, &id)));
        list.on_move(|id, group| ask(friend::Move { friend: at(&id), group: group.into() }));
        list.on_dragged(|id| {
            let mut data = slint::DataTransfer::default();
            data.set_plain_text(id);
            data
        });
        list.on_dropped(|data, group| {
            if let Ok(id) = data.plain_text() {
                ask(friend::Move { friend: at(&id), group: group.into() });
            }
        });
    }

    /// Oneself, and where the menus lead.
    fn bind_menu(&self) {
        let list = self.window.global::<Global>();
        list.on_set_presence(|at| {
            use presence::Wish::{Away, Busy, Invisible, Online};
            let wish = [Online, Away, Busy, Invisible];
            if let Some(state) = usize::try_from(at).ok().and_then(|at| wish.get(at).copied()) {
                ask(presence::Set { state, note: None });
            }
        });
        list.on_account_chosen(|at| Self::with(|friends, app| friends.choose(app, at)));
        list.on_account_add(|| App::with(App::show_login));
        list.on_settings(|| App::with(App::show_settings));
        list.on_profile(|| App::with(|app| app.show_section(qq_slint_ui::Section::Account)));
        list.on_link_device(|| App::with(|app| app.show_section(qq_slint_ui::Section::Devices)));
        list.on_banner_acted(|| App::with(App::on_trouble_acted));
        list.on_read_all(|| ask(chat::Read { to: None, peek: false }));
        list.on_close_windows(|| App::with(App::close_windows));
        list.on_nth(|n| App::with(|app| app.show_nth(n)));
        list.on_next(|| App::with(|app| app.show_next(None)));
    }

    /// The keyboard comes and goes, the window is closed.
    fn bind_window(&self) {
        winext::on_focus(self.window.window(), |gained| {
            App::with(|app| app.on_focus(Focus::Friends, gained));
        });
        self.window.window().on_close_requested(|| {
            Self::with(|friends, app| {
                app.keep_size(kind(app), friends.window.window());
                app.on_focus(Focus::Friends, false);
                friends.place.set(winext::position(friends.window.window()));
                friends.put_away();
            });
            slint::CloseRequestResponse::HideWindow
        });
    }

    pub(crate) fn window(&self) -> &FriendsWindow {
        &self.window
    }

    pub(crate) fn dress(&self, app: &App) {
        app.dress(&self.window);
        self.window.set_wide(app.prefs.borrow().layout == 1);
    }

    /// One's own profile as it is now.
    pub(crate) fn on_profile(&self, app: &App, shown: &account::Shown) {
        self.words.borrow_mut().clone_from(&shown.note);
        self.refresh(app);
    }

    /// What one says about oneself: the status text of the moment, else the profile's.
    pub(super) fn note(&self, account: &ipc_schema::state::Account) -> String {
        if account.note.is_empty() { self.words.borrow().clone() } else { account.note.clone() }
    }

    /// As large as the window was left in this layout.
    pub(crate) fn take_size(&self, app: &App) {
        let size = if app.prefs.borrow().layout == 1 { (900.0, 640.0) } else { (300.0, 640.0) };
        app.size(kind(app), self.window.window(), size);
    }

    /// No conversation stands beside the list any more.
    pub(crate) fn nobody_beside(&self) {
        self.window.invoke_close_tools();
        self.window.global::<qq_slint_ui::Talk>().set_friend("".into());
        self.window.global::<qq_slint_ui::Talk>().set_draft("".into());
    }

    pub(crate) fn show(self: &Rc<Self>, app: &Rc<App>) {
        self.draw(app);
        let window = self.window.window();
        let hidden = !window.is_visible();
        // A window that cannot be shown has said so on the terminal.
        let _ = self.window.show();
        if let (true, Some(place)) = (hidden, self.place.get()) {
            window.set_position(place);
        }
        winext::focus(window);
    }

    /// The window goes: nobody is there to answer what it asks.
    fn put_away(&self) {
        asking::leave(&self.window);
        winext::rest(self.window.window());
    }

    pub(crate) fn hide(&self) {
        App::with(|app| app.keep_size(kind(app), self.window.window()));
        self.place.set(winext::position(self.window.window()).or(self.place.get()));
        self.put_away();
        let _ = self.window.hide();
        App::with(|app| app.on_focus(Focus::Friends, false));
    }

    fn choose(&self, app: &Rc<App>, at: i32) {
        let name = usize::try_from(at)
            .ok()
            .and_then(|at| app.state.borrow().accounts.get(at).map(|a| a.account.clone()));
        if name.is_some() {
            app.turn_to(name);
            self.refresh(app);
        }
    }

    /// Another account is shown: what was asked and said of the one before goes.
    pub(crate) fn on_turned(&self, app: &App) {
        asking::withdraw(&self.window);
        let list = self.window.global::<Global>();
        // A menu that is open is about nobody of this account.
        list.set_aimed(Item::default());
        list.set_current(-1);
        self.asked.borrow_mut().clear();
        // What was found was found for the one before.
        list.set_filter("".into());
        list.invoke_filtered("".into());
        self.words.borrow_mut().clear();
        self.look_at_rules(app);
    }

    /// Lists these. Whoever is chosen stays chosen in another row, and nobody else in the place of somebody who has gone.
    fn put(&self, items: Vec<Item>) {
        let list = self.window.global::<Global>();
        let current = usize::try_from(list.get_current()).ok();
        let chosen = current.and_then(|at| self.items.row_data(at)).as_ref().map(key);
        let at = chosen.and_then(|chosen| items.iter().position(|item| key(item) == chosen));
        super::update(&self.items, items);
        list.set_current(at.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1));
    }

    fn open_chat(&self, app: &Rc<App>, id: &str) {
        // Enter in the search opens the first that it found.
        let id = if id.is_empty() {
            let first = self.items.iter().find(|item| item.kind == ItemKind::Friend);
            first.map(|item| item.id.to_string())
        } else {
            Some(id.to_owned())
        };
        if let (Some(id), Some(account)) = (id, app.account_name()) {
            app.show_chat(&(account, id), true);
        }
    }

    fn fold(&self, app: &Rc<App>, group: &str) {
        let Some(account) = app.account_name() else { return };
        let key = format!("{account}/{group}");
        {
            let mut prefs = app.prefs.borrow_mut();
            match prefs.folded.iter().position(|folded| *folded == key) {
                Some(at) => drop(prefs.folded.remove(at)),
                None => prefs.folded.push(key),
            }
        }
        app.prefs_changed();
    }

    /// The rows with these pictures are looked at anew.
    pub(crate) fn look_at_faces(&self, came: &HashSet<String>) {
        let rows: Vec<_> = self.items.iter().enumerate().collect();
        for (at, item) in rows.into_iter().filter(|(_, item)| came.contains(item.picture.as_str())) {
            self.items.set_row_data(at, item);
        }
    }

    fn look_at_rules(&self, app: &App) {
        let Some(account) = app.account_name() else { return };
        app.link.call(Some(&account.clone()), &account::Profile::default(), move |reply| {
            Self::with(|friends, app| {
                if let (Ok(shown), true) = (reply, app.shows(&account)) {
                    friends.on_profile(app, &shown);
                }
            });
        });
    }

    fn mute(app: &App, id: &str) {
        let Some(account) = app.account_name() else { return };
        let off = app.state.borrow().notify.mutes(&account, id);
        ask(notify::Mute { friend: at(id), off });
    }

    fn tell(&self, app: &App, error: &ipc_schema::Error) {
        asking::tell(&self.window, "Qiaoqiao 敲敲", &crate::words::error(&app.voice, error));
    }

    /// Shows what has changed, where somebody sees it: a hidden window that changes wakes Slint 60 times a second.
    pub(crate) fn refresh(&self, app: &App) {
        if self.window.window().is_visible() {
            self.draw(app);
        }
    }

    fn draw(&self, app: &App) {
        let list = self.window.global::<Global>();
        let say = app.voice.global::<Say>();
        let trouble = app.trouble();
        list.set_banner_action(app.trouble_action());
        list.set_banner(trouble.into());
        list.set_forgets(app.is_shared());
        let state = app.state.borrow();
        super::update(&self.accounts, state.accounts.iter().map(with_unread).collect());
        let name = app.account_name();
        let Some(account) = name.as_deref().and_then(|name| state.account(name)) else {
            self.put(Vec::new());
            return;
        };
        let at = state.accounts.iter().position(|known| known.account == account.account).unwrap_or_default();
        list.set_account(i32::try_from(at).unwrap_or_default());
        list.set_name(shown_name(account).into());
        list.set_note(self.note(account).into());
        list.set_face(app.own_face(account));
        list.set_presence(face::presence(account.presence, account.invisible));
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let filling = account.filling.as_ref().map_or(-1.0, |f| f.done as f32 / f.total.max(1) as f32);
        list.set_filling(filling);
        self.window.set_unread(i32::try_from(account.unread.total).unwrap_or(i32::MAX));
        let names = account.groups.iter().filter(|group| group.name != friend::STRANGERS);
        super::update(&self.groups, names.map(|group| group_shown(&say, &group.name)).collect());
        let mut items = if self.tab.get() == 1 { self.recent(app, account) } else { self.list(app, account) };
        items.extend(self.found(app, account));
        let empty = items.is_empty();
        self.put(items);
        let filtered = !self.filter.borrow().is_empty();
        let (text, action) = match (empty, filtered, self.tab.get()) {
            (false, ..) => ("".into(), "".into()),
            (true, true, _) if self.found.waits.get() => ("".into(), "".into()),
            (true, true, _) => (say.invoke_none_found(), "".into()),
            (true, false, 1) => (say.invoke_no_recent(), "".into()),
            (true, false, _) => (say.invoke_no_friends(), say.invoke_add_friend()),
        };
        list.set_empty(text);
        list.set_empty_action(action);
    }
}

/// Who or what stands in a row, whichever row that is.
fn key(item: &Item) -> (ItemKind, SharedString, SharedString) {
    (item.kind, item.id.clone(), item.message.clone())
}

/// What the window's size is remembered by, in either layout.
fn kind(app: &App) -> &'static str {
    if app.prefs.borrow().layout == 1 { "both" } else { "friends" }
}

/// An account in the switcher, with its unread messages.
fn with_unread(account: &ipc_schema::state::Account) -> SharedString {
    match account.unread.total {
        0 => account.account.as_str().into(),
        unread => format!("{} ({unread})", account.account).into(),
    }
}

/// An account as a method's name of a friend: never a verb, never a remark.
fn at(id: &str) -> String {
    format!("@{id}")
}

/// Calls for the shown account; a refusal is told in the friends window.
fn ask<M: ipc_schema::Method + 'static>(params: M) {
    App::with(|app| {
        let Some(account) = app.account_name() else { return };
        app.link.call(Some(&account), &params, |reply| {
            if let Err(error) = reply {
                Friends::with(|friends, app| friends.tell(app, &error));
            }
        });
    });
}

/// Calls for the account that the sheet was about, and answers it.
fn send<M: ipc_schema::Method + 'static>(app: &App, params: M, answer: asking::Answer) {
    let Some(account) = answer.account.clone() else { return answer.done() };
    app.link.call(Some(&account), &params, move |reply| App::with(|app| answer.settle(app, reply)));
}

fn shake_friend(app: &Rc<App>, id: &str) {
    let Some(account) = app.account_name() else { return };
    let peer = (account.clone(), id.to_owned());
    app.show_chat(&peer, true);
    app.link.call(Some(&account), &shake::Send { to: at(id) }, move |reply| {
        App::with(|app| match reply {
            Ok(_) => {
                let chat = app.chats.borrow().get(&peer).cloned();
                if let Some(chat) = chat {
                    chat.sway(app);
                }
            }
            Err(error) => Friends::with(|friends, app| friends.tell(app, &error)),
        });
    });
}
