//! What asks before it does something: adding, renaming, removing, blocking.

use std::rc::Rc;

use ipc_schema::{account, friend, group};
use qq_slint_ui::Friends as Global;
use slint::ComponentHandle;

use super::{Friends, ask, at, send};
use crate::app::App;
use crate::asking::{self, Question};
use crate::windows::settings::log_out;

impl Friends {
    /// What asks before it does something.
    pub(super) fn bind_questions(&self) {
        let list = self.window.global::<Global>();
        list.on_friend_add(|| Self::with(Self::add));
        list.on_empty_acted(|| Self::with(Self::add));
        list.on_group_add(|| {
            Self::question(Question::new("group-add", "", |app, answer, name, _| {
                send(app, group::Add { group: name }, answer);
            }));
        });
        list.on_group_rename(|old| {
            let name = old.to_string();
            let question = Question::new("group-rename", old.as_str(), move |app, answer, new, _| {
                send(app, group::Rename { group: name.clone(), new }, answer);
            });
            Self::question(question.with(old));
        });
        list.on_group_remove(|group| {
            let name = group.to_string();
            Self::question(
                Question::new("group-remove", group.as_str(), move |app, answer, _, _| {
                    send(app, group::Remove { group: name.clone() }, answer);
                })
                .danger(),
            );
        });
        list.on_rename(|id| {
            Self::with(|friends, app| {
                let (name, remark) = friends.names(app, &id);
                let question = Question::new("friend-rename", name, move |app, answer, remark, _| {
                    let remark = Some(remark).filter(|remark| !remark.is_empty());
                    send(app, friend::Rename { friend: at(&id), remark }, answer);
                });
                asking::ask(&friends.window, app, question.with(remark));
            });
        });
        list.on_remove(|id| {
            Self::about("friend-remove", &id, |id| friend::Remove { friend: at(id) });
        });
        list.on_block(|id| {
            Self::with(|friends, app| {
                if app.current(|account| account.blocked.contains(&id.to_string())).unwrap_or_default() {
                    ask(friend::Unblock { friend: at(&id) });
                } else {
                    drop(friends.names(app, &id));
                    Self::about("friend-block", &id, |id| friend::Block { friend: at(id) });
                }
            });
        });
        list.on_about(|id| {
            Self::with(|friends, app| {
                asking::tell_about(friends.window(), app, app.account_name().as_deref(), &id);
            });
        });
        list.on_note_edit(|| {
            Self::with(|friends, app| {
                let note = app.current(|account| friends.note(account)).unwrap_or_default();
                let question = Question::new("note", "", |app, answer, note, _| {
                    send(app, account::Profile { note: Some(note), ..account::Profile::default() }, answer);
                });
                asking::ask(&friends.window, app, question.with(note));
            });
        });
        list.on_log_out(|| Self::with(|friends, app| asking::ask(&friends.window, app, log_out(app))));
        list.on_quit(|| {
            Self::with(|friends, app| {
                let quit = |_: &App, answer: asking::Answer, _, _| {
                    answer.done();
                    // After the press: what cannot be done asks in the same sheet.
                    slint::Timer::single_shot(std::time::Duration::ZERO, || App::with(App::quit));
                };
                let question = if app.is_shared() {
                    Question::new("quit-forgetting", "", quit)
                } else {
                    Question::new("quit", "", quit)
                };
                asking::ask(&friends.window, app, question);
            });
        });
    }

    /// A question about a friend that ends in one call.
    pub(super) fn about<M: ipc_schema::Method + 'static>(
        what: &'static str,
        id: &str,
        params: impl Fn(&str) -> M + 'static,
    ) {
        let id = id.to_owned();
        Self::with(|friends, app| {
            let (name, _) = friends.names(app, &id);
            let question = Question::new(what, name, move |app, answer, _, _| send(app, params(&id), answer));
            asking::ask(&friends.window, app, question.danger());
        });
    }

    pub(super) fn question(question: Question) {
        Self::with(|friends, app| asking::ask(&friends.window, app, question));
    }

    pub(super) fn add(self: &Rc<Self>, app: &Rc<App>) {
        let question = Question::new("friend-add", "", |app, answer, friend, note| {
            let note = Some(note).filter(|note| !note.is_empty());
            send(app, friend::Add { friend, note }, answer);
        });
        asking::ask(&self.window, app, question);
    }

    /// The name that is shown, and the remark.
    pub(super) fn names(&self, app: &App, id: &str) -> (String, String) {
        app.current(|account| {
            account.friend(id).map(|friend| (friend.shown().to_owned(), friend.remark.clone()))
        })
        .flatten()
        .unwrap_or_else(|| (id.to_owned(), String::new()))
    }
}
