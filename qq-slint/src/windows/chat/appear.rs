//! How a conversation comes before the user, whether it is there, and how it goes.

use std::rc::Rc;

use slint::ComponentHandle;

use super::{Chat, KIND};
use crate::app::{App, Focus};
use crate::windows::stage::Stage;
use crate::{asking, winext};

/// When the list has found its end: after `Stage::to_end` has sought it for the last time.
const FOUND: std::time::Duration = std::time::Duration::from_millis(150);

impl Chat {
    /// Shows the conversation: with the keyboard when the user asked for it, else beside what the user does.
    pub(crate) fn show(self: &Rc<Self>, app: &Rc<App>, asked: bool) {
        let taken = self.take_stage(app, asked);
        let window = self.stage.window();
        let comes = taken || !window.is_visible();
        if comes && !self.fresh.get() {
            // Those of the last time were seen.
            *self.unread_from.borrow_mut() = None;
        }
        if !window.is_visible() {
            self.draw(app);
            if asked { self.appear() } else { self.appear_behind() }
        } else if asked {
            // What comes unasked is shown with all that came together with it.
            self.draw(app);
        }
        if asked {
            winext::focus(window);
            self.stage.write();
            // Whoever reads far up has not seen what came at the end.
            if comes || (!self.newer.get() && self.is_at_end(app)) {
                self.seen(app);
            }
        } else if !winext::has_focus(window) {
            winext::attention(window);
        }
    }

    fn appear(self: &Rc<Self>) {
        self.stage.show();
        if matches!(self.stage, Stage::Beside(_)) {
            // The list beside it was not drawn while nobody saw it.
            App::with(|app| {
                let friends = app.friends.borrow().clone();
                if let Some(friends) = friends {
                    friends.refresh(app);
                }
            });
        }
        if let Some(place) = self.place.get() {
            self.stage.window().set_position(place);
        }
        if self.stale.get() {
            App::with(|app| self.draw(app));
        }
        self.to_end();
    }

    /// To the newest message, if this conversation is on the stage; and when it is in view there, it was seen.
    pub(super) fn to_end(self: &Rc<Self>) {
        let mut shown = false;
        App::with(|app| shown = self.is_shown(app));
        if !shown {
            return;
        }
        self.stage.to_end();
        let weak = Rc::downgrade(self);
        self.settling.start(slint::TimerMode::SingleShot, FOUND, move || {
            if let Some(chat) = weak.upgrade() {
                App::with(|app| chat.look(app));
            }
        });
    }

    /// Whether what comes next comes into view. A conversation that is not on the stage comes there with its end.
    pub(super) fn is_at_end(&self, app: &App) -> bool {
        !self.is_shown(app) || self.stage.is_at_end()
    }

    /// Appears without being given the keyboard. The window manager must hear that before the window is shown, and the
    /// window exists only after a turn of the event loop.
    fn appear_behind(self: &Rc<Self>) {
        // The right to take the keyboard was given for another window.
        winext::keep_token(None);
        fn behind(chat: &Rc<Chat>) {
            winext::stay_behind(chat.stage.window());
            chat.appear();
            if !winext::has_focus(chat.stage.window()) {
                // Slint gives a new window's field its caret before the window has the keyboard.
                winext::rest(chat.stage.window());
            }
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
    /// Whether it has taken it now.
    fn take_stage(self: &Rc<Self>, app: &App, asked: bool) -> bool {
        if matches!(self.stage, Stage::Own(_)) || self.is_shown(app) {
            return false;
        }
        let before = app.beside.borrow().clone();
        if before.is_some() && !asked {
            return false;
        }
        if let Some(before) = before {
            before.keep_draft(app);
            *before.draft.borrow_mut() = self.stage.talk().get_draft().to_string();
            self.stage.close_tools();
        }
        *app.beside.borrow_mut() = Some(self.clone());
        self.bind();
        self.stage.talk().set_draft(self.draft.borrow().as_str().into());
        self.to_end();
        app.tell_view();
        true
    }

    /// Whether the user looks at this conversation now.
    pub(crate) fn in_view(&self, app: &App) -> bool {
        app.in_focus().as_ref() == Some(&self.peer)
    }

    /// Whether the window shows this conversation and no other.
    pub(super) fn is_shown(&self, app: &App) -> bool {
        match &self.stage {
            Stage::Own(_) => true,
            Stage::Beside(_) => app.beside.borrow().as_ref().is_some_and(|shown| shown.peer == self.peer),
        }
    }

    /// Its own window goes: nobody is there to answer what it asks.
    pub(crate) fn put_away(&self) {
        if let Stage::Own(window) = &self.stage {
            asking::leave(window);
            winext::rest(window.window());
        }
    }

    /// Closes its window; one beside the friend list goes with that.
    pub(crate) fn hide(&self) {
        if let Stage::Own(window) = &self.stage {
            App::with(|app| app.keep_size(KIND, window.window()));
            self.place.set(winext::position(window.window()).or(self.place.get()));
            self.put_away();
            // One that is hidden already stays so.
            let _ = window.hide();
            self.lose_focus();
        }
    }

    /// Nobody looks at a window that is closed; some window systems do not say so.
    pub(super) fn lose_focus(&self) {
        App::with(|app| app.on_focus(Focus::Chat(self.peer.clone()), false));
    }
}
