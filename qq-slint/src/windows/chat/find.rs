//! Finding: messages of this conversation by their words, a day, an emoji.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ipc_schema::chat::{self, SEARCH_COUNT_MAX};
use jiff::civil::Date;
use qq_slint_ui::Say;
use slint::{ComponentHandle, ModelRc, SharedString, VecModel};

use super::{Chat, Entry, message};
use crate::app::App;
use crate::asking::Question;

/// The most messages that are fetched at once on the way back to one that is looked for.
const STRIDE: u32 = 1_000;
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
    /// Where to go once the page that is on its way is here.
    goal: RefCell<Option<Goal>>,
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
        self.stage
            .ask(app, question.with(crate::clock::now().to_zoned(crate::clock::zone()).date().to_string()));
    }

    /// Shows what is looked for, and fetches older messages until it is here.
    fn go_to(self: &Rc<Self>, app: &Rc<App>, goal: Goal) {
        if self.loading.get() {
            *self.search.goal.borrow_mut() = Some(goal);
            return;
        }
        if !self.is_here(&goal) && self.more.get() {
            let weak = Rc::downgrade(self);
            self.fetch(app, STRIDE, move |app| {
                if let Some(chat) = weak.upgrade() {
                    chat.go_to(app, goal);
                }
            });
            return;
        }
        self.refresh(app);
        let zone = crate::clock::zone();
        let entries = self.entries.borrow();
        let at = entries.iter().position(|entry| match (&goal, entry) {
            (Goal::Message(id, _), Entry::Message(message)) => message.id == *id,
            (Goal::Day(day), entry) => entry.date(&zone).is_some_and(|date| date >= *day),
            (Goal::Message(..), Entry::Event { .. }) => false,
        });
        let at = at.unwrap_or(entries.len().saturating_sub(1));
        #[expect(clippy::cast_precision_loss, reason = "a share of the list's height")]
        let share = at as f32 / entries.len().max(1) as f32;
        drop(entries);
        self.stage.to_row(share);
    }

    /// A page has come: on to where it was to go.
    pub(super) fn go_on(self: &Rc<Self>, app: &Rc<App>) {
        let goal = self.search.goal.borrow_mut().take();
        if let Some(goal) = goal {
            self.go_to(app, goal);
        }
    }

    fn is_here(&self, goal: &Goal) -> bool {
        let zone = crate::clock::zone();
        let entries = self.entries.borrow();
        let Some(oldest) = entries.iter().find_map(message) else { return false };
        match goal {
            Goal::Message(_, row) => oldest.row.is_some_and(|oldest| oldest <= *row),
            Goal::Day(day) => Entry::Message(oldest.clone()).date(&zone).is_some_and(|date| date < *day),
        }
    }

    /// The emoji whose names hold these words; all of them without words.
    pub(super) fn emoji(&self, words: &str) {
        let words = words.trim().to_lowercase();
        let found: Vec<SharedString> = emojis::iter()
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
