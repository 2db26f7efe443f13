//! What the user does with messages: sending, typing, trying again, discarding, asking what happened.

use std::rc::Rc;
use std::time::{Duration, Instant};

use ipc_schema::chat::{self, Message};
use ipc_schema::{account, outbox};
use qq_slint_ui::Say;
use slint::ComponentHandle;

use super::{Chat, Entry, message};
use crate::app::App;

/// How often the friend is told that one types, at most.
const TYPING: Duration = Duration::from_secs(4);

/// A message that the daemon keeps because the server is away is on its way like any other: it must not stand in the
/// field again, or it is sent twice.
fn kept(error: ipc_schema::Error) -> Result<chat::Sent, ipc_schema::Error> {
    let id = crate::words::field(&error, "id").to_owned();
    let is_kept = crate::words::field(&error, "state") == chat::State::Queued.word();
    if id.is_empty() || !is_kept {
        return Err(error);
    }
    Ok(chat::Sent { id, state: chat::State::Queued, peer: None })
}

impl Chat {
    pub(super) fn send(self: &Rc<Self>, app: &Rc<App>, text: &str) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        // What came back, for whatever reason, and is sent again as it was has the same name: nobody gets it twice.
        let again = self.again.take().filter(|(before, _)| before == text).map(|(_, id)| id);
        let id = again.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
        let params = chat::Send {
            to: self.to(),
            text: text.to_owned(),
            id: Some(id.clone()),
            ..chat::Send::default()
        };
        let weak = Rc::downgrade(self);
        let sent = text.to_owned();
        // The field is empty before the call: where there is no daemon the answer is here at once, and puts the text back.
        self.stage.talk().set_draft("".into());
        self.problem.borrow_mut().clear();
        self.typed.set(None);
        self.sending.set(self.sending.get() + 1);
        app.link.call(Some(&self.peer.0), &params, move |reply| {
            let Some(chat) = weak.upgrade() else { return };
            chat.sending.set(chat.sending.get().saturating_sub(1));
            App::with(|app| chat.on_sent(app, reply, &sent, id));
        });
        self.keep_draft(app);
    }

    /// The daemon has it, or not: then the text is back in its field, if nothing else stands there by now.
    fn on_sent(
        self: &Rc<Self>,
        app: &Rc<App>,
        reply: Result<chat::Sent, ipc_schema::Error>,
        text: &str,
        id: String,
    ) {
        match reply.or_else(kept) {
            Ok(sent) => {
                self.unread_from.borrow_mut().take();
                if self.newer.get() {
                    return self.newest(app, |_, _| {});
                }
                let own = account::bare(&self.peer.0).to_owned();
                let now = crate::clock::now().to_string();
                app.spoken(self.peer.clone(), &now, text);
                let known =
                    self.entries.borrow().iter().any(|entry| message(entry).is_some_and(|m| m.id == sent.id));
                if !known {
                    self.entries.borrow_mut().push(Entry::Message(Message {
                        id: sent.id,
                        from: own,
                        to: self.peer.1.clone(),
                        text: text.to_owned(),
                        ts: now,
                        state: sent.state,
                        row: None,
                        kind: None,
                        reason: None,
                        why: None,
                    }));
                }
                self.refresh(app);
                self.stage.to_end();
            }
            Err(error) => {
                *self.again.borrow_mut() = Some((text.to_owned(), id));
                if self.typed_text(app).is_empty() {
                    self.put_draft(app, text);
                    self.keep_draft(app);
                }
                self.fail(app, &error);
            }
        }
    }

    pub(super) fn type_on(self: &Rc<Self>, app: &App, text: &str) {
        self.keep_draft_soon();
        let now = Instant::now();
        if self.typed.get().is_some_and(|at| now - at < TYPING) && !text.is_empty() {
            return;
        }
        self.typed.set(Some(now).filter(|_| !text.is_empty()));
        let params = chat::Typing { to: self.to(), stopped: text.is_empty() };
        // A friend who is not told misses nothing.
        app.link.call(Some(&self.peer.0), &params, drop);
    }

    pub(super) fn retry(self: &Rc<Self>, app: &Rc<App>, id: &str) {
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &outbox::Retry { id: id.to_owned() }, move |reply| {
            let Some(chat) = weak.upgrade() else { return };
            App::with(|app| {
                if let Err(error) = reply {
                    chat.fail(app, &error);
                }
            });
        });
    }

    pub(super) fn discard(self: &Rc<Self>, app: &Rc<App>, id: &str) {
        let weak = Rc::downgrade(self);
        let gone = id.to_owned();
        app.link.call(Some(&self.peer.0), &outbox::Clear { id: Some(id.to_owned()) }, move |reply| {
            let Some(chat) = weak.upgrade() else { return };
            App::with(|app| match reply {
                Ok(_) => {
                    chat.entries
                        .borrow_mut()
                        .retain(|entry| message(entry).is_none_or(|known| known.id != gone));
                    chat.refresh(app);
                }
                Err(error) => chat.fail(app, &error),
            });
        });
    }

    pub(super) fn explain(self: &Rc<Self>, app: &Rc<App>, id: &str) {
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &chat::Explain { id: id.to_owned() }, move |reply| {
            let Some(chat) = weak.upgrade() else { return };
            App::with(|app| match reply {
                Ok(explained) => {
                    let zone = crate::clock::zone();
                    let mut lines = vec![explained.summary];
                    lines.extend(
                        explained
                            .steps
                            .iter()
                            .map(|step| format!("{}  {}", clock(&step.ts, &zone), step.text)),
                    );
                    let title = app.voice.global::<Say>().invoke_explain_title();
                    chat.stage.tell(&title, &lines.join("\n"));
                }
                Err(error) => chat.fail(app, &error),
            });
        });
    }

    pub(super) fn about(&self, app: &App) {
        self.stage.tell_about(app, &self.peer.0, &self.peer.1);
    }

    pub(super) fn quote(self: &Rc<Self>, id: &str) {
        let entries = self.entries.borrow();
        let Some(found) = entries.iter().filter_map(message).find(|message| message.id == id) else { return };
        let quoted: String = found.text.lines().map(|line| format!("> {line}\n")).collect();
        let talk = self.stage.talk();
        talk.set_draft(format!("{quoted}{}", talk.get_draft()).into());
        self.keep_draft_soon();
        self.stage.write();
    }
}

/// A time of day on this computer.
fn clock(ts: &str, zone: &jiff::tz::TimeZone) -> String {
    ts.parse::<jiff::Timestamp>()
        .map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}
