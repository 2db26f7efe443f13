//! What only the tests ask of the pretend daemon, and what they let happen there.

use ipc_schema::{Event, State, chat};

use super::{Mock, TS};

impl Mock {
    /// Something happens.
    pub(crate) fn event(&self, event: Event) {
        self.lock().event(event);
    }

    /// How often a method was called.
    pub(crate) fn called(&self, method: &str) -> usize {
        self.lock().called.iter().filter(|called| *called == method).count()
    }

    /// All that the pretend daemon knows.
    pub(crate) fn state(&self) -> State {
        self.lock().state.clone()
    }

    /// Somebody tells it to end.
    pub(crate) fn stop(&self, restart: bool) {
        self.lock().stop(restart);
    }

    /// The whole draft to a friend.
    pub(crate) fn draft(&self, friend: &str) -> String {
        self.lock().drafts.get(friend).cloned().unwrap_or_default()
    }

    /// Keeps a draft, as another program would.
    pub(crate) fn keep_draft(&self, friend: &str, text: &str) {
        let _ = self.lock().draft(chat::Draft { to: friend.into(), text: Some(text.into()) });
    }

    /// Whether the windows show messages by themselves.
    pub(crate) fn opens(&self) -> bool {
        self.lock().opens
    }

    /// Whether something fills the screen there, as the windows say.
    pub(crate) fn full(&self) -> bool {
        self.lock().full
    }

    /// Which conversation is looked at.
    pub(crate) fn viewed(&self) -> Option<String> {
        self.lock().viewed.clone()
    }

    /// Changes what the pretend daemon holds.
    pub(crate) fn fill(&self, f: impl FnOnce(&mut State, &mut Vec<chat::Message>)) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        f(&mut inner.state, &mut inner.messages);
    }

    /// A message that the user writes by another program.
    pub(crate) fn write_elsewhere(&self, to: &str, text: &str) {
        let mut inner = self.lock();
        let id = format!("m{}", inner.messages.len());
        inner.keep("alice", to, &id, text, chat::State::Acked);
        let changed = chat::Changed {
            id,
            to: to.into(),
            state: chat::State::Acked,
            peer: None,
            reason: None,
            ts: TS.into(),
            outbox: None,
        };
        inner.event(Event::ChatState(changed));
    }
}
