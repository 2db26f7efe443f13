//! What the user does with messages: sending, typing, trying again, discarding, asking what happened.

use std::rc::Rc;
use std::time::{Duration, Instant};

use ipc_schema::chat::{self, Message};
use ipc_schema::{account, outbox};
use qq_slint_ui::Say;
use slint::ComponentHandle;

use super::{Chat, Entry, is_named, message};
use crate::app::App;
use crate::words;

/// How often the friend is told that one types, at most.
const TYPING: Duration = Duration::from_secs(4);

/// A message that the daemon keeps because the server is away is on its way like any other: it must not stand in the
/// field again, or it is sent twice.
fn kept(error: ipc_schema::Error) -> Result<chat::Sent, ipc_schema::Error> {
    let id = words::field(&error, "id").to_owned();
    let is_kept = words::field(&error, "state") == chat::State::Queued.word();
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
        // The field is empty before the call: where there is no daemon the answer is here at once, and puts the text back.
        self.stage.talk().set_draft("".into());
        self.typed.set(None);
        self.hand_over(app, text, id);
        self.keep_draft(app);
    }

    /// Gives a message to the daemon.
    fn hand_over(self: &Rc<Self>, app: &Rc<App>, text: &str, id: String) {
        let params = chat::Send {
            to: self.to(),
            text: text.to_owned(),
            id: Some(id.clone()),
            ..chat::Send::default()
        };
        let peer = self.peer.clone();
        let sent = text.to_owned();
        self.problem.borrow_mut().clear();
        let others = self.others_last();
        self.sending.borrow_mut().push(id.clone());
        app.link.call(Some(&self.peer.0), &params, move |reply| {
            let reply = reply.or_else(kept);
            App::with(|app| {
                let Some(chat) = app.answered(&peer, reply.is_err()) else { return };
                chat.sending.borrow_mut().retain(|sent| *sent != id);
                let others = chat.others_last() != others;
                chat.on_sent(app, reply, &sent, id);
                if others {
                    // What came meanwhile may stand behind it in the daemon's history.
                    chat.written_elsewhere(app);
                }
            });
        });
    }

    /// The daemon has it, or not: then the text is back in its field, or, if something else stands there by now, in the
    /// conversation as one that did not go.
    fn on_sent(
        self: &Rc<Self>,
        app: &Rc<App>,
        reply: Result<chat::Sent, ipc_schema::Error>,
        text: &str,
        id: String,
    ) {
        match reply {
            Ok(sent) => {
                self.unread_from.borrow_mut().take();
                if self.newer.get() {
                    return self.newest(app, |_, _| {});
                }
                app.spoken(self.peer.clone(), &crate::clock::now().to_string(), text);
                let own = account::bare(&self.peer.0);
                let is_it = |entry| message(entry).is_some_and(|known| is_named(known, own, &sent.id));
                let known = self.entries.borrow().iter().any(is_it);
                if !known {
                    let row = self.own_message(sent.id, text, sent.state);
                    self.entries.borrow_mut().push(Entry::Message(row));
                }
                self.refresh(app);
                self.to_end();
            }
            Err(error) if self.typed_text(app).is_empty() => {
                *self.again.borrow_mut() = Some((text.to_owned(), id));
                self.put_draft(app, text);
                self.keep_draft(app);
                self.fail(app, &error);
            }
            Err(error) => {
                let why = Some(words::error(&app.voice, &error));
                let row = Message { why, ..self.own_message(id, text, chat::State::Failed) };
                self.unsent.borrow_mut().push(Entry::Message(row));
                self.refresh(app);
                self.to_end();
            }
        }
    }

    /// A message of one's own that has no row yet.
    fn own_message(&self, id: String, text: &str, state: chat::State) -> Message {
        Message {
            id,
            from: account::bare(&self.peer.0).to_owned(),
            to: self.peer.1.clone(),
            text: text.to_owned(),
            ts: crate::clock::now().to_string(),
            state,
            row: None,
            kind: None,
            reason: None,
            why: None,
        }
    }

    /// Takes back a message that no daemon has taken: its text.
    fn take_unsent(&self, id: &str) -> Option<String> {
        let mut unsent = self.unsent.borrow_mut();
        let at = unsent.iter().position(|entry| message(entry).is_some_and(|known| known.id == id))?;
        Some(unsent.remove(at).text().to_owned())
    }

    /// Puts what no daemon has taken before what is being typed: the conversation closes for good.
    pub(crate) fn keep_unsent(self: &Rc<Self>, app: &App) {
        let mut texts: Vec<_> = self.unsent.take().iter().map(|entry| entry.text().to_owned()).collect();
        if !texts.is_empty() {
            texts.push(self.typed_text(app));
            self.put_draft(app, texts.join("\n").trim_end());
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
        if let Some(text) = self.take_unsent(id) {
            self.hand_over(app, &text, id.to_owned());
            return self.refresh(app);
        }
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
        if self.take_unsent(id).is_some() {
            return self.refresh(app);
        }
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
