//! What is typed and not sent yet: the daemon keeps it, so that it outlives the window, the program and the daemon.

use std::rc::Rc;
use std::time::Duration;

use ipc_schema::chat;
use qq_slint_ui::Put;
use slint::SharedString;

use super::Chat;
use crate::app::App;

/// After so long without a key what was typed is kept.
const PAUSE: Duration = Duration::from_millis(700);

/// A text with something in the place of its selection, whose ends are counted in bytes; the input counts them so.
pub(super) fn put(text: SharedString, anchor: i32, cursor: i32, what: SharedString) -> Put {
    let end = |at: i32| text.floor_char_boundary(usize::try_from(at).unwrap_or_default());
    let (from, to) = (end(anchor.min(cursor)), end(anchor.max(cursor)));
    let (before, after) = (&text[..from], &text[to..]);
    let at = i32::try_from(from + what.len()).unwrap_or(i32::MAX);
    Put { text: format!("{before}{what}{after}").into(), at }
}

impl Chat {
    /// A key was pressed: once none follows, the text is kept.
    pub(super) fn keep_draft_soon(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        self.drafting.start(slint::TimerMode::SingleShot, PAUSE, move || {
            if let Some(chat) = weak.upgrade() {
                App::with(|app| chat.keep_draft(app));
            }
        });
    }

    /// The daemon keeps what stands in the field, if that is not what it keeps already.
    pub(crate) fn keep_draft(self: &Rc<Self>, app: &App) {
        self.drafting.stop();
        let text = self.typed_text(app);
        if *self.kept.borrow() == text {
            return;
        }
        self.kept.borrow_mut().clone_from(&text);
        let params = chat::Draft { to: self.to(), text: Some(text.clone()) };
        let weak = Rc::downgrade(self);
        // Without a daemon it stays in the field, and is kept when the daemon is back.
        app.link.call(Some(&self.peer.0), &params, move |reply| {
            if let (Some(chat), Err(_)) = (weak.upgrade(), reply)
                && *chat.kept.borrow() == text
            {
                chat.kept.borrow_mut().clear();
            }
        });
    }

    /// The daemon has told its state: what it keeps comes into an empty field, what stands there is kept.
    pub(super) fn meet_draft(self: &Rc<Self>, app: &Rc<App>) {
        let has_one = app
            .state
            .borrow()
            .account(&self.peer.0)
            .is_some_and(|account| account.draft(&self.peer.1).is_some());
        let text = self.typed_text(app);
        if !text.is_empty() {
            // Another daemon may not have it.
            self.kept.borrow_mut().clear();
            self.keep_draft(app);
        } else if has_one {
            self.fetch_draft(app);
        }
    }

    /// Another program has changed the draft: it comes into the field, unless something else is being typed there.
    pub(crate) fn on_drafted(self: &Rc<Self>, app: &Rc<App>, drafted: &chat::Drafted) {
        let kept = self.kept.borrow().clone();
        let is_ours = chat::Drafted::new(&drafted.friend, &kept) == *drafted;
        if !is_ours && self.typed_text(app) == kept {
            self.fetch_draft(app);
        }
    }

    fn fetch_draft(self: &Rc<Self>, app: &Rc<App>) {
        let before = self.typed_text(app);
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &chat::Draft { to: self.to(), text: None }, move |reply| {
            let (Some(chat), Ok(draft)) = (weak.upgrade(), reply) else { return };
            App::with(|app| {
                chat.kept.borrow_mut().clone_from(&draft.text);
                // Whoever has typed meanwhile knows better.
                if chat.typed_text(app) == before {
                    chat.put_draft(app, &draft.text);
                }
            });
        });
    }

    /// What stands in the field, or would if the conversation were on the stage.
    pub(super) fn typed_text(&self, app: &App) -> String {
        match self.is_shown(app) {
            true => self.stage.talk().get_draft().to_string(),
            false => self.draft.borrow().clone(),
        }
    }
}
