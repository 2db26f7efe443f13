//! Messages of all conversations, found by the search of the friends window; they stand below the friends.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ipc_schema::chat::{self, Message};
use ipc_schema::state::Account;
use qq_slint_ui::{Item, ItemKind, Presence, Say};
use slint::ComponentHandle;

use super::Friends;
use super::recent::{preview, when};
use crate::app::App;
use crate::face;

/// How many messages are shown; whoever wants more searches in the conversation.
const SHOWN: u32 = 40;
/// From so many letters on messages are searched, too; one Chinese character is a word.
const LETTERS: usize = 2;

/// What was found, for which account and words.
#[derive(Default)]
pub(super) struct Found {
    words: RefCell<String>,
    account: RefCell<String>,
    messages: RefCell<Vec<Message>>,
    /// The answer is on its way: who finds no friend does not know yet that there is nothing.
    pub(super) waits: Cell<bool>,
}

impl Friends {
    /// The words of the search have changed.
    pub(super) fn look_for(&self, app: &Rc<App>, text: &str) {
        let words = text.trim().to_lowercase();
        self.filter.borrow_mut().clone_from(&words);
        self.found.words.borrow_mut().clone_from(&words);
        self.found.messages.borrow_mut().clear();
        let enough = words.chars().count() >= LETTERS || !words.is_ascii();
        let account = app.account_name().filter(|_| enough && !words.is_empty());
        self.found.waits.set(account.is_some());
        self.refresh(app);
        let Some(account) = account else { return };
        let params = chat::Search { text: words.clone(), to: None, count: SHOWN, before: None };
        app.link.call(Some(&account.clone()), &params, move |reply| {
            Self::with(|friends, app| {
                // An answer to other words comes too late; without an answer the friends are still found.
                if *friends.found.words.borrow() == words {
                    friends.found.waits.set(false);
                    if let Ok(hits) = reply {
                        *friends.found.messages.borrow_mut() = hits.messages;
                        *friends.found.account.borrow_mut() = account;
                    }
                }
                friends.refresh(app);
            });
        });
    }

    /// The rows of the messages that were found, under a line that says so.
    pub(super) fn found(&self, app: &App, account: &Account) -> Vec<Item> {
        let messages = self.found.messages.borrow();
        if messages.is_empty() || *self.found.account.borrow() != account.account {
            return Vec::new();
        }
        let title = app.voice.global::<Say>().invoke_messages_found();
        let mut items = vec![Item { kind: ItemKind::Hint, title, ..Item::default() }];
        items.extend(messages.iter().map(|message| item(app, account, message)));
        items
    }
}

fn item(app: &App, account: &Account, message: &Message) -> Item {
    let (_, friend) = App::peer_of(&account.account, &message.from, &message.to);
    let known = account.friend(&friend);
    let name = known.map_or(friend.as_str(), |known| known.shown());
    let face = known.map_or_else(|| face::face(&friend, name, None, Presence::Unknown), super::list::face_of);
    let (note, count) = (preview(&message.text), when(app, &message.ts, false));
    let spoken = app.voice.global::<Say>().invoke_spoken(name.into(), note.as_str().into(), count.clone());
    Item {
        kind: ItemKind::Message,
        title: name.into(),
        id: friend.as_str().into(),
        note: note.into(),
        count,
        face,
        picture: known.map(|known| known.picture.as_str()).unwrap_or_default().into(),
        spoken,
        message: message.id.as_str().into(),
        row: message.row.unwrap_or_default().to_string().into(),
        ..Item::default()
    }
}

/// Opens the conversation of a message that was found, and shows it there.
pub(super) fn open(app: &Rc<App>, item: &Item) {
    let (Some(account), Ok(row)) = (app.account_name(), item.row.parse()) else { return };
    let peer = (account, item.id.to_string());
    app.show_chat(&peer, true);
    let chat = app.chats.borrow().get(&peer).cloned();
    if let Some(chat) = chat {
        chat.show_message(app, &item.message, row);
    }
}
