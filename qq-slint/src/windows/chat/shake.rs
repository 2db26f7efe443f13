//! The shake: asked for, seen, and a line that says so.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use ipc_schema::shake;
use qq_slint_ui::Say;
use slint::{ComponentHandle, PhysicalPosition, SharedString, TimerMode};

use super::{Chat, Entry};
use crate::app::App;
use crate::winext;

/// The shake: steps of this length, that many of them, about half a second in all.
const SHAKE: (Duration, usize) = (Duration::from_millis(30), 18);
/// Where the window stands in each step, in pixels from its place.
const STEPS: [(i32, i32); 4] = [(10, 0), (0, 8), (-10, 0), (0, -8)];

/// How many lines of shakes a conversation keeps.
const LINES: usize = 50;

impl Chat {
    pub(super) fn shake(self: &Rc<Self>, app: &Rc<App>) {
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &shake::Send { to: self.to() }, move |reply| {
            let Some(chat) = weak.upgrade() else { return };
            App::with(|app| match reply {
                Ok(_) => chat.sway(app),
                Err(error) => chat.fail(app, &error),
            });
        });
    }

    /// The friend has shaken the window: a line says so, and where that disturbs nobody it moves.
    pub(crate) fn on_shake(self: &Rc<Self>, app: &Rc<App>, ts: &str, moves: bool) {
        self.tell_shake(app, ts, true);
        if moves {
            self.sway(app);
            winext::attention(self.stage.window());
        }
    }

    /// One has shaken the friend's window oneself, by whichever program: a line says so.
    pub(crate) fn on_shook(self: &Rc<Self>, app: &Rc<App>, ts: &str) {
        self.tell_shake(app, ts, false);
    }

    fn tell_shake(self: &Rc<Self>, app: &Rc<App>, ts: &str, incoming: bool) {
        if !incoming && self.newer.get() {
            let ts = ts.to_owned();
            return self.newest(app, move |chat, app| chat.tell_shake(app, &ts, false));
        }
        let text = self.shake_text(app, incoming);
        let follows = !incoming || self.is_at_end(app);
        // Far from the end there is no place for the line, and a friend who shakes all day must not fill the memory.
        if !self.newer.get() {
            self.entries.borrow_mut().push(Entry::Event { ts: ts.to_owned(), text: text.to_string() });
            self.forget_shakes();
        }
        self.refresh(app);
        if incoming {
            self.announce(&text);
        }
        if follows && !self.newer.get() {
            self.to_end();
        }
    }

    fn shake_text(&self, app: &App, incoming: bool) -> SharedString {
        let name = self.friend_name(app);
        let say = app.voice.global::<Say>();
        if incoming { say.invoke_shook_you(name) } else { say.invoke_you_shook(name) }
    }

    /// The lines of the shakes that came before there was a window.
    pub(super) fn missed_shakes(&self, app: &App) {
        let lines = app.take_shakes(&self.peer).into_iter().map(|shake| {
            let text = self.shake_text(app, shake.incoming).to_string();
            Entry::Event { ts: shake.ts, text }
        });
        self.entries.borrow_mut().extend(lines);
    }

    /// Moves, where it is to be seen and the desktop lets things move.
    pub(crate) fn sway(self: &Rc<Self>, app: &App) {
        if self.is_shown(app) && !app.stands_still() {
            self.move_about();
        }
    }

    /// The oldest lines of shakes go, when there are many.
    fn forget_shakes(&self) {
        let mut entries = self.entries.borrow_mut();
        let is_line = |entry: &Entry| matches!(entry, Entry::Event { .. });
        if entries.iter().filter(|entry| is_line(entry)).count() > LINES
            && let Some(oldest) = entries.iter().position(is_line)
        {
            entries.remove(oldest);
        }
    }

    /// What the friend is called.
    pub(super) fn friend_name(&self, app: &App) -> SharedString {
        let state = app.state.borrow();
        let friend = state.account(&self.peer.0).and_then(|account| account.friend(&self.peer.1));
        friend.map_or(self.peer.1.as_str(), |friend| friend.shown()).into()
    }

    /// Moves the real window where a client may do so, else its inside.
    fn move_about(self: &Rc<Self>) {
        if self.shaking.running() {
            return;
        }
        let base = winext::position(self.stage.window());
        let weak = Rc::downgrade(self);
        let step = Cell::new(0_usize);
        self.shaking.start(TimerMode::Repeated, SHAKE.0, move || {
            let Some(chat) = weak.upgrade() else { return };
            step.set(step.get() + 1);
            let over = step.get() >= SHAKE.1;
            let (x, y) = if over { (0, 0) } else { STEPS[step.get() % STEPS.len()] };
            match base {
                Some(base) => {
                    chat.stage.window().set_position(PhysicalPosition::new(base.x + x, base.y + y));
                }
                #[expect(clippy::cast_precision_loss, reason = "ten pixels at most")]
                None => chat.stage.sway(x as f32),
            }
            if over {
                chat.shaking.stop();
            }
        });
    }
}
