//! Finding: messages of this conversation by their words, a day, an emoji.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ipc_schema::chat::{self, Message, SEARCH_COUNT_MAX};
use jiff::civil::Date;
use qq_slint_ui::Say;
use slint::{ComponentHandle, ModelRc, SharedString, VecModel};

use super::{Chat, message};
use crate::app::App;
use crate::asking::Question;
use crate::windows::rows;

/// How many messages are looked at once on the way back to a day.
const STRIDE: u32 = 1_000;
/// The newest emoji that the fonts of Debian 12 and Ubuntu 24.04 have.
const NEWEST: emojis::EmojiVersion = emojis::EmojiVersion::new(15, 0);
/// How many emoji the panel shows at once.
const EMOJI: usize = 400;

/// What is looked for in a conversation, and what was found.
#[derive(Default)]
pub(super) struct Search {
    /// The words; an answer to other ones comes too late.
    words: RefCell<String>,
    /// The ids that were found, newest first, and their rows.
    hits: RefCell<Vec<(String, u64)>>,
    at: Cell<usize>,
}

/// To where a conversation is being read back.
#[derive(Debug, Clone)]
pub(super) enum Goal {
    /// The message with this id, of this row.
    Message(String, u64),
    /// The first message of this day or of a later one.
    Day(Date),
}

impl Chat {
    /// The words of the search have changed.
    pub(super) fn search(self: &Rc<Self>, app: &Rc<App>, words: &str) {
        let words = words.trim().to_owned();
        self.search.words.borrow_mut().clone_from(&words);
        self.search.hits.borrow_mut().clear();
        self.stage.talk().set_found("".into());
        if words.is_empty() {
            self.refresh(app);
            return;
        }
        let params =
            chat::Search { text: words.clone(), to: Some(self.to()), count: SEARCH_COUNT_MAX, before: None };
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &params, move |reply| {
            let Some(chat) = weak.upgrade() else { return };
            App::with(|app| match reply {
                Ok(hits) if *chat.search.words.borrow() == words => chat.on_hits(app, hits),
                Ok(_) => {}
                Err(error) => chat.fail(app, &error),
            });
        });
    }

    fn on_hits(self: &Rc<Self>, app: &Rc<App>, hits: chat::Hits) {
        let mut found: Vec<_> =
            hits.messages.into_iter().filter_map(|hit| Some((hit.id, hit.row?))).collect();
        found.sort_by_key(|(_, row)| std::cmp::Reverse(*row));
        *self.search.hits.borrow_mut() = found;
        self.search.at.set(0);
        self.go_to_hit(app);
    }

    /// To the next older one that was found, or the next newer.
    pub(super) fn search_next(self: &Rc<Self>, app: &Rc<App>, older: bool) {
        let all = self.search.hits.borrow().len();
        if all > 0 {
            let at = self.search.at.get();
            self.search.at.set(if older { (at + 1) % all } else { (at + all - 1) % all });
            self.go_to_hit(app);
        }
    }

    fn go_to_hit(self: &Rc<Self>, app: &Rc<App>) {
        let (at, hit, all) = {
            let hits = self.search.hits.borrow();
            (self.search.at.get(), hits.get(self.search.at.get()).cloned(), hits.len())
        };
        let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let text = app.voice.global::<Say>().invoke_found(number(at + 1), number(all));
        self.stage.talk().set_found(text);
        if let Some((id, row)) = hit {
            self.go_to(app, Goal::Message(id, row));
        }
    }

    /// Shows a message that was found elsewhere, and marks it.
    pub(crate) fn show_message(self: &Rc<Self>, app: &Rc<App>, id: &str, row: u64) {
        self.search.words.borrow_mut().clear();
        *self.search.hits.borrow_mut() = vec![(id.to_owned(), row)];
        self.search.at.set(0);
        self.go_to(app, Goal::Message(id.to_owned(), row));
    }

    /// The message that was found and is looked at.
    pub(super) fn found(&self) -> Option<String> {
        self.search.hits.borrow().get(self.search.at.get()).map(|(id, _)| id.clone())
    }

    /// Asks for a day, and goes there.
    pub(super) fn jump(self: &Rc<Self>, app: &Rc<App>) {
        let weak = Rc::downgrade(self);
        let question = Question::new("jump", "", move |app, answer, day, _| {
            let Some(chat) = weak.upgrade() else { return answer.done() };
            match day.parse::<Date>() {
                Ok(day) => {
                    answer.done();
                    App::with(|app| chat.go_to(app, Goal::Day(day)));
                }
                Err(_) => answer.refuse(&app.voice.global::<Say>().invoke_no_date()),
            }
        });
        self.stage.ask(
            app,
            question.such_as(crate::clock::now().to_zoned(crate::clock::zone()).date().to_string()),
        );
    }

    /// Shows what is looked for; where it is not here, the messages around it take the place of those that are.
    fn go_to(self: &Rc<Self>, app: &Rc<App>, goal: Goal) {
        if self.is_here(&goal) {
            return self.show_goal(app, &goal);
        }
        match goal {
            Goal::Message(_, row) => self.around(app, row, move |chat, app| chat.show_goal(app, &goal)),
            Goal::Day(day) => self.look_back(app, day, None, None),
        }
    }

    /// Looks for a day from the newest message back, page by page, and keeps none of them. `found` is the row of the oldest
    /// message so far that is not older than the day.
    fn look_back(self: &Rc<Self>, app: &Rc<App>, day: Date, before: Option<u64>, found: Option<u64>) {
        let params = chat::History { to: self.to(), count: STRIDE, before };
        self.fetch(app, &params, move |chat, app, page| {
            let zone = crate::clock::zone();
            let from = |message: &&Message| rows::date(message, &zone).is_some_and(|date| date >= day);
            let first = page.messages.iter().find(from);
            let found = first.and_then(|first| first.row).or(found);
            let oldest = page.messages.first();
            match (oldest.and_then(|oldest| oldest.row), found) {
                // The page begins with one that is not older: there may be more of them before it.
                (oldest @ Some(_), Some(_)) if page.more && oldest == found => {
                    chat.look_back(app, day, oldest, found);
                }
                (_, Some(row)) => {
                    chat.around(app, row, move |chat, app| chat.show_goal(app, &Goal::Day(day)));
                }
                (_, None) => chat.newest(app, |_, _| {}),
            }
        });
        self.refresh(app);
    }

    fn show_goal(self: &Rc<Self>, app: &Rc<App>, goal: &Goal) {
        self.refresh(app);
        let zone = crate::clock::zone();
        let id = self.entries.borrow().iter().filter_map(message).find_map(|message| {
            let is_it = match goal {
                Goal::Message(id, _) => message.id == *id,
                Goal::Day(day) => rows::date(message, &zone).is_some_and(|date| date >= *day),
            };
            is_it.then(|| message.id.clone())
        });
        match id.and_then(|id| self.row_of(&id)) {
            Some(row) => self.stage.to_found(row),
            None => self.stage.to_end(),
        }
    }

    fn is_here(&self, goal: &Goal) -> bool {
        let zone = crate::clock::zone();
        let entries = self.entries.borrow();
        let date = |message: &Message| rows::date(message, &zone);
        let oldest = entries.iter().find_map(message);
        let newest = entries.iter().rev().find_map(message);
        match goal {
            Goal::Message(id, _) => entries.iter().filter_map(message).any(|message| message.id == *id),
            Goal::Day(day) => {
                let from = oldest.and_then(date).is_some_and(|date| date < *day) || !self.more.get();
                let to = newest.and_then(date).is_some_and(|date| date >= *day) || !self.newer.get();
                from && to
            }
        }
    }

    /// The emoji whose names hold these words; all of them without words.
    pub(super) fn emoji(&self, words: &str) {
        let words = words.trim().to_lowercase();
        let found: Vec<SharedString> = emojis::iter()
            .filter(|emoji| emoji.emoji_version() <= NEWEST)
            .filter(|emoji| {
                words.is_empty()
                    || emoji.name().contains(&words)
                    || emoji.shortcodes().any(|code| code.contains(&words))
            })
            .take(EMOJI)
            .map(|emoji| emoji.as_str().into())
            .collect();
        self.stage.talk().set_emoji(ModelRc::new(VecModel::from(found)));
    }
}
